"""App registration."""

from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class DashboardConfig(AppConfig):
    """The first page."""

    name = "inventory.dashboard"
    verbose_name = _("Overview")
