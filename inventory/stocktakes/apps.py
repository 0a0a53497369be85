"""App registration."""

from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class StocktakesConfig(AppConfig):
    """Counting what is there, and booking what differs."""

    name = "inventory.stocktakes"
    verbose_name = _("Stocktakes")

    def ready(self) -> None:
        """Tell what became of stocktakes to who asks about their papers."""
        from inventory.printing import standing  # noqa: PLC0415  # needs the models
        from inventory.stocktakes.paper import stocktake_stands  # noqa: PLC0415

        standing.teach("stocktake", stocktake_stands)
