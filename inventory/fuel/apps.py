"""App registration."""

from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class FuelConfig(AppConfig):
    """Tanks of liquid fuel: how full they are, dips, and what loss is normal."""

    name = "inventory.fuel"
    verbose_name = _("Fuel")
