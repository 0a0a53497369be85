"""App registration."""

from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class RequisitionsConfig(AppConfig):
    """Asking for stock, and the orders that grant it."""

    name = "inventory.requisitions"
    verbose_name = _("Requisitions and orders")

    def ready(self) -> None:
        """Listen to vouchers made from orders."""
        from inventory.requisitions import taking  # noqa: PLC0415  # needs the models

        taking.listen()
