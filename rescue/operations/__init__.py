"""Runs confirmed plans: sends events while it works, returns a result at the end."""
