"""What a page's form asks for as a voucher: drawn once, sent perhaps twice.

The voucher's id is made when the form is drawn, so that a double click or a reloaded page asks for the same voucher.
A form that leaves the time blank means “now”, which differs from one click to the next: that alone is no change.
"""

from __future__ import annotations

import re
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any, Final
from uuid import uuid4

from django import forms
from django.core.exceptions import ValidationError
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from depots.access import DepotAccess
from inventory.vouchers import standing, workflow
from inventory.vouchers.content import Content
from inventory.vouchers.models import Status, Voucher
from inventory.vouchers.standing import VoucherChanged, VoucherClosed
from logistics import asking
from logistics.accounts.models import User
from logistics.errors import DomainError
from logistics.fields import DayField
from logistics.history import Source

_CLOCK: Final = re.compile(r"([01]?[0-9]|2[0-3])[:hg.]?([0-5][0-9])")
MOST_REASON: Final = 500


class ClockField(forms.CharField):
    """A time of day in one text box: 14:30, 14h30 or 1430. Cleans to minutes since midnight, None when empty."""

    def to_python(self, value: Any) -> Any:
        """Return the minutes. Raises ValidationError."""
        text = str(value or "").strip().lower()
        if not text:
            return None
        found = _CLOCK.fullmatch(text)
        if found is None:
            raise ValidationError(
                _("“%(text)s” is no time of day: write it like 14:30.") % {"text": text[:20]}, code="clock"
            )
        return int(found[1]) * 60 + int(found[2])


class DrawnForm(forms.Form):
    """When it happened, why, and the voucher this becomes. `version` is the one it is based on, 0 for a new voucher."""

    voucher = forms.UUIDField(widget=forms.HiddenInput)
    version = forms.IntegerField(widget=forms.HiddenInput, min_value=0, max_value=2**31 - 1)
    reason = forms.CharField(
        label=gettext_lazy("Reason"),
        max_length=MOST_REASON,
        error_messages={"required": gettext_lazy("Say why.")},
        widget=forms.TextInput(attrs={"autocomplete": "off"}),
    )
    day = DayField(label=gettext_lazy("Day"), required=False)
    time = ClockField(
        label=gettext_lazy("Time"),
        required=False,
        widget=forms.TextInput(attrs={"autocomplete": "off", "inputmode": "numeric", "placeholder": "14:30"}),
    )
    use_required_attribute = False

    @property
    def is_now(self) -> bool:
        """Tell whether no time was given: it happens as it is sent."""
        given = getattr(self, "cleaned_data", {})
        return given.get("day") is None and given.get("time") is None

    def occurred_at(self, at: datetime) -> datetime:
        """Return when it happened: `at` unless a time was given; a past day alone means its end."""
        if self.is_now:
            return at
        given = self.cleaned_data
        day = given.get("day") or asking.local_day(at)
        minutes = given.get("time")
        if minutes is None:
            return at if day == asking.local_day(at) else asking.midnight(day, days=1) - timedelta(minutes=1)
        return asking.midnight(day) + timedelta(minutes=minutes)

    def refuse(self, refusal: DomainError, places: dict[str, str]) -> None:
        """Put what a refusal says beside the field it is about: `places` names the field of a pointer's start."""
        errors = refusal.members.get("errors") or [{"pointer": "", "detail": refusal.detail}]
        for error in errors:
            place = next((name for start, name in places.items() if error["pointer"].startswith(start)), None)
            self.add_error(place, error["detail"])


def fresh(**initial: Any) -> dict[str, Any]:
    """Return the initial values of a form that is drawn now, with an id for the voucher it may become."""
    return {"voucher": uuid4(), "version": 0, **initial}


def send(form: DrawnForm, content: Content, *, place: DepotAccess, by: User, at: datetime) -> Voucher:
    """Send what a form asks for and return the voucher; a form sent twice yields what became of the first time.

    Raises: as `workflow.send` does.
    """
    voucher_id = form.cleaned_data["voucher"]
    try:
        sent, _is_new = workflow.send(
            voucher_id,
            content,
            place=place,
            version=form.cleaned_data["version"],
            by=by,
            at=at,
            source=Source.WEB,
        )
    except (VoucherChanged, VoucherClosed):
        stands = standing.voucher_of(place, voucher_id)
        was_sent = stands.status in {Status.SUBMITTED, Status.APPROVED, Status.POSTED}
        asked = replace(content, occurred_at=stands.occurred_at) if form.is_now else content
        if was_sent and stands.changed_by_id == by.pk and asked.says_the_same(Content.of(stands)):
            return stands
        raise
    return sent
