"""The page that tells of a PDF which signatures in it hold."""

from __future__ import annotations

from typing import cast

from django import forms
from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_http_methods

from depots.models import Depot
from inventory.signing import checking
from inventory.signing.signer import NotInstalled
from logistics.accounts.models import User
from logistics.errors import Invalid
from logistics.uploads import of_bounded_size


class FileForm(forms.Form):
    """A file to be looked at."""

    use_required_attribute = False
    file = forms.FileField(
        label=gettext_lazy("Signed file (PDF)"),
        allow_empty_file=True,
        help_text=gettext_lazy("It is looked at and not kept."),
        widget=forms.FileInput(attrs={"accept": ".pdf,application/pdf"}),
    )


@of_bounded_size(checking.MOST_BYTES, gettext_lazy("A file has at most %(most)s MB."))
@login_required
@require_http_methods(["GET", "HEAD", "POST"])
def check(request: HttpRequest) -> HttpResponse:
    """Answer the box for a file and, once one is given, which signatures hold and whether the paper is ours."""
    if request.method != "POST":
        return render(request, "signing/check.html", {"form": FileForm(label_suffix="")})
    form = FileForm(request.POST, request.FILES, label_suffix="")
    checked = None
    if form.is_valid():
        # Not read before its size is known.
        given = form.cleaned_data["file"]
        try:
            checked = checking.check(given.read(checking.MOST_BYTES + 1))
        except Invalid as error:
            for fault in error.faults:
                form.add_error("file", fault.detail)
    ours = checked.ours if checked else None
    depot = ours.paper.depot if ours else None
    context = {
        "form": form,
        "checked": checked,
        "file_name": form.cleaned_data["file"].name if checked else "",
        "ours": ours,
        # Whoever holds the file may know that it is genuine; the way to the paper is for who may read the depot.
        "depot": depot if depot and Depot.objects.visible_to(cast("User", request.user)).filter(pk=depot.pk) else None,
        "not_installed": NotInstalled().detail if checked and checked.signatures is None else "",
        "Verdict": checking.Verdict,
    }
    return render(request, "signing/check.html", context, status=422 if form.errors else 200)
