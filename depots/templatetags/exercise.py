"""The banner that tells a page of an exercise depot from one of a real depot."""

from __future__ import annotations

from typing import Any

from django import template
from django.template import Context

from depots.models import Depot
from logistics import asking

register = template.Library()


@register.inclusion_tag("depots/exercise_banner.html", takes_context=True)
def exercise_banner(context: Context) -> dict[str, Any]:
    """Tell whether the page is about one depot and that depot is for training; at most one query.

    The depot is the one the page was given as `depot`, else the one its address names. A refusal, which has no depot,
    says nothing: whether a depot out of scope exists is not its reader's to know.
    """
    depot = context.get("depot")
    if isinstance(depot, Depot):
        return {"is_exercise": depot.is_exercise, "code": depot.code}
    code = getattr(depot, "code", "") or _named_in_address(context)
    seen = Depot.objects.visible_to(context["request"].user).filter(code=code, is_exercise=True) if code else None
    return {"is_exercise": seen is not None and seen.exists(), "code": code}


def _named_in_address(context: Context) -> str:
    request = context.get("request")
    match = getattr(request, "resolver_match", None)
    if request is None or match is None or "error" in context or not request.user.is_authenticated:
        return ""
    if match.route.startswith("depots/"):
        return str(match.kwargs.get("code") or match.kwargs.get("depot") or "")
    return asking.text(request, "depot")[:12]
