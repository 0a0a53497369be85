"""The upkeep pages: Django's own admin, for the roles that keep reference data and people."""

from django.contrib.admin import AdminSite
from django.contrib.admin.apps import AdminConfig
from django.http import HttpRequest
from django.utils.translation import gettext_lazy as _


class UpkeepSite(AdminSite):
    """The admin under our name; signing in happens on the store's own page."""

    site_header = _("Upkeep of reference data")
    site_title = _("Upkeep")
    index_title = _("What is kept here")

    def has_permission(self, request: HttpRequest) -> bool:
        """Return whether the asker is a person some role of whom keeps reference data or people."""
        user = request.user
        return bool(user.is_active and (user.is_superuser or any(user.has_module_perms(app) for app in KEPT)))


KEPT = ("accounts", "depots", "catalogue")


class UpkeepConfig(AdminConfig):
    """Installs the site above as the default admin."""

    default_site = "logistics.upkeep.UpkeepSite"
