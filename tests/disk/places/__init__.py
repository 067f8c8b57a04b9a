"""Places for backups: drives, servers of this machine's own, and what a guest's kernel can mount."""
