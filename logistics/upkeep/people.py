"""Upkeep of people and programs: who they are, what they may do where, and their tokens."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any, ClassVar

from django import forms
from django.contrib import admin, messages
from django.contrib.auth import update_session_auth_hash
from django.contrib.auth.forms import SetPasswordForm
from django.core.exceptions import PermissionDenied
from django.db.models import Q
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import path, reverse
from django.utils import timezone
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from logistics import history
from logistics.accounts.models import Assignment, Token, User
from logistics.accounts.rights import Right
from logistics.audit.trail import Subject
from logistics.upkeep.reasoned import Reasoned, ReasonedAdmin

if TYPE_CHECKING:
    AnySetPassword = SetPasswordForm[User]
else:  # generic for the type checker only
    AnySetPassword = SetPasswordForm


class PasswordForm(AnySetPassword):
    """A new password for somebody else, and why."""

    reason = forms.CharField(label=_("Reason"), max_length=300)


@admin.register(User)
class UserAdmin(ReasonedAdmin):
    """People and programs; never deleted, only deactivated."""

    list_display = ("login", "full_name", "rank", "title", "is_program", "is_active")
    list_filter = ("is_active", "is_program")
    search_fields = ("login", "full_name__unaccent")
    fields = ("login", "full_name", "rank", "title", "is_program", "is_active", "password_page", "reason")
    readonly_fields = ("password_page",)
    fixed = ("login",)

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """Return whether the asker may change this user: one no rule stops is changed only by another such."""
        asker: Any = request.user
        is_above = getattr(obj, "is_superuser", False) and not asker.is_superuser
        return super().has_change_permission(request, obj) and not is_above

    def get_fields(self, request: HttpRequest, obj: Any = None) -> Any:
        """Return the fields: a password is set once the user exists, a reason is asked where something can be saved."""
        left_out = set()
        if obj is None or obj.is_program:
            left_out.add("password_page")
        if obj is not None and not self.has_change_permission(request, obj):
            left_out |= {"password_page", "reason"}
        return [name for name in self.fields if name not in left_out]

    def belonging(self, row: User) -> Sequence[Subject]:
        """Return the user's roles and tokens: they say what the user could do, and when."""
        return [Subject(Assignment, Q(user_id=row.pk)), Subject(Token, Q(user_id=row.pk))]

    @admin.display(description=_("password"))
    def password_page(self, user: User) -> SafeString:
        """Show where the user's password is set."""
        words = gettext("Set a new password") if user.has_usable_password() else gettext("Set the first password")
        return format_html('<a href="{}">{}</a>', reverse("admin:accounts_user_password", args=[user.pk]), words)

    def save_model(self, request: HttpRequest, obj: Any, form: Any, change: bool) -> None:
        """Save the user; a new one has no password until one is set."""
        if not change:
            obj.set_unusable_password()
        super().save_model(request, obj, form, change)

    def get_urls(self) -> Any:
        """Return the pages, the one that sets a password first."""
        view = self.admin_site.admin_view(self.set_password)
        return [path("<int:pk>/password/", view, name="accounts_user_password"), *super().get_urls()]

    def set_password(self, request: HttpRequest, pk: int) -> HttpResponse:
        """Answer the form that sets a user's password; signs the user out everywhere."""
        user = User.objects.filter(pk=pk, is_program=False).first()
        if user is None:
            raise Http404
        if not self.has_change_permission(request, user):
            raise PermissionDenied
        form = PasswordForm(user, request.POST or None)
        if request.method == "POST" and form.is_valid():
            by: Any = request.user
            with history.changing(by=by, reason=form.cleaned_data["reason"], source=history.Source.WEB):
                form.save()
            if user.pk == by.pk:
                update_session_auth_hash(request, user)
            self.log_change(request, user, gettext("Set a new password"))
            messages.success(request, gettext("The password of %(user)s is set.") % {"user": user})
            return redirect("admin:accounts_user_change", pk)
        context = {
            **self.admin_site.each_context(request),
            "title": _("Set a new password"),
            "subtitle": str(user),
            "opts": self.opts,
            "original": user,
            "form": form,
        }
        return render(request, "upkeep/password.html", context)


@admin.register(Assignment)
class AssignmentAdmin(ReasonedAdmin):
    """Who has which role where; one that ended keeps its last day."""

    list_display = ("user", "role", "place", "branches", "valid_from", "valid_to")
    list_filter = ("role",)
    list_select_related = ("user", "depot", "unit")
    search_fields = ("user__login", "user__full_name__unaccent", "depot__code", "unit__name__unaccent")
    autocomplete_fields = ("user", "unit", "depot")
    filter_horizontal = ()
    fixed = ("user",)

    def get_queryset(self, request: HttpRequest) -> Any:
        """Return the assignments with their branches."""
        return super().get_queryset(request).prefetch_related("supply_classes")

    def formfield_for_manytomany(self, db_field: Any, request: HttpRequest, **kwargs: Any) -> Any:
        """Return boxes to tick: there are few branches."""
        kwargs["widget"] = forms.CheckboxSelectMultiple
        field: Any = super().formfield_for_manytomany(db_field, request, **kwargs)
        if field is not None:
            field.help_text = _("None ticked: every branch.")
        return field

    @admin.display(description=_("where"))
    def place(self, assignment: Assignment) -> str:
        """Show the depot, the unit or the whole store."""
        return str(assignment.depot or assignment.unit or gettext("the whole store"))

    @admin.display(description=_("supply classes"))
    def branches(self, assignment: Assignment) -> str:
        """Show the branches it is limited to."""
        return ", ".join(branch.code for branch in assignment.supply_classes.all()) or gettext("every branch")

    def save_related(self, request: HttpRequest, form: Any, formsets: Any, change: bool) -> None:
        """Save the branches; histories hold columns only, so a change of branches is told in its reason."""
        assignment = form.instance
        before = sorted(assignment.supply_classes.values_list("code", flat=True))
        super().save_related(request, form, formsets, change)
        after = sorted(assignment.supply_classes.values_list("code", flat=True))
        if before != after:
            told = " → ".join(", ".join(codes) or gettext("every branch") for codes in (before, after))
            reason = f"{gettext('Supply classes')}: {told}. {form.cleaned_data['reason']}"
            user: Any = request.user
            with history.changing(by=user, reason=reason, source=history.Source.WEB):
                assignment.save()


class TokenForm(Reasoned):
    """A new token, or the end of an old one."""

    days = forms.IntegerField(label=_("Good for how many days"), min_value=1, max_value=730, initial=365)
    rights = forms.MultipleChoiceField(
        label=_("Rights it carries"),
        choices=[(right.value, right.value) for right in Right],
        required=False,
        widget=forms.CheckboxSelectMultiple,
        help_text=_("None ticked: all that its owner's roles carry. A token never carries more."),
    )
    revoke = forms.BooleanField(label=_("Revoke it now, for ever"), required=False)


@admin.register(Token)
class TokenAdmin(ReasonedAdmin):
    """Tokens of programs. The secret is shown once, when a token is made; only its digest is kept."""

    form = TokenForm
    list_display = ("prefix", "user", "name", "created_at", "expires_at", "last_used_at", "revoked_at")
    list_select_related = ("user",)
    search_fields = ("prefix", "name__unaccent", "user__login")
    autocomplete_fields = ("user",)
    made: ClassVar[tuple[str, ...]] = (
        "user", "name", "prefix", "scopes", "created_at", "expires_at", "last_used_at", "revoked_at",
    )  # fmt: skip

    def get_fields(self, request: HttpRequest, obj: Any = None) -> Any:
        """Return what is asked of a new token, or shown of an old one."""
        if obj is None:
            return ["user", "name", "days", "rights", "reason"]
        ends = self.has_change_permission(request, obj) and obj.revoked_at is None
        return [*self.made, *(("revoke", "reason") if ends else ())]

    def get_readonly_fields(self, request: HttpRequest, obj: Any = None) -> Any:
        """Return everything of an old token: it can only be revoked."""
        return () if obj is None else self.made

    def get_form(self, request: HttpRequest, obj: Any = None, change: bool = False, **kwargs: Any) -> Any:
        """Return the form without the boxes that do not belong to its step."""
        made = super().get_form(request, obj, change, **kwargs)
        shown = set(self.get_fields(request, obj))
        for name in {"days", "rights", "revoke", "reason"} - shown:
            made.base_fields.pop(name, None)
        return made

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """Return whether the asker may revoke the token; one that is revoked stays as it is."""
        return super().has_change_permission(request, obj) and getattr(obj, "revoked_at", None) is None

    def save_model(self, request: HttpRequest, obj: Any, form: Any, change: bool) -> None:
        """Make the token, or revoke it."""
        now = timezone.now()
        if change:
            if form.cleaned_data["revoke"]:
                obj.revoked_at = now
                super().save_model(request, obj, form, change)
            return
        answers = form.cleaned_data
        with self.changing(request, form):
            obj.secret = Token.issue(
                to=answers["user"], at=now, days=answers["days"], name=answers["name"], scopes=answers["rights"]
            )
        obj.pk = Token.objects.values_list("pk", flat=True).get(digest=Token.digest_of(obj.secret))

    def response_add(self, request: HttpRequest, obj: Any, post_url_continue: Any = None) -> HttpResponse:
        """Show the secret in this answer and nowhere else: a message would travel on in a cookie."""
        context = {
            **self.admin_site.each_context(request),
            "title": _("The token is made"),
            "opts": self.opts,
            "token": obj,
        }
        answer = render(request, "upkeep/token.html", context)
        answer.headers["Cache-Control"] = "no-store"
        return answer
