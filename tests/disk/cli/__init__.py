"""The program as a user runs it: its own process, real loop devices, content hashes."""
