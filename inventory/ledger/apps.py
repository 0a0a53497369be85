"""App registration."""

from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class LedgerConfig(AppConfig):
    """Logbooks and balances."""

    name = "inventory.ledger"
    verbose_name = _("Ledger")
