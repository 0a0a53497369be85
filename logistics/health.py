"""Whether the store lives, and whether it can serve: for load balancers and whoever is on call."""

from __future__ import annotations

import logging
import shutil
from pathlib import Path
from typing import Any, Final

from django.conf import settings
from django.db import connection
from django.db.migrations.executor import MigrationExecutor
from django.db.utils import DatabaseError, InterfaceError
from django.http import HttpRequest, HttpResponse

from logistics import wire

logger = logging.getLogger(__name__)
LEAST_FREE: Final = 200_000_000  # bytes; PostgreSQL stops hard when its disk is full


def live(request: HttpRequest) -> HttpResponse:
    """Answer 200 as long as the process can answer at all; the database is not asked."""
    return _answer({"status": "live"}, 200)


def ready(request: HttpRequest) -> HttpResponse:
    """Answer 200 when the database answers, its tables are ours, and the disk has room; else 503 and which fails."""
    checks = {"database": _database_answers(), "disk": _disk_has_room()}
    checks["migrations"] = checks["database"] and _migrations_are_applied()
    is_ready = all(checks.values())
    document = {"status": "ready" if is_ready else "not ready", "checks": checks}
    answer = _answer(document, 200 if is_ready else 503)
    if not is_ready:
        answer.headers["Retry-After"] = "2"
    return answer


def _answer(document: dict[str, Any], status: int) -> HttpResponse:
    answer = HttpResponse(wire.dump(document), content_type="application/json", status=status)
    answer.headers["Cache-Control"] = "no-store"
    return answer


def _database_answers() -> bool:
    try:
        with connection.cursor() as cursor:
            cursor.execute("SELECT 1")
    except (DatabaseError, InterfaceError) as error:
        logger.warning("not ready: the database does not answer: %s", error)
        return False
    return True


class _Applied:
    """What was once found to be applied stays so: a process's own migrations do not change."""

    found = False


def _migrations_are_applied() -> bool:
    if not _Applied.found:
        try:
            executor = MigrationExecutor(connection)
            _Applied.found = not executor.migration_plan(executor.loader.graph.leaf_nodes())
        except DatabaseError as error:
            logger.warning("not ready: the migrations cannot be read: %s", error)
            return False
        if not _Applied.found:
            logger.warning("not ready: some migrations are not applied; run manage.py migrate as the owner")
    return _Applied.found


def _disk_has_room() -> bool:
    folder = Path(settings.EXPORT_DIR)
    while not folder.exists():
        folder = folder.parent
    free = shutil.disk_usage(folder).free
    if free < LEAST_FREE:
        logger.warning("not ready: only %s bytes free under %s", free, folder)
    return free >= LEAST_FREE
