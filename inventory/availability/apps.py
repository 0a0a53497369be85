"""App registration."""

from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class AvailabilityConfig(AppConfig):
    """Planners' questions."""

    name = "inventory.availability"
    verbose_name = _("Availability")
