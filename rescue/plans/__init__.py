"""Decisions as frozen values: what will be read, what will be written, why not, and who confirmed it."""
