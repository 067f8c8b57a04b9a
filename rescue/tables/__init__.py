"""Partition tables: read, kept as exact bytes, fitted to a larger disk, written back, and agreed with the kernel."""
