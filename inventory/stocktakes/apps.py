"""App registration."""

from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class StocktakesConfig(AppConfig):
    """Counting what is there, and booking what differs."""

    name = "inventory.stocktakes"
    verbose_name = _("Stocktakes")
