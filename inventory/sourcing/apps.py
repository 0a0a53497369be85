"""App registration."""

from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class SourcingConfig(AppConfig):
    """Plans of who supplies what to whom, and the orders made of them."""

    name = "inventory.sourcing"
    verbose_name = _("Sourcing plans")
