"""App registration."""

from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class NormsConfig(AppConfig):
    """Reserve norms: what has to lie where, for what."""

    name = "inventory.norms"
    verbose_name = _("Reserve norms")
