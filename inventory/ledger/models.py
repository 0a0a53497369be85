"""Logbooks and what follows from them. Only `posting.post` writes a logbook; nothing ever edits one.

Every table of the log starts its key with the depot: a depot's log is gapless, has one writer at a time, and could
live on a machine of its own.
"""

from __future__ import annotations

from typing import Any

from django.conf import settings
from django.db import models
from django.utils.translation import gettext_lazy as _

from depots.models import Bin, Depot
from inventory.catalogue.models import Item, Lot, QualityGrade, ReservePurpose, Unit


def quantity(**options: Any) -> models.DecimalField[Any, Any]:
    """Return a column of exact quantities in base units: numeric(18,3)."""
    return models.DecimalField(max_digits=18, decimal_places=3, **options)


class Kind(models.TextChoices):
    """What a movement is. Signs and needed header fields of each kind: `kinds.py`."""

    RECEIPT = "receipt", _("receipt")
    ISSUE = "issue", _("issue")
    TRANSFER_OUT = "transfer_out", _("transfer out")
    TRANSFER_IN = "transfer_in", _("transfer in")
    RELOCATION = "relocation", _("relocation")
    REGRADE = "regrade", _("grade change")
    REPURPOSE = "repurpose", _("change of purpose")
    ADJUSTMENT = "adjustment", _("adjustment")
    STOCKTAKE = "stocktake", _("stocktake")
    DISPOSAL = "disposal", _("disposal")
    RETURN = "return", _("return")
    OPENING = "opening", _("opening balance")
    REVERSAL = "reversal", _("reversal")


class DepotLog(models.Model):
    """The head of one depot's logbook: the row that is locked to post. `closed_until` is the open period's start."""

    depot = models.OneToOneField(Depot, models.PROTECT, primary_key=True, related_name="log")
    position = models.BigIntegerField(default=0)
    hash = models.BinaryField(max_length=32)
    recorded_at = models.DateTimeField(null=True)
    closed_until = models.DateTimeField(null=True)


class Movement(models.Model):
    """One entry of one depot's log: append-only, gapless by `position`, chained by `hash`.

    `occurred_at` is when stock moved, as told; `recorded_at` when it was written, never going back within a log.
    """

    pk = models.CompositePrimaryKey("depot", "position")
    depot = models.ForeignKey(Depot, models.PROTECT, related_name="+", db_index=False)
    position = models.BigIntegerField()
    kind = models.CharField(max_length=12, choices=Kind.choices)
    number = models.CharField(max_length=40)
    occurred_at = models.DateTimeField()
    recorded_at = models.DateTimeField()
    recorded_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+", db_index=False)
    actor = models.CharField(max_length=60)  # the login as it was then: the hash covers it
    counterparty = models.CharField(max_length=240, blank=True)
    order_number = models.CharField(max_length=80, blank=True)
    order_date = models.DateField(null=True)
    reason = models.CharField(max_length=500, blank=True)
    to_depot = models.ForeignKey(Depot, models.PROTECT, null=True, related_name="+", db_index=False)
    consignment_depot = models.ForeignKey(Depot, models.PROTECT, null=True, related_name="+", db_index=False)
    consignment_position = models.BigIntegerField(null=True)
    reverses = models.BigIntegerField(null=True)
    key = models.CharField(max_length=64)
    request_digest = models.BinaryField(max_length=32)
    previous_hash = models.BinaryField(max_length=32)
    hash = models.BinaryField(max_length=32)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["depot", "key"], name="movement_key_unique"),
            models.UniqueConstraint(fields=["depot", "number"], name="movement_number_unique"),
            models.UniqueConstraint(
                fields=["depot", "reverses"], name="movement_reversed_once", condition=models.Q(reverses__isnull=False)
            ),
            models.CheckConstraint(condition=models.Q(position__gte=1), name="movement_position_from_1"),
            models.CheckConstraint(
                condition=models.Q(occurred_at__lte=models.F("recorded_at")), name="movement_not_in_the_future"
            ),
            models.CheckConstraint(
                condition=models.Q(kind="reversal", reverses__isnull=False)
                | (~models.Q(kind="reversal") & models.Q(reverses__isnull=True)),
                name="movement_reversal_names_original",
            ),
        ]
        indexes = [
            models.Index(fields=["depot", "occurred_at"], name="movement_occurred"),
            models.Index(fields=["depot", "recorded_at"], name="movement_recorded"),
            models.Index(
                fields=["consignment_depot", "consignment_position"],
                name="movement_consignment",
                condition=models.Q(consignment_position__isnull=False),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.depot.code}/{self.position}"


class Holding(models.Model):
    """One pile of like stock: the smallest thing the ledger keeps a balance for.

    `on_hand` equals the sum of the pile's changes over the whole log; `allocated` of it is promised.
    """

    depot = models.ForeignKey(Depot, models.PROTECT, related_name="+", db_index=False)
    bin = models.ForeignKey(Bin, models.PROTECT, related_name="+", db_index=False)
    item = models.ForeignKey(Item, models.PROTECT, related_name="+", db_index=False)
    lot = models.ForeignKey(Lot, models.PROTECT, related_name="+")
    grade = models.ForeignKey(QualityGrade, models.PROTECT, related_name="+", db_column="grade", db_index=False)
    purpose = models.ForeignKey(ReservePurpose, models.PROTECT, related_name="+", db_column="purpose", db_index=False)
    on_hand = quantity(default=0)
    allocated = quantity(default=0)
    last_occurred_at = models.DateTimeField()
    # A column of its own, because an index that mentions `on_hand` would forbid PostgreSQL's cheap in-page updates.
    is_stocked = models.GeneratedField(
        expression=models.Q(on_hand__gt=0),  # type: ignore[arg-type]  # the stubs know only Expression
        output_field=models.BooleanField(),
        db_persist=True,
    )
    # Likewise: it changes only when the pile is emptied or filled again, not whenever something moves.
    emptied_at = models.GeneratedField(
        expression=models.Case(
            models.When(on_hand__gt=0, then=None),
            default=models.F("last_occurred_at"),
            output_field=models.DateTimeField(),
        ),
        output_field=models.DateTimeField(null=True),
        db_persist=True,
    )

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["depot", "item", "lot", "bin", "grade", "purpose"], name="holding_unique"),
            models.CheckConstraint(
                condition=models.Q(allocated__gte=0) & models.Q(allocated__lte=models.F("on_hand")),
                name="holding_allocated_within_on_hand",
            ),
            models.CheckConstraint(condition=models.Q(on_hand__gte=0), name="holding_on_hand_not_negative"),
        ]
        indexes = [
            models.Index(
                fields=["item", "depot"],
                name="holding_stocked",
                condition=models.Q(is_stocked=True),
            ),
            models.Index(fields=["item", "depot", "emptied_at"], name="holding_of_item"),
        ]


class MovementLine(models.Model):
    """One change of one pile by one movement, or of what is on the road (`transit_change`), or both.

    `entry_no` is the line as it was asked for: one entry may become several lines (FEFO, bin to bin).
    What was typed stays: `entered_quantity` in `entered_unit`. `occurred_at` and `expires_date` are kept here
    as they were, the first so that a past day is read without its header, the second as the document said.
    """

    pk = models.CompositePrimaryKey("depot", "position", "line_no")
    depot = models.ForeignKey(Depot, models.PROTECT, related_name="+", db_index=False, db_constraint=False)
    position = models.BigIntegerField()
    line_no = models.IntegerField()
    entry_no = models.IntegerField()
    holding = models.ForeignKey(Holding, models.PROTECT, related_name="+", db_index=False)
    occurred_at = models.DateTimeField()
    change = quantity()
    on_hand_after = quantity()
    transit_change = quantity(default=0)
    consignment_line = models.IntegerField(null=True)
    entered_quantity = quantity()
    entered_unit = models.ForeignKey(Unit, models.PROTECT, related_name="+", db_column="entered_unit", db_index=False)
    unit_price = models.DecimalField(max_digits=18, decimal_places=2, null=True)
    scheduled_quantity = quantity(null=True)
    expires_date = models.DateField(null=True)
    reason = models.CharField(max_length=300, blank=True)

    class Meta:
        constraints = [
            models.CheckConstraint(condition=models.Q(on_hand_after__gte=0), name="line_on_hand_after_not_negative"),
        ]
        indexes = [
            # With what a tail of the log adds up to: a past day is read from here alone.
            models.Index(
                fields=["depot", "holding", "occurred_at"], include=["position", "change"], name="line_pile_by_day"
            ),
            models.Index(fields=["depot", "holding", "position"], name="line_pile_by_position"),
        ]


class FuelReading(models.Model):
    """What was measured of a line of liquid fuel, beside the line, and what that came to at 15 °C. Append-only.

    `litres` and `density` (kg/m³) are as read at `temperature` (°C), `litres_15`, `density_15` and `kg` what
    `conversion` makes of them. `kg_change` is what the line did to its pile, `kg_after` what the pile held after it:
    the pile's balance in kg, as the line's `change` and `on_hand_after` are its balance in litres at 15 °C.
    """

    pk = models.CompositePrimaryKey("depot", "position", "line_no")
    depot = models.ForeignKey(Depot, models.PROTECT, related_name="+", db_index=False, db_constraint=False)
    position = models.BigIntegerField()
    line_no = models.IntegerField()
    holding = models.ForeignKey(Holding, models.PROTECT, related_name="+", db_index=False)
    litres = quantity()
    temperature = models.DecimalField(max_digits=5, decimal_places=2)
    density = models.DecimalField(max_digits=6, decimal_places=1)
    density_15 = models.DecimalField(max_digits=6, decimal_places=1)
    factor = models.DecimalField(max_digits=8, decimal_places=5)
    litres_15 = quantity()
    kg = quantity()
    conversion = models.CharField(max_length=40)
    kg_change = quantity()
    kg_after = quantity()

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=models.Q(litres__gte=0, litres_15__gte=0, kg__gte=0, kg_after__gte=0),
                name="fuel_not_negative",
            ),
            models.CheckConstraint(condition=models.Q(conversion__regex=r"^[A-Za-z0-9./-]+$"), name="fuel_conversion"),
        ]
        indexes = [models.Index(fields=["depot", "holding", "-position", "-line_no"], name="fuel_pile")]


class CountOffset(models.Model):
    """A stocktake's movement that takes a late entry back at a count: what it upholds, and what it offsets.

    The late entry is of the same log; an entry with things taken and things brought has one offset before and one
    after it.
    """

    pk = models.CompositePrimaryKey("depot", "position")
    depot = models.ForeignKey(Depot, models.PROTECT, related_name="+", db_index=False)
    position = models.BigIntegerField()
    count_position = models.BigIntegerField()
    late_position = models.BigIntegerField()

    class Meta:
        indexes = [
            models.Index(fields=["depot", "count_position"], name="count_offset_count"),
            models.Index(fields=["depot", "late_position"], name="count_offset_late"),
        ]


class ConsignmentLine(models.Model):
    """What one transfer sent of one like kind: in transit = sent − received − settled, kept until it is zero.

    Named by the sender's movement. `sent` shrinks only when the transfer itself is reversed; a surplus at receipt
    makes the line negative until it is settled.
    """

    pk = models.CompositePrimaryKey("depot", "position", "line_no")
    depot = models.ForeignKey(Depot, models.PROTECT, related_name="+", db_index=False)
    position = models.BigIntegerField()
    line_no = models.IntegerField()
    to_depot = models.ForeignKey(Depot, models.PROTECT, related_name="+", db_index=False)
    item = models.ForeignKey(Item, models.PROTECT, related_name="+", db_index=False)
    lot = models.ForeignKey(Lot, models.PROTECT, related_name="+", db_index=False)
    grade = models.ForeignKey(QualityGrade, models.PROTECT, related_name="+", db_column="grade", db_index=False)
    purpose = models.ForeignKey(ReservePurpose, models.PROTECT, related_name="+", db_column="purpose", db_index=False)
    sent_at = models.DateTimeField()
    sent = quantity()
    received = quantity(default=0)
    settled = quantity(default=0)
    in_transit = models.GeneratedField(
        expression=models.F("sent") - models.F("received") - models.F("settled"),
        output_field=models.DecimalField(max_digits=18, decimal_places=3),
        db_persist=True,
    )

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=models.Q(sent__gte=0) & models.Q(received__gte=0), name="consignment_not_negative"
            ),
        ]
        indexes = [
            models.Index(fields=["to_depot", "item"], name="consignment_open", condition=~models.Q(in_transit=0)),
            models.Index(fields=["item"], name="consignment_open_item", condition=~models.Q(in_transit=0)),
            models.Index(
                fields=["depot", "position"], name="consignment_open_sender", condition=~models.Q(in_transit=0)
            ),
        ]


class VoucherSeries(models.Model):
    """The last number given out per depot, kind of paper and year: no gaps, restarting each year."""

    pk = models.CompositePrimaryKey("depot", "series", "year")
    depot = models.ForeignKey(Depot, models.PROTECT, related_name="+", db_index=False)
    series = models.CharField(max_length=2)
    year = models.SmallIntegerField()
    last_number = models.IntegerField()


class Allocation(models.Model):
    """A promise of part of a pile to a document; it lowers availability until it is released or taken.

    `reference` is the document's key, `document` what people call it. Taking a part of a promise ends it and makes
    one of what is left.
    """

    depot = models.ForeignKey(Depot, models.PROTECT, related_name="+")
    holding = models.ForeignKey(Holding, models.PROTECT, related_name="+")
    reference = models.CharField(max_length=80)
    document = models.CharField(max_length=80, blank=True, default="", db_default="")
    quantity = quantity()
    allocated_at = models.DateTimeField()
    allocated_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+")
    released_at = models.DateTimeField(null=True)
    released_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, null=True, related_name="+")

    class Meta:
        constraints = [models.CheckConstraint(condition=models.Q(quantity__gt=0), name="allocation_positive")]
        indexes = [
            models.Index(
                fields=["depot", "reference"], name="allocation_open", condition=models.Q(released_at__isnull=True)
            ),
        ]


class PeriodClose(models.Model):
    """A closed month of a depot: its log up to `position` held everything dated before `until_at`."""

    pk = models.CompositePrimaryKey("depot", "month_date")
    depot = models.ForeignKey(Depot, models.PROTECT, related_name="+", db_index=False)
    month_date = models.DateField()  # the month's first day
    until_at = models.DateTimeField()  # the first instant after the month, local midnight
    position = models.BigIntegerField()
    closed_at = models.DateTimeField()
    closed_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+", db_index=False)


class ClosingBalance(models.Model):
    """A pile's opening, in, out and closing over one closed month; it never changes afterwards.

    `item` is the pile's, kept here so that one item's closings are found over all depots without its piles.
    """

    pk = models.CompositePrimaryKey("depot", "month_date", "holding")
    depot = models.ForeignKey(Depot, models.PROTECT, related_name="+", db_index=False)
    month_date = models.DateField()
    holding = models.ForeignKey(Holding, models.PROTECT, related_name="+", db_index=False)
    item = models.ForeignKey(Item, models.PROTECT, related_name="+", db_index=False, db_constraint=False)
    opening = quantity()
    inward = quantity()
    outward = quantity()
    closing = quantity()

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=models.Q(closing=models.F("opening") + models.F("inward") - models.F("outward")),
                name="closing_balance_adds_up",
            ),
        ]
        indexes = [
            models.Index(
                fields=["item", "depot", "month_date"], include=["holding", "closing"], name="closing_of_item"
            ),
        ]


class WitnessedHead(models.Model):
    """A log head that left the machine (signed manifest, paper): what a cut-off tail is found by."""

    depot = models.ForeignKey(Depot, models.PROTECT, related_name="+", db_index=False)
    position = models.BigIntegerField()
    hash = models.BinaryField(max_length=32)
    witnessed_at = models.DateTimeField()
    witness = models.CharField(max_length=120)

    class Meta:
        indexes = [models.Index(fields=["depot", "position"], name="witnessed_head_position")]


class Verification(models.Model):
    """What one run of `verify_ledger` found, so that pages can say it without recomputing anything. Append-only.

    `depot` is NULL for all of them; `disagreements` counts all, `found` holds the first as (check, where, detail).
    """

    depot = models.ForeignKey(Depot, models.PROTECT, null=True, related_name="+", db_index=False)
    verified_at = models.DateTimeField()  # when the run began: what was posted later it did not see
    movements = models.BigIntegerField()
    lines = models.BigIntegerField()
    disagreements = models.IntegerField()
    found = models.JSONField(default=list)

    class Meta:
        indexes = [models.Index(fields=["-verified_at"], name="verification_newest")]
