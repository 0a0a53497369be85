"""What a technician looks at first: is everything there that the store needs, and is anything about to fail?

Reads only. `verify_ledger` proves the logbooks; this is about what stands around them.
"""

from __future__ import annotations

import platform
import re
import shutil
import unicodedata
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from functools import partial
from pathlib import Path
from typing import Any, Final

import django
from django.conf import settings
from django.contrib.gis.gdal import gdal_version
from django.db import connection
from django.db.migrations.executor import MigrationExecutor
from django.db.utils import DatabaseError, InterfaceError
from django.utils import timezone
from reportlab.pdfbase.ttfonts import TTFError, TTFontFile

from logistics import paper, sql
from logistics.accounts.models import User
from logistics.demo.people import LOGINS
from logistics.exports.models import ExportRun
from logistics.health import LEAST_FREE

OLDEST: Final = {"python": (3, 11), "postgresql": (15,), "postgis": (3,), "gdal": (3,)}
EXTENSIONS: Final = {"postgis", "unaccent", "pg_trgm", "btree_gist"}
MOST_CLOCK_DIFFERENCE: Final = timedelta(seconds=5)
EXPORT_EVERY: Final = timedelta(hours=26)  # a night, and two hours for a late one
# TCVN 6909 writes Vietnamese in composed Unicode: these bases, each with its tones.
VOWELS: Final = "aăâeêioôơuưy"
TONES: Final = ["", "\u0300", "\u0309", "\u0303", "\u0301", "\u0323"]
IN_ORDER: Final = ["a", "ă", "â", "d", "đ", "e", "ê", "o", "ô", "ơ", "u", "ư", "x"]


class State(StrEnum):
    """How a finding is meant. Only WRONG makes the doctor's exit code 1."""

    OK = "ok"
    WARNING = "warning"
    WRONG = "wrong"


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing looked at: how it is, in words, and what to do about it unless it is ok."""

    check: str
    state: State
    detail: str
    advice: str = ""


@dataclass(frozen=True, slots=True)
class Head:
    """The head of one depot's log: what to write down or compare with a copy outside."""

    depot: str
    position: int
    hash: str


@dataclass(frozen=True, slots=True)
class Checkup:
    """Everything found, and the heads of the logs."""

    findings: tuple[Finding, ...]
    heads: tuple[Head, ...]

    @property
    def is_well(self) -> bool:
        """Whether nothing is wrong; warnings are allowed."""
        return all(finding.state is not State.WRONG for finding in self.findings)


def examine() -> Checkup:
    """Look at everything and return what was found; never raises for what is found."""
    findings = [*_machine(), *_fonts(), *_disk()]
    try:
        connection.ensure_connection()
    except (DatabaseError, InterfaceError) as error:
        words = " ".join(str(error).split())
        findings.append(
            Finding("database", State.WRONG, words, "Start it (scripts/cluster start) or correct DATABASE_URL.")
        )
        return Checkup(tuple(findings), ())
    heads: list[Head] = []
    checks: dict[str, Callable[[], Iterator[Finding]]] = {
        "server": _server,
        "migrations": _migrations,
        "append-only": _guards,
        "logbooks": partial(_logbooks, heads),
        "export": _export,
        "demo log-ins": _demo,
    }
    for name, check in checks.items():
        try:
            findings += check()
        except DatabaseError as error:
            words = " ".join(str(error).split())
            findings.append(Finding(name, State.WRONG, words, "See that all migrations are applied, then try again."))
    return Checkup(tuple(findings), tuple(heads))


# --- the machine ----------------------------------------------------------------------------------------------


def _machine() -> Iterator[Finding]:
    yield _version("python", platform.python_version())
    yield Finding("django", State.OK, django.get_version())
    yield _version("gdal", gdal_version().decode())


def _version(name: str, text: str) -> Finding:
    numbers = tuple(int(word) for word in re.findall(r"\d+", text)[:2])
    oldest = OLDEST[name]
    if numbers >= oldest:
        return Finding(name, State.OK, text)
    return Finding(name, State.WRONG, text, f"Install {name} {'.'.join(map(str, oldest))} or later.")


def vietnamese_letters() -> set[str]:
    """Return đ and every vowel of Vietnamese with each of its tones, composed, small and capital."""
    marked = {unicodedata.normalize("NFC", vowel + tone) for vowel in VOWELS for tone in TONES} | {"đ"}
    return {letter for small in marked for letter in (small, small.upper())}


def _fonts() -> Iterator[Finding]:
    for name in (paper.REGULAR, paper.BOLD):
        file = settings.FONT_DIR / f"{name}.ttf"
        advice = "Install the Debian package fonts-dejavu-core, or set FONT_DIR to the folder of the DejaVu fonts."
        try:
            shapes = TTFontFile(str(file)).charToGlyph
        except (TTFError, OSError) as error:
            yield Finding("fonts", State.WRONG, f"{file}: {error}", advice)
            continue
        missing = sorted(letter for letter in vietnamese_letters() if ord(letter) not in shapes)
        if missing:
            yield Finding("fonts", State.WRONG, f"{file} has no shape for {' '.join(missing)}", advice)
        else:
            yield Finding("fonts", State.OK, f"{file} has every Vietnamese letter")


def _disk() -> Iterator[Finding]:
    seen: set[int] = set()
    for folder in (settings.VAR_DIR, settings.EXPORT_DIR):
        there = Path(folder)
        while not there.exists():
            there = there.parent
        if (device := there.stat().st_dev) in seen:
            continue
        seen.add(device)
        usage = shutil.disk_usage(there)
        detail = f"{usage.free / 1e9:.1f} GB of {usage.total / 1e9:.1f} GB free under {there}"
        advice = "Make room: PostgreSQL stops hard when its disk is full."
        if usage.free < LEAST_FREE:
            yield Finding("disk", State.WRONG, detail, advice)
        elif usage.free < 10 * LEAST_FREE:
            yield Finding("disk", State.WARNING, detail, advice)
        else:
            yield Finding("disk", State.OK, detail)


# --- the database ---------------------------------------------------------------------------------------------


def _server() -> Iterator[Finding]:
    before = timezone.now()
    (facts,) = sql.records("logistics/server_facts", {"words": IN_ORDER[::-1]})
    after = timezone.now()
    yield _version("postgresql", facts["postgresql"])
    extensions: dict[str, str] = facts["extensions"]
    missing = sorted(EXTENSIONS - extensions.keys())
    if missing:
        advice = "As the owner: CREATE EXTENSION for each of them."
        yield Finding("extensions", State.WRONG, f"missing: {', '.join(missing)}", advice)
    else:
        told = ", ".join(f"{name} {version}" for name, version in sorted(extensions.items()))
        yield Finding("extensions", State.OK, told)
    if "postgis" in extensions:
        yield _version("postgis", extensions["postgis"])
    yield _collation(facts)
    yield _clock(before, facts["now"], after)


def _collation(facts: dict[str, Any]) -> Finding:
    if facts["encoding"] != "UTF8":
        return Finding("collation", State.WRONG, f"the encoding is {facts['encoding']}", "Make the database in UTF8.")
    if facts["sorted"] != IN_ORDER:
        detail = f"vi-VN-x-icu sorts {' '.join(facts['sorted'])}"
        return Finding("collation", State.WRONG, detail, "Use a PostgreSQL built with ICU.")
    if not facts["is_collation_current"]:
        detail = "vi-VN-x-icu has another version than when it was created"
        advice = 'As the owner: REINDEX what uses it, then ALTER COLLATION "vi-VN-x-icu" REFRESH VERSION.'
        return Finding("collation", State.WARNING, detail, advice)
    return Finding("collation", State.OK, "vi-VN-x-icu sorts a ă â … d đ e ê; UTF8")


def _clock(before: datetime, there: datetime, after: datetime) -> Finding:
    difference = max(before - there, there - after, timedelta(0))
    if difference > MOST_CLOCK_DIFFERENCE:
        detail = f"this machine and the database are {difference.total_seconds():.0f} s apart"
        return Finding("clock", State.WRONG, detail, "Set both by one time server (systemd-timesyncd, chrony).")
    return Finding("clock", State.OK, f"{difference.total_seconds():.1f} s from the database's")


def _migrations() -> Iterator[Finding]:
    executor = MigrationExecutor(connection)
    waiting = executor.migration_plan(executor.loader.graph.leaf_nodes())
    if waiting:
        names = ", ".join(f"{migration.app_label}.{migration.name}" for migration, _ in waiting[:5])
        yield Finding(
            "migrations",
            State.WRONG,
            f"{len(waiting)} not applied: {names}",
            "As the owner: manage.py migrate, then manage.py grant_app_role.",
        )
    else:
        yield Finding("migrations", State.OK, "all applied")


def _guards() -> Iterator[Finding]:
    """Look whether this role really cannot change the log, and whether the triggers would stop it if it could."""
    tables = sql.records("logistics/log_guards")
    unguarded = [table["name"] for table in tables if not table["is_guarded_always"]]
    open_tables = [table["name"] for table in tables if table["may_change"]]
    if not tables or unguarded:
        detail = f"triggers are missing or off: {', '.join(unguarded) or 'all of them'}"
        advice = "Find out who took them off, run verify_ledger, and ALTER TABLE … ENABLE ALWAYS TRIGGER append_only."
        yield Finding("append-only triggers", State.WRONG, detail, advice)
    else:
        yield Finding("append-only triggers", State.OK, f"on for every table of the log ({len(tables)}), whoever asks")
    if any(table["is_ours"] for table in tables):
        detail = "this role owns the log: the triggers alone guard it"
        advice = "Give the application a role of its own and run grant_app_role as the owner."
        yield Finding("append-only rights", State.WARNING, detail, advice)
    elif open_tables:
        detail = f"this role may change {', '.join(open_tables)}"
        yield Finding("append-only rights", State.WRONG, detail, "As the owner: manage.py grant_app_role.")
    else:
        yield Finding("append-only rights", State.OK, "this role may not UPDATE, DELETE or TRUNCATE any of them")


def _logbooks(heads: list[Head]) -> Iterator[Finding]:
    """Look whether every log ends in its head; the heads are added to `heads`."""
    rows = sql.records("logistics/log_heads")
    heads += [Head(row["depot"], row["position"], row["hash"]) for row in rows]
    broken = [row["depot"] for row in rows if not row["is_sound"]]
    if broken:
        detail = f"the log of {', '.join(broken)} does not end in its head"
        yield Finding("logbooks", State.WRONG, detail, "Stop posting and run verify_ledger.")
    else:
        movements = sum(head.position for head in heads)
        yield Finding("logbooks", State.OK, f"{len(heads)} end in their heads; {movements} movements")


def _export() -> Iterator[Finding]:
    run = ExportRun.objects.order_by("-requested_at", "-id").first()
    if run is None:
        yield Finding("export", State.WARNING, "there was none yet", "Run export_nightly, or see that its timer is on.")
        return
    age = timezone.now() - run.requested_at
    detail = f"{run.name} of {timezone.localtime(run.requested_at):%d/%m/%Y %H:%M}: {run.state}"
    if run.state == ExportRun.State.FAILED:
        reason = f" ({run.failure.strip().splitlines()[-1]})" if run.failure.strip() else ""
        yield Finding("export", State.WRONG, detail + reason, "Mend what it names and run export_nightly --now.")
    elif run.state == ExportRun.State.REJECTED:
        yield Finding("export", State.WARNING, detail, "Read the warehouse's answer; the run can be fetched again.")
    elif age > EXPORT_EVERY:
        yield Finding("export", State.WARNING, f"{detail}, {age.days} days ago", "See that the nightly timer is on.")
    else:
        yield Finding("export", State.OK, detail)


def _demo() -> Iterator[Finding]:
    there = User.objects.filter(login__in=LOGINS, is_active=True).count()
    if there and not settings.DEBUG:
        yield Finding(
            "demo log-ins",
            State.WARNING,
            f"{there} are in this store; their passwords open nothing while DEBUG is off, their tokens do",
            "On a site in service deactivate them and revoke their tokens, or load no demo.",
        )
    else:
        yield Finding("demo log-ins", State.OK, f"{there}, DEBUG is {'on' if settings.DEBUG else 'off'}")
