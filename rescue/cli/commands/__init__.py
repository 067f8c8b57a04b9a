"""One command a file: `<name>_cmd.py` with `run(options) -> exit code`."""
