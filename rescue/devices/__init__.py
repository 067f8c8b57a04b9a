"""What disks are there: found through udev and sysfs, told as frozen values. Device descriptors live only here."""
