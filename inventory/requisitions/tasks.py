"""Promises that lapse, in the worker: every five minutes, so that no stock waits for somebody to notice."""

from __future__ import annotations

from django.utils import timezone
from procrastinate.contrib.django import app

from inventory.requisitions import asking, orders


@app.periodic(cron="*/5 * * * *")
@app.task(name="requisitions.expire", queueing_lock="requisitions.expire")
def expire(timestamp: int) -> None:
    """End orders whose promise lapsed, and requisitions nobody served; `timestamp` is when it was due."""
    now = timezone.now()
    orders.expire(at=now)
    asking.expire(at=now)
