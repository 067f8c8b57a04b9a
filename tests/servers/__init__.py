"""Real servers to keep backups on, for tests: started where and as long as a test needs them."""
