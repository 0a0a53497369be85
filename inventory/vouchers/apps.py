"""App registration."""

from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class VouchersConfig(AppConfig):
    """Movements as documents."""

    name = "inventory.vouchers"
    verbose_name = _("Vouchers")
