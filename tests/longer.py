"""What only `./test --long` runs: proofs that take long and guard what rarely changes."""

from __future__ import annotations

import os
from typing import Final

import pytest

IS_LONG: Final = os.environ.get("HYPOTHESIS_PROFILE") == "long"
LONG_ONLY: Final = pytest.mark.skipif(not IS_LONG, reason="takes long: ./test --long")
