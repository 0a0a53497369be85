"""Files that people send by a form: what is too large is refused before any of it is kept."""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps
from typing import Any, Final

from django.http import HttpRequest
from django.http.response import HttpResponseBase
from django.views.decorators.csrf import csrf_exempt, csrf_protect

from logistics.http import TooLarge, drain

View = Callable[..., HttpResponseBase]
_FORM_AROUND: Final = 20_000  # bytes of a request that are not the file


def of_bounded_size(most: int, words: Any) -> Callable[[View], View]:
    """Refuse a request whose file has more than `most` bytes before its body is read: not even its token is looked for.

    `words` tell so, with a place `%(most)s` for the megabytes. What is refused is taken off the wire piece by piece and
    thrown away, so that the browser hears the refusal. The decorator stands above all others of a view.
    """

    def decorate(view: View) -> View:
        @wraps(view)
        def bounded(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
            length = request.META.get("CONTENT_LENGTH") or "0"
            if request.method == "POST" and (not length.isdecimal() or int(length) > most + _FORM_AROUND):
                drain(request)
                raise TooLarge(str(words) % {"most": f"{most / 1_000_000:g}"})
            return csrf_protect(view)(request, *args, **kwargs)

        return csrf_exempt(bounded)

    return decorate
