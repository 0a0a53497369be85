"""App registration."""

from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class SourcingConfig(AppConfig):
    """Plans of who supplies what to whom, and the orders made of them."""

    name = "inventory.sourcing"
    verbose_name = _("Sourcing plans")

    def ready(self) -> None:
        """Teach the map to draw plans."""
        from inventory.availability.routes import register  # noqa: PLC0415 - when all rooms are there
        from inventory.sourcing.routes import routes  # noqa: PLC0415

        register("plan", routes)
