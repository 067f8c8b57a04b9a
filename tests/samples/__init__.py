"""Sample disks: raw image files that hold real installed systems, made without any kernel file system but ext4."""
