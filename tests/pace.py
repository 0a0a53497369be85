"""How long something takes, on machines that do other things beside: told as if they did not.

A limit in seconds is a promise about our own work. While other tests, other builds or other machines on the same
hardware take the processor, the same work takes several times as long and says nothing about us.
"""

from __future__ import annotations

import math
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass

_SAMPLE_S = 0.05  # of processor time


@dataclass
class Taken:
    """What a block took: `seconds` on a machine of its own, known when the block has ended."""

    seconds: float = math.nan


@contextmanager
def timed() -> Iterator[Taken]:
    """Time a block; the wait for the processor, as it was just before and just after it, is taken out."""
    taken, before = Taken(), slowness()
    started = time.monotonic()
    yield taken
    took = time.monotonic() - started
    taken.seconds = took / max(before, slowness())


def slowness() -> float:
    """Return how much longer work takes now than it needs of the processor: 1 when nobody else wants it."""
    started, worked = time.monotonic(), time.process_time()
    while (work := time.process_time() - worked) < _SAMPLE_S:
        sum(range(1000))
    return max(1.0, (time.monotonic() - started) / work)


def quickest(measure: Callable[[], float], *, within: float, tries: int = 6) -> float:
    """Return the least of what some tries measured. The first one within the limit is enough.

    What is slow by itself is slow every time; what was in its way goes away, and longer and longer is waited for that.
    """
    least = math.inf
    for number in range(tries):
        time.sleep(number)
        least = min(least, measure())
        if least < within:
            break
    return least
