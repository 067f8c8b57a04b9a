"""The screens on which a flow asks and tells, one a file. Each asks once, and stays until the next one replaces it."""
