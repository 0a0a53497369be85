"""App registration."""

from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class OpeningsConfig(AppConfig):
    """What a depot opens with, and lists, brought in from files."""

    name = "inventory.openings"
    label = "openings"
    verbose_name = _("Opening balances and lists from files")

    def ready(self) -> None:
        """Show files that wait for approval beside the vouchers that do."""
        from inventory.openings import waiting  # noqa: PLC0415 - models need the apps
        from inventory.vouchers import approvals  # noqa: PLC0415

        approvals.also(waiting.told)
