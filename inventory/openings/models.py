"""Files that bring opening balances and lists, how other programs' columns are read, and their codes for our items."""

from __future__ import annotations

import uuid
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any, Final

from django.conf import settings
from django.contrib.postgres.constraints import ExclusionConstraint
from django.contrib.postgres.fields import DateRangeField, RangeOperators
from django.db import models
from django.db.models import F, Func, Q, Value
from django.db.models.functions import Lower
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from depots import access
from depots.models import Depot
from inventory.catalogue.models import Item
from logistics import history
from logistics.accounts import rights
from logistics.accounts.rights import Right

if TYPE_CHECKING:
    from logistics.accounts.models import User


def _person(label: Any, *, null: bool = True) -> models.ForeignKey[Any, Any]:
    return models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, related_name="+", verbose_name=label, null=null, db_index=False
    )


class Purpose(models.TextChoices):
    """What a file is for; the names are those of the mappings' `for`."""

    OPENING = "opening", _("opening balances")
    MOVEMENTS = "movements", _("movements of another program")
    CATALOGUE = "catalogue", _("items")
    DEPOTS = "depots", _("depots and bins")
    NORMS = "norms", _("reserve norms")
    CROSSWALK = "crosswalk", _("codes of another program")


OF_STOCK: Final = frozenset({Purpose.OPENING, Purpose.MOVEMENTS})  # posted to one depot's logbook


class Meaning(models.TextChoices):
    """What the quantities of an opening are."""

    ADD = "add", _("added to what is there")
    SET = "set", _("what is there: piles are set to them")


class State(models.TextChoices):
    """Where a file stands on its way into the store."""

    UNREAD = "unread", _("columns not chosen")
    CHECKING = "checking", _("being checked")
    CHECKED = "checked", _("checked")
    SUBMITTED = "submitted", _("waiting for approval")
    POSTING = "posting", _("being written")
    POSTED = "posted", pgettext_lazy("file", "written")
    WITHDRAWN = "withdrawn", _("withdrawn")


AT_WORK: Final = frozenset({State.CHECKING, State.POSTING})
OPEN: Final = frozenset({State.UNREAD, State.CHECKED})
STUCK_AFTER: Final = timedelta(minutes=10)


class ColumnMapping(models.Model):
    """How the files of another program are read, kept under a name: `document` is what a mapping file in TOML says."""

    name = models.CharField(_("name"), max_length=80)
    purpose = models.CharField(_("what the files are for"), max_length=12, choices=Purpose.choices)
    document = models.JSONField(_("mapping"), default=dict)
    is_active = models.BooleanField(_("is offered"), default=True)

    history = history.tracked()

    class Meta:
        verbose_name = _("column mapping")
        verbose_name_plural = _("column mappings")
        ordering = ("purpose", "name")
        constraints = [models.UniqueConstraint(fields=["purpose", "name"], name="column_mapping_unique")]

    def __str__(self) -> str:
        return self.name


class Crosswalk(models.Model):
    """One code of a branch's program (mã của cục chuyên ngành) and the item it means, between two days."""

    program = models.CharField(_("program"), max_length=40)
    their_code = models.CharField(_("their code"), max_length=80)
    item = models.ForeignKey(Item, models.PROTECT, related_name="+", verbose_name=_("item"))
    valid_from = models.DateField(_("valid from"))
    valid_to = models.DateField(_("valid to"), null=True, blank=True)

    history = history.tracked()

    class Meta:
        verbose_name = _("code of another program")
        verbose_name_plural = _("codes of other programs")
        ordering = ("program", "their_code", "valid_from")
        constraints = [
            models.CheckConstraint(
                condition=Q(valid_to__isnull=True) | Q(valid_to__gte=F("valid_from")), name="crosswalk_dates_ordered"
            ),
            ExclusionConstraint(
                name="crosswalk_one_item_at_a_time",
                expressions=[
                    (Lower("program"), RangeOperators.EQUAL),
                    ("their_code", RangeOperators.EQUAL),
                    (
                        Func(
                            "valid_from", "valid_to", Value("[]"), function="daterange", output_field=DateRangeField()
                        ),
                        RangeOperators.OVERLAPS,
                    ),
                ],
            ),
        ]

    def __str__(self) -> str:
        return f"{self.program} {self.their_code}"


class UploadQuerySet(models.QuerySet["Upload"]):
    """Files in bulk; `visible_to` is the one gate to them."""

    def visible_to(self, user: User) -> UploadQuerySet:
        """Return the files of depots whose stock `user` may read, and lists where they keep reference data."""
        found = Q(depot__in=access.depot_ids(user))
        if rights.has(user, Right.KEEP_CATALOGUE):
            found |= Q(depot=None)
        return self.filter(found)


class Upload(models.Model):
    """One file somebody brought, what was found in it, and what became of it. The file itself never changes.

    `fixes`: what was put right in place, by row and column of the file. `story`: what was done with it (`story.py`).
    `found`: what the last check said in sum, `rows`: row by row, `rows_digest`: what these mean (`checking.py` writes
    them). `movements`: positions in the depot's logbook, once posted.
    """

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    purpose = models.CharField(_("what it is for"), max_length=12, choices=Purpose.choices)
    depot = models.ForeignKey(Depot, models.PROTECT, null=True, related_name="+", verbose_name=_("depot"))
    meaning = models.CharField(_("what quantities mean"), max_length=3, choices=Meaning.choices, default=Meaning.ADD)
    occurred_at = models.DateTimeField(_("as of"), null=True)
    reason = models.CharField(_("reason"), max_length=500, blank=True)
    file_name = models.CharField(_("file"), max_length=200)
    content = models.BinaryField()
    sha256 = models.CharField("SHA-256", max_length=64, db_index=True)
    mapping = models.ForeignKey(
        ColumnMapping, models.PROTECT, null=True, related_name="+", verbose_name=_("column mapping")
    )
    fixes = models.JSONField(default=dict)
    story = models.JSONField(default=list)
    state = models.CharField(_("state"), max_length=9, choices=State.choices, default=State.CHECKING)
    stage = models.CharField(max_length=120, blank=True)
    progress = models.SmallIntegerField(default=0)  # percent
    at_work_since = models.DateTimeField(null=True)
    found = models.JSONField(default=dict)
    rows = models.JSONField(default=list)
    rows_digest = models.CharField(max_length=64, blank=True, db_index=True)
    movements = models.JSONField(default=list)
    uploaded_by = _person(_("brought by"), null=False)
    uploaded_at = models.DateTimeField(_("brought at"))
    checked_at = models.DateTimeField(null=True)
    submitted_by = _person(_("submitted by"))
    submitted_at = models.DateTimeField(_("submitted at"), null=True)
    posted_by = _person(_("written by"))
    posted_at = models.DateTimeField(_("written at"), null=True)

    objects = UploadQuerySet.as_manager()

    class Meta:
        verbose_name = _("file brought in")
        verbose_name_plural = _("files brought in")
        ordering = ("-uploaded_at",)
        constraints = [
            models.CheckConstraint(
                condition=Q(purpose__in=sorted(OF_STOCK), depot__isnull=False)
                | (~Q(purpose__in=sorted(OF_STOCK)) & Q(depot=None)),
                name="upload_of_stock_has_a_depot",
            ),
            models.CheckConstraint(
                condition=Q(posted_at__isnull=True, posted_by__isnull=True)
                | Q(posted_at__isnull=False, posted_by__isnull=False),
                name="upload_posted_by_somebody",
            ),
            models.CheckConstraint(
                condition=~Q(state=State.SUBMITTED) | Q(submitted_by__isnull=False, submitted_at__isnull=False),
                name="upload_submitted_by_somebody",
            ),
            models.CheckConstraint(
                condition=Q(state=State.POSTED, posted_at__isnull=False) | (~Q(state=State.POSTED) & Q(posted_at=None)),
                name="upload_posted_when_written",
            ),
            models.CheckConstraint(
                condition=~Q(posted_by=F("submitted_by")), name="upload_not_approved_by_its_submitter"
            ),
        ]

    def __str__(self) -> str:
        return self.file_name

    @property
    def is_of_stock(self) -> bool:
        """Tell whether it is posted to a depot's logbook."""
        return self.purpose in OF_STOCK

    @property
    def is_at_work(self) -> bool:
        """Tell whether the store is busy with it now."""
        return self.state in AT_WORK

    def is_stuck(self, at: datetime) -> bool:
        """Tell whether work on it takes so long that whoever did it must have ended."""
        return self.is_at_work and self.at_work_since is not None and at - self.at_work_since > STUCK_AFTER

    @property
    def is_open(self) -> bool:
        """Tell whether it may still be changed."""
        return self.state in OPEN
