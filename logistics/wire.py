"""What may come over the wire: strict JSON, strict parameters, and the few types JSON lacks.

One text has one meaning (ASVS 1.5.3), so a repeated member, NaN, a half surrogate or an unknown parameter is
refused and not guessed at. Quantities and money are decimal strings: a JSON number has been through somebody's
binary floating point.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import UTC, date, datetime
from typing import Annotated, Any, Final, get_args
from urllib.parse import unquote_to_bytes
from zoneinfo import ZoneInfo

from django.conf import settings
from django.http import HttpRequest, QueryDict
from django.utils.translation import gettext as _
from pydantic import Field, GetPydanticSchema, StringConstraints
from pydantic_core import PydanticCustomError, core_schema

from logistics.errors import BadRequest, Fault, Invalid, gettext_noop

MOST_MEMBERS: Final = 200  # of one object; none of ours has a quarter of it
EARLIEST_YEAR, LATEST_YEAR = 1900, 2200
_ZONE: Final = ZoneInfo(settings.TIME_ZONE)

QUANTITY_PATTERN: Final = r"^-?[0-9]{1,15}(\.[0-9]{1,3})?$"  # numeric(18,3)
MONEY_PATTERN: Final = r"^[0-9]{1,16}(\.[0-9]{1,2})?$"  # numeric(18,2), not negative


# --- JSON -------------------------------------------------------------------------------------------------------


class _Refused(ValueError):
    """JSON that is well-formed for some readers only."""

    def __init__(self, code: str, detail: str) -> None:
        super().__init__(detail)
        self.code = code


def _object(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) != len(pairs):
        names = [name for name, _value in pairs]
        twice = next(name for name in names if names.count(name) > 1) if len(pairs) <= MOST_MEMBERS else "…"
        raise _Refused("repeated-member", _("Member “%(name)s” stands twice in one object.") % {"name": twice[:80]})
    if len(pairs) > MOST_MEMBERS:
        raise _Refused("too-many-members", _("An object here has at most %(most)s members.") % {"most": MOST_MEMBERS})
    return found


def _constant(name: str) -> Any:
    raise _Refused("not-a-number", _("%(name)s is not JSON; leave the member out.") % {"name": name})


_BROKEN: Final = gettext_noop("something JSON does not know")
# What Python's reader says -> our msgid.
_NOT_JSON: Final[Mapping[str, str]] = {
    "Expecting value": gettext_noop("a value is missing"),
    "Expecting ',' delimiter": gettext_noop("a comma or a closing bracket is missing"),
    "Expecting ':' delimiter": gettext_noop("a colon is missing"),
    "Expecting property name enclosed in double quotes": gettext_noop("a name in double quotes is missing"),
    "Extra data": gettext_noop("something follows the end"),
    "Unterminated string starting at": gettext_noop("a text without its closing quotes"),
    "Invalid control character at": gettext_noop("a line break or another control character in a text"),
    "Invalid \\escape": gettext_noop("an unknown escape behind a backslash"),
    "Invalid \\uXXXX escape": gettext_noop("an unknown escape behind a backslash"),
    "Illegal trailing comma before end of object": gettext_noop("a comma before the closing bracket"),
    "Illegal trailing comma before end of array": gettext_noop("a comma before the closing bracket"),
}
_decode = json.JSONDecoder(object_pairs_hook=_object, parse_constant=_constant).decode


def parse(raw: bytes, *, pointer: str = "") -> Any:
    """Return what the UTF-8 JSON text `raw` says; `pointer` is where it stands in a larger input.

    Raises:
        BadRequest: it is no UTF-8 or no JSON.
        Invalid: a member stands twice, a number is NaN or too long, nesting is too deep, a text holds NUL.
    """
    try:
        value = _decode(raw.decode("utf-8"))
    except _Refused as error:
        raise Invalid([Fault(pointer, error.code, str(error))]) from error
    except UnicodeDecodeError as error:
        raise BadRequest(_("The body is not UTF-8 (byte %(at)s).") % {"at": error.start}) from error
    except json.JSONDecodeError as error:
        raise BadRequest(
            _("The body is not JSON: %(what)s at line %(line)s, column %(column)s.")
            % {"what": _(_NOT_JSON.get(error.msg, _BROKEN)), "line": error.lineno, "column": error.colno}
        ) from error
    except RecursionError as error:
        raise Invalid([Fault(pointer, "too-deep", _("The body is nested too deeply."))]) from error
    except ValueError as error:  # Python refuses to read whole numbers of more than 4,300 digits
        raise Invalid([Fault(pointer, "too-large", _("A number in the body has too many digits."))]) from error
    if b"\\u0000" in raw and (faults := list(_nul_faults(value, pointer))):
        raise Invalid(faults)
    return value


def _nul_faults(value: Any, pointer: str) -> Iterator[Fault]:
    if isinstance(value, str):
        if "\x00" in value:
            yield Fault(pointer, "bad-character", _("Text cannot hold a NUL character."))
    elif isinstance(value, dict):
        for name, member in value.items():
            here = join_pointer(pointer, [name])
            if "\x00" in name:
                yield Fault(pointer, "bad-character", _("Text cannot hold a NUL character."))
            else:
                yield from _nul_faults(member, here)
    elif isinstance(value, list):
        for index, member in enumerate(value):
            yield from _nul_faults(member, f"{pointer}/{index}")


def dump(document: Any) -> bytes:
    """Return a document of plain values as compact UTF-8 JSON."""
    return _encode(document).encode()


_encode = json.JSONEncoder(ensure_ascii=False, separators=(",", ":"), allow_nan=False).encode


def join_pointer(pointer: str, parts: Iterable[str | int]) -> str:
    """Return an RFC 6901 pointer `parts` below `pointer`."""
    return pointer + "".join("/" + str(part).replace("~", "~0").replace("/", "~1") for part in parts)


def local(at: datetime) -> str:
    """Return an instant as every answer spells it: RFC 3339 with the site's offset."""
    return at.astimezone(_ZONE).isoformat()


def iso(on: date | None) -> str | None:
    """Return a day as every answer spells it: ISO 8601, or null."""
    return None if on is None else on.isoformat()


# --- Parameters -------------------------------------------------------------------------------------------------


def query_faults(request: HttpRequest, *, known: frozenset[str], lists: frozenset[str]) -> list[Fault]:
    """Return what is wrong with the query's shape: unknown or repeated names, text that is no text."""
    raw = request.META.get("QUERY_STRING", "")
    if not raw:
        return []
    if "%" in raw:
        try:
            unquote_to_bytes(raw).decode("utf-8")
        except UnicodeDecodeError:
            return [Fault("/query", "bad-character", _("The query is not UTF-8."))]
    faults = []
    parameters: QueryDict = request.GET
    for name, values in parameters.lists():
        here = join_pointer("/query", [name])
        if "\x00" in name or any("\x00" in value for value in values):
            faults.append(Fault("/query", "bad-character", _("Text cannot hold a NUL character.")))
        elif name not in known:
            names = ", ".join(sorted(known)) or _("none")
            text = _("There is no parameter “%(name)s” here. Known are: %(known)s.")
            faults.append(Fault(here, "unknown-parameter", text % {"name": name[:80], "known": names}))
        elif len(values) > 1 and name not in lists:
            text = _("Parameter “%(name)s” stands twice; give it once.")
            faults.append(Fault(here, "repeated-parameter", text % {"name": name}))
    return faults


# --- Types ------------------------------------------------------------------------------------------------------

_INSTANT: Final = re.compile(r"\d{4}-\d{2}-\d{2}[Tt ]\d{2}:\d{2}:\d{2}(\.\d{1,9})?([Zz]|[+-]\d{2}:\d{2})", re.ASCII)
_PLUS_LOST: Final = re.compile(r"\d{4}-\d{2}-\d{2}[Tt]\d{2}:\d{2}:\d{2}(\.\d{1,9})? \d{2}:\d{2}", re.ASCII)
_DAY: Final = re.compile(r"\d{4}-\d{2}-\d{2}", re.ASCII)
_NO_INSTANT: Final = gettext_noop("There is no such time: look at the day, the hour, the seconds and the offset.")
_NO_DAY: Final = gettext_noop("There is no such day.")
_FAR: Final = gettext_noop("The year must be from %(first)s to %(last)s.")
_YEARS: Final = {"first": EARLIEST_YEAR, "last": LATEST_YEAR}


def instant(value: Any) -> datetime:
    """Return the instant an RFC 3339 text with offset names, aware, in UTC.

    Raises PydanticCustomError `instant` for anything else, a bare local time and years no store saw included.
    """
    if isinstance(value, str) and _INSTANT.fullmatch(value):
        try:
            moment = datetime.fromisoformat(value.upper())
        except ValueError as error:
            raise PydanticCustomError("instant", _NO_INSTANT) from error
        if not EARLIEST_YEAR <= moment.year <= LATEST_YEAR:
            raise PydanticCustomError("instant", _FAR, _YEARS)
        return moment.astimezone(UTC)
    if isinstance(value, str) and _PLUS_LOST.fullmatch(value):  # a form's decoding makes a blank of it
        raise PydanticCustomError("instant", gettext_noop("In an address the offset's + is written %%2B."))
    raise PydanticCustomError(
        "instant",
        gettext_noop("A time is RFC 3339 text with its offset from UTC, such as 2026-11-20T08:00:00+07:00."),
    )


def day(value: Any) -> date:
    """Return the day an ISO 8601 text names; raise PydanticCustomError `date` for anything else."""
    if isinstance(value, str) and _DAY.fullmatch(value):
        try:
            found = date.fromisoformat(value)
        except ValueError as error:
            raise PydanticCustomError("date", _NO_DAY) from error
        if not EARLIEST_YEAR <= found.year <= LATEST_YEAR:
            raise PydanticCustomError("date", _FAR, _YEARS)
        return found
    raise PydanticCustomError("date", gettext_noop("A day is written YYYY-MM-DD, such as 2028-06-30."))


def _plain(read: Any, form: str, example: str) -> GetPydanticSchema:
    """Return a pydantic type read by `read` alone: pydantic's own readers also take numbers and bare times."""
    return GetPydanticSchema(
        lambda _source, _handler: core_schema.no_info_plain_validator_function(
            read,
            json_schema_input_schema=core_schema.str_schema(),
            serialization=core_schema.plain_serializer_function_ser_schema(lambda value: value.isoformat()),
            metadata={"pydantic_js_updates": {"type": "string", "format": form, "examples": [example]}},
        )
    )


Instant = Annotated[datetime, _plain(instant, "date-time", "2026-11-20T08:00:00+07:00")]
Day = Annotated[date, _plain(day, "date", "2028-06-30")]
QuantityText = Annotated[str, StringConstraints(strict=True, pattern=QUANTITY_PATTERN), Field(examples=["120.000"])]
MoneyText = Annotated[str, StringConstraints(strict=True, pattern=MONEY_PATTERN), Field(examples=["15000"])]


# --- Faults -----------------------------------------------------------------------------------------------------

_NO_ID: Final = (
    "uuid",
    gettext_noop("This is no id: one is a UUID such as 3f2b8c1e-5d7a-4f19-9c68-2a7b1e0d4c53. Copy it as it was given."),
)
# pydantic's error type -> our stable code and msgid; places are filled from the error's own context.
_MEANINGS: Final[Mapping[str, tuple[str, str]]] = {
    "missing": ("required", gettext_noop("This is required.")),
    "extra_forbidden": ("unknown-member", gettext_noop("There is no such member here.")),
    "string_type": ("text", gettext_noop("This is a text, in quotes.")),
    "string_unicode": ("bad-character", gettext_noop("The text holds half a character (a lone surrogate).")),
    "string_too_long": ("too-long", gettext_noop("At most %(max_length)s characters.")),
    "string_too_short": ("too-short", gettext_noop("At least %(min_length)s characters.")),
    "string_pattern_mismatch": ("form", gettext_noop("The text does not have the form %(pattern)s.")),
    "int_type": ("whole-number", gettext_noop("This is a whole number.")),
    "int_parsing": ("whole-number", gettext_noop("This is a whole number.")),
    "int_parsing_size": ("too-large", gettext_noop("This number is too large.")),
    "int_from_float": ("whole-number", gettext_noop("This is a whole number.")),
    "float_type": ("number", gettext_noop("This is a number.")),
    "float_parsing": ("number", gettext_noop("This is a number.")),
    "finite_number": ("number", gettext_noop("This is a number.")),
    "bool_type": ("true-or-false", gettext_noop("This is true or false.")),
    "bool_parsing": ("true-or-false", gettext_noop("This is true or false.")),
    "greater_than": ("too-small", gettext_noop("This is more than %(gt)s.")),
    "greater_than_equal": ("too-small", gettext_noop("This is %(ge)s or more.")),
    "less_than": ("too-large", gettext_noop("This is less than %(lt)s.")),
    "less_than_equal": ("too-large", gettext_noop("This is %(le)s or less.")),
    "enum": ("one-of", gettext_noop("This is one of: %(expected)s.")),
    "literal_error": ("one-of", gettext_noop("This is one of: %(expected)s.")),
    "list_type": ("list", gettext_noop("This is a list.")),
    "too_long": ("too-many", gettext_noop("At most %(max_length)s of these.")),
    "too_short": ("too-few", gettext_noop("At least %(min_length)s of these.")),
    "model_type": ("object", gettext_noop("This is an object.")),
    "model_attributes_type": ("object", gettext_noop("This is an object.")),
    "dict_type": ("object", gettext_noop("This is an object.")),
    "invalid_key": ("object", gettext_noop("This is an object.")),
} | dict.fromkeys(("uuid_type", "uuid_parsing", "uuid_version"), _NO_ID)
# What pydantic can say besides, should a model come to use it: told in the reader's language all the same.
_UNFIT: Final = ("unfit", gettext_noop("This value does not belong here: see under /api/v1/docs what is taken."))
_OF_PYDANTIC: Final = frozenset(get_args(core_schema.ErrorType))
_DECIMAL: Final = gettext_noop(
    'This is a decimal number in quotes, such as "7.500": at most 15 digits before and 3 after the point.'
)
_MONEY: Final = gettext_noop(
    'This is an amount in quotes, not below zero, such as "15000": at most 16 digits before and 2 after the point.'
)
_BY_PATTERN: Final = {QUANTITY_PATTERN: ("decimal", _DECIMAL), MONEY_PATTERN: ("decimal", _MONEY)}
_BY_SCHEMA_TYPE: Final = {"quantity": _DECIMAL, "scheduled_quantity": _DECIMAL, "unit_price": _MONEY}


def meaning(error: Mapping[str, Any]) -> tuple[str, str]:
    """Return our code and words in the reader's language for one of pydantic's error dicts, whatever it is about."""
    kind, context = error["type"], error.get("ctx") or {}
    name = error["loc"][-1] if error["loc"] else ""
    if kind == "string_pattern_mismatch" and context.get("pattern") in _BY_PATTERN:
        code, text = _BY_PATTERN[context["pattern"]]
    elif kind == "string_type" and name in _BY_SCHEMA_TYPE:
        code, text = "decimal", _BY_SCHEMA_TYPE[name]
    elif kind in _OF_PYDANTIC:
        code, text = _MEANINGS.get(kind, _UNFIT)
    else:  # of a reader of ours, whose message is a msgid
        code, text = kind, error["msg"]
    if "expected" in context:
        context = context | {"expected": str(context["expected"]).replace(" or ", ", ")}
    return code, _(text) % context


def no_id(pointer: str) -> Fault:
    """Return what is said of a text that is no UUID."""
    code, text = _NO_ID
    return Fault(pointer, code, _(text))


def faults_of(errors: Sequence[Mapping[str, Any]], pointer: str = "") -> list[Fault]:
    """Return pydantic's errors about one value as faults; `pointer` is where that value stands."""
    return [Fault(join_pointer(pointer, error["loc"]), *meaning(error)) for error in errors]
