"""How fast Rescue is beside the ways that people know: `python -m tests.bench`, described in docs/benchmark.md."""
