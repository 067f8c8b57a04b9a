"""The program as lines, on terminals of its own."""
