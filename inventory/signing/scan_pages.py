"""Pages of scans: adding one, opening it, saying that it does not belong where it is."""

from __future__ import annotations

from typing import cast
from urllib.parse import quote
from uuid import UUID

from django import forms
from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_http_methods, require_safe

from depots import access
from depots.models import Depot
from inventory.signing import scans, subjects
from inventory.signing.models import MOST_SCAN_BYTES
from logistics.accounts.models import User
from logistics.audit import reads
from logistics.errors import Conflict, Invalid
from logistics.uploads import of_bounded_size

# What is shown comes from outside: nothing of it runs, whatever a browser takes it for.
_POLICY = "default-src 'none'; sandbox"


class ScanForm(forms.Form):
    """A scan to be added."""

    use_required_attribute = False
    file = forms.FileField(
        label=gettext_lazy("Scan (PDF, JPEG or PNG, at most 10 MB)"),
        max_length=400,
        allow_empty_file=True,
        widget=forms.FileInput(attrs={"accept": ".pdf,.jpg,.jpeg,.png"}),
    )


class WithdrawalForm(forms.Form):
    """Why a scan does not belong where it is."""

    use_required_attribute = False
    reason = forms.CharField(label=gettext_lazy("Reason"), max_length=300)


@of_bounded_size(
    MOST_SCAN_BYTES, gettext_lazy("The file is larger than %(most)s MB: scan in grey at 200 or 300 dots per inch.")
)
@login_required
@require_http_methods(["GET", "HEAD", "POST"])
def add(request: HttpRequest, code: str) -> HttpResponse:
    """Answer the form that adds a scan to what the address's word names; or (POST) add it and go back there."""
    user = cast("User", request.user)
    place = access.depot_for_reading(user, code)
    word = request.POST.get("of", "") or request.GET.get("of", "")
    subject = subjects.subject_of(word, depot=code)
    back = subjects.address(subject)
    form = ScanForm(label_suffix="")
    if request.method == "POST":
        form = ScanForm(request.POST, request.FILES, label_suffix="")
        if form.is_valid():
            given = form.cleaned_data["file"]
            try:
                made = scans.add(
                    depot=Depot.objects.get(pk=place.id),
                    subject=subject,
                    name=given.name,
                    content=given.read(MOST_SCAN_BYTES + 1),
                    by=user,
                    at=timezone.now(),
                )
            except Invalid as error:
                for fault in error.faults:
                    form.add_error("file", fault.detail)
            except Conflict as error:
                form.add_error(None, error.detail)
            else:
                messages.success(request, _("“%(name)s” is attached.") % {"name": made.name})
                return redirect(f"{back}#papers" if back else "home")
    context = {"form": form, "word": word, "back": back, "code": code, "called": subjects.called(subject)}
    return render(request, "signing/scan_add.html", context, status=422 if form.errors else 200)


@login_required
@require_safe
def scan_file(request: HttpRequest, code: str, key: UUID) -> HttpResponse:
    """Answer a scan as a file to be saved, never to be shown by the browser as a page of this site."""
    user = cast("User", request.user)
    scan = scans.scan_for(user, code, key)
    reads.note(request, by=user, action="scan.read", subject=f"{scan.subject} {scan.pk}")
    plain = "".join(letter if letter.isascii() and letter not in '"\\' else "_" for letter in scan.name)
    return HttpResponse(
        bytes(scan.content),
        content_type=scan.type,
        headers={
            "Content-Disposition": f"attachment; filename=\"{plain}\"; filename*=UTF-8''{quote(scan.name, safe='')}",
            "Content-Security-Policy": _POLICY,
            "X-Content-Type-Options": "nosniff",
            "Cache-Control": "private, no-store",
        },
    )


@login_required
@require_http_methods(["GET", "HEAD", "POST"])
def withdrawal(request: HttpRequest, code: str, key: UUID) -> HttpResponse:
    """Answer the form that withdraws a scan with a reason; or (POST) withdraw it and go back."""
    user = cast("User", request.user)
    scan = scans.scan_for(user, code, key)
    back = subjects.address(scan.subject)
    form = WithdrawalForm(label_suffix="")
    if request.method == "POST":
        form = WithdrawalForm(request.POST, label_suffix="")
        if form.is_valid():
            scans.withdraw(scan, reason=form.cleaned_data["reason"], by=user, at=timezone.now())
            messages.success(request, _("“%(name)s” is withdrawn; it stays to be seen.") % {"name": scan.name})
            return redirect(f"{back}#papers" if back else "home")
    context = {
        "form": form,
        "scan": scan,
        "depot": scan.depot,
        "back": back,
        "called": subjects.called(scan.subject),
        "withdrawn": getattr(scan, "withdrawal", None),
        "may": bool(scans.withdrawable([scan], user, code=code)),
    }
    return render(request, "signing/scan_withdrawal.html", context, status=422 if form.errors else 200)
