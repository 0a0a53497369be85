"""The benchmark: `python -m benchmarks`. What each figure means: docs/benchmarks.md."""

import os

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "logistics.settings")
