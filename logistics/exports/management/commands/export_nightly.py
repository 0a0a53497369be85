"""Make the night's export, or return the one that was made."""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand
from django.db import OperationalError, ProgrammingError
from django.utils import timezone
from rich.console import Console
from rich.progress import MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn

from logistics.accounts.models import User
from logistics.exports import runs
from logistics.exports.snapshot import AnotherRunIsWriting
from logistics.exports.writing import WrittenOtherwise


class Command(BaseCommand):
    """Prints the manifest's path as the last line. Exit codes: 0 ok, 1 failed, 2 usage, 4 locked, 5 precondition."""

    help = "Writes the night's export; called again the same night it returns that run."

    def add_arguments(self, parser: Any) -> None:
        """Add --out, --full, --now and --format."""
        parser.add_argument("--out", type=Path, help="folder for the run's folder (the setting EXPORT_DIR)")
        parser.add_argument("--full", action="store_true", help="carry every log from its beginning")
        parser.add_argument("--now", action="store_true", help="make another run although the night has one")
        parser.add_argument("--format", choices=["text", "json"], default="text", help="what to print (text)")

    def handle(self, *_args: Any, **options: Any) -> None:
        """Write or find the run; say on stderr what is wrong and end with the code for it."""
        columns = (TextColumn("{task.description}"), MofNCompleteColumn(), TimeElapsedColumn())
        try:
            console = Console(stderr=True)
            with Progress(*columns, console=console, transient=True, disable=not console.is_terminal) as bar:
                task = bar.add_task("lines written", total=None)
                manifest = runs.nightly(
                    by=User.objects.for_commands(),
                    at=timezone.now(),
                    full=options["full"],
                    anew=options["now"],
                    folder=options["out"],
                    progress=lambda rows: bar.update(task, advance=rows),
                )
        except AnotherRunIsWriting as error:
            self._end(4, error.detail)
        except WrittenOtherwise as error:
            self._end(1, str(error))
        except (OperationalError, ProgrammingError) as error:
            self._end(5, f"The database cannot be used: {error} Start and migrate it (scripts/setup), then try again.")
        except OSError as error:
            self._end(5, f"The export cannot be written: {error}. Check the folder's rights and room, or give --out.")
        else:
            self._print(manifest, as_json=options["format"] == "json")

    def _print(self, manifest: Path, *, as_json: bool) -> None:
        if as_json:
            document = json.loads(manifest.read_bytes())
            told = {key: document[key] for key in ("run", "previous_run", "created", "full", "depots")}
            self.stdout.write(json.dumps({**told, "manifest": str(manifest)}, ensure_ascii=False))
        else:
            self.stdout.write(str(manifest))

    def _end(self, code: int, detail: str) -> None:
        self.stderr.write(detail)
        sys.exit(code)
