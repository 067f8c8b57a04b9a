"""Where backups can lie: drives, folders, and folders of other computers. Mounts only what a person has chosen."""
