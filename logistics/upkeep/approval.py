"""Upkeep of the rules of approval: which vouchers need somebody else's word, where."""

from __future__ import annotations

from typing import Any

from django.contrib import admin
from django.core.exceptions import ValidationError
from django.http import HttpRequest
from django.utils.translation import gettext_lazy as _

from inventory.ledger.models import Kind
from inventory.vouchers.models import VoucherPolicy
from logistics.upkeep.reasoned import Reasoned, ReasonedAdmin


class VoucherPolicyForm(Reasoned):
    """A rule that does not contradict itself."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if "kind" in self.fields:
            # A stocktake is posted by finishing its count, which has signatures of its own.
            choices = [choice for choice in Kind.choices if choice[0] != Kind.STOCKTAKE]
            self.fields["kind"].choices = choices  # type: ignore[attr-defined]

    def clean(self) -> dict[str, Any] | None:
        """Refuse a voucher that is posted on an approval it does not need."""
        found = super().clean()
        if self.cleaned_data.get("posts_on_approval") and not self.cleaned_data.get("needs_approval"):
            words = _("What needs no approval is posted when it is sent; take this mark away.")
            self.add_error("posts_on_approval", ValidationError(words, code="no-approval"))
        return found


@admin.register(VoucherPolicy)
class VoucherPolicyAdmin(ReasonedAdmin):
    """Rules of approval, the general one of each kind and those of single depots."""

    form = VoucherPolicyForm
    list_display = ("kind", "depot", "needs_approval", "posts_on_approval", "second_if_ring_fenced")
    list_filter = ("kind", "needs_approval")
    list_select_related = ("depot",)
    autocomplete_fields = ("depot",)
    fixed = ("kind", "depot")

    def get_queryset(self, request: HttpRequest) -> Any:
        """Return the rules, the general one of each kind first."""
        return super().get_queryset(request).order_by("kind", "depot__code")
