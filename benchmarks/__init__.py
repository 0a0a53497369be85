"""The benchmark: `python -m benchmarks`. What each figure means: docs/benchmarks.md."""
