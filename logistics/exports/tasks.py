"""Runs that were asked for over HTTP are written by the worker."""

from __future__ import annotations

from contextlib import suppress
from typing import Final

from django.db import transaction
from procrastinate import RetryStrategy
from procrastinate.contrib.django import app
from procrastinate.exceptions import AlreadyEnqueued

from logistics.exports import runs
from logistics.exports.models import ExportRun
from logistics.exports.snapshot import AnotherRunIsWriting

# The nightly command holds the same lock for as long as it writes: seconds, at worst minutes.
_RETRY: Final = RetryStrategy(max_attempts=60, wait=20, retry_exceptions={AnotherRunIsWriting})


@app.task(name="exports.write_run", lock="exports", retry=_RETRY)
def write_run(name: str) -> None:
    """Write the queued run `name`; nothing happens when it is written already."""
    runs.write(runs.find(name))


def enqueue(run: ExportRun) -> None:
    """Hand a run to the worker, in the caller's transaction; a run that is in the queue already stays there once."""
    # In a savepoint: the refusal of a second place in the queue would doom the caller's transaction.
    with suppress(AlreadyEnqueued), transaction.atomic():
        write_run.configure(queueing_lock=f"export {run.name}").defer(name=run.name)
