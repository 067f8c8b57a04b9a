"""Tests that start a restored disk in a virtual machine and ask the system on it whether everything is back."""
