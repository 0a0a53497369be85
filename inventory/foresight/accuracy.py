"""How far off forecasts were: errors of back-tests, and the classes of demand.

Floats, unlike everywhere else in the store: these are estimates with two or three good figures, the library that makes
them knows nothing else, and nothing is ever posted from them. They become Decimals where they leave `forecasting.py`.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from itertools import pairwise
from typing import Final

from inventory.foresight.models import DemandClass

# Syntetos, Boylan and Croston, "On the categorization of demand patterns", JORS 56 (2005) 495-503.
MOST_INTERVAL: Final = 1.32  # average demand interval (ADI), in stretches
MOST_VARIATION: Final = 0.49  # squared coefficient of variation (CV²) of the demands that are not zero

COVERAGE: Final = 0.8


def demand_class(values: Sequence[float]) -> DemandClass:
    """Return how an item is asked for, by how often and how evenly."""
    sizes = [value for value in values if value > 0]
    if not sizes:
        return DemandClass.NONE
    mean = sum(sizes) / len(sizes)
    variation = sum((size - mean) ** 2 for size in sizes) / len(sizes) / mean**2
    is_rare = len(values) / len(sizes) >= MOST_INTERVAL
    if variation >= MOST_VARIATION:
        return DemandClass.LUMPY if is_rare else DemandClass.ERRATIC
    return DemandClass.INTERMITTENT if is_rare else DemandClass.SMOOTH


def mean_absolute(errors: Sequence[float]) -> float:
    """Return the mean absolute error (MAE)."""
    return sum(abs(error) for error in errors) / len(errors)


def root_mean_square(errors: Sequence[float]) -> float:
    """Return the root of the mean squared error (RMSE)."""
    return math.sqrt(sum(error * error for error in errors) / len(errors))


def naive_scale(training: Sequence[float]) -> float | None:
    """Return what MASE divides by: the naive forecast's MAE, one step ahead, over the training part.

    The naive forecast is the value before. None where it made no error at all, or there is nothing to compare: the
    ratio then means nothing. Hyndman and Koehler, "Another look at measures of forecast accuracy", International
    Journal of Forecasting 22 (2006) 679-688.
    """
    steps = [after - before for before, after in pairwise(training)]
    return (mean_absolute(steps) or None) if steps else None


def half_width(errors: Sequence[float], *, coverage: float = COVERAGE) -> float:
    """Return how far to either side of a forecast an interval reaches that covers `coverage` of what comes.

    The ⌈coverage·(n+1)⌉-th smallest absolute error of the back-test, the largest where there are fewer: split
    conformal prediction (Lei and others, JASA 113 (2018) 1094-1111), which supposes no distribution.
    """
    sizes = sorted(abs(error) for error in errors)
    rank = math.ceil(coverage * (len(sizes) + 1) - 1e-9)
    return sizes[min(rank, len(sizes)) - 1]
