"""Items of branches that are not the asker's: a role may be limited to some supply classes."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from inventory.catalogue.models import Item
from logistics.errors import Fault, Forbidden


def outside(allowed: frozenset[str] | None, asked: Iterable[tuple[str, str]]) -> list[Fault]:
    """Return a fault for every (pointer, item code) outside the branches allowed; None allows every branch."""
    asked = list(asked)
    if allowed is None or not asked:
        return []
    foreign = set(
        Item.objects.filter(code__in={code for _pointer, code in asked})
        .exclude(group__supply_class__in=allowed)
        .values_list("code", flat=True)
    )
    words = _("Your role here covers only %(classes)s.") % {"classes": ", ".join(sorted(allowed))}
    return [Fault(pointer, "outside-your-classes", words) for pointer, code in asked if code in foreign]


def refuse(faults: Sequence[Fault]) -> None:
    """Raise Forbidden where there are such faults, with `errors` like those of an input that breaks a rule."""
    if faults:
        raise Forbidden(
            ngettext(
                "%(count)s line names an item of a branch that is not yours.",
                "%(count)s lines name items of a branch that is not yours.",
                len(faults),
            )
            % {"count": len(faults)},
            errors=[fault.document() for fault in faults],
        )
