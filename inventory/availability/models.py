"""What planners keep of their questions: searches under a name."""

from __future__ import annotations

from django.conf import settings
from django.db import models
from django.utils.translation import gettext_lazy as _

from logistics import history


class SavedView(models.Model):
    """A search of the availability page under a name: its query, facets, columns and instant included.

    A person's own, or (`is_shared`) offered to everybody: what it shows is always within the reader's own scope.
    """

    owner = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, related_name="saved_views", verbose_name=_("owner")
    )
    name = models.CharField(_("name"), max_length=80)
    query = models.CharField(_("query"), max_length=2000, blank=True)
    is_shared = models.BooleanField(_("is offered to everybody"), default=False)
    changed_at = models.DateTimeField(_("changed"), auto_now=True)

    history = history.tracked()

    class Meta:
        verbose_name = _("saved view")
        verbose_name_plural = _("saved views")
        ordering = ("name", "pk")
        constraints = [models.UniqueConstraint(fields=["owner", "name"], name="saved_view_name_unique")]

    def __str__(self) -> str:
        return self.name
