"""The full-screen program: a thin shell over `rescue.operations`. One screen a file."""
