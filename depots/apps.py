"""App registration."""

from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class DepotsConfig(AppConfig):
    """Organisation units, depots, bins."""

    name = "depots"
    verbose_name = _("Depots")
