"""App registration."""

from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class OpeningsConfig(AppConfig):
    """What a depot opens with, and lists, brought in from files."""

    name = "inventory.openings"
    label = "openings"
    verbose_name = _("Opening balances and lists from files")
