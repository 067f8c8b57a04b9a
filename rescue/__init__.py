"""Rescue: back up, restore and clone disks while the installed system is not running."""

__version__ = "0.1.0"
