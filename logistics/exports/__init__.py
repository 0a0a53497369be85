"""The nightly feed to the warehouse; how it is read: docs/exports.md."""

import os

# The database driver takes its memory from malloc. With Arrow on malloc too, what one frees serves the other, and
# `release_unused` gives both back; with a heap of its own each keeps its peak. Read when pyarrow is first imported.
os.environ.setdefault("ARROW_DEFAULT_MEMORY_POOL", "system")
