"""How long somebody stays signed in, and signing in again without leaving the page."""

from __future__ import annotations

import json
from datetime import datetime, timedelta
from typing import Any, Final

from django.conf import settings
from django.contrib.auth import authenticate, login
from django.contrib.auth.signals import user_logged_in
from django.dispatch import receiver
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.cache import never_cache
from django.views.decorators.csrf import ensure_csrf_cookie
from django.views.decorators.http import require_http_methods

from logistics.errors import BadRequest, Unauthenticated
from logistics.http import problem

MISMATCH: Final = gettext_lazy("The login and password do not match. Check both and try again.")


@receiver(user_logged_in)
def _fix_the_end(request: HttpRequest, **given: Any) -> None:
    """Give a session one end, however often it is written to: pages tell it, and warn before it comes."""
    request.session.set_expiry(timezone.now() + timedelta(seconds=settings.SESSION_COOKIE_AGE))


def ends_at(request: HttpRequest) -> datetime:
    """Return when the session of the person signed in ends."""
    return request.session.get_expiry_date()


def seconds_left(request: HttpRequest) -> int:
    """Return for how many seconds the person stays signed in."""
    return max(0, int((ends_at(request) - timezone.now()).total_seconds()))


def wants_json(request: HttpRequest) -> bool:
    """Return whether a page's script is asking, and not its reader: refusals are then problem documents."""
    return request.headers.get("Accept", "").startswith("application/json")


@never_cache
@ensure_csrf_cookie
@require_http_methods(["GET", "POST"])
def session(request: HttpRequest) -> HttpResponse:
    """Tell who is signed in and until when; POST signs in. The answer is JSON, a refusal a problem document."""
    if request.method == "POST":
        try:
            given = json.loads(request.body)
            name, password = str(given["login"]), str(given["password"])
        except (ValueError, KeyError, TypeError):
            return problem(request, BadRequest(_("Send a JSON object with “login” and “password”.")))
        # A throttled sign-in is answered by the middleware of django-axes, see `views.locked_out`.
        user = authenticate(request, username=name, password=password)
        if user is None:
            return problem(request, Unauthenticated(str(MISMATCH)))
        login(request, user)
    if not request.user.is_authenticated:
        return problem(request, Unauthenticated(_("Nobody is signed in. Sign in first.")))
    return JsonResponse(
        {
            "login": request.user.get_username(),
            "name": request.user.get_full_name(),
            "ends_at": ends_at(request).isoformat(timespec="seconds"),
            "seconds_left": seconds_left(request),
        }
    )
