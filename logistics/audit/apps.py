"""App registration."""

from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class AuditConfig(AppConfig):
    """Who looked at what."""

    name = "logistics.audit"
    verbose_name = _("Audit")
