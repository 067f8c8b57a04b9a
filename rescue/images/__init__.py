"""Sources and sinks: what the copy engine reads from and writes to. One kind a file."""
