"""Make the night's export, or return the one that was made."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from django.core.management.base import CommandError
from django.db import OperationalError, ProgrammingError
from django.utils import timezone
from rich.console import Console
from rich.progress import MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn

from logistics.commands import Exit, StoreCommand
from logistics.exports import runs
from logistics.exports.snapshot import AnotherRunIsWriting
from logistics.exports.writing import WrittenOtherwise


class Command(StoreCommand):
    """Prints the manifest's path as the last line. Exit codes: 0 ok, 1 failed, 2 usage, 4 locked, 5 precondition."""

    help = "Writes the night's export; called again the same night it returns that run."

    def add_arguments(self, parser: Any) -> None:
        """Add --out, --full, --now, --archive, --format and --by."""
        parser.add_argument("--out", type=Path, help="folder for the run's folder (the setting EXPORT_DIR)")
        parser.add_argument("--full", action="store_true", help="carry every log from its beginning")
        parser.add_argument("--now", action="store_true", help="make another run although the night has one")
        parser.add_argument("--archive", action="store_true", help="also put the run beside its folder as one .tar")
        self.add_format(parser)
        self.add_by(parser)

    def handle(self, *_args: Any, **options: Any) -> None:
        """Write or find the run and print where it is."""
        try:
            manifest = self._made(options)
        except AnotherRunIsWriting as error:
            raise CommandError(error.detail, returncode=Exit.LOCKED) from error
        except WrittenOtherwise as error:
            raise CommandError(str(error), returncode=Exit.FAILED) from error
        except (OperationalError, ProgrammingError) as error:
            text = f"The database cannot be used: {error} Start and migrate it (scripts/setup), then try again."
            raise CommandError(text, returncode=Exit.PRECONDITION) from error
        except OSError as error:
            text = f"The export cannot be written: {error}. Check the folder's rights and room, or give --out."
            raise CommandError(text, returncode=Exit.PRECONDITION) from error
        if options["format"] == "text":
            self.stdout.write(str(manifest))
            return
        document = json.loads(manifest.read_bytes())
        told = {key: document[key] for key in ("run", "previous_run", "created", "full", "depots")}
        self.print_json({**told, "manifest": str(manifest)})

    def _made(self, options: dict[str, Any]) -> Path:
        console = Console(stderr=True)
        columns = (TextColumn("{task.description}"), MofNCompleteColumn(), TimeElapsedColumn())
        with Progress(*columns, console=console, transient=True, disable=not console.is_terminal) as bar:
            task = bar.add_task("lines written", total=None)
            manifest = runs.nightly(
                by=self.actor(options["by"]),
                at=timezone.now(),
                full=options["full"],
                anew=options["now"],
                folder=options["out"],
                progress=lambda rows: bar.update(task, advance=rows),
            )
        if options["archive"]:
            runs.seal(manifest.parent)
        return manifest
