"""App registration."""

from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class CatalogueConfig(AppConfig):
    """Items and their codes, units, lots."""

    name = "inventory.catalogue"
    verbose_name = _("Catalogue")
