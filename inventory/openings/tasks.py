"""Long files are checked and written by the worker, which tells on their page how far it is."""

from __future__ import annotations

from contextlib import suppress
from uuid import UUID

from django.conf import settings
from django.db import transaction
from django.utils import timezone, translation
from procrastinate.contrib.django import app
from procrastinate.exceptions import AlreadyEnqueued

from inventory.openings import bringing
from inventory.openings.models import Upload
from logistics.accounts.models import User


@app.task(name="openings.work")
def work(upload: str, login: str, language: str) -> None:
    """Check or write a file, as its state says, in the name of who asked; reasons are in their language."""
    with translation.override(language):
        bringing.work(UUID(upload), by=User.objects.get(login=login), at=timezone.now())


def enqueue(upload: Upload, *, by: User) -> None:
    """Hand a file to the worker; one that is in the queue already stays there once."""
    language = translation.get_language() or settings.LANGUAGE_CODE
    # In a savepoint: the refusal of a second place in the queue would doom the caller's transaction.
    with suppress(AlreadyEnqueued), transaction.atomic():
        work.configure(queueing_lock=f"file {upload.pk}").defer(
            upload=str(upload.pk), login=by.login, language=language
        )
