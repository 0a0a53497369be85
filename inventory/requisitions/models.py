"""Requisitions (what a unit asks for) and movement orders (what a depot is told to hand out, with its stock promised).

A requisition's line is asked = done + promised + open + short at every moment: done has left a depot (and was not
reversed), promised waits there for the storekeeper, open is still to be promised, short was cut by an approver or
given up. An order's line is ordered = done + still promised, until the order ends.
"""

from __future__ import annotations

import uuid
from typing import Any, Final

from django.conf import settings
from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from depots.models import Depot, Level, OrganisationUnit
from inventory.catalogue.models import Item, Lot, QualityGrade, ReservePurpose, SupplyClass, Unit
from inventory.ledger.models import quantity
from logistics import history


def _person(label: Any, *, null: bool = True) -> models.ForeignKey[Any, Any]:
    return models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, related_name="+", verbose_name=label, null=null, db_index=False
    )


class Status(models.TextChoices):
    """Where a requisition stands."""

    DRAFT = "draft", _("draft")
    SUBMITTED = "submitted", _("submitted")
    APPROVED = "approved", _("approved")
    PART_PROMISED = "part_promised", _("promised in part")
    PROMISED = "promised", _("promised")
    PART_DONE = "part_done", _("done in part")
    DONE = "done", _("done")
    REJECTED = "rejected", _("rejected")
    CANCELLED = "cancelled", _("cancelled")
    EXPIRED = "expired", _("expired")


OPEN: Final = frozenset({Status.APPROVED, Status.PART_PROMISED, Status.PROMISED, Status.PART_DONE})
EDITABLE: Final = frozenset({Status.DRAFT, Status.REJECTED})


class Requisition(models.Model):
    """What a unit asks for. `id` is made by the asker's machine; the number comes with the submission.

    `approving_unit` is the unit whose approvers decide, found by the levels (`ApprovalLevel`) when it is submitted.
    `needs_second`: it asks for ring-fenced stock, so a second approver has to agree. `closed_at`: what was still open
    then is given up.
    """

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    number = models.CharField(_("number"), max_length=20, null=True, unique=True)  # noqa: DJ001  # drafts have none
    unit = models.ForeignKey(OrganisationUnit, models.PROTECT, related_name="+", verbose_name=_("asking unit"))
    to_depot = models.ForeignKey(
        Depot, models.PROTECT, null=True, blank=True, related_name="+", verbose_name=_("receiving depot")
    )
    purpose = models.ForeignKey(
        ReservePurpose, models.PROTECT, related_name="+", db_column="purpose", verbose_name=_("reserve purpose")
    )
    needed_by_date = models.DateField(_("needed by"))
    basis = models.CharField(_("on whose order"), max_length=200, blank=True)
    reason = models.CharField(_("reason"), max_length=300, blank=True)
    status = models.CharField(_("status"), max_length=13, choices=Status.choices, default=Status.DRAFT)
    version = models.IntegerField(_("version"), default=1)
    approving_unit = models.ForeignKey(
        OrganisationUnit, models.PROTECT, null=True, related_name="+", verbose_name=_("approving unit")
    )
    needs_second = models.BooleanField(_("needs a second approver"), default=False)

    made_by = _person(_("made by"), null=False)
    made_at = models.DateTimeField(_("made at"))
    changed_by = _person(_("changed by"), null=False)
    changed_at = models.DateTimeField(_("changed at"))
    submitted_by = _person(_("submitted by"))
    submitted_at = models.DateTimeField(_("submitted at"), null=True)
    approved_by = _person(_("approved by"))
    approved_at = models.DateTimeField(_("approved at"), null=True)
    second_by = _person(_("second approval by"))
    second_at = models.DateTimeField(_("second approval at"), null=True)
    decision_reason = models.CharField(_("reason of the decision"), max_length=300, blank=True)
    closed_at = models.DateTimeField(_("closed at"), null=True)

    history = history.tracked()

    class Meta:
        verbose_name = _("requisition")
        verbose_name_plural = _("requisitions")
        constraints = [
            models.CheckConstraint(
                condition=Q(approved_by__isnull=True)
                | (~Q(approved_by=F("made_by")) & ~Q(approved_by=F("changed_by")) & ~Q(approved_by=F("submitted_by"))),
                name="requisition_maker_is_not_approver",
            ),
            models.CheckConstraint(
                condition=Q(second_by__isnull=True)
                | (
                    ~Q(second_by=F("made_by"))
                    & ~Q(second_by=F("changed_by"))
                    & ~Q(second_by=F("submitted_by"))
                    & ~Q(second_by=F("approved_by"))
                ),
                name="requisition_second_is_another",
            ),
            models.CheckConstraint(
                condition=~Q(status__in=sorted([*OPEN, Status.DONE]))
                | (Q(approved_by__isnull=False) & (Q(needs_second=False) | Q(second_by__isnull=False))),
                name="requisition_open_is_approved",
            ),
            models.CheckConstraint(
                condition=Q(status__in=[Status.DRAFT, Status.CANCELLED]) | Q(number__isnull=False),
                name="requisition_submitted_has_number",
            ),
        ]
        indexes = [
            models.Index(fields=["status", "-changed_at"], name="requisition_by_status"),
            models.Index(
                fields=["approving_unit", "submitted_at"],
                name="requisition_waiting",
                condition=Q(status=Status.SUBMITTED),
            ),
        ]

    def __str__(self) -> str:
        return self.number or f"{_('requisition')} {str(self.id)[:8]}"


class RequisitionLine(models.Model):
    """One item asked for. `asked` and `approved` count the item's base unit; what was typed stays beside."""

    requisition = models.ForeignKey(Requisition, models.CASCADE, related_name="lines")
    line_no = models.IntegerField()
    item = models.ForeignKey(Item, models.PROTECT, related_name="+", verbose_name=_("item"))
    entered_quantity = quantity(verbose_name=_("quantity"))
    entered_unit = models.ForeignKey(Unit, models.PROTECT, related_name="+", verbose_name=_("unit"))
    asked = quantity(verbose_name=_("asked for"))
    grade = models.ForeignKey(
        QualityGrade, models.PROTECT, related_name="+", db_column="grade", verbose_name=_("quality grade")
    )
    note = models.CharField(_("note"), max_length=200, blank=True)
    approved = quantity(verbose_name=_("approved"), null=True)
    cut_reason = models.CharField(_("why less"), max_length=200, blank=True)

    history = history.tracked()

    class Meta:
        verbose_name = _("line of a requisition")
        verbose_name_plural = _("lines of requisitions")
        ordering = ("requisition", "line_no")
        constraints = [
            models.UniqueConstraint(fields=["requisition", "line_no"], name="requisition_line_unique"),
            models.CheckConstraint(condition=Q(asked__gt=0), name="requisition_line_asks"),
            models.CheckConstraint(
                condition=Q(approved__isnull=True) | (Q(approved__gte=0) & Q(approved__lte=F("asked"))),
                name="requisition_line_approved_within_asked",
            ),
            models.CheckConstraint(
                condition=Q(approved__isnull=True) | Q(approved=F("asked")) | ~Q(cut_reason=""),
                name="requisition_line_cut_says_why",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.requisition} · {self.line_no}"


class ApprovalLevel(models.Model):
    """Which level of unit approves what units of an asking level ask for, up to a quantity and for a branch.

    Of the rules that hold for a line, the lowest approving level decides; of a requisition's lines, the highest. Where
    none holds, the unit above the asking one decides.
    """

    asking_level = models.CharField(_("asking level"), max_length=12, choices=Level.choices)
    approving_level = models.CharField(_("approving level"), max_length=12, choices=Level.choices)
    supply_class = models.ForeignKey(
        SupplyClass,
        models.PROTECT,
        null=True,
        blank=True,
        related_name="+",
        verbose_name=_("branch"),
        help_text=_("Empty: every branch."),
    )
    most_quantity = models.DecimalField(
        _("up to, a line"),
        max_digits=18,
        decimal_places=3,
        null=True,
        blank=True,
        help_text=_("In the item's base unit. Empty: any quantity."),
    )

    history = history.tracked()

    class Meta:
        verbose_name = _("level of approval")
        verbose_name_plural = _("levels of approval")
        ordering = ("asking_level", "approving_level", "supply_class")
        constraints = [
            models.UniqueConstraint(
                fields=["asking_level", "approving_level", "supply_class"],
                name="approval_level_unique",
                nulls_distinct=False,
            ),
            models.CheckConstraint(
                condition=Q(most_quantity__isnull=True) | Q(most_quantity__gt=0), name="approval_level_limit_positive"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.get_asking_level_display()} → {self.get_approving_level_display()}"


class OrderStatus(models.TextChoices):
    """Where an order stands."""

    OPEN = "open", _("open")
    PART_DONE = "part_done", _("done in part")
    DONE = "done", _("done")
    CANCELLED = "cancelled", _("cancelled")
    EXPIRED = "expired", _("expired")


RUNNING: Final = frozenset({OrderStatus.OPEN, OrderStatus.PART_DONE})


class MovementOrder(models.Model):
    """A written order to one depot to issue or send goods (lệnh xuất kho, lệnh điều động), their stock promised to it.

    Its allocation's reference is `str(id)`. `basis` says what it comes from: "requisition:<uuid>" or "plan:<uuid>".
    At `expires_at` the promise lapses and the order ends.
    """

    class Kind(models.TextChoices):
        """What the depot is told to do; as kinds of movement."""

        ISSUE = "issue", _("issue order")
        TRANSFER_OUT = "transfer_out", _("transfer order")

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    number = models.CharField(_("number"), max_length=20, unique=True)
    kind = models.CharField(_("kind"), max_length=12, choices=Kind.choices)
    depot = models.ForeignKey(Depot, models.PROTECT, related_name="+", verbose_name=_("from depot"))
    to_depot = models.ForeignKey(
        Depot, models.PROTECT, null=True, blank=True, related_name="+", verbose_name=_("to depot")
    )
    to_unit = models.ForeignKey(
        OrganisationUnit, models.PROTECT, null=True, blank=True, related_name="+", verbose_name=_("to unit")
    )
    basis = models.CharField(_("comes from"), max_length=80, db_index=True)
    reason = models.CharField(_("reason"), max_length=300, blank=True)
    status = models.CharField(_("status"), max_length=9, choices=OrderStatus.choices, default=OrderStatus.OPEN)
    needed_by_date = models.DateField(_("needed by"))
    expires_at = models.DateTimeField(_("promise lapses at"))
    given_by = _person(_("given by"), null=False)
    given_at = models.DateTimeField(_("given at"))
    ended_by = _person(_("ended by"))
    ended_at = models.DateTimeField(_("ended at"), null=True)
    end_reason = models.CharField(_("why it ended"), max_length=300, blank=True)

    history = history.tracked()

    class Meta:
        verbose_name = _("movement order")
        verbose_name_plural = _("movement orders")
        constraints = [
            models.CheckConstraint(
                condition=Q(kind="transfer_out", to_depot__isnull=False)
                | (Q(kind="issue") & Q(to_depot__isnull=True) & Q(to_unit__isnull=False)),
                name="order_says_where_to",
            ),
            models.CheckConstraint(condition=~Q(to_depot=F("depot")), name="order_goes_elsewhere"),
            models.CheckConstraint(
                condition=~Q(status__in=[OrderStatus.CANCELLED, OrderStatus.EXPIRED]) | Q(ended_at__isnull=False),
                name="order_ended_says_when",
            ),
        ]
        indexes = [
            models.Index(fields=["depot", "-given_at"], name="order_newest"),
            models.Index(
                fields=["depot", "needed_by_date"],
                name="order_running",
                condition=Q(status__in=["open", "part_done"]),
            ),
            models.Index(fields=["expires_at"], name="order_lapsing", condition=Q(status__in=["open", "part_done"])),
        ]

    def __str__(self) -> str:
        return self.number

    @property
    def is_running(self) -> bool:
        """Tell whether stock is still promised to it."""
        return self.status in RUNNING


class OrderLine(models.Model):
    """One item of an order, in base units. `lot` None: any of the lots promised, first expired first out."""

    order = models.ForeignKey(MovementOrder, models.PROTECT, related_name="lines")
    line_no = models.IntegerField()
    item = models.ForeignKey(Item, models.PROTECT, related_name="+", verbose_name=_("item"))
    lot = models.ForeignKey(Lot, models.PROTECT, null=True, related_name="+", verbose_name=_("lot"))
    grade = models.ForeignKey(
        QualityGrade, models.PROTECT, related_name="+", db_column="grade", verbose_name=_("quality grade")
    )
    purpose = models.ForeignKey(
        ReservePurpose, models.PROTECT, related_name="+", db_column="purpose", verbose_name=_("reserve purpose")
    )
    done = quantity(verbose_name=_("done"), default=0)
    quantity = quantity(verbose_name=_("ordered"))
    requisition_line = models.ForeignKey(RequisitionLine, models.PROTECT, null=True, related_name="order_lines")

    class Meta:
        ordering = ("order", "line_no")
        constraints = [
            models.UniqueConstraint(fields=["order", "line_no"], name="order_line_unique"),
            models.CheckConstraint(
                condition=Q(quantity__gt=0) & Q(done__gte=0) & Q(done__lte=F("quantity")),
                name="order_line_done_within_ordered",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.order} · {self.line_no}"


class Series(models.Model):
    """The last number given out per kind of paper and year: no gaps, restarting each year."""

    pk = models.CompositePrimaryKey("letters", "year")
    letters = models.CharField(max_length=4)
    year = models.SmallIntegerField()
    last_number = models.IntegerField()
