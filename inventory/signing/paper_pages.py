"""The page of one kept paper: who signed it, whose turn it is, and the form that signs."""

from __future__ import annotations

from typing import Any, cast

from django import forms
from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.debug import sensitive_post_parameters, sensitive_variables
from django.views.decorators.http import require_http_methods, require_safe

from depots import access
from inventory.printing import standing
from inventory.printing.kept import as_print, hand_out
from inventory.printing.models import KeptPaper
from inventory.signing import key_file, signing, subjects
from inventory.signing.models import Seal, SignedPaper
from inventory.signing.signer import NotInstalled, is_installed
from logistics.accounts.models import User
from logistics.audit import reads
from logistics.errors import Invalid, NotFound
from logistics.uploads import of_bounded_size


class SigningForm(forms.Form):
    """Where, with which key, and whether the seal is set. Key and pass phrase are used once and kept nowhere."""

    use_required_attribute = False
    place = forms.ChoiceField(label=gettext_lazy("Sign as"))
    passes_over = forms.BooleanField(
        label=gettext_lazy("Those before me sign with a pen"),
        required=False,
        help_text=gettext_lazy("Places left before yours can no longer be signed here."),
    )
    with_seal = forms.BooleanField(label=gettext_lazy("Set the seal"), required=False)
    key_file = forms.FileField(
        label=gettext_lazy("Your key file (.p12 or .pfx)"),
        allow_empty_file=True,
        help_text=gettext_lazy("It signs this paper once. Neither the file nor the pass phrase is kept or logged."),
        widget=forms.FileInput(attrs={"accept": ".p12,.pfx,application/x-pkcs12"}),
    )
    pass_phrase = forms.CharField(
        label=gettext_lazy("Pass phrase of the key"),
        max_length=500,
        strip=False,
        required=False,
        widget=forms.PasswordInput(attrs={"autocomplete": "off"}),
    )

    def __init__(self, *args: Any, stands: signing.Standing, seal: Seal | None, **kwargs: Any) -> None:
        super().__init__(*args, **{"label_suffix": "", **kwargs})
        box: Any = self.fields["place"]
        box.choices = [
            (one.field, f"{one.title} · {one.name}" if one.name else one.title) for one in stands.open_places
        ]
        if len(stands.open_places) < 2:
            del self.fields["passes_over"]
        if seal is None:
            del self.fields["with_seal"]
        else:
            self.fields["with_seal"].help_text = _("%(seal)s, at the commander's place.") % {"seal": seal.name}


@of_bounded_size(key_file.MOST_BYTES, gettext_lazy("This is no key file: it is far too large."))
@login_required
@require_http_methods(["GET", "HEAD", "POST"])
@sensitive_post_parameters("pass_phrase")
def paper(request: HttpRequest, code: str, key: int) -> HttpResponse:
    """Answer a kept paper: its signatures and the form to sign it; or (POST) sign it."""
    user = cast("User", request.user)
    kept = paper_for(user, code, key)
    stands = signing.standing_of(kept)
    today = timezone.localdate()
    seal = None
    if any(place.bears_seal for place in stands.open_places) and kept.depot is not None:
        seal = signing.seal_for(user, kept.depot, on=today)
    if request.method == "POST":
        form = SigningForm(request.POST, request.FILES, stands=stands, seal=seal)
        if form.is_valid() and _signs(form, kept, user):
            messages.success(request, _("The paper is signed."))
            return redirect("paper", code, key)
    else:
        form = SigningForm(stands=stands, seal=seal)
    undone = standing.of(kept.subject).said
    can_sign = bool(stands.open_places) and not undone and signing.may_sign(user, code)
    context = {
        "depot": kept.depot,
        "paper": kept,
        "places": [
            {"place": place, "signature": stands.signature_at(place), "is_open": place in stands.open_places}
            for place in stands.places
        ],
        "signatures": stands.signatures,
        "form": form if can_sign and is_installed() else None,
        "not_installed": NotInstalled().detail if can_sign and not is_installed() else "",
        "back": subjects.address(kept.subject),
        "undone": undone,
        "is_signed": bool(stands.places) and all(stands.signature_at(place) for place in stands.places),
    }
    return render(request, "signing/paper.html", context, status=422 if form.errors else 200)


@sensitive_variables()
def _signs(form: SigningForm, kept: KeptPaper, user: User) -> bool:
    """Sign with what the form holds; return whether that was done, telling the form what stood against it."""
    given, now = form.cleaned_data, timezone.now()
    try:
        signer = key_file.open_key(given["key_file"].read(key_file.MOST_BYTES + 1), given["pass_phrase"], at=now)
        signing.sign(
            kept,
            place=given["place"],
            signer=signer,
            with_seal=given.get("with_seal", False),
            passes_over=given.get("passes_over", False),
            by=user,
            at=now,
        )
    except Invalid as error:
        for fault in error.faults:
            name = fault.pointer.removeprefix("/")
            form.add_error(name if name in form.fields else None, fault.detail)
        return False
    return True


@login_required
@require_safe
def paper_file(request: HttpRequest, code: str, key: int) -> HttpResponse:
    """Answer a kept paper with all its signatures, byte by byte as they were made.

    One that was undone is answered as a print of it is: what undid it is stamped on it. The signed bytes, which cannot
    say so, are then answered to who asks for them (`?as=signed`).
    """
    user, at = cast("User", request.user), timezone.now()
    kept = paper_for(user, code, key)
    stamp = standing.of(kept.subject)
    content = signing.content_of(kept)
    is_signed = SignedPaper.objects.filter(paper=kept).exists()
    if stamp.said and not (is_signed and request.GET.get("as") == "signed"):
        made = as_print(kept, counted_as=kept.subject, number=1, stamp=stamp, signed=content)
        content = hand_out([made], to=user, at=at)
    reads.note(request, by=user, action="paper.read", subject=f"{kept.subject} {kept.pk}")
    name = f"paper-{code}-{kept.pk}.pdf"
    return HttpResponse(
        content,
        content_type="application/pdf",
        headers={"Content-Disposition": f'inline; filename="{name}"', "Cache-Control": "private, no-store"},
    )


def paper_for(user: User, code: str, key: int) -> KeptPaper:
    """Return a kept paper of a depot whose books `user` may read.

    Raises:
        NotFound: there is no such paper in the user's scope.
    """
    place = access.depot_for_reading(user, code)
    rows = KeptPaper.objects.filter(pk=min(key, 2**63 - 1), depot=place.id)
    found = rows.select_related("depot__unit", "made_by").first()
    if found is None:
        raise NotFound(_("There is no such paper in this depot."))
    return found
