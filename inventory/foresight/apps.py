"""App registration."""

from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class ForesightConfig(AppConfig):
    """What will be needed, and how long what is there will last."""

    name = "inventory.foresight"
    verbose_name = _("Foresight")
