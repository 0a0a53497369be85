"""Bringing the owner's boundaries into the store: dated, whole or not at all, every code held against its era."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from typing import TYPE_CHECKING, Final

from django.utils.translation import gettext as _

from depots.boundary_file import Drawn
from depots.models import Boundary, Province
from logistics import history
from logistics.fields import format_date
from logistics.imports import Outcome
from logistics.search import fold

if TYPE_CHECKING:
    from logistics.accounts.models import User

# What official names carry before the name itself; the reference data has them without.
_KINDS: Final = re.compile(r"^(tinh|thanh pho|tp\.?|province of|city of)\s+")
_DAY: Final = timedelta(days=1)
_COLUMNS: Final = ("name", "valid_to", "shape")
Key = tuple[str, str]  # layer and code


@dataclass(slots=True)
class _Plan:
    """What is to be written."""

    new: list[Boundary] = field(default_factory=list)
    changed: list[Boundary] = field(default_factory=list)
    ended: list[Boundary] = field(default_factory=list)
    unchanged: int = 0


def bring(drawn: Sequence[Drawn], *, source: str, by: User, at: datetime) -> Outcome:
    """Write the boundaries that are missing or differ; those of the same code that they follow end the day before.

    A province's code is taken as of the boundary's first day: it must have meant a province of that name then, and the
    boundary ends with it. Of errors nothing is written. Must run in a transaction. Every write has its history.
    """
    for one in drawn:
        if one.layer == Boundary.Layer.PROVINCE and one.code and one.valid_from:
            _hold_against_era(one)
    stored: dict[Key, list[Boundary]] = defaultdict(list)
    for row in Boundary.objects.select_for_update().order_by("valid_from"):
        stored[row.layer, row.code].append(row)
    groups: dict[Key, list[Drawn]] = defaultdict(list)
    for one in drawn:
        if one.layer and one.code and one.valid_from:
            groups[one.layer, one.code].append(one)
    plan = _Plan()
    for key, features in groups.items():
        _compare(key, sorted(features, key=lambda one: (one.valid_from or date.min, one.row)), stored[key], plan)
    outcome = Outcome({"boundaries": len(plan.new) + len(plan.changed)})
    outcome.errors = sorted(error for one in drawn for error in one.errors)
    if not outcome.errors:
        with history.changing(
            by=by, reason=_("Imported from %(file)s") % {"file": source}, source=history.Source.IMPORT
        ):
            for row in [*plan.changed, *plan.ended]:
                row.updated_at = at
            # What ends goes first: of one code at most one boundary holds on a day.
            history.bulk_update(plan.ended, ["valid_to", "updated_at"])
            history.bulk_update(plan.changed, [*_COLUMNS, "updated_at"])
            history.bulk_create(plan.new)
    outcome.counts |= {
        "new": len(plan.new),
        "changed": len(plan.changed),
        "ended": len(plan.ended),
        "unchanged": plan.unchanged,
        "repaired": sum(one.is_repaired for one in drawn),
    }
    return outcome


def _hold_against_era(one: Drawn) -> None:
    """Refuse a code that meant no province, or another, on the boundary's first day; end it with the province."""
    assert one.valid_from is not None, "asked for"
    eras = list(Province.objects.filter(code=one.code).order_by("valid_from"))
    day = {"code": one.code, "day": format_date(one.valid_from)}
    then = next((era for era in eras if era.valid_from <= one.valid_from <= (era.valid_to or date.max)), None)
    if then is None:
        one.refuse("code", one.code, _("No province known here had code %(code)s on %(day)s.") % day)
        return
    if _bare(one.name) != _bare(then.name):
        text = _("On %(day)s code %(code)s is %(known)s. If the file is of another time, say so with valid_from.")
        one.refuse("name", one.name, text % (day | {"known": then.name}))
    if then.valid_to is not None and (one.valid_to is None or one.valid_to > then.valid_to):
        if one.valid_to is not None:
            text = _("Code %(code)s meant %(known)s until %(last)s only.")
            last = {"code": one.code, "known": then.name, "last": format_date(then.valid_to)}
            one.refuse("valid_to", one.valid_to.isoformat(), text % last)
        one.valid_to = then.valid_to


def _bare(name: str) -> str:
    return re.sub(r"[\s\-–]+", " ", _KINDS.sub("", fold(name).strip()))


def _compare(key: Key, features: Sequence[Drawn], stored: Sequence[Boundary], plan: _Plan) -> None:
    """Plan what becomes of the boundaries of one layer and code, `features` in the order of their first days."""
    for one, following in zip(features, [*features[1:], None], strict=False):
        if following is not None and following.valid_from is not None:
            if one.valid_from == following.valid_from or (one.valid_to and one.valid_to >= following.valid_from):
                text = _("Feature %(row)s has the same layer and code at the same time.")
                following.refuse("code", following.code, text % {"row": one.row})
            elif one.valid_to is None:
                one.valid_to = following.valid_from - _DAY
    for one in features:
        _place(key, one, stored, plan)


def _place(key: Key, one: Drawn, stored: Sequence[Boundary], plan: _Plan) -> None:
    first = one.valid_from
    assert first is not None, "asked for"
    same = next((row for row in stored if row.valid_from == first), None)
    later = next((row for row in stored if row.valid_from > first), None)
    if later is not None and (one.valid_to is None or one.valid_to >= later.valid_from):
        if one.valid_to is not None:
            text = _("From %(day)s on another boundary of this code is known.") % {"day": format_date(later.valid_from)}
            one.refuse("valid_to", one.valid_to.isoformat(), text)
        one.valid_to = later.valid_from - _DAY
    if same is None:
        for row in stored:
            if row.valid_from < first and (row.valid_to is None or row.valid_to >= first):
                row.valid_to = first - _DAY
                plan.ended.append(row)
    if one.shape is None or one.errors:
        return
    if same is None:
        layer, code = key
        plan.new.append(
            Boundary(layer=layer, code=code, name=one.name, valid_from=first, valid_to=one.valid_to, shape=one.shape)
        )
    elif same.name == one.name and same.valid_to == one.valid_to and same.shape.equals_exact(one.shape, 0):
        plan.unchanged += 1
    else:
        same.name, same.valid_to, same.shape = one.name, one.valid_to, one.shape
        plan.changed.append(same)
