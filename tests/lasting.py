"""Pages without what chance and the moment put into each: to compare two of them whole, or to seek a short word in."""

from __future__ import annotations

import re
from typing import Any, Final

# The seconds left of a visit, the key against forged requests, the request's number.
_PASSING: Final = re.compile(r'data-session-left="\d+"|name="csrfmiddlewaretoken" value="\w+"|\b[0-9a-f]{32}\b')


def lasting(answer: Any) -> str:
    """Return an answer's page without what no two answers share. A depot's code may stand in a random key by chance."""
    return _PASSING.sub("", answer.content.decode())
