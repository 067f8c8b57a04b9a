"""The command line: a thin shell over `rescue.operations`. One command a file in `commands/`."""
