"""The program in a guest whose kernel has LVM, RAID, encryption, failing drives and its own partition parsers."""
