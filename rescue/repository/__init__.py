"""The repository: chunks named by content in packs, an index over them, and snapshots. It knows no disks.

`Repository` in `repository.py` is the door; `FORMAT.md` beside this file describes every byte.
"""
