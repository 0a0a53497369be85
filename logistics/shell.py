"""What a browser keeps of the site so that entry pages open without a network: the service worker and its version.

The worker (`worker.js`) keeps the pages that `kept_offline` marks, per person and language, and the style sheets and
modules they load. Its version is a digest of everything it keeps or shows, so that a deployment is a new worker and
nothing else is. Headers tell it what it cannot know: for whom a page was made, and by which version of the site.
"""

from __future__ import annotations

import base64
import hashlib
import json
from collections.abc import Callable, Iterable, Iterator
from functools import cache, wraps
from pathlib import Path
from typing import Any, Final

from django.conf import settings
from django.contrib.staticfiles import finders
from django.http import HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.templatetags.static import static
from django.utils.cache import patch_vary_headers
from django.utils.crypto import salted_hmac
from django.views.decorators.http import require_safe

from logistics import texts

PERSON: Final = "Kho-Person"  # on every page: a pseudonym of whom it was made for, "" for nobody
VERSION: Final = "Kho-Version"  # on every page: the version of the site that made it
KEPT: Final = "Kho-Kept"  # the worker may keep this page
KEEP: Final = "Kho-Keep"  # other addresses worth keeping, separated by blanks

# Folders of static files that pages kept offline load from.
_ROOMS: Final = ("logistics/", "vouchers/", "reports/", "stocktakes/", "vendor/uplot/", "htmx/")
# Big, and only for who opens the camera: kept when first used, not brought to everybody's machine.
_ON_USE: Final = ("vendor/barcode-detector/es/", "vendor/zxing-wasm/reader/")
_KINDS: Final = frozenset({".css", ".js", ".svg", ".woff2"})
_NOT_KEPT: Final = ("logistics/upkeep",)
_HERE: Final = Path(__file__).resolve().parent

GetResponse = Callable[[HttpRequest], HttpResponse]


def kept_offline(view: Callable[..., HttpResponseBase]) -> Callable[..., HttpResponseBase]:
    """Let the service worker keep what `view` answers with 200, for this person and language.

    Such a page must be the same for every query string: its scripts read the query.
    """

    @wraps(view)
    def answer(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
        found = view(request, *args, **kwargs)
        if found.status_code == 200:
            found.headers[KEPT] = "1"
            found.headers["Cache-Control"] = "private, no-cache"
            patch_vary_headers(found, ["Cookie"])
        return found

    return answer


def also_keep(answer: HttpResponseBase, addresses: Iterable[str]) -> None:
    """Name further pages that the worker should fetch and keep when it keeps `answer`."""
    answer.headers[KEEP] = " ".join(addresses)


class ShellMiddleware:
    """Tells the service worker for whom a page was made, and by which version of the site."""

    def __init__(self, get_response: GetResponse) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        """Answer the request; on pages that are no failure of ours, with the worker's headers."""
        answer = self.get_response(request)
        # Who asked is looked up late, and a page that says the database is away cannot look anybody up.
        if answer.status_code < 500 and answer.headers.get("Content-Type", "").startswith("text/html"):
            user = getattr(request, "user", None)
            person = str(user.pk) if user is not None and user.is_authenticated else ""
            answer.headers[PERSON] = person and salted_hmac("kho.person", person).hexdigest()[:16]
            answer.headers[VERSION] = version()
        return answer


def version() -> str:
    """Return the version of what browsers keep; while developing it is computed anew, because files change."""
    return (_built.__wrapped__ if settings.DEBUG else _built)()[0]


@require_safe
def worker(request: HttpRequest) -> HttpResponse:
    """Answer the service worker: what it keeps and under which version, then its code."""
    name, assets, on_use = (_built.__wrapped__ if settings.DEBUG else _built)()
    told = f"const VERSION = {json.dumps(name)};\nconst ASSETS = {json.dumps(assets)};\n"
    told += f"const ON_USE = {json.dumps(on_use)};\n"
    answer = HttpResponse(told + _code(), content_type="text/javascript; charset=utf-8")
    answer.headers["Cache-Control"] = "no-cache"
    answer.headers["Service-Worker-Allowed"] = "/"
    return answer


@cache
def _built() -> tuple[str, list[tuple[str, str]], list[str]]:
    """Return the version, each file that is kept: its address and its digest (W3C Subresource Integrity); and the
    addresses of those kept once they are used.

    A worker checks the digests, so that files of two deployments never end up in one version.
    """
    whole = hashlib.sha256(_code().encode())
    assets, on_use = [], []
    for name, file in sorted(_static_files()):
        content = file.read_bytes()
        digest = hashlib.sha256(content).digest()
        whole.update(name.encode() + b"\0" + digest)
        if name.startswith(_ON_USE):
            on_use.append(static(name))
        else:
            assets.append((static(name), "sha256-" + base64.b64encode(digest).decode()))
    for file in sorted(_sources()):
        whole.update(file.name.encode() + b"\0" + hashlib.sha256(file.read_bytes()).digest())
    assets += [(texts.address(language), "") for language, _name in settings.LANGUAGES]
    return whole.hexdigest()[:16], assets, on_use


def _code() -> str:
    return (_HERE / "worker.js").read_text(encoding="utf-8")


def _static_files() -> Iterator[tuple[str, Path]]:
    seen: set[str] = set()
    for finder in finders.get_finders():
        for path, storage in finder.list([]):
            name = path.replace("\\", "/")
            if name in seen or not name.startswith((*_ROOMS, *_ON_USE)) or name.startswith(_NOT_KEPT):
                continue
            if Path(name).suffix in _KINDS or name.startswith(_ON_USE):
                seen.add(name)
                yield name, Path(storage.path(path))


def _sources() -> Iterator[Path]:
    """Yield what pages are made from besides static files: templates and catalogues of words."""
    rooms = settings.BASE_DIR / "inventory"
    for room in (_HERE, rooms / "vouchers", rooms / "reports", rooms / "stocktakes"):
        yield from (room / "templates").rglob("*.html")
    for folder in settings.LOCALE_PATHS:
        yield from Path(folder).rglob("*.mo")
