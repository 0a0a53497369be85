"""App registration."""

from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class PrintingConfig(AppConfig):
    """Printed forms as data."""

    name = "inventory.printing"
    verbose_name = _("Printed forms")
