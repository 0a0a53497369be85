"""Sourcing plans: what is needed where and when, by which rules, and who could supply it as stock stood then."""

from __future__ import annotations

import uuid
from collections.abc import Sequence
from datetime import date
from decimal import Decimal
from typing import TYPE_CHECKING, Any

from django.conf import settings
from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from depots import access
from depots.models import Depot, OrganisationUnit
from inventory.ledger.chain import exact
from inventory.sourcing.goods import Need, Row, Shortage, Strategy
from logistics import history

if TYPE_CHECKING:
    from logistics.accounts.models import User

STRATEGIES = [
    (Strategy.NEAREST_COMPLETE.value, _("nearest depot that has all of a line")),
    (Strategy.FEWEST_SPLITS.value, _("fewest depots per line")),
    (Strategy.LEAST_EFFORT.value, _("least transport effort")),
]


class PlanQuerySet(models.QuerySet["Plan"]):
    """Plans in bulk."""

    def visible_to(self, user: User) -> PlanQuerySet:
        """Return the plans all of whose depots `user` may read today: those that give, and the one that is supplied."""
        return self.filter(depots__contained_by=access.scope(user))


class Plan(models.Model):
    """One plan. It changes nothing in stock; orders made of it do.

    `needs`, `rules`, `rows`, `shortages` are documents (below): what was asked for, what it keeps to, who gives what by
    which rule as stock stood at `solved_at`, and what is missing. `near` is the depot whose point stands for the
    destination. `orders` are the keys of the orders made of it. `depots` are the keys of all depots it speaks of:
    whoever may not read one of them does not see it. After `expires_at` it is too old to make orders of.
    """

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    name = models.CharField(_("name"), max_length=120)
    to_depot = models.ForeignKey(
        Depot, models.PROTECT, null=True, blank=True, related_name="+", verbose_name=_("to depot")
    )
    to_unit = models.ForeignKey(
        OrganisationUnit, models.PROTECT, null=True, blank=True, related_name="+", verbose_name=_("to unit")
    )
    near = models.ForeignKey(Depot, models.PROTECT, related_name="+", verbose_name=_("place of the destination"))
    needed_by_date = models.DateField(_("needed by"))
    strategy = models.CharField(_("strategy"), max_length=16, choices=STRATEGIES)
    rules = models.JSONField(_("rules"), default=dict)
    needs = models.JSONField(_("needs"), default=list)
    rows = models.JSONField(_("rows"), default=list)
    shortages = models.JSONField(_("shortages"), default=list)
    weights = models.JSONField(_("weights, kg"), default=dict)
    state = models.CharField(_("how good it is known to be"), max_length=8, blank=True)
    depots = ArrayField(models.BigIntegerField(), default=list)
    solved_at = models.DateTimeField(_("as of"))
    expires_at = models.DateTimeField(_("too old from"))
    orders = ArrayField(models.UUIDField(), default=list)
    copy_of = models.ForeignKey("self", models.PROTECT, null=True, related_name="+", verbose_name=_("copy of"))
    version = models.IntegerField(_("version"), default=1)
    made_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, related_name="+", verbose_name=_("made by"), db_index=False
    )
    made_at = models.DateTimeField(_("made at"))
    ordered_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, null=True, related_name="+", verbose_name=_("ordered by"),
        db_index=False,
    )  # fmt: skip
    ordered_at = models.DateTimeField(_("ordered at"), null=True)

    objects = PlanQuerySet.as_manager()
    history = history.tracked()

    class Meta:
        verbose_name = _("sourcing plan")
        verbose_name_plural = _("sourcing plans")
        constraints = [
            models.CheckConstraint(
                condition=Q(to_depot__isnull=True, to_unit__isnull=False)
                | Q(to_depot__isnull=False, to_unit__isnull=True),
                name="plan_goes_to_one_place",
            ),
            models.CheckConstraint(condition=Q(expires_at__gt=models.F("solved_at")), name="plan_expires_later"),
        ]
        indexes = [models.Index(fields=["-made_at"], name="plan_newest")]

    def __str__(self) -> str:
        return self.name

    @property
    def lines(self) -> list[Need]:
        """What is needed, in base units."""
        return [need_of(one) for one in self.needs]

    @property
    def sources(self) -> list[Row]:
        """Who gives what."""
        return [row_of(one) for one in self.rows]

    @property
    def missing(self) -> list[Shortage]:
        """What cannot be supplied."""
        return [shortage_of(one) for one in self.shortages]

    def put(self, rows: Sequence[Row], shortages: Sequence[Shortage]) -> None:
        """Set who gives what and what is missing."""
        self.rows = [row_document(row) for row in rows]
        self.shortages = [shortage_document(shortage) for shortage in shortages]


# --- As documents ---------------------------------------------------------------------------------------------------


def need_of(document: dict[str, Any]) -> Need:
    """Return the need a document says."""
    return Need(
        number=document["number"],
        item=document["item"],
        quantity=Decimal(document["quantity"]),
        grade=document.get("grade"),
        purpose=document.get("purpose"),
    )


def row_document(row: Row) -> dict[str, Any]:
    """Return a row as plans keep it and the API spells it."""
    return {
        "need": row.need,
        "item": row.item,
        "depot": row.depot,
        "lot": row.lot,
        "expires_on": row.expires_date.isoformat() if row.expires_date else None,
        "grade": row.grade,
        "purpose": row.purpose,
        "quantity": exact(row.quantity),
        "there": exact(row.there),
        "distance_m": row.distance_m,
        "why": row.why,
        "among": row.among,
    }


def row_of(document: dict[str, Any]) -> Row:
    """Return the row a document says."""
    expires = document["expires_on"]
    rest = {name: value for name, value in document.items() if name not in {"expires_on", "quantity", "there"}}
    return Row(
        **rest,
        expires_date=date.fromisoformat(expires) if expires else None,
        quantity=Decimal(document["quantity"]),
        there=Decimal(document["there"]),
    )


def shortage_document(shortage: Shortage) -> dict[str, Any]:
    """Return a shortage as plans keep it and the API spells it."""
    return {
        "need": shortage.need,
        "item": shortage.item,
        "missing": exact(shortage.missing),
        "reasons": [[why, exact(quantity)] for why, quantity in shortage.reasons],
    }


def shortage_of(document: dict[str, Any]) -> Shortage:
    """Return the shortage a document says."""
    return Shortage(
        need=document["need"],
        item=document["item"],
        missing=Decimal(document["missing"]),
        reasons=tuple((why, Decimal(quantity)) for why, quantity in document["reasons"]),
    )
