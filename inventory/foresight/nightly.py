"""The night's work: tell the logbooks in months, forecast what changed, count what is there, write what follows.

Run again it changes nothing but the hour: a forecast is made anew only when its months changed, and everything else
follows from what is there.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from datetime import date, datetime
from decimal import Decimal
from typing import Any, Final

from django.db import connection, transaction
from django.utils import timezone

from depots.models import Depot
from inventory.foresight import consumption, forecasting
from inventory.foresight.consumption import month_of
from inventory.foresight.forecasting import Forecasted
from inventory.foresight.models import Forecast, ItemBeginning, MeasuredLead, Outlook
from inventory.foresight.reckoning import LEADS_SINCE, Desk, Reckoned, need_of
from logistics import sql
from logistics.errors import Conflict, NotFound, gettext_noop

METHOD: Final = "1"  # part of the digest: raise it when forecasts are to be made by other rules
_SERIES_AT_ONCE: Final = 5_000
_LOCK: Final = (4934735, 7041)
Tell = Callable[[str, int, int], None]


class AnotherForecastIsRunning(Conflict):
    """Two nights never overlap."""

    slug = "forecast-running"
    title = gettext_noop("A forecast is being made")


@dataclass(frozen=True, slots=True, kw_only=True)
class Report:
    """What a night did: depots told, series seen, of which so many forecast anew."""

    depots: int
    series: int
    forecast: int


@dataclass(frozen=True, slots=True)
class _Series:
    depot_id: int
    item_id: int
    position: int
    first_month: date
    used: tuple[Decimal, ...]

    @property
    def digest(self) -> str:
        told = "|".join([METHOD, self.first_month.isoformat(), *(f"{one:f}" for one in self.used)])
        return hashlib.sha256(told.encode()).hexdigest()


def run(
    *, at: datetime, depots: Sequence[str] | None = None, is_rebuilt: bool = False, tell: Tell | None = None
) -> Report:
    """Bring consumption, forecasts and outlooks of the depots (None: all that count and are open) up to `at`.

    With `is_rebuilt` the months are told from the whole logs again and every forecast is made anew. `tell` is given
    what is being done, how much of it is done, and of how much.

    Raises:
        NotFound: there is no such depot that counts.
        AnotherForecastIsRunning: another run holds the lock. Nothing is changed.
    """
    today = timezone.localdate(at)
    chosen = _chosen(depots, today)
    with _alone():
        positions = {}
        for number, depot in enumerate(chosen):
            positions[depot.pk] = (consumption.rebuild if is_rebuilt else consumption.fold)(depot.pk)
            if tell:
                tell("logbooks", number + 1, len(chosen))
        series, made = _forecast(positions, today=today, at=at, is_rebuilt=is_rebuilt, tell=tell)
        with transaction.atomic():
            MeasuredLead.objects.all().delete()
            sql.run("foresight/measure_leads", {"since": at - LEADS_SINCE})
        for number, depot in enumerate(chosen):
            _look_out(depot, positions[depot.pk], at=at)
            if tell:
                tell("depots", number + 1, len(chosen))
        if depots is None:
            Outlook.objects.exclude(depot__in=positions).delete()
    return Report(depots=len(chosen), series=series, forecast=made)


def _chosen(codes: Sequence[str] | None, today: date) -> list[Depot]:
    found = Depot.objects.counted().open_on(today).order_by("code")
    if codes is None:
        return list(found)
    chosen = list(found.filter(code__in=codes))
    if missing := set(codes) - {depot.code for depot in chosen}:
        raise NotFound(f"There is no open depot {', '.join(sorted(missing))} whose stock counts.")
    return chosen


@contextmanager
def _alone() -> Iterator[None]:
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_try_advisory_lock(%s, %s)", _LOCK)
        if not cursor.fetchone()[0]:
            raise AnotherForecastIsRunning("Another run is making forecasts. Wait until it has ended.")
        try:
            yield
        finally:
            if not connection.needs_rollback:
                cursor.execute("SELECT pg_advisory_unlock(%s, %s)", _LOCK)


# --- Forecasts ----------------------------------------------------------------------------------------------------


def _forecast(
    positions: dict[int, int], *, today: date, at: datetime, is_rebuilt: bool, tell: Tell | None
) -> tuple[int, int]:
    """Forecast the series whose months changed; return how many there are and how many were forecast."""
    seen, made = 0, 0
    waiting: list[_Series] = []
    for depot, position in positions.items():
        known = {} if is_rebuilt else dict(Forecast.objects.filter(depot=depot).values_list("item_id", "digest"))
        for one in _series(depot, position, until=month_of(today)):
            seen += 1
            if known.get(one.item_id) != one.digest:
                waiting.append(one)
        if len(waiting) >= _SERIES_AT_ONCE:
            made += _store(waiting, at=at, from_month=month_of(today))
            waiting = []
        if tell:
            tell("forecasts", seen, seen)
    return seen, made + _store(waiting, at=at, from_month=month_of(today))


def _series(depot: int, position: int, *, until: date) -> Iterator[_Series]:
    """Yield the whole months before `until` of every item that ever was in a depot."""
    since = month_of(until, back=forecasting.MOST_MONTHS)
    found = {one.item_id: one for one in consumption.histories([depot], from_date=since, until_date=until)}
    for item in ItemBeginning.objects.filter(depot=depot).order_by("item").values_list("item", flat=True):
        months = found[item].stretches if item in found else ()
        first = months[0].start_date if months else until
        yield _Series(depot, item, position, first, tuple(one.used for one in months))


def _store(series: Sequence[_Series], *, at: datetime, from_month: date) -> int:
    """Forecast the series and store what comes out; return how many there were."""
    ahead = [month_of(from_month, back=-number) for number in range(forecasting.HORIZON + 1)]
    days = (ahead[-1] - ahead[0]).days
    told = forecasting.forecast([one.used for one in series])
    rows = [
        _row(one, forecast, months=ahead[:-1], days=days, at=at) for one, forecast in zip(series, told, strict=True)
    ]
    fields = [field.name for field in Forecast._meta.concrete_fields if field.name not in {"id", "depot", "item"}]  # noqa: SLF001
    Forecast.objects.bulk_create(
        rows, batch_size=1_000, update_conflicts=True, unique_fields=["depot", "item"], update_fields=fields
    )
    return len(rows)


def _row(one: _Series, told: Forecasted, *, months: Sequence[date], days: int, at: datetime) -> Forecast:
    expected = sum((month.quantity for month in told.ahead), Decimal(0))
    chosen = told.chosen
    return Forecast(
        depot_id=one.depot_id,
        item_id=one.item_id,
        digest=one.digest,
        made_at=at,
        position=one.position,
        first_month_date=one.first_month,
        months=len(one.used),
        demand=told.demand,
        model=told.model,
        per_month=(expected / len(told.ahead)).quantize(Decimal("0.001")),
        per_day=(expected / days).quantize(Decimal("0.000001")),
        mae=chosen.mae if chosen else None,
        rmse=chosen.rmse if chosen else None,
        mase=chosen.mase if chosen else None,
        spread=told.spread,
        test_points=chosen.points if chosen else 0,
        ahead=[
            {"month": month.isoformat(), **_plain(asdict(expected))}
            for month, expected in zip(months, told.ahead, strict=True)
        ],
        back_tests=[_plain(asdict(test)) for test in told.tests],
    )


def _plain(members: dict[str, Any]) -> dict[str, Any]:
    """Return members as JSON takes them: decimals as strings."""
    return {name: f"{value:f}" if isinstance(value, Decimal) else value for name, value in members.items()}


# --- Outlooks -----------------------------------------------------------------------------------------------------


def _look_out(depot: Depot, position: int, *, at: datetime) -> None:
    """Write what follows for every item of a depot from what is there at `at`."""
    forecasts = list(Forecast.objects.filter(depot=depot).only("id", "item_id", "per_day", "spread", "months"))
    if not forecasts:
        return
    desk = Desk([depot], at=at)
    rows = [
        _outlook(one, depot, desk.reckon(depot.pk, one.item_id, need_of(one)), position=position, at=at)
        for one in forecasts
    ]
    fields = [field.name for field in Outlook._meta.concrete_fields if field.name != "forecast"]  # noqa: SLF001
    Outlook.objects.bulk_create(
        rows, batch_size=1_000, update_conflicts=True, unique_fields=["forecast"], update_fields=fields
    )


def _outlook(forecast: Forecast, depot: Depot, found: Reckoned, *, position: int, at: datetime) -> Outlook:
    return Outlook(
        forecast=forecast,
        depot=depot,
        item_id=forecast.item_id,
        counted_at=at,
        position=position,
        available=found.stock.available,
        on_the_road=found.stock.on_the_road,
        ordered=found.stock.ordered,
        days_left=found.days_left,
        norm_days=found.by_norm.days if found.by_norm else None,
        lead_days=found.terms.lead_days,
        review_days=found.terms.review_days,
        lead_basis=found.terms.lead_basis,
        chance=found.chance,
        risk=found.risk,
        margin_days=found.margin_days,
        reorder_point=found.order.reorder_point if found.order else None,
        suggested=found.order.quantity if found.order else Decimal(0),
        will_expire=found.will_expire,
        first_expiry_date=found.lost[0].expires_date if found.lost else None,
    )
