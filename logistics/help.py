"""The topics of the help, and which of them tells about a page.

A topic is one screen: `templates/help/<language>/<topic>.html`, in Vietnamese and in English.
"""

from __future__ import annotations

from typing import Any, Final

from django.http import HttpRequest
from django.utils.translation import gettext_lazy as _

# In the order of the index: the day's work first, then looking things up, then tools and words.
TOPICS: Final[dict[str, Any]] = {
    "start": _("First steps"),
    "sign-in": _("Signing in"),
    "desk": _("Desk"),
    "entry": _("Writing a voucher"),
    "receipt": _("Receipt voucher"),
    "issue": _("Issue voucher"),
    "transfer-out": _("Transfer out"),
    "transfer-in": _("Transfer in"),
    "relocation": _("Relocation"),
    "regrade": _("Grade change"),
    "disposal": _("Disposal"),
    "return": _("Return to the depot"),
    "vouchers": _("Vouchers and their steps"),
    "approval": _("Approving"),
    "reversal": _("Reversal"),
    "requisitions": _("Requisitions"),
    "orders": _("Movement orders"),
    "arrivals": _("Arrivals, on the road, differences"),
    "outbox": _("Outbox and no network"),
    "availability": _("Availability"),
    "as-of": _("Figures of a past day"),
    "saved-views": _("Saved views"),
    "map": _("Map"),
    "stock": _("Stock"),
    "stock-card": _("Stock card"),
    "expiring": _("Expiring and held lots"),
    "norms": _("Reserve norms"),
    "plans": _("Sourcing plans"),
    "foresight": _("Foresight"),
    "labels": _("Labels"),
    "movements": _("Logbook"),
    "check": _("Checking a printed voucher"),
    "reports": _("Reports"),
    "packs": _("Meeting packs"),
    "history": _("Who changed what"),
    "keys": _("Keys"),
    "scanner": _("Scanner and Unikey"),
    "training": _("Training space"),
    "words": _("Words on the screen"),
}

# By the name of the page's address; a name with `-file` is the same list as a file.
BY_PAGE: Final = {
    "home": "start",
    "map": "map",
    "availability": "availability",
    "availability-file": "availability",
    "item-allocations": "availability",
    "item-road": "availability",
    "later-movements": "as-of",
    "saved-views": "saved-views",
    "depots": "start",
    "depot": "stock",
    "item": "availability",
    "stock": "stock",
    "stock-card": "stock-card",
    "item-over-time": "stock-card",
    "expiring": "expiring",
    "held": "expiring",
    "norms": "norms",
    "plans": "plans",
    "plan": "plans",
    "plan-new": "plans",
    "plan-comparison": "plans",
    "foresight": "foresight",
    "foresight-item": "foresight",
    "strengths": "foresight",
    "labels": "labels",
    "bin-labels": "labels",
    "desk": "desk",
    "entry": "entry",
    "vouchers": "vouchers",
    "voucher": "vouchers",
    "approvals": "approval",
    "arrivals": "arrivals",
    "consignment": "arrivals",
    "road": "arrivals",
    "difference": "arrivals",
    "reports": "reports",
    "report": "reports",
    "packs": "packs",
    "pack": "packs",
    "pack-new": "packs",
    "movements": "movements",
    "movement": "movements",
    "reversal": "reversal",
    "check": "check",
    "voucher-paper": "vouchers",
    "outbox": "outbox",
    "voucher-history": "history",
    "depot-history": "history",
    "item-history": "history",
    "lot-history": "history",
    "requisitions": "requisitions",
    "requisition": "requisitions",
    "requisition-new": "requisitions",
    "requisition-edit": "requisitions",
    "requisition-allocation": "requisitions",
    "orders": "orders",
    "order": "orders",
    "depot-orders": "orders",
    "picklist": "orders",
    "sign-in": "sign-in",
    "password": "sign-in",
    "help": "start",
    "help-topics": "start",
    "problems": "start",
    "problem": "start",
}


def topic_for(request: HttpRequest) -> str:
    """Return the topic about the page that was asked for; the first steps where none is."""
    match = request.resolver_match
    return BY_PAGE.get((match.url_name or "") if match else "", "start")
