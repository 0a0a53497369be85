"""The block of papers on the page of a voucher, a stocktake and their like: kept prints, signatures, scans."""

from __future__ import annotations

from typing import Any

from django import template

from depots.models import Depot
from inventory.printing.models import KeptPaper
from inventory.signing import scans, signing, subjects
from inventory.signing.models import Scan, SignedPaper
from inventory.signing.scan_pages import ScanForm

register = template.Library()


@register.inclusion_tag("signing/papers.html", takes_context=True)
def papers_of(context: template.Context, subject: str, *, depot: Depot) -> dict[str, Any]:
    """Show the papers kept of a subject, who signed them, its scans, and the form to attach one; at most ten queries.

    Whether the reader may look is the page's business: it shows the subject itself. Nothing is shown where there is
    nothing and the reader may attach nothing.
    """
    request = context["request"]
    user = request.user
    kept = list(KeptPaper.objects.filter(subject=subject, depot=depot).defer("content").order_by("made_at", "pk"))
    signatures: dict[int, list[SignedPaper]] = {}
    if kept:
        for one in SignedPaper.objects.filter(paper__in=kept).defer("content").order_by("paper", "number"):
            signatures.setdefault(one.paper_id, []).append(one)
    found = Scan.objects.filter(depot=depot, subject=subject).defer("content")
    rows = list(found.select_related("depot", "added_by", "withdrawal__withdrawn_by").order_by("added_at", "pk"))
    may_attach = signing.may_sign(user, depot.code)
    may_withdraw = scans.withdrawable(rows, user, code=depot.code)
    return {
        "request": request,
        "csrf_token": context.get("csrf_token"),
        "depot": depot,
        "papers": [{"paper": one, "signatures": signatures.get(one.pk, [])} for one in kept],
        "scans": [{"scan": row, "withdrawn": getattr(row, "withdrawal", None), "may": row.pk in may_withdraw}
                  for row in rows],
        "may_attach": may_attach,
        "form": ScanForm(label_suffix="", auto_id="scan-%s") if may_attach else None,
        "word": subjects.word_for(subject, depot=depot.code),
        "is_shown": bool(kept or rows or may_attach),
    }  # fmt: skip
