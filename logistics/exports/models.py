"""Runs of the nightly feed: what each froze, what was written, what the warehouse answered."""

from __future__ import annotations

from django.conf import settings
from django.db import models
from django.utils.translation import gettext_lazy as _

from depots.models import Depot


class ExportRun(models.Model):
    """One run of the feed. Its ranges start where the warehouse last acknowledged; its files never change."""

    class State(models.TextChoices):
        """Where a run stands. Only `accepted` moves the watermark."""

        QUEUED = "queued", _("queued")
        WRITING = "writing", _("writing")
        READY = "ready", _("ready")
        ACCEPTED = "accepted", _("accepted")
        REJECTED = "rejected", _("rejected")
        FAILED = "failed", _("failed")

    name = models.CharField(max_length=40, unique=True)
    state = models.CharField(max_length=8, choices=State.choices)
    is_full = models.BooleanField(default=False)
    night_date = models.DateField()
    requested_at = models.DateTimeField()
    requested_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+")
    created_at = models.DateTimeField(null=True)
    previous = models.ForeignKey("self", models.PROTECT, null=True, related_name="+")
    folder = models.CharField(max_length=400, blank=True)
    manifest_sha256 = models.CharField(max_length=64, blank=True)
    manifest = models.JSONField(null=True)
    failure = models.TextField(blank=True)

    class Meta:
        indexes = [models.Index(fields=["state", "-id"], name="run_state")]

    def __str__(self) -> str:
        return self.name


class RunRange(models.Model):
    """The positions `(from_position, to_position]` of one depot that one run carries, and the head it ends at."""

    run = models.ForeignKey(ExportRun, models.PROTECT, related_name="ranges")
    depot = models.ForeignKey(Depot, models.PROTECT, related_name="+")
    from_position = models.BigIntegerField()
    to_position = models.BigIntegerField()
    head_hash = models.BinaryField(max_length=32)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["run", "depot"], name="run_range_unique")]

    def __str__(self) -> str:
        return f"{self.run} {self.depot.code} ({self.from_position}, {self.to_position}]"


class Acknowledgement(models.Model):
    """What the warehouse answered to a run, in the order it answered. Append-only."""

    run = models.ForeignKey(ExportRun, models.PROTECT, related_name="acknowledgements")
    status = models.CharField(max_length=8, choices=[("accepted", _("accepted")), ("rejected", _("rejected"))])
    reason = models.CharField(max_length=500, blank=True)
    answered_at = models.DateTimeField()
    answered_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+")

    def __str__(self) -> str:
        return f"{self.run} {self.status}"
