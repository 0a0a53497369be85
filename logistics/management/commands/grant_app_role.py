"""Give the application role its rights. Run as the owner, after every `migrate`."""

from __future__ import annotations

from typing import Any

from django.core.management.base import BaseCommand
from django.db import connection

from logistics import sql


def grant(role: str) -> None:
    """Grant `role` the application's rights on the connected database; must run as the tables' owner.

    Where `role` is the owner itself (one DATABASE_URL for everything) there is nothing to grant: the triggers
    alone then guard the log, and `doctor` says so.
    """
    with connection.cursor() as cursor:
        cursor.execute("SELECT current_user")
        (me,) = cursor.fetchone()
        if me == role:
            return
        cursor.execute("SELECT set_config('kho.app_role', %s, false)", [role])
        cursor.execute(sql.statement("logistics/grant_app_role"))


class Command(BaseCommand):
    """`DATABASE_URL=$OWNER_DATABASE_URL manage.py grant_app_role --role kho_app`."""

    help = "Grants the application role its rights; run as the owner after migrate."
    requires_migrations_checks = True

    def add_arguments(self, parser: Any) -> None:
        """Add --role."""
        parser.add_argument("--role", default="kho_app", help="the application role (kho_app)")

    def handle(self, *_args: Any, **options: Any) -> None:
        """Grant, or raise the database's own error naming what the owner lacks."""
        grant(options["role"])
