"""Vouchers: movements on their way to a logbook, and which of them somebody else has to approve.

A voucher is what a clerk writes; the log's movement is what became of it. It may hold anything while it is a draft,
also what cannot be read yet; from its approval on its content stays, and once posted or cancelled nothing of it
changes. The database keeps both rules as well (`migrations/0002_seat_belts.sql`).
"""

from __future__ import annotations

from typing import Any, Final

from django.conf import settings
from django.db import models
from django.utils.translation import gettext_lazy as _

from depots.models import Depot
from inventory.ledger.models import Kind
from logistics import history


class Status(models.TextChoices):
    """Where a voucher stands (glossary section 6)."""

    DRAFT = "draft", _("draft")
    SUBMITTED = "submitted", _("submitted")
    APPROVED = "approved", _("approved")
    POSTED = "posted", _("posted")
    REJECTED = "rejected", _("rejected")
    CANCELLED = "cancelled", _("cancelled")


CLOSED: Final = frozenset({Status.POSTED, Status.CANCELLED})
EDITABLE: Final = frozenset({Status.DRAFT, Status.SUBMITTED, Status.REJECTED})


def _person(label: Any, *, null: bool = True) -> models.ForeignKey[Any, Any]:
    return models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, related_name="+", verbose_name=label, null=null, db_index=False
    )


class Voucher(models.Model):
    """One movement as its clerk writes it; `id` is made by the clerk's machine and is the movement's key.

    `lines` are objects of texts as the API spells them (`content.LineIn`), each with an `id` of its own for life.
    `typed` holds, by member, what was typed into the header and cannot be read; a line has a `typed` of its own.
    `movement_order` is the order it was made from, for life: it takes what was promised to that order (`orders.py`).
    `needs_second`, set when it is submitted: it takes from a ring-fenced reserve (`ring_fence.py`), so `decided_by`
    leaves it waiting for another approver, `seconded_by`.
    `version` grows with every change of the content. `out_of_order` names the lines that leave earlier-expiring
    goods behind. `vehicle` and `source_documents` are printed, not posted: the log has no place for them.
    """

    id = models.UUIDField(primary_key=True)
    depot = models.ForeignKey(Depot, models.PROTECT, related_name="+", verbose_name=_("depot"), db_index=False)
    kind = models.CharField(_("kind"), max_length=12, choices=Kind.choices)
    status = models.CharField(_("status"), max_length=9, choices=Status.choices, default=Status.DRAFT)
    version = models.IntegerField(_("version"), default=1)

    occurred_at = models.DateTimeField(_("occurred at"), null=True)
    counterparty = models.CharField(_("giver or receiver"), max_length=1000, blank=True)
    order_number = models.CharField(_("order number"), max_length=1000, blank=True)
    order_date = models.DateField(_("date of the order"), null=True)
    reason = models.CharField(_("reason"), max_length=1000, blank=True)
    vehicle = models.CharField(_("vehicle and plate"), max_length=200, blank=True, default="", db_default="")
    source_documents = models.CharField(
        _("source documents attached"), max_length=200, blank=True, default="", db_default=""
    )
    to_depot = models.CharField(_("to depot"), max_length=200, blank=True)
    consignment = models.CharField(_("consignment"), max_length=200, blank=True)
    reverses = models.BigIntegerField(_("undoes the movement at"), null=True)
    reverse_lines = models.JSONField(_("lines undone"), null=True)
    movement_order = models.UUIDField(_("movement order"), null=True, editable=False)
    typed = models.JSONField(_("typed, not readable"), default=dict)
    lines = models.JSONField(_("lines"), default=list)
    acknowledged = models.JSONField(_("warnings read"), default=list)
    out_of_order = models.JSONField(_("lines out of order of expiry"), default=list)

    made_by = _person(_("made by"), null=False)
    made_at = models.DateTimeField(_("made at"))
    changed_by = _person(_("changed by"), null=False)
    changed_at = models.DateTimeField(_("changed at"))
    submitted_by = _person(_("submitted by"))
    submitted_at = models.DateTimeField(_("submitted at"), null=True)
    decided_by = _person(_("decided by"))
    decided_at = models.DateTimeField(_("decided at"), null=True)
    needs_second = models.BooleanField(_("needs a second approver"), default=False, editable=False)
    seconded_by = _person(_("second approval by"))
    seconded_at = models.DateTimeField(_("second approval at"), null=True)
    decision_reason = models.CharField(_("reason of the decision"), max_length=300, blank=True)
    position = models.BigIntegerField(_("position in the log"), null=True)
    number = models.CharField(_("voucher number"), max_length=40, blank=True)

    history = history.tracked()

    class Meta:
        verbose_name = _("voucher")
        verbose_name_plural = _("vouchers")
        constraints = [
            models.UniqueConstraint(fields=["depot", "position"], name="voucher_movement_unique"),
            models.CheckConstraint(
                condition=models.Q(status=Status.POSTED, position__isnull=False)
                | (~models.Q(status=Status.POSTED) & models.Q(position__isnull=True)),
                name="voucher_posted_has_movement",
            ),
            models.CheckConstraint(
                condition=~models.Q(status=Status.APPROVED) | models.Q(decided_by__isnull=False),
                name="voucher_approved_by_somebody",
            ),
            models.CheckConstraint(
                condition=~models.Q(status__in=[Status.SUBMITTED, Status.APPROVED, Status.POSTED, Status.REJECTED])
                | models.Q(decided_by__isnull=True)
                | (
                    ~models.Q(decided_by=models.F("made_by"))
                    & ~models.Q(decided_by=models.F("changed_by"))
                    & ~models.Q(decided_by=models.F("submitted_by"))
                ),
                name="voucher_maker_is_not_approver",
            ),
            models.CheckConstraint(
                condition=models.Q(needs_second=False)
                | ~models.Q(status__in=[Status.APPROVED, Status.POSTED])
                | models.Q(seconded_by__isnull=False),
                name="voucher_ring_fence_seconded",
            ),
            models.CheckConstraint(
                condition=~models.Q(status__in=[Status.SUBMITTED, Status.APPROVED, Status.POSTED])
                | models.Q(seconded_by__isnull=True)
                | (
                    models.Q(decided_by__isnull=False)
                    & ~models.Q(seconded_by=models.F("decided_by"))
                    & ~models.Q(seconded_by=models.F("made_by"))
                    & ~models.Q(seconded_by=models.F("changed_by"))
                    & ~models.Q(seconded_by=models.F("submitted_by"))
                ),
                name="voucher_second_is_another",
            ),
            models.CheckConstraint(condition=models.Q(version__gte=1), name="voucher_version_from_1"),
        ]
        indexes = [
            models.Index(fields=["depot", "-changed_at", "id"], name="voucher_newest"),
            models.Index(
                fields=["depot", "submitted_at"], name="voucher_waiting", condition=models.Q(status=Status.SUBMITTED)
            ),
            models.Index(
                fields=["movement_order"], name="voucher_of_order", condition=models.Q(movement_order__isnull=False)
            ),
        ]

    def __str__(self) -> str:
        return self.number or f"{self.get_kind_display()} {str(self.id)[:8]}"

    @property
    def is_closed(self) -> bool:
        """Tell whether nothing of it can change any more."""
        return self.status in CLOSED

    @property
    def awaits_second(self) -> bool:
        """Tell whether one approver agreed and another has yet to."""
        return self.status == Status.SUBMITTED and self.needs_second and self.decided_by_id is not None

    @property
    def is_editable(self) -> bool:
        """Tell whether its content may still be changed."""
        return self.status in EDITABLE


class VoucherPolicy(models.Model):
    """Whether vouchers of a kind need approval: of one depot, or (without a depot) wherever none of its own is set."""

    depot = models.ForeignKey(
        Depot,
        models.PROTECT,
        null=True,
        blank=True,
        related_name="+",
        verbose_name=_("depot"),
        help_text=_("Empty: every depot that has no rule of its own for this kind."),
    )
    kind = models.CharField(_("kind"), max_length=12, choices=Kind.choices)
    needs_approval = models.BooleanField(
        _("needs approval"), default=True, help_text=_("Somebody other than its maker has to approve it first.")
    )
    posts_on_approval = models.BooleanField(
        _("is posted on approval"),
        default=False,
        help_text=_("No: the storekeeper posts it when the goods have really moved."),
    )
    second_if_ring_fenced = models.BooleanField(
        _("needs two approvers for ring-fenced reserves"),
        default=True,
        help_text=_("What takes from a ring-fenced reserve is approved by two people, whatever else the rule says."),
    )

    history = history.tracked()

    class Meta:
        verbose_name = _("rule of approval")
        verbose_name_plural = _("rules of approval")
        ordering = ("kind", "depot")
        constraints = [
            models.UniqueConstraint(fields=["depot", "kind"], name="policy_unique", nulls_distinct=False),
        ]

    def __str__(self) -> str:
        return f"{self.get_kind_display()} · {self.depot.code if self.depot else _('every depot')}"


class Inspection(models.Model):
    """What a council found of goods that came in (biên bản kiểm nghiệm): by documents, good, not good, line by line.

    It is about a movement of the log and changes no stock. A draft may be written on; once finished it has a number,
    a digest of what it says, and never changes: a council that finds otherwise writes another, and the wrong one is
    cancelled, which leaves it to be read with who cancelled it and why. `council` are objects
    of `name`, `title`, `side`, the head first; `lines` of `entry`, `method`, `good`, `bad`, `note`, quantities as
    decimal strings in the unit that was typed into the voucher.
    """

    id = models.UUIDField(primary_key=True)
    depot = models.ForeignKey(Depot, models.PROTECT, related_name="+", verbose_name=_("depot"), db_index=False)
    position = models.BigIntegerField(_("position in the log"))
    version = models.IntegerField(_("version"), default=1)
    number = models.CharField(_("number"), max_length=40, blank=True)
    inspected_at = models.DateTimeField(_("inspected at"))
    basis = models.CharField(_("on what ground"), max_length=200, blank=True)
    method = models.CharField(_("method"), max_length=120, blank=True)
    conclusion = models.CharField(_("what the council concludes"), max_length=1000, blank=True)
    council = models.JSONField(_("council"), default=list)
    lines = models.JSONField(_("lines"), default=list)
    made_by = _person(_("made by"), null=False)
    made_at = models.DateTimeField(_("made at"))
    finished_by = _person(_("finished by"))
    finished_at = models.DateTimeField(_("finished at"), null=True)
    digest = models.CharField(max_length=64, blank=True)
    cancelled_by = _person(_("cancelled by"))
    cancelled_at = models.DateTimeField(_("cancelled at"), null=True)
    cancel_reason = models.CharField(_("why it was cancelled"), max_length=300, blank=True, default="", db_default="")

    history = history.tracked()

    class Meta:
        verbose_name = _("inspection")
        verbose_name_plural = _("inspections")
        constraints = [
            models.UniqueConstraint(
                fields=["depot", "number"], name="inspection_number_unique", condition=~models.Q(number="")
            ),
            models.CheckConstraint(
                condition=models.Q(finished_at__isnull=True, finished_by__isnull=True, number="", digest="")
                | (
                    models.Q(finished_at__isnull=False, finished_by__isnull=False)
                    & ~models.Q(number="")
                    & ~models.Q(digest="")
                ),
                name="inspection_finished_whole",
            ),
            models.CheckConstraint(
                condition=models.Q(cancelled_at__isnull=True, cancelled_by__isnull=True, cancel_reason="")
                | (
                    models.Q(cancelled_at__isnull=False, cancelled_by__isnull=False, finished_at__isnull=False)
                    & ~models.Q(cancel_reason="")
                ),
                name="inspection_cancelled_whole",
            ),
        ]
        indexes = [models.Index(fields=["depot", "position"], name="inspection_of_movement")]

    def __str__(self) -> str:
        return self.number or f"{_('inspection')} {str(self.id)[:8]}"

    @property
    def is_finished(self) -> bool:
        """Tell whether nothing of what it says changes any more."""
        return self.finished_at is not None

    @property
    def is_cancelled(self) -> bool:
        """Tell whether it was finished and holds no longer."""
        return self.cancelled_at is not None

    @property
    def subject(self) -> str:
        """Return the name under which its papers are kept."""
        return f"inspection:{self.pk}"
