"""Places for backups without mounting anything: addresses, ports, host keys, what the network's tools print."""
