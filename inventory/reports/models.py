"""Meeting packs: chosen reports of one fixed instant, and, once a pack is closed, what they said for ever."""

from __future__ import annotations

from typing import TYPE_CHECKING
from uuid import uuid4

from django.conf import settings
from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from depots import access
from logistics import history

if TYPE_CHECKING:
    from logistics.accounts.models import User


class PackQuerySet(models.QuerySet["Pack"]):
    """Packs in bulk; `visible_to` is the one gate to them."""

    def visible_to(self, user: User) -> PackQuerySet:
        """Return the packs that tell only of depots whose stock `user` may read."""
        return self.filter(depots__contained_by=access.scope(user)).exclude(depots=[])


class Pack(models.Model):
    """What lies on the table at a meeting (họp không giấy): reports in order, all of one instant by either clock.

    `parts`: a list of objects, a report each: `slug`, `query` (its filters as its page's address has them), `note`,
    `chart` (whether it is drawn). `depots`: the keys of all depots it may tell of. Closed, it changes no more.
    """

    id = models.UUIDField(primary_key=True, default=uuid4, editable=False)
    title = models.CharField(_("title"), max_length=200)
    meeting_date = models.DateField(_("day of the meeting"))
    as_of = models.DateTimeField(_("figures at, by the date of the voucher"), null=True, blank=True)
    recorded_as_of = models.DateTimeField(_("figures at, by the time of recording"), null=True, blank=True)
    note = models.TextField(_("note"), max_length=2000, blank=True)
    parts = models.JSONField(_("reports"), default=list)
    depots = ArrayField(models.BigIntegerField(), verbose_name=_("depots"), default=list, editable=False)
    made_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, related_name="+", verbose_name=_("made by"), db_index=False
    )
    made_at = models.DateTimeField(_("made at"))
    closed_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, related_name="+", verbose_name=_("closed by"), null=True,
        db_index=False,
    )  # fmt: skip
    closed_at = models.DateTimeField(_("closed at"), null=True)

    objects = PackQuerySet.as_manager()
    history = history.tracked()

    class Meta:
        verbose_name = _("meeting pack")
        verbose_name_plural = _("meeting packs")
        ordering = ("-meeting_date", "-made_at")
        constraints = [
            models.CheckConstraint(
                condition=Q(as_of__isnull=False) | Q(recorded_as_of__isnull=False), name="pack_is_of_an_instant"
            ),
            models.CheckConstraint(
                condition=Q(closed_at__isnull=True, closed_by__isnull=True)
                | Q(closed_at__isnull=False, closed_by__isnull=False),
                name="pack_closed_by_somebody",
            ),
        ]

    def __str__(self) -> str:
        return self.title

    @property
    def is_closed(self) -> bool:
        """Tell whether its figures are fixed for ever."""
        return self.closed_at is not None


class PackContent(models.Model):
    """What the reports of a closed pack said, per language, as `definition.Result.document` writes them; append-only.

    `digest`: SHA-256 of `results` in RFC 8785 form, printed on the cover.
    """

    pack = models.OneToOneField(Pack, models.PROTECT, primary_key=True, related_name="content")
    results = models.JSONField()  # language -> list of results, in the order of the parts
    digest = models.BinaryField(max_length=32)
