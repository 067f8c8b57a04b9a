"""Flows, played with a front that answers as a test says and an engine that touches nothing."""
