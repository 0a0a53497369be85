"""App registration."""

from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class ExportsConfig(AppConfig):
    """The feed to the ministry's warehouse."""

    name = "logistics.exports"
    verbose_name = _("Exports")
