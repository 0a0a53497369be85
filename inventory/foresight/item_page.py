"""One item: how long each depot's stock of it lasts, and in one depot everything that stands behind the figures."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from typing import Any, Final, cast
from urllib.parse import urlencode

from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_safe

from depots.models import Depot
from inventory.catalogue.models import Item
from inventory.catalogue.views import item_for_looking
from inventory.foresight import consumption
from inventory.foresight.consumption import Stretch, month_of
from inventory.foresight.forecasting import MOST_MONTHS
from inventory.foresight.models import Forecast, LeadBasis
from inventory.foresight.page import TONES
from inventory.foresight.reckoning import Desk, Reckoned, need_of
from inventory.foresight.strength import days_by_strength
from inventory.foresight.supply import DAYS_A_MONTH
from inventory.foresight.words import MODELS, basis
from logistics import asking
from logistics.accounts import rights
from logistics.accounts.models import User
from logistics.accounts.rights import Right
from logistics.charts import Line
from logistics.errors import NotFound
from logistics.fields import told_quantity

DEPOTS_SHOWN: Final = 200


@login_required
@require_safe
def item(request: HttpRequest, code: str) -> HttpResponse:
    """Answer an item's outlook in every depot in scope as of now, and of one of them (`depot`) how it came about.

    Forecasts are the night's; what is there is counted as the page is opened. Without `depot` the most urgent is taken.
    """
    user, at = cast("User", request.user), timezone.now()
    found = item_for_looking(user, code)
    forecasts = {
        one.depot_id: one
        for one in Forecast.objects.filter(
            item=found, depot__in=Depot.objects.visible_to(user).counted()
        ).select_related("depot__unit").order_by("depot__code")
    }  # fmt: skip
    desk = Desk([one.depot for one in forecasts.values()], items=[found.pk], at=at)
    rows = sorted(
        ((one, desk.reckon(key, found.pk, need_of(one))) for key, one in forecasts.items()),
        key=lambda pair: (pair[1].margin_days is None, pair[1].margin_days, pair[0].depot.code),
    )
    wanted = asking.text(request, "depot")
    chosen = next((pair for pair in rows if pair[0].depot.code == wanted), None if wanted else next(iter(rows), None))
    if wanted and chosen is None:
        raise NotFound(
            _("No depot %(code)s in your scope has figures of this item. They are made every night.")
            % {"code": wanted[:40]}
        )
    context: dict[str, Any] = {
        "item": found,
        "rows": [(one, told, TONES.get(told.risk, "soft"), _percent(told)) for one, told in rows[:DEPOTS_SHOWN]],
        "depot_count": len(rows),
        "by_strength": days_by_strength(by=user, at=at, item=found.code),
    }
    if chosen is not None:
        context |= _detail(found, *chosen, today=desk.today)
        context["may_request"] = rights.has(user, Right.REQUEST)
        context["may_plan"] = rights.has(user, Right.PLAN)
    return render(request, "foresight/item.html", context)


def _percent(told: Reckoned) -> int | None:
    return None if told.chance is None else round(told.chance * 100)


def _detail(item: Item, forecast: Forecast, told: Reckoned, *, today: date) -> dict[str, Any]:
    depot = forecast.depot
    since = month_of(today, back=MOST_MONTHS)
    history = next(
        iter(consumption.histories([depot.pk], from_date=since, until_date=month_of(today), items=[item.pk])), None
    )
    months = history.stretches if history else ()
    ahead = [
        {
            "month": date.fromisoformat(one["month"]),
            **{name: None if one[name] is None else Decimal(one[name]) for name in ("quantity", "low", "high")},
        }
        for one in forecast.ahead
    ]
    tests = [
        {
            "name": MODELS[test["model"]],
            "is_chosen": test["model"] == forecast.model,
            "points": test["points"],
            **{name: None if test[name] is None else Decimal(test[name]) for name in ("mae", "rmse", "mase")},
        }
        for test in sorted(forecast.back_tests, key=lambda one: Decimal(one["rmse"]))
    ]
    return {
        "depot": depot,
        "forecast": forecast,
        "told": told,
        "tone": TONES.get(told.risk, "soft"),
        "percent": _percent(told),
        "model": MODELS[forecast.model],
        "basis": basis(forecast),
        "months": months,
        "ahead": ahead,
        "interval": ahead[0] if ahead else None,
        "tests": tests,
        "lines": _lines(months, ahead),
        "lead": _lead(told),
        "steps": _steps(told),
        "fates": [(one, one.used_rounded(told.scale), one.left_rounded(told.scale)) for one in told.fates],
        "ask": urlencode({"item": item.code, "quantity": f"{told.order.quantity:f}", "depot": depot.code})
        if told.order and told.order.quantity
        else urlencode({"item": item.code, "depot": depot.code}),
    }


def _lines(months: tuple[Stretch, ...], ahead: list[dict[str, Any]]) -> list[Line]:
    """Return what was used and what is expected, month by month, as `{% line_chart %}` takes it."""
    lines = [Line(label=_("Used"), points=[(one.start_date, one.used) for one in months])]
    lines.append(Line(label=_("Forecast"), points=[(one["month"], one["quantity"]) for one in ahead], is_guess=True))
    if ahead and ahead[0]["low"] is not None:
        for name, label in (("low", _("In 4 of 5 cases, from")), ("high", _("In 4 of 5 cases, to"))):
            lines.append(Line(label=label, points=[(one["month"], one[name]) for one in ahead], is_guess=True))
    return lines


def _lead(told: Reckoned) -> str:
    """Return in words where the lead time comes from."""
    terms = told.terms
    if terms.lead_basis is LeadBasis.MEASURED:
        text = ngettext(
            "measured: %(count)s consignment from %(depot)s in two years",
            "measured: %(count)s consignments from %(depot)s in two years",
            terms.consignments,
        )
        return text % {"count": terms.consignments, "depot": terms.from_depot}
    if terms.lead_basis is LeadBasis.TERMS:
        return _("set under Upkeep, terms of supply")
    return _("assumed: nothing was measured and no terms are set")


def _steps(told: Reckoned) -> list[tuple[Any, str, Decimal]]:
    """Return the arithmetic of the suggestion, line by line: what it is, how it is reckoned, what comes out."""
    order, terms, need = told.order, told.terms, told.need
    if order is None:
        return []
    per_day, say = told_quantity(need.per_day), told_quantity
    spread = say(need.spread) if need.spread is not None else ""
    safety = (
        _("%(factor)s (for %(percent)s %%) × %(spread)s a month × √(%(days)s ÷ %(month)s)")
        % {
            "factor": say(order.factor),
            "percent": say(terms.service_percent),
            "spread": spread,
            "days": say(terms.days_to_cover),
            "month": say(DAYS_A_MONTH),
        }
        if spread
        else _("the spread is not known yet: none")
    )
    steps: list[tuple[Any, str, Decimal]] = [
        (_("Used during the lead time"), f"{say(terms.lead_days)} × {per_day}", order.lead_demand),
        (_("Used until the next order"), f"{terms.review_days} × {per_day}", order.review_demand),
        (_("Safety stock"), safety, order.safety),
        (
            _("Reorder point"),
            f"{say(order.lead_demand)} + {say(order.review_demand)} + {say(order.safety)}",
            order.reorder_point,
        ),
        (
            _("Available, on the road and ordered"),
            f"{say(told.stock.available)} + {say(told.stock.on_the_road)} + {say(told.stock.ordered)}",
            order.coming,
        ),
        (
            _("Order up to"),
            f"{say(order.reorder_point)} + {say(order.review_demand)}",
            order.order_up_to,
        ),
    ]
    if not order.missing:
        return [*steps, (_("To order"), _("what is there and coming is above the reorder point"), Decimal(0))]
    steps.append((_("Missing"), f"{say(order.order_up_to)} − {say(order.coming)}", order.missing))
    if order.pack is None or order.packs is None:
        working = _("rounded up to the unit")
    else:
        text = ngettext("%(count)s whole package of %(factor)s", "%(count)s whole packages of %(factor)s", order.packs)
        working = text % {"count": say(Decimal(order.packs)), "factor": say(order.pack.factor)}
    return [*steps, (_("To order"), working, order.quantity)]
