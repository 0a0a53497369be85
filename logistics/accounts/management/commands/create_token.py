"""`create_token LOGIN`: prints one API token with that user's rights, and nothing else."""

from __future__ import annotations

from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.utils import timezone

from logistics import history
from logistics.accounts.models import Token, User
from logistics.accounts.rights import Right
from logistics.commands import Exit

MOST_DAYS = 3_650


class Command(BaseCommand):
    """Stores a token's digest and prints its secret, which is shown only now."""

    help = "Prints one API token with the rights of LOGIN. It is shown only this once."

    def add_arguments(self, parser: CommandParser) -> None:
        """Declare the arguments."""
        parser.add_argument("login")
        parser.add_argument("--days", type=int, default=365, help="how long it is good for (default 365)")
        parser.add_argument(
            "--scope", action="append", default=[], choices=[right.value for right in Right],
            help="narrow the token to this right; may be given several times",
        )  # fmt: skip
        parser.add_argument("--name", default="", help="what the token is for, shown to administrators")

    def handle(self, *args: Any, **options: Any) -> None:
        """Print the token.

        Raises:
            CommandError: there is no such active user, or the number of days makes no sense.
        """
        user = User.objects.filter(login=options["login"], is_active=True).first()
        if user is None:
            raise CommandError(f"There is no active user “{options['login']}”.", returncode=Exit.PRECONDITION)
        if not 1 <= options["days"] <= MOST_DAYS:
            raise CommandError(f"--days is 1 to {MOST_DAYS}.", returncode=Exit.USAGE)
        with history.changing(by=None, reason="Token made on the command line", source=history.Source.COMMAND):
            secret = Token.issue(
                to=user, at=timezone.now(), days=options["days"], name=options["name"], scopes=options["scope"]
            )
        self.stdout.write(secret)
