"""Devices without a device: values, parsers and a made-up sysfs."""
