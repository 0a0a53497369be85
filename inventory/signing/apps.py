"""App registration."""

from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class SigningConfig(AppConfig):
    """Signatures on kept papers, and scans of papers signed by hand."""

    name = "inventory.signing"
    label = "signing"
    verbose_name = _("Signatures and scans")
