"""Saved views: keeping a search under a name, offering it to everybody, and taking it back."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final, cast

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.db import IntegrityError, transaction
from django.db.models import Q
from django.http import HttpRequest, HttpResponse, QueryDict
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from inventory.availability.models import SavedView
from logistics import history, lists
from logistics.accounts import rights
from logistics.accounts.rights import Right
from logistics.errors import Fault, Forbidden, Invalid, NotFound
from logistics.history import Source

if TYPE_CHECKING:
    from logistics.accounts.models import User

MOST_OWN: Final = 100
_MOST_NAME: Final = 80
_MOST_QUERY: Final = 2000


def offered(user: User) -> list[SavedView]:
    """Return the views a person may open: their own, then those that others share, each by name; one query."""
    found = SavedView.objects.filter(Q(owner=user) | Q(is_shared=True)).select_related("owner")
    return sorted(found, key=lambda view: (view.owner_id != user.pk, view.name.casefold(), view.pk))


def save(name: str, query: str, *, by: User, is_shared: bool = False) -> SavedView:
    """Keep a query under a name of its owner's, which may be shared by whoever plans; return the view.

    A name the owner has already is given to the new query. Pages and empty fields are not kept.

    Raises:
        Forbidden: somebody shares who does not plan.
        Invalid: the name is blank or too long, the query too long, or there are too many.
    """
    name = " ".join(name.split())
    kept = lists.changed(QueryDict(query.lstrip("?")))[1:]
    _refuse(name, kept)
    if is_shared:
        _require_planning(by)
    with transaction.atomic(), history.changing(by=by, reason=_("saved view"), source=Source.WEB):
        view = SavedView.objects.select_for_update().filter(owner=by, name=name).first()
        if view is None:
            if SavedView.objects.filter(owner=by).count() >= MOST_OWN:
                text = _("At most %(most)s saved views: delete one first.") % {"most": MOST_OWN}
                raise Invalid([Fault("/name", "too-many", text)])
            view = SavedView(owner=by, name=name)
        view.query, view.is_shared = kept, is_shared
        view.save()
    return view


def change(view: SavedView, *, by: User, name: str, is_shared: bool) -> SavedView:
    """Rename one's own view, share it or stop sharing it; return it.

    Raises:
        Forbidden: it is somebody else's, or somebody shares who does not plan.
        Invalid: the name is blank, too long, or another view's of the same owner.
    """
    _require_owner(view, by)
    name = " ".join(name.split())
    _refuse(name, view.query)
    if is_shared and not view.is_shared:
        _require_planning(by)
    view.name, view.is_shared = name, is_shared
    try:
        with transaction.atomic(), history.changing(by=by, reason=_("saved view"), source=Source.WEB):
            view.save()
    except IntegrityError as error:
        raise Invalid([Fault("/name", "name-taken", _("You have another saved view of this name."))]) from error
    return view


def delete(view: SavedView, *, by: User) -> None:
    """Delete one's own view; its history stays.

    Raises:
        Forbidden: it is somebody else's.
    """
    _require_owner(view, by)
    with transaction.atomic(), history.changing(by=by, reason=_("saved view"), source=Source.WEB):
        view.delete()


def _require_owner(view: SavedView, by: User) -> None:
    if view.owner_id != by.pk:
        raise Forbidden(_("This saved view is somebody else's: save it under a name of your own first."))


def _require_planning(by: User) -> None:
    if not rights.has(by, Right.PLAN):
        raise Forbidden(_("Only planners and approvers share a saved view with everybody."))


def _refuse(name: str, query: str) -> None:
    if not name:
        raise Invalid([Fault("/name", "required", _("Give the saved view a name."))])
    if len(name) > _MOST_NAME:
        raise Invalid([Fault("/name", "too-long", _("A name has at most %(most)s characters.") % {"most": _MOST_NAME})])
    if len(query) > _MOST_QUERY:
        raise Invalid([Fault("/query", "too-long", _("This search is too long to be saved."))])


# --- Pages --------------------------------------------------------------------------------------------------------


@login_required
@require_http_methods(["GET", "HEAD", "POST"])
def views(request: HttpRequest) -> HttpResponse:
    """Answer the saved views with what their owner may do with them, or do one of it and come back."""
    user = cast("User", request.user)
    faults: tuple[Any, ...] = ()
    status = 200
    if request.method == "POST":
        try:
            return _done(request, by=user)
        except Invalid as error:
            faults, status = tuple(error.faults), 422
    found = offered(user)
    context = {
        "own": [view for view in found if view.owner_id == user.pk],
        "shared": [view for view in found if view.owner_id != user.pk],
        "faults": faults,
        "typed": request.POST,
        "may_share": rights.has(user, Right.PLAN),
    }
    return render(request, "availability/saved_views.html", context, status=status)


def _done(request: HttpRequest, *, by: User) -> HttpResponse:
    asked, page = request.POST, reverse("saved-views")
    name, is_shared = asked.get("name", "").replace("\x00", ""), bool(asked.get("shared"))
    if asked.get("do") == "save":
        view = save(name, asked.get("query", "").replace("\x00", ""), by=by, is_shared=is_shared)
        messages.success(request, _("Saved as “%(name)s”.") % {"name": view.name})
        return redirect(f"{reverse('availability')}?{view.query}")
    key = asked.get("view", "")
    found = (
        SavedView.objects.filter(pk=int(key)).first() if key.isascii() and key.isdecimal() and len(key) < 18 else None
    )
    if found is None or not (found.is_shared or found.owner_id == by.pk):
        raise NotFound(_("This saved view is gone."))
    if asked.get("do") == "delete":
        delete(found, by=by)
        messages.success(request, _("Deleted “%(name)s”.") % {"name": found.name})
    else:
        change(found, by=by, name=name, is_shared=is_shared)
        messages.success(request, _("Saved as “%(name)s”.") % {"name": found.name})
    return redirect(page)
