"""Refusals: what the store may answer instead of doing what was asked.

A refusal is part of the promise, so it is a type, raised beside the rule it keeps, and mapped in one place
(`logistics/http.py`) to an RFC 9457 problem. A broken invariant is not a refusal: that is an `assert` and a fix.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, ClassVar

from django.utils.translation import ngettext


@dataclass(frozen=True, slots=True)
class Fault:
    """One thing wrong with an input: where (RFC 6901 pointer), which rule (stable code), and in words."""

    pointer: str
    code: str
    detail: str

    def document(self) -> dict[str, str]:
        """Return the fault as the problem document spells it."""
        return {"pointer": self.pointer, "code": self.code, "detail": self.detail}


def gettext_noop(message: str) -> str:
    """Return `message` as it is: makemessages knows the name and collects the msgid; whoever shows it translates it."""
    return message


class RuleError(ValueError):
    """One typed value that breaks a rule.

    `code` names the rule for ever. `message` is an English msgid with `%(name)s` places that `params` fills:
    a caller writes `gettext(error.message) % error.params`, and `str(error)` is the same in English.
    """

    def __init__(self, code: str, message: str, /, **params: object) -> None:
        super().__init__(message % params)
        self.code = code
        self.message = message
        self.params = params


class DomainError(Exception):
    """A refusal. `slug` names its problem type for ever; `title` is its heading; the message says what to do."""

    slug: ClassVar[str] = "refused"
    title: ClassVar[str] = gettext_noop("Refused")
    status: ClassVar[int] = 400

    def __init__(self, detail: str, **members: Any) -> None:
        super().__init__(detail)
        self.detail = detail
        self.members: Mapping[str, Any] = members

    def document(self) -> dict[str, Any]:
        """Return the RFC 9457 problem document, extension members included."""
        return {
            "type": f"/problems/{self.slug}",
            "title": self.title,
            "status": self.status,
            "detail": self.detail,
            **self.members,
        }


class BadRequest(DomainError):
    """The request cannot be understood at all."""

    slug = "bad-request"
    title = gettext_noop("The request cannot be understood")
    status = 400


class Unauthenticated(DomainError):
    """Nobody, or nobody we know, is asking."""

    slug = "unauthenticated"
    title = gettext_noop("Sign in first")
    status = 401


class Forbidden(DomainError):
    """The asker may see the thing but not do this to it."""

    slug = "forbidden"
    title = gettext_noop("Not allowed")
    status = 403


class NotFound(DomainError):
    """There is no such thing, or none the asker may know of: both look the same on purpose."""

    slug = "not-found"
    title = gettext_noop("Not found")
    status = 404


class Conflict(DomainError):
    """The request is well-formed but the state of the store does not allow it."""

    slug = "conflict"
    title = gettext_noop("The state of the store does not allow it")
    status = 409


class Invalid(DomainError):
    """The input breaks rules; `faults` holds every one that was found, not only the first."""

    slug = "invalid"
    title = gettext_noop("The input breaks a rule")
    status = 422

    def __init__(self, faults: Sequence[Fault], detail: str = "", **members: Any) -> None:
        self.faults = tuple(faults)
        super().__init__(detail or self._counted(), errors=[fault.document() for fault in self.faults], **members)

    def _counted(self) -> str:
        """Return how many faults there are, and the first three in words."""
        count = len(self.faults)
        text = ngettext(
            "%(count)s thing is wrong with the input: %(first)s",
            "%(count)s things are wrong with the input: %(first)s",
            count,
        )
        return text % {"count": count, "first": "; ".join(fault.detail for fault in self.faults[:3])}


class Precondition(DomainError):
    """A command cannot run yet: something it needs is missing (exit code 5)."""

    slug = "precondition"
    title = gettext_noop("Something this needs is missing")
    status = 409


class Unavailable(DomainError):
    """The store cannot serve now, but the same request may work shortly."""

    slug = "unavailable"
    title = gettext_noop("Try again shortly")
    status = 503
