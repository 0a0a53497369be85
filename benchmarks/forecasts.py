"""`python -m benchmarks.forecasts FILE`: how far off each model and our choice among them are on real deliveries.

FILE is the delivery history of the Supply Chain Management System (USAID): 10,324 deliveries, 2006-2015. Monthly
quantities delivered of an item stand for demand. Each series gives its last months away; the choice is made from the
months before them alone, as in the store, and everything is then measured on what was given away. So the error of the
choice is one it was not chosen by.
"""

from __future__ import annotations

import argparse
import csv
import os
import sys
import time
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from decimal import Decimal
from pathlib import Path
from statistics import mean, median
from typing import Final

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "logistics.settings")
import django

django.setup()

from inventory.foresight import accuracy  # noqa: E402  # needs Django's settings
from inventory.foresight.forecasting import MODELS, told_one_by_one, tried  # noqa: E402
from inventory.foresight.models import DemandClass  # noqa: E402

HELD_OUT: Final = 12  # months at the end that nothing is chosen by
CHOICE: Final = "our choice"
NAMES: Final = (*MODELS, CHOICE)
_FORMS: Final = ("%d-%b-%y", "%m/%d/%y")


@dataclass
class Errors:
    """What was measured of one kind of demand: by model, the MASE of each series and the sums of absolute errors."""

    series: int = 0
    mase: dict[str, list[float]] = field(default_factory=lambda: defaultdict(list))
    absolute: dict[str, float] = field(default_factory=lambda: defaultdict(float))
    naive: dict[str, float] = field(default_factory=lambda: defaultdict(float))  # of the same months

    def add(self, name: str, mase: float | None, absolute: float, naive: float) -> None:
        """Note how one model did on one series."""
        self.absolute[name] += absolute
        self.naive[name] += naive
        if mase is not None:
            self.mase[name].append(mase)


def demands(file: Path) -> dict[str, list[Decimal]]:
    """Return the monthly quantity of every item, from its first delivery to the last month of the file.

    Days come in two forms (`2-Jun-06`, `11/13/06`); a row whose day is in neither is an error, not a zero.
    """
    months: dict[str, dict[int, Decimal]] = defaultdict(lambda: defaultdict(Decimal))
    with file.open(encoding="utf-8", newline="") as rows:
        for row in csv.DictReader(rows):
            day = _day(row["Delivered to Client Date"])
            months[row["Item Description"]][day.year * 12 + day.month] += Decimal(row["Line Item Quantity"])
    last = max(month for one in months.values() for month in one)
    return {
        item: [one.get(month, Decimal(0)) for month in range(min(one), last + 1)]
        for item, one in sorted(months.items())
    }


def _day(text: str) -> date:
    for form in _FORMS:
        try:
            return datetime.strptime(text, form).date()  # noqa: DTZ007  # a day has no zone
        except ValueError:
            continue
    raise ValueError(f"{text!r} is no day of this file")


def measured(series: Mapping[str, Sequence[Decimal]], *, held_out: int = HELD_OUT) -> dict[str, Errors]:
    """Return what was measured, of all series together ("all") and by kind of demand.

    A series counts when it is long enough to choose on and something was used before its last `held_out` months.
    """
    found: dict[str, Errors] = defaultdict(Errors)
    for one in series.values():
        values = [float(value) for value in one]
        before, after = values[:-held_out], values[-held_out:]
        chosen = tried(before)
        if chosen is None:
            continue
        told = told_one_by_one(values, points=held_out)
        scale = accuracy.naive_scale(before)
        kind = accuracy.demand_class(before)
        naive = _absolute(after, told["naive"])
        for group in ("all", kind.value):
            found[group].series += 1
            for name, said in {**told, CHOICE: told[chosen]}.items():
                absolute = _absolute(after, said)
                mase = None if scale is None else absolute / held_out / scale
                found[group].add(name, mase, absolute, naive)
    return dict(found)


def _absolute(was: Sequence[float], said: Iterable[float]) -> float:
    return sum(abs(one - other) for one, other in zip(was, said, strict=True))


def table(found: Mapping[str, Errors]) -> str:
    """Return the result as a Markdown table: mean and median MASE, and the sum of errors against naive's."""
    lines = [
        "| demand | series | " + " | ".join(NAMES) + " |",
        "|---|---|" + "---|" * len(NAMES),
    ]
    for group in ("all", *(one.value for one in DemandClass)):
        if group not in found:
            continue
        errors = found[group]
        for label, told in (
            ("mean MASE", {name: mean(errors.mase[name]) for name in NAMES if errors.mase[name]}),
            ("median MASE", {name: median(errors.mase[name]) for name in NAMES if errors.mase[name]}),
            (
                "error ÷ naive's",
                {name: errors.absolute[name] / errors.naive[name] for name in NAMES if errors.naive[name]},
            ),
        ):
            cells = (f"{told[name]:.3f}" if name in told else "–" for name in NAMES)
            lines.append(f"| {group}, {label} | {errors.series} | " + " | ".join(cells) + " |")
    return "\n".join(lines)


def main() -> int:
    """Measure and print; 0: the choice errs less than the naive forecast, 1: it does not, 5: no file."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.forecasts", description=__doc__)
    parser.add_argument("file", type=Path, help="scms_delivery_history.csv")
    asked = parser.parse_args()
    if not asked.file.is_file():
        print(f"There is no file {asked.file}.", file=sys.stderr)
        return 5
    started = time.monotonic()
    series = demands(asked.file)
    found = measured(series)
    print(table(found))
    print(f"\n{len(series)} items, {found['all'].series} long enough; {time.monotonic() - started:.0f} s.")
    errors = found["all"]
    return 0 if errors.absolute[CHOICE] < errors.naive[CHOICE] else 1


if __name__ == "__main__":
    sys.exit(main())
