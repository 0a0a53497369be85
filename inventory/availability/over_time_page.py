"""An item's stock over time as a chart with its numbers: a page of its own, and a part that other pages ask for."""

from __future__ import annotations

from datetime import date, datetime
from typing import TYPE_CHECKING, Final, cast

from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from inventory.availability.over_time import stock_over_time
from inventory.catalogue.models import Item
from inventory.catalogue.views import item_for_looking
from inventory.vouchers.lists import depot_to_read
from logistics import asking
from logistics.charts import Line

if TYPE_CHECKING:
    from logistics.accounts.models import User

MONTHS: Final = (3, 12, 36)


def lines(
    item: Item, *, by: User, at: datetime, from_date: date, to_date: date, depot: str | None = None
) -> list[Line]:
    """Return the one line of an item's stock, as `{% line_chart %}` takes it; none where nothing ever moved."""
    points = stock_over_time(item, by=by, at=at, from_date=from_date, to_date=to_date, depot=depot)
    return [Line(label=_("On hand"), points=points)] if any(number for _day, number in points) else []


@login_required
@require_safe
def over_time(request: HttpRequest, code: str) -> HttpResponse:
    """Answer an item's stock over the last months, in one depot (`depot`) or all of the reader's.

    Asked by htmx, the part alone.
    """
    user = cast("User", request.user)
    item = item_for_looking(user, code)
    wanted = asking.text(request, "depot")
    depot = depot_to_read(request, wanted) if wanted else None
    asked = asking.text(request, "months")
    months = int(asked) if asked in {str(number) for number in MONTHS} else 12
    today = timezone.localdate()
    first = today.replace(day=1)
    first = first.replace(
        year=first.year - (months - first.month + 12) // 12, month=(first.month - months - 1) % 12 + 1
    )
    found = lines(item, by=user, at=timezone.now(), from_date=first, to_date=today, depot=depot.code if depot else None)
    is_part = request.headers.get("HX-Request") == "true"
    return render(
        request,
        "availability/over_time_part.html" if is_part else "availability/over_time.html",
        {
            "item": item,
            "depot": depot,
            "lines": found,
            "months": [(number, number == months) for number in MONTHS],
            "caption": _("Stock of %(item)s at %(depot)s") % {"item": item.code, "depot": depot.code}
            if depot else _("Stock of %(item)s in all your depots") % {"item": item.code},
        },
    )  # fmt: skip
