"""The program as lines."""
