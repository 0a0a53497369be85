"""What became, since, of what a paper is about: told by the room that keeps it, asked by name.

standing.teach("movement", tells)          # in the room of movements, once
standing.of("movement:K01:12")             # anywhere: Stamp(mark="ĐÃ ĐẢO", said="ĐÃ ĐẢO bởi …"), or STANDS
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Final


@dataclass(frozen=True, slots=True, kw_only=True)
class Stamp:
    """What is written on prints of a paper that no longer holds: large across the pages, and in words at their head.

    `said` is "" while it holds. `mark` may be "" all the same, where the paper bears another mark already.
    """

    mark: str = ""
    said: str = ""


STANDS: Final = Stamp()
_teachers: dict[str, Callable[[Sequence[str]], Stamp]] = {}


def teach(kind: str, tells: Callable[[Sequence[str]], Stamp]) -> None:
    """Let `tells` answer for subjects of a kind; it is given what stands behind the kind, K01 and 12 above."""
    _teachers[kind] = tells


def of(subject: str) -> Stamp:
    """Return what a print of a subject's papers made now would bear, STANDS where nothing undid it or nobody tells."""
    kind, *names = subject.split(":")
    tells = _teachers.get(kind)
    return tells(names) if tells else STANDS
