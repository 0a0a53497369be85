"""Pages of the frame: signing in and out, one's own password, help, and refusals in words. Rooms have their own."""

from __future__ import annotations

from typing import Any

from django.conf import settings
from django.contrib import messages
from django.contrib.auth import views as auth
from django.contrib.auth.forms import AuthenticationForm, PasswordChangeForm
from django.contrib.auth.mixins import LoginRequiredMixin
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.template.loader import render_to_string, select_template
from django.urls import reverse_lazy
from django.utils.translation import get_language
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from logistics import history, texts
from logistics.errors import BadRequest, DomainError, Forbidden, NotFound
from logistics.help import TOPICS
from logistics.http import CrossSite, InternalError, TooMany, problem
from logistics.sessions import MISMATCH, wants_json
from logistics.shell import kept_offline


class SignInForm(AuthenticationForm):
    """Login and password; says the same whether the login is unknown, the password wrong, or pages not allowed."""

    error_messages = dict.fromkeys(("invalid_login", "inactive"), MISMATCH)


class SignIn(auth.LoginView):
    """The sign-in page."""

    template_name = "logistics/sign_in.html"
    authentication_form = SignInForm
    redirect_authenticated_user = True

    def get_form_kwargs(self) -> dict[str, Any]:
        """Return what the form is made with: labels stand above their boxes and need no colon."""
        return super().get_form_kwargs() | {"label_suffix": ""}


class Password(LoginRequiredMixin, auth.PasswordChangeView):
    """Lets the person signed in change their own password."""

    template_name = "logistics/password.html"
    success_url = reverse_lazy("home")

    def get_form_kwargs(self) -> dict[str, Any]:
        """Return what the form is made with: as on the sign-in page."""
        return super().get_form_kwargs() | {"label_suffix": ""}

    def form_valid(self, form: PasswordChangeForm) -> HttpResponse:
        """Store the new password; the history says that its owner changed it."""
        by: Any = self.request.user
        with history.changing(by=by, reason=_("Changed by its owner"), source=history.Source.WEB):
            answer = super().form_valid(form)
        messages.success(self.request, _("Your password is changed."))
        return answer


# --- Help ---------------------------------------------------------------------------------------------------------


@kept_offline
@require_safe
def help_topics(request: HttpRequest) -> HttpResponse:
    """Answer the list of help topics; anybody may read it, also before signing in."""
    return render(request, "logistics/help.html", {"topics": TOPICS})


@kept_offline
@require_safe
def help_topic(request: HttpRequest, topic: str) -> HttpResponse:
    """Answer one screen of help, in Vietnamese where the page's language has none."""
    if topic not in TOPICS:
        raise Http404
    names = [f"help/{language}/{topic}.html" for language in (request.LANGUAGE_CODE, settings.LANGUAGE_CODE)]
    context = {"topic": topic, "title": TOPICS[topic], "fragment": select_template(names)}
    return render(request, "logistics/help.html", context)


# --- Refusals in words --------------------------------------------------------------------------------------------


def _refused(request: HttpRequest, title: str, error: DomainError) -> HttpResponse:
    return render(request, "refusal.html", {"title": title, "error": error}, status=error.status)


def bad_request(request: HttpRequest, exception: Exception | None = None) -> HttpResponse:
    """Answer 400 in words."""
    words = _("The browser sent something this page cannot read. Go back, load the page again and repeat the step.")
    return _refused(request, _("The request cannot be understood"), BadRequest(words))


def forbidden(request: HttpRequest, exception: Exception | None = None) -> HttpResponse:
    """Answer 403 in words."""
    words = _("None of your roles opens this page. If you need it, ask an administrator for a role.")
    return _refused(request, _("Your roles do not allow this"), Forbidden(words))


def form_expired(request: HttpRequest, reason: str = "") -> HttpResponse:
    """Answer 403 to a form without the proof that our own page sent it."""
    words = _("Nothing was saved. Go back, load the page again and send the form once more. Cookies must be allowed.")
    if wants_json(request):
        return problem(request, CrossSite(words))
    return _refused(request, _("The form has expired"), Forbidden(words))


def not_found(request: HttpRequest, exception: Exception | None = None) -> HttpResponse:
    """Answer 404 in words; what is out of scope looks like what does not exist."""
    words = _("The address is mistyped, or names something outside your scope. Check it, or start from the first page.")
    return _refused(request, _("There is no such page"), NotFound(words))


def broken(request: HttpRequest) -> HttpResponse:
    """Answer 500 in words, with what to tell the operators; the database may be what broke, so it is not asked."""
    context = {"error": InternalError(""), "request": request, "texts": texts.address(get_language() or "vi")}
    return HttpResponse(render_to_string("500.html", context), status=500)


def locked_out(request: HttpRequest, credentials: Any = None, *args: Any, **kwargs: Any) -> HttpResponse:
    """Answer 429 after too many failed sign-ins; it does not say whether the login exists."""
    minutes = round(settings.AXES_COOLOFF_TIME * 60)
    words = _("Too many sign-ins with this login failed from here. Wait %(minutes)s minutes and try again.")
    error = TooMany(words % {"minutes": minutes}, retry_after=minutes * 60)
    if wants_json(request):
        return problem(request, error)
    answer = _refused(request, _("Signing in is locked for a while"), error)
    answer.headers["Retry-After"] = str(error.retry_after)
    return answer
