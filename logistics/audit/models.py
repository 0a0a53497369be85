"""Who looked at what: reads of labelled items, exports and bulk downloads. Who changed what is in the histories."""

from __future__ import annotations

from django.conf import settings
from django.db import models


class AccessRecord(models.Model):
    """One read worth remembering. Append-only."""

    user = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+")
    happened_at = models.DateTimeField()
    action = models.CharField(max_length=40)
    subject = models.CharField(max_length=240)
    address = models.GenericIPAddressField(null=True)

    class Meta:
        indexes = [models.Index(fields=["-happened_at"], name="access_when")]
