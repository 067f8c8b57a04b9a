"""Tests that boot the stick's image, and work in the system that it starts."""
