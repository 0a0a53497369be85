"""What the page frame asks for: where we are, links that keep the query, and how values look."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, datetime, timedelta
from decimal import Decimal
from typing import Any

from django import template
from django.forms import BaseForm
from django.http import QueryDict
from django.template import Context
from django.urls import reverse
from django.utils import timezone
from django.utils.html import format_html
from django.utils.safestring import SafeString, mark_safe
from django.utils.timesince import timesince
from django.utils.translation import gettext, ngettext_lazy

from logistics import navigation as masthead
from logistics import sessions
from logistics import texts as browser_texts
from logistics.accounts import rights
from logistics.accounts.rights import Right
from logistics.fields import format_date, format_moment, format_quantity
from logistics.help import topic_for
from logistics.http import request_id as id_of
from logistics.language import language, named

register = template.Library()

# Django's own Vietnamese leaves these in English.
_SPANS: Any = {
    "year": ngettext_lazy("%(num)d year", "%(num)d years", "num"),
    "month": ngettext_lazy("%(num)d month", "%(num)d months", "num"),
    "week": ngettext_lazy("%(num)d week", "%(num)d weeks", "num"),
    "day": ngettext_lazy("%(num)d day", "%(num)d days", "num"),
    "hour": ngettext_lazy("%(num)d hour", "%(num)d hours", "num"),
    "minute": ngettext_lazy("%(num)d minute", "%(num)d minutes", "num"),
}


# --- Values -------------------------------------------------------------------------------------------------------


@register.filter
def quantity(value: Decimal | None) -> str:
    """Return a quantity or amount as the page's language writes it, nothing rounded; nothing for None."""
    return "" if value is None else format_quantity(value, language())


@register.filter
def signed(value: Decimal | None) -> str:
    """Return a change with its sign in front, + as well as −."""
    if value is None:
        return ""
    sign = "−" if value < 0 else "+" if value > 0 else ""
    return sign + format_quantity(abs(value), language())


@register.filter
def day(value: date | None) -> str:
    """Return a day as dd/mm/yyyy in both languages."""
    return "" if value is None else format_date(value)


@register.filter
def moment(value: datetime | None) -> str:
    """Return an instant as dd/mm/yyyy hh:mm in the store's zone."""
    return "" if value is None else format_moment(value)


@register.filter
def age(value: datetime | None) -> str:
    """Return how long ago an instant was, in its largest unit."""
    if value is None:
        return ""
    if timezone.now() - value < timedelta(minutes=1):
        return gettext("just now")
    return gettext("%(age)s ago") % {"age": timesince(value, depth=1, time_strings=_SPANS)}


register.filter(named)


@register.simple_tag
def unit(row: Any) -> str:
    """Return the unit of measure of a row that carries its two names as `unit` and `unit_en`."""
    return str(row.unit_en if language() == "en" and row.unit_en else row.unit)


@register.simple_tag
def other(others: Mapping[str, str | None], name: str) -> SafeString:
    """Return another depot (`K02`) or a movement of it (`K02/17`), as a link where `others` has the depot's name."""
    code, slash, position = name.partition("/")
    title = others.get(code)
    if title is None:
        return format_html("{}", name)
    address = reverse("movement", args=[code, int(position)]) if slash else reverse("depot", args=[code])
    return format_html('<a href="{}">{}</a>', address, name if slash else f"{code} {title}")


# --- Addresses ----------------------------------------------------------------------------------------------------


@register.simple_tag(takes_context=True)
def query(context: Context, **changes: Any) -> str:
    """Return the query of this page with some parameters changed; an empty value takes one out."""
    parameters: QueryDict = context["request"].GET.copy()
    for name, value in changes.items():
        if value in {None, ""}:
            parameters.pop(name, None)
        else:
            parameters[name] = str(value)
    return f"?{parameters.urlencode()}"


@register.simple_tag(takes_context=True)
def here(context: Context, name: str) -> SafeString:
    """Return ` aria-current="page"` when this page is the one called `name`."""
    match = getattr(context.get("request"), "resolver_match", None)
    return mark_safe(' aria-current="page"' if match and match.url_name == name else "")  # noqa: S308  # two constants


@register.simple_tag(takes_context=True)
def may_open_upkeep(context: Context) -> bool:
    """Return whether the person signed in keeps some reference data or people; one query."""
    user = context["user"]
    return bool(user.is_superuser) or rights.has(user, Right.KEEP_CATALOGUE, Right.KEEP_PEOPLE)


# --- The frame ----------------------------------------------------------------------------------------------------


@register.simple_tag(takes_context=True)
def navigation(context: Context) -> masthead.Navigation:
    """Return what the masthead offers the person signed in; at most three queries."""
    return masthead.navigation(context["request"])


@register.simple_tag(takes_context=True)
def session_left(context: Context) -> int:
    """Return for how many seconds the reader stays signed in."""
    return sessions.seconds_left(context["request"])


@register.simple_tag
def texts_address() -> str:
    """Return where the texts of the page's modules are, in its language."""
    return browser_texts.address(language())


@register.simple_tag(takes_context=True)
def help_topic(context: Context) -> str:
    """Return the help topic that tells about this page."""
    return topic_for(context["request"])


@register.simple_tag
def problem_count(form: BaseForm) -> int:
    """Return how many things are wrong with a form."""
    return sum(len(errors) for errors in form.errors.values())


@register.simple_tag(takes_context=True)
def request_id(context: Context) -> str:
    """Return the name this request has in the log."""
    request = context.get("request")
    return id_of(request) if request else ""
