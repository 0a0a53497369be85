"""How a login and password become a user, and what Django's own permission checks are told."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django.conf import settings
from django.contrib.auth.backends import ModelBackend
from django.http import HttpRequest

from logistics import history
from logistics.accounts import rights

if TYPE_CHECKING:
    from logistics.accounts.models import User


def demo_password(login: str) -> str:
    """Return the password the demo gives a login. Everybody knows it, so it opens nothing while DEBUG is off."""
    return f"demo-{login}"


class RoleBackend(ModelBackend):
    """Passwords as Django does them; permissions of the upkeep pages from the user's roles."""

    def authenticate(
        self, request: HttpRequest | None, username: str | None = None, password: str | None = None, **kwargs: Any
    ) -> Any:
        """Return the user if the password is theirs; a stored hash of an older strength is renewed on the way.

        A demo's password is refused while DEBUG is off, even where the demo's accounts were left in the store.
        """
        login = kwargs.get("login") if username is None else username
        if not settings.DEBUG and login is not None and password == demo_password(login):
            return None
        with history.changing(by=None, reason="Password hash renewed at sign-in", source=history.Source.WEB):
            return super().authenticate(request, username=username, password=password, **kwargs)

    def user_can_authenticate(self, user: Any) -> bool:
        """Return whether the user may sign in on a page: active, and a person."""
        return bool(user and user.is_active and not user.is_program)

    def get_all_permissions(self, user_obj: Any, obj: Any = None) -> set[str]:
        """Return nothing: permissions are computed, not listed."""
        return set()

    def has_perm(self, user_obj: User, perm: str, obj: Any = None) -> bool:  # type: ignore[override]
        """Return whether a role of the user keeps the app `perm` belongs to; `view` suffices for auditors."""
        app, _, action = perm.partition(".")
        return user_obj.is_active and rights.may_keep(user_obj, app, viewing=action.startswith("view_"))

    def has_module_perms(self, user_obj: User, app_label: str) -> bool:  # type: ignore[override]
        """Return whether the user may at least look at the upkeep pages of an app."""
        return user_obj.is_active and rights.may_keep(user_obj, app_label, viewing=True)
