"""Moves chunks from any source to any sink, with bounded memory and all processor cores."""
