"""What every command shares: exit codes, refusals in words on stderr, results on stdout, `--by` and `--format`."""

from __future__ import annotations

import json
import sys
from enum import IntEnum
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from logistics.accounts.models import User
from logistics.errors import DomainError, NotFound, Precondition


class Exit(IntEnum):
    """Exit codes of every command (DESIGN section 7)."""

    OK = 0
    FAILED = 1
    USAGE = 2
    REJECTED_ROWS = 3
    LOCKED = 4
    PRECONDITION = 5


class StoreCommand(BaseCommand):
    """A command of the store: a refusal ends it with a sentence and its exit code, never with a traceback."""

    def add_format(self, parser: CommandParser) -> None:
        """Add `--format text|json`."""
        parser.add_argument("--format", choices=["text", "json"], default="text", help="how the result is printed")

    def add_by(self, parser: CommandParser) -> None:
        """Add `--by LOGIN`: in whose name the command writes."""
        parser.add_argument("--by", metavar="LOGIN", help="in whose name; the store's own account when not given")

    def actor(self, login: str | None) -> User:
        """Return the user the command writes as. Raises NotFound where there is no such login."""
        if login is None:
            return User.objects.for_commands()
        user = User.objects.filter(login=login, is_active=True).first()
        if user is None:
            raise NotFound(f"There is no active user {login}.")
        return user

    def execute(self, *args: Any, **options: Any) -> Any:
        """Run, and turn a refusal into words and an exit code."""
        try:
            return super().execute(*args, **options)
        except (Precondition, NotFound) as refusal:
            raise CommandError(str(refusal), returncode=Exit.PRECONDITION) from refusal
        except DomainError as refusal:
            raise CommandError(str(refusal), returncode=Exit.FAILED) from refusal

    def print_json(self, value: Any) -> None:
        """Print a value as one JSON document on stdout."""
        self.stdout.write(json.dumps(value, ensure_ascii=False, default=str))

    def end(self, code: Exit) -> None:
        """End the command with an exit code; `OK` just returns."""
        if code is not Exit.OK:
            self.stdout.flush()
            sys.exit(code)
