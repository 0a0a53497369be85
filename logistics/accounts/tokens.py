"""Who asks the API: a token's owner, or a person signed in on a page; and how often they may ask.

Counting is per process: a site with four gunicorn workers lets through up to four times the limit. That is enough
for what the limits are for, a runaway program and a log full of guesses; a token is 256 random bits and needs no
throttle against guessing. For the same reason a good token is answered whatever its neighbours at one address do.
"""

from __future__ import annotations

import re
import threading
import time
from datetime import datetime, timedelta
from typing import Any, ClassVar, Final
from urllib.parse import unquote

from django.conf import settings
from django.http import HttpRequest
from django.utils import timezone
from django.utils.translation import gettext as _
from ninja.security import APIKeyCookie, HttpBearer
from ninja.utils import check_csrf

from logistics import sql
from logistics.accounts.models import Token, User
from logistics.errors import Unauthenticated
from logistics.http import CrossSite, TooMany

_SECRET: Final = re.compile(r"kho_[A-Za-z0-9_-]{43}")
_NOTE_USE_EVERY: Final = timedelta(minutes=1)
# In the model's own order, which `from_db` takes for granted; the password's hash has no business here.
_USER_FIELDS: Final = tuple(field.attname for field in User._meta.concrete_fields if field.attname != "password")  # noqa: SLF001


class MinuteCounter:
    """Counts per key within the running minute; the next minute starts from nothing."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._minute = 0
        self._counts: dict[Any, int] = {}

    def add(self, key: Any) -> int:
        """Count one more for `key` and return how many it has had this minute."""
        minute = int(time.time() // 60)
        with self._lock:
            if minute != self._minute:
                self._minute = minute
                self._counts = {}
            count = self._counts[key] = self._counts.get(key, 0) + 1
        return count

    @staticmethod
    def seconds_left() -> int:
        """Return how many seconds the running minute still has, at least 1."""
        return 60 - int(time.time() % 60)


_requests = MinuteCounter()
_failures = MinuteCounter()


def authenticate(secret: str, *, at: datetime) -> User | None:
    """Return the owner of a token that is good at `at`, narrowed to the token's scopes; None for any other text.

    One statement; a second one at most once a minute notes that the token was used.

    Raises:
        TooMany: the token has had its requests of this minute.
    """
    if not _SECRET.fullmatch(secret):
        return None
    records = sql.records("accounts/find_token", {"digest": Token.digest_of(secret), "at": at})
    if not records:
        return None
    (found,) = records
    count_request(("token", found["token_id"]))
    if found["last_used_at"] is None or at - found["last_used_at"] > _NOTE_USE_EVERY:
        Token.objects.filter(pk=found["token_id"]).update(last_used_at=at)
    user = User.from_db("default", _USER_FIELDS, [found[name] for name in _USER_FIELDS])
    user.narrowed_to = frozenset(found["scopes"]) if found["scopes"] else None
    return user


def count_request(who: tuple[str, int]) -> None:
    """Count one request; raise TooMany when `who` is over the limit of this minute."""
    if _requests.add(who) > settings.API_REQUESTS_PER_MINUTE:
        raise TooMany(
            _("At most %(most)s requests a minute. Wait, or send many movements in one batch.")
            % {"most": settings.API_REQUESTS_PER_MINUTE},
            retry_after=MinuteCounter.seconds_left(),
        )


def _count_failure(request: HttpRequest) -> None:
    if _failures.add(request.META.get("REMOTE_ADDR", "")) > settings.API_FAILED_SIGN_INS_PER_MINUTE:
        raise TooMany(
            _("Too many failed sign-ins from your address. Wait a minute."), retry_after=MinuteCounter.seconds_left()
        )


class BearerToken(HttpBearer):
    """`Authorization: Bearer TOKEN`."""

    openapi_description: ClassVar[str] = "A token made by `manage.py create_token LOGIN`."

    def __call__(self, request: HttpRequest) -> User | None:
        """Return the token's owner, None when the request brings no credentials; refuse bad ones."""
        given = request.META.get("HTTP_AUTHORIZATION")
        if given is None:
            return None
        scheme, _blank, secret = given.partition(" ")
        user = authenticate(secret.strip(), at=timezone.now()) if scheme.lower() == "bearer" else None
        if user is None:
            _count_failure(request)
            raise Unauthenticated(
                _("This token is unknown, expired or revoked, or its owner is not active. Ask for a new one.")
            )
        request.user = user
        return user

    def authenticate(self, request: HttpRequest, token: str) -> User | None:
        """Return the owner of `token`, as ninja's own interface asks for it."""
        return authenticate(token, at=timezone.now())


class SignedIn(APIKeyCookie):
    """A session of the site's pages; changes need the CSRF token beside the cookie.

    A page may say in `X-Signed-In-As` for whom it was made (percent-encoded). Where somebody else has signed in since
    with the same browser it is told 401: what one person left to be sent never goes out in another's name.
    """

    param_name: str = settings.SESSION_COOKIE_NAME

    def __call__(self, request: HttpRequest) -> User | None:
        """Return the person signed in, or None; refuse a change that another site may have sent."""
        user = getattr(request, "user", None)
        if not isinstance(user, User):
            return None
        claimed = request.META.get("HTTP_X_SIGNED_IN_AS")
        if claimed is not None and unquote(claimed) != user.get_username():
            raise Unauthenticated(_("Somebody else has signed in with this browser since. Sign in again to go on."))
        if check_csrf(request) is not None:
            raise CrossSite(_("Send the page's CSRF token in X-CSRFToken, or use an API token."))
        count_request(("session", user.pk))
        return user

    def authenticate(self, request: HttpRequest, key: str | None) -> User | None:
        """Return the person signed in, as ninja's own interface asks for it."""
        return self(request)


DOORS: Final = [BearerToken(), SignedIn()]


def asker(request: HttpRequest) -> User:
    """Return who asks; a view behind `DOORS` always has one."""
    user = request.auth  # type: ignore[attr-defined]
    assert isinstance(user, User)
    return user
