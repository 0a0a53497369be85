"""Forecasts of months to come by kept models, each with the error it made when it was tried on months that are past.

The models are statsforecast's; what is ours is the choice among them. A rolling-origin back-test lets each model
forecast every one of the last months from the months before it alone. The model with the least squared error is taken:
reorder arithmetic needs the mean of what will be asked for, which squared errors reward; absolute errors reward the
median, which of a rarely used item is zero, and would have us forecast nothing for ever (Kolassa, International Journal
of Forecasting 32 (2016) 788-803; Teunter and Duncan, JORS 60 (2009) 321-329). MAE and MASE are told beside it.

Quantities are Decimals outside this module. Inside they are floats, because the library's arithmetic is: a forecast has
two or three good figures, and a binary fraction more or less is far below its error.
"""

from __future__ import annotations

import math
import warnings
from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import TYPE_CHECKING, Any, Final

from inventory.foresight import accuracy
from inventory.foresight.models import DemandClass

if TYPE_CHECKING:
    from collections.abc import Mapping

HORIZON: Final = 6  # months ahead
MOST_MONTHS: Final = 60  # older months are another time's
LEAST_TRAINING: Final = 4  # months before the first that is forecast in a back-test
LEAST_TESTS: Final = 3
MOST_TESTS: Final = 12
A_YEAR: Final = 12
_AT_ONCE: Final = 2_000  # series handed to the library together

MEAN, NAIVE, SEASONAL = "mean", "naive", "seasonal-naive"
# From the plainest on: of models that did equally well the first is taken.
MODELS: Final = (MEAN, NAIVE, SEASONAL, "ses", "croston", "sba", "tsb", "ets")
_QUANTUM: Final = Decimal("0.001")


@dataclass(frozen=True, slots=True)
class Ahead:
    """One month to come: what is expected, and between what it lies in four cases of five (None: not known)."""

    quantity: Decimal
    low: Decimal | None
    high: Decimal | None


@dataclass(frozen=True, slots=True)
class BackTest:
    """How far off one model was over `points` months; `mase` is None where the naive forecast made no error."""

    model: str
    mae: Decimal
    rmse: Decimal
    mase: Decimal | None
    points: int


@dataclass(frozen=True, slots=True)
class Forecasted:
    """The forecast of one series. `tests` is empty, and `chosen` the mean, where it is too short to be tried on."""

    model: str
    demand: DemandClass
    ahead: tuple[Ahead, ...]
    tests: tuple[BackTest, ...]
    spread: Decimal | None  # of one month about its forecast, as a standard deviation; None: not known

    @property
    def chosen(self) -> BackTest | None:
        """The back-test of the model that was taken."""
        return next((test for test in self.tests if test.model == self.model), None)


def forecast(series: Sequence[Sequence[Decimal]], *, horizon: int = HORIZON) -> list[Forecasted]:
    """Return the forecast of each series of monthly quantities, oldest month first; the same for the same series.

    A month in which reversals outweigh issues counts as none. Without a month the forecast is zero, of class `SHORT`.
    """
    values = [[max(float(value), 0.0) for value in one[-MOST_MONTHS:]] for one in series]
    found: dict[int, Forecasted] = {}
    alike: dict[tuple[tuple[str, ...], int], list[int]] = defaultdict(list)
    for number, one in enumerate(values):
        points = min(MOST_TESTS, len(one) - LEAST_TRAINING)
        if points < LEAST_TESTS or not any(one):
            found[number] = _plain(one, horizon=horizon)
        else:
            alike[_fitting(one, points), points].append(number)
    for (names, points), numbers in alike.items():
        for start in range(0, len(numbers), _AT_ONCE):
            some = numbers[start : start + _AT_ONCE]
            tried, ahead = _told([values[number] for number in some], names, points=points, horizon=horizon)
            for place, number in enumerate(some):
                found[number] = _chosen(values[number], tried[place], ahead[place], points=points)
    return [found[number] for number in range(len(values))]


def tried(values: Sequence[float]) -> str | None:
    """Return the model that would be chosen for a series, None where it is too short to try models on or all zero."""
    recent = list(values[-MOST_MONTHS:])
    points = min(MOST_TESTS, len(recent) - LEAST_TRAINING)
    if points < LEAST_TESTS or not any(recent):
        return None
    (told,), (ahead,) = _told([recent], _fitting(recent, points), points=points, horizon=1)
    return _chosen(recent, told, ahead, points=points).model


def told_one_by_one(values: Sequence[float], *, points: int) -> dict[str, list[float]]:
    """Return what every model fitting the series says of each of its last `points` months from those before it."""
    recent = list(values[-MOST_MONTHS - points :])
    (told,), _ahead = _told([recent], MODELS, points=points, horizon=1)
    return {name: said for name, said in told.items() if _are_numbers(said)}


def back_test(values: Sequence[float], predicted: Sequence[float], *, model: str) -> BackTest:
    """Return how far off `predicted` was from the last values of a series, of which it forecast one each."""
    errors = [was - said for was, said in zip(values[-len(predicted) :], predicted, strict=True)]
    scale = accuracy.naive_scale(values[: -len(predicted)])
    mae = accuracy.mean_absolute(errors)
    return BackTest(
        model=model,
        mae=_decimal(mae),
        rmse=_decimal(accuracy.root_mean_square(errors)),
        mase=None if scale is None else _decimal(mae / scale),
        points=len(errors),
    )


def _plain(values: Sequence[float], *, horizon: int) -> Forecasted:
    """Return the mean of a series that is too short to try models on, or has nothing in it."""
    mean = sum(values) / len(values) if values else 0.0
    is_short = len(values) < LEAST_TRAINING + LEAST_TESTS
    spread = None
    if len(values) >= LEAST_TESTS:
        spread = _decimal(math.sqrt(sum((value - mean) ** 2 for value in values) / (len(values) - 1)))
    return Forecasted(
        model=MEAN,
        demand=DemandClass.SHORT if is_short else DemandClass.NONE,
        ahead=tuple([Ahead(_decimal(mean), None, None)] * horizon),
        tests=(),
        spread=spread,
    )


def _fitting(values: Sequence[float], points: int) -> tuple[str, ...]:
    """Return the models worth trying: one that looks a year back needs the year, ETS a demand that rarely stops."""
    names = [name for name in MODELS if name not in {SEASONAL, "ets"}]
    training = len(values) - points
    if training >= A_YEAR:
        names.append(SEASONAL)
        if accuracy.demand_class(values) in {DemandClass.SMOOTH, DemandClass.ERRATIC}:
            names.append("ets")
    return tuple(name for name in MODELS if name in names)


def _chosen(
    values: Sequence[float],
    tried: Mapping[str, Sequence[float]],
    ahead: Mapping[str, Sequence[float]],
    *,
    points: int,
) -> Forecasted:
    """Return the forecast by the model of the least squared error among those that gave numbers everywhere."""
    sound = {name: said for name, said in tried.items() if _are_numbers(said) and _are_numbers(ahead[name])}
    tests = tuple(back_test(values, said, model=name) for name, said in sound.items())
    best = min(tests, key=lambda test: test.rmse)  # the first of equals: MODELS begins with the plainest
    errors = [was - said for was, said in zip(values[-points:], sound[best.model], strict=True)]
    width = accuracy.half_width(errors)
    return Forecasted(
        model=best.model,
        demand=accuracy.demand_class(values),
        ahead=tuple(
            Ahead(_decimal(mean), _decimal(max(mean - width, 0.0)), _decimal(mean + width))
            for mean in ahead[best.model]
        ),
        tests=tests,
        spread=best.rmse,
    )


def _are_numbers(values: Iterable[float]) -> bool:
    return all(math.isfinite(value) for value in values)


def _decimal(value: float) -> Decimal:
    return Decimal(repr(value)).quantize(_QUANTUM)


def _told(
    some: Sequence[Sequence[float]], names: Sequence[str], *, points: int, horizon: int
) -> tuple[list[dict[str, list[float]]], list[dict[str, list[float]]]]:
    """Return, per series, what each model said of its last `points` months one at a time, and says of those to come.

    Nothing is used less than nothing: what a model tells below zero is told as zero.
    """
    # Seconds of compiled code: a web process never comes here, a worker only when it has to.
    import pandas as pd  # noqa: PLC0415
    from statsforecast import StatsForecast  # noqa: PLC0415

    lengths = [len(one) for one in some]
    table = pd.DataFrame(
        {
            "unique_id": [number for number, length in enumerate(lengths) for _ in range(length)],
            "ds": [month for length in lengths for month in range(length)],
            "y": [value for one in some for value in one],
        }
    )
    engine = StatsForecast(models=[_model(name) for name in names], freq=1)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # of short series, which is why models are tried at all
        tried = engine.cross_validation(df=table, h=1, step_size=1, n_windows=points)
        ahead = engine.forecast(df=table, h=horizon)
    return _by_series(tried, names, len(some)), _by_series(ahead, names, len(some))


def _by_series(told: Any, names: Sequence[str], count: int) -> list[dict[str, list[float]]]:
    told = told.sort_values(["unique_id", "ds"], kind="stable")
    columns = {name: told[name].clip(lower=0).to_numpy().reshape(count, -1).tolist() for name in names}
    return [{name: columns[name][number] for name in names} for number in range(count)]


def _model(name: str) -> Any:
    """Return the library's model of a name; the smoothing of TSB is of Teunter, Syntetos and Babai, EJOR 214 (2011)."""
    from statsforecast import models  # noqa: PLC0415

    match name:
        case "mean":
            return models.HistoricAverage(alias=name)
        case "naive":
            return models.Naive(alias=name)
        case "seasonal-naive":
            return models.SeasonalNaive(season_length=A_YEAR, alias=name)
        case "ses":
            return models.SimpleExponentialSmoothingOptimized(alias=name)
        case "croston":
            return models.CrostonClassic(alias=name)
        case "sba":
            return models.CrostonSBA(alias=name)
        case "tsb":
            return models.TSB(alpha_d=0.2, alpha_p=0.2, alias=name)
        case "ets":
            return models.AutoETS(season_length=1, alias=name)
    raise AssertionError(f"there is no model {name}")
