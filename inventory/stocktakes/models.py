"""Stocktakes (kiểm kê): a sheet of piles, what was counted of each, and what was decided about the differences.

A sheet is made when the counting begins and grows by what is found. Lines, counts, recounts and decisions are only
ever added: what holds follows from them (`standing.py`). Stock changes once, by the movement a stocktake ends in.
"""

from __future__ import annotations

import uuid
from typing import Any, Final

from django.conf import settings
from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from depots import access
from depots.models import Bin, Depot
from inventory.catalogue.models import Item, QualityGrade, ReservePurpose, SupplyClass
from inventory.ledger.models import quantity
from logistics import history
from logistics.accounts.models import User


def _person(label: Any, *, null: bool = True) -> models.ForeignKey[Any, Any]:
    return models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, related_name="+", verbose_name=label, null=null, db_index=False
    )


class Status(models.TextChoices):
    """Where a stocktake stands."""

    PLANNED = "planned", _("planned")
    COUNTING = "counting", _("being counted")
    REVIEWING = "reviewing", _("being reviewed")
    POSTED = "posted", _("posted")
    CANCELLED = "cancelled", _("cancelled")


RUNNING: Final = frozenset({Status.COUNTING, Status.REVIEWING})


class Scope(models.TextChoices):
    """What is counted of a depot."""

    DEPOT = "depot", _("the whole depot")
    BINS = "bins", _("some bins")
    CLASSES = "classes", _("some supply classes")
    ITEMS = "items", _("some items")


class StocktakeQuerySet(models.QuerySet["Stocktake"]):
    """Stocktakes in bulk; `visible_to` is the one scope gate."""

    def visible_to(self, user: User) -> StocktakeQuerySet:
        """Return the stocktakes of depots whose stock `user` may read."""
        return self.filter(depot__in=access.depot_ids(user))


class Stocktake(models.Model):
    """One count of a depot, or of a part of it, from its plan to the movement it ends in.

    `codes` names the bins, supply classes or items of the scope. `cut_off_at` is the instant whose stock is stated (at
    the yearly one 0 giờ 00 ngày 01/01); each pile is compared with the book of the moment it was counted, so nothing
    stands still meanwhile. `review_at`: when counting ended. `position` and `number` name the movement it became.
    """

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    depot = models.ForeignKey(Depot, models.PROTECT, related_name="+", verbose_name=_("depot"))
    scope = models.CharField(_("what is counted"), max_length=8, choices=Scope.choices)
    codes = ArrayField(models.CharField(max_length=24), verbose_name=_("codes"), default=list, blank=True)
    cut_off_at = models.DateTimeField(_("stock as of"))
    is_blind = models.BooleanField(_("counted blind"), default=True)
    basis = models.CharField(_("on whose order"), max_length=200, blank=True)
    reason = models.CharField(_("reason"), max_length=300)
    status = models.CharField(_("status"), max_length=9, choices=Status.choices, default=Status.PLANNED)
    version = models.IntegerField(_("version"), default=1)

    planned_by = _person(_("planned by"), null=False)
    planned_at = models.DateTimeField(_("planned at"))
    opened_by = _person(_("opened by"))
    opened_at = models.DateTimeField(_("counted from"), null=True)
    review_by = _person(_("counting ended by"))
    review_at = models.DateTimeField(_("counted until"), null=True)
    finalised_by = _person(_("finalised by"))
    finalised_at = models.DateTimeField(_("finalised at"), null=True)
    cancelled_by = _person(_("cancelled by"))
    cancelled_at = models.DateTimeField(_("cancelled at"), null=True)
    end_reason = models.CharField(_("why it was cancelled"), max_length=300, blank=True)
    position = models.BigIntegerField(_("position"), null=True)
    number = models.CharField(_("number"), max_length=40, blank=True)

    objects = StocktakeQuerySet.as_manager()
    history = history.tracked()

    class Meta:
        verbose_name = _("stocktake")
        verbose_name_plural = _("stocktakes")
        constraints = [
            models.CheckConstraint(
                condition=Q(finalised_by__isnull=True)
                | (~Q(finalised_by=F("planned_by")) & ~Q(finalised_by=F("opened_by"))),
                name="stocktake_planner_does_not_finalise",
            ),
            models.CheckConstraint(
                condition=Q(status="posted", finalised_by__isnull=False, finalised_at__isnull=False,
                            position__isnull=False)
                & ~Q(number="")
                | (~Q(status="posted") & Q(finalised_by__isnull=True) & Q(position__isnull=True)),
                name="stocktake_posted_has_movement",
            ),
            models.CheckConstraint(
                condition=Q(status__in=["planned", "cancelled"]) | Q(opened_by__isnull=False, opened_at__isnull=False),
                name="stocktake_counted_was_opened",
            ),
            models.CheckConstraint(
                condition=~Q(status="cancelled") | (Q(cancelled_by__isnull=False) & ~Q(end_reason="")),
                name="stocktake_cancelled_says_why",
            ),
            models.CheckConstraint(
                condition=Q(scope="depot", codes=[]) | (~Q(scope="depot") & ~Q(codes=[])),
                name="stocktake_scope_is_named",
            ),
        ]  # fmt: skip
        indexes = [
            models.Index(fields=["depot", "-planned_at"], name="stocktake_newest"),
            models.Index(fields=["depot", "position"], name="stocktake_movement", condition=Q(position__isnull=False)),
            models.Index(fields=["depot"], name="stocktake_running", condition=Q(status__in=["counting", "reviewing"])),
        ]

    def __str__(self) -> str:
        return self.number or f"{_('stocktake')} {str(self.id)[:8]}"

    @property
    def is_running(self) -> bool:
        """Tell whether counts and decisions are still taken."""
        return self.status in RUNNING

    @property
    def hides_books(self) -> bool:
        """Tell whether nobody is to see what the books say, because it is being counted blind."""
        return self.is_blind and self.status in {Status.PLANNED, Status.COUNTING}

    @property
    def subject(self) -> str:
        """Its name on kept papers and attachments."""
        return f"stocktake:{self.pk}"


class Member(models.Model):
    """One of the council (hội đồng kiểm kê) as it was named then; `user` where they have an account here."""

    class Role(models.TextChoices):
        """What a member is in the council."""

        CHAIR = "chair", _("chair of the council")
        SECRETARY = "secretary", _("secretary")
        MEMBER = "member", _("member")
        WITNESS = "witness", _("witness")

    stocktake = models.ForeignKey(Stocktake, models.PROTECT, related_name="members")
    order = models.PositiveSmallIntegerField(_("order"))
    name = models.CharField(_("full name"), max_length=120)
    rank = models.CharField(_("rank"), max_length=60, blank=True)
    title = models.CharField(_("title"), max_length=120, blank=True)
    role = models.CharField(_("role"), max_length=9, choices=Role.choices, default=Role.MEMBER)
    user = _person(_("account"))

    history = history.tracked()

    class Meta:
        verbose_name = _("member of the council")
        verbose_name_plural = _("members of the council")
        ordering = ("stocktake", "order")
        constraints = [models.UniqueConstraint(fields=["stocktake", "order"], name="stocktake_member_order_unique")]

    def __str__(self) -> str:
        return f"{self.rank} {self.name}".strip()


class SheetLine(models.Model):
    """One pile to count, or found while counting (`is_expected` False). Append-only.

    The pile is named by what a counter sees: bin, item, lot and expiry, grade, purpose; a lot that was found need not
    be known yet.
    """

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    stocktake = models.ForeignKey(Stocktake, models.PROTECT, related_name="lines", db_index=False)
    number = models.IntegerField()
    bin = models.ForeignKey(Bin, models.PROTECT, related_name="+", db_index=False)
    item = models.ForeignKey(Item, models.PROTECT, related_name="+", db_index=False)
    lot = models.CharField(max_length=40, blank=True)
    expires_date = models.DateField(null=True)
    grade = models.ForeignKey(QualityGrade, models.PROTECT, related_name="+", db_column="grade", db_index=False)
    purpose = models.ForeignKey(ReservePurpose, models.PROTECT, related_name="+", db_column="purpose", db_index=False)
    is_expected = models.BooleanField()
    added_at = models.DateTimeField()
    added_by = _person(_("added by"), null=False)

    class Meta:
        ordering = ("stocktake", "number")
        constraints = [
            models.UniqueConstraint(fields=["stocktake", "number"], name="sheet_line_number_unique"),
            models.UniqueConstraint(
                fields=["stocktake", "bin", "item", "lot", "grade", "purpose"], name="sheet_line_pile_unique"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.stocktake} · {self.number}"


class Count(models.Model):
    """What somebody counted of a line at an instant. Append-only; `key` is made by the device, so sending it again
    does nothing.

    `adds`: there is more of the pile than what was counted before in this round; otherwise a later count replaces the
    earlier ones. `counted_at` is the device's moment, put right by how far its clock was off when it sent. `measured`:
    what the quantity was reckoned from where it was not counted piece by piece (a tank's dip).
    """

    key = models.UUIDField(primary_key=True)
    line = models.ForeignKey(SheetLine, models.PROTECT, related_name="counts", db_index=False)
    round = models.PositiveSmallIntegerField(default=1)
    quantity = quantity()
    adds = models.BooleanField(default=False)
    counted_at = models.DateTimeField()
    counted_by = _person(_("counted by"), null=False)
    received_at = models.DateTimeField()
    measured = models.JSONField(default=dict)

    class Meta:
        constraints = [
            models.CheckConstraint(condition=Q(quantity__gte=0), name="count_not_negative"),
            models.CheckConstraint(condition=Q(round__gte=1), name="count_round_from_1"),
            models.CheckConstraint(condition=Q(counted_at__lte=F("received_at")), name="count_not_in_the_future"),
        ]
        indexes = [models.Index(fields=["line", "round", "counted_at"], name="count_of_line")]


class Recount(models.Model):
    """A line is to be counted again: what was counted in earlier rounds holds no longer. Append-only."""

    line = models.ForeignKey(SheetLine, models.PROTECT, related_name="recounts", db_index=False)
    round = models.PositiveSmallIntegerField()  # the one that begins with it: 2, 3 …
    reason = models.CharField(max_length=300, blank=True)
    asked_by = _person(_("asked by"), null=False)
    asked_at = models.DateTimeField()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["line", "round"], name="recount_round_unique")]


class Cause(models.Model):
    """Why stock and books may differ, or why a line is left out: a list that the site keeps."""

    class Use(models.TextChoices):
        """What a cause explains."""

        SURPLUS = "surplus", _("a surplus")
        SHORTAGE = "shortage", _("a shortage")
        BOTH = "both", _("a surplus or a shortage")
        LEFT_OUT = "left_out", _("why a line is left out")

    code = models.CharField(_("code"), max_length=24, primary_key=True)
    name = models.CharField(_("name"), max_length=120)
    name_en = models.CharField(_("English name"), max_length=120)
    use = models.CharField(_("explains"), max_length=8, choices=Use.choices)
    is_active = models.BooleanField(_("is active"), default=True)
    order = models.PositiveSmallIntegerField(_("order"), default=100)

    history = history.tracked()

    class Meta:
        verbose_name = _("cause of a difference")
        verbose_name_plural = _("causes of differences")
        ordering = ("order", "code")

    def __str__(self) -> str:
        return self.name


class GradeColumn(models.Model):
    """In which column of the stocktake's report a grade is counted: sound, poor or lost (biên bản kiểm kê)."""

    class Column(models.TextChoices):
        """The three columns."""

        SOUND = "good", _("still sound")
        POOR = "poor", _("poor quality")
        LOST = "lost", _("quality lost")

    grade = models.OneToOneField(
        QualityGrade, models.PROTECT, primary_key=True, related_name="+", db_column="grade", verbose_name=_("grade")
    )
    column = models.CharField(_("column"), max_length=4, choices=Column.choices)

    history = history.tracked()

    class Meta:
        verbose_name = _("column of a grade in the stocktake's report")
        verbose_name_plural = _("columns of grades in the stocktake's report")
        ordering = ("grade",)

    def __str__(self) -> str:
        return f"{self.grade_id} → {self.get_column_display()}"


class Decision(models.Model):
    """What is done about a line: its difference is booked, or the line is left out. Append-only; the last one holds.

    It holds only as long as the difference is the one it was made about (None: nothing was counted).
    """

    class Action(models.TextChoices):
        """What is done."""

        BOOK = "book", _("book the difference")
        LEAVE_OUT = "leave_out", _("leave the line out")

    line = models.ForeignKey(SheetLine, models.PROTECT, related_name="decisions", db_index=False)
    action = models.CharField(max_length=9, choices=Action.choices)
    cause = models.ForeignKey(Cause, models.PROTECT, related_name="+", db_index=False)
    note = models.CharField(max_length=300, blank=True)
    difference = quantity(null=True)
    decided_by = _person(_("decided by"), null=False)
    decided_at = models.DateTimeField()

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=Q(action="leave_out") | Q(difference__isnull=False), name="decision_books_what_was_counted"
            ),
        ]
        indexes = [models.Index(fields=["line", "-id"], name="decision_newest")]


class Outcome(models.Model):
    """What a posted stocktake came to in one branch, for accuracy over time. Append-only, written when it is posted.

    Of `lines` booked, `same` agreed with the books; values are in đồng, over the lines whose price is known
    (`priced`), at the price of the last receipt.
    """

    stocktake = models.ForeignKey(Stocktake, models.PROTECT, related_name="outcomes", db_index=False)
    supply_class = models.ForeignKey(
        SupplyClass, models.PROTECT, related_name="+", db_column="supply_class", db_index=False
    )
    lines = models.IntegerField()
    same = models.IntegerField()
    surplus = models.IntegerField()
    shortage = models.IntegerField()
    left_out = models.IntegerField()
    priced = models.IntegerField()
    book_value = models.DecimalField(max_digits=24, decimal_places=2)
    surplus_value = models.DecimalField(max_digits=24, decimal_places=2)
    shortage_value = models.DecimalField(max_digits=24, decimal_places=2)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["stocktake", "supply_class"], name="outcome_unique"),
            models.CheckConstraint(condition=Q(lines=F("same") + F("surplus") + F("shortage")), name="outcome_adds_up"),
        ]
