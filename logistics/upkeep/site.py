"""The admin site under our name, and who may open it."""

from __future__ import annotations

from typing import Any

from django.contrib.admin import AdminSite
from django.contrib.auth.views import LogoutView, redirect_to_login
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, resolve_url
from django.utils.translation import gettext_lazy as _

from logistics.accounts.rights import KEPT_BY
from logistics.upkeep.reasoned import may


class UpkeepSite(AdminSite):
    """The admin under our name; signing in and passwords happen on the store's own pages."""

    site_header = _("Upkeep of reference data")
    site_title = _("Upkeep")
    index_title = _("What is kept here")

    def register(self, model_or_iterable: Any, admin_class: Any = None, **options: Any) -> None:
        """Take in what is kept here; tables that libraries bring along stay out."""
        models: list[Any] = [model_or_iterable] if isinstance(model_or_iterable, type) else list(model_or_iterable)
        kept = [model for model in models if model._meta.app_label in KEPT_BY]  # noqa: SLF001  # Django's public door
        super().register(kept, admin_class, **options)

    def has_permission(self, request: HttpRequest) -> bool:
        """Return whether the asker is a person some role of whom keeps reference data or people."""
        return any(may(request, app, viewing=True) for app in KEPT_BY)

    def login(self, request: HttpRequest, extra_context: Any = None) -> HttpResponse:
        """Send strangers to the sign-in page; refuse people whose roles do not open these pages."""
        if request.user.is_authenticated:
            raise PermissionDenied
        return redirect_to_login(request.GET.get("next", resolve_url("admin:index")))

    def logout(self, request: HttpRequest, extra_context: Any = None) -> Any:
        """Sign out as everywhere."""
        return LogoutView.as_view()(request)

    def password_change(self, request: HttpRequest, extra_context: Any = None) -> Any:
        """Point to the page where everybody changes their own password."""
        return redirect("password")
