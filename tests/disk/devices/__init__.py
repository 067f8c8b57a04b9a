"""Devices on real loop devices: scan, uses, open block devices, write locks, hot-plug."""
