"""What is inside a partition: which of its bytes are in use, and whether it is sound. One file a file system."""

from rescue.filesystems.check import CheckResult, check
from rescue.filesystems.model import UsedMap
from rescue.filesystems.used import used_map

__all__ = ["CheckResult", "UsedMap", "check", "used_map"]
