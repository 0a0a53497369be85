"""Reserve norms: how much of an item a unit, or one depot, has to hold for a purpose, from which day to which."""

from __future__ import annotations

from typing import Final

from django.contrib.postgres.constraints import ExclusionConstraint
from django.contrib.postgres.fields import DateRangeField, RangeOperators
from django.db import models
from django.db.models import F, Func, Q, Value
from django.utils.translation import gettext_lazy as _

from depots.models import Depot, OrganisationUnit
from inventory.catalogue.models import Item, ReservePurpose
from logistics import history


def _days() -> Func:
    """Return the days a norm holds, both ends included; without a last day it holds on."""
    return Func(F("valid_from"), F("valid_to"), Value("[]"), function="daterange", output_field=DateRangeField())


_NO_TWO: Final = _("There is a norm for this place, item and purpose on some of these days already.")


class ReserveNorm(models.Model):
    """What is required (quy định), in the item's base unit, of what a unit's depots hold together, or one depot.

    On any day a place has at most one norm for an item and a purpose: a new one starts the day after the old one ends.
    """

    unit = models.ForeignKey(
        OrganisationUnit,
        models.PROTECT,
        null=True,
        blank=True,
        related_name="+",
        verbose_name=_("unit"),
        help_text=_("What its depots and those of all units below it hold together. Empty: the norm is one depot's."),
    )
    depot = models.ForeignKey(
        Depot,
        models.PROTECT,
        null=True,
        blank=True,
        related_name="+",
        verbose_name=_("depot"),
        help_text=_("Empty: the norm is a unit's."),
    )
    item = models.ForeignKey(Item, models.PROTECT, related_name="+", verbose_name=_("item"))
    purpose = models.ForeignKey(ReservePurpose, models.PROTECT, related_name="+", verbose_name=_("purpose"))
    required = models.DecimalField(
        _("required"), max_digits=18, decimal_places=3, help_text=_("In the item's base unit.")
    )
    basis = models.CharField(
        _("on whose order"), max_length=200, blank=True, help_text=_("Number and day of the decision that sets it.")
    )
    valid_from = models.DateField(_("valid from"))
    valid_to = models.DateField(
        _("valid to"), null=True, blank=True, help_text=_("Its last day. Empty: until further.")
    )

    history = history.tracked()

    class Meta:
        verbose_name = _("reserve norm")
        verbose_name_plural = _("reserve norms")
        ordering = ("unit", "depot", "item", "purpose", "valid_from")
        constraints = [
            models.CheckConstraint(
                condition=Q(unit__isnull=True, depot__isnull=False) | Q(unit__isnull=False, depot__isnull=True),
                name="norm_unit_or_depot",
            ),
            models.CheckConstraint(condition=Q(required__gt=0), name="norm_required_positive"),
            models.CheckConstraint(
                condition=Q(valid_to__isnull=True) | Q(valid_to__gte=F("valid_from")), name="norm_valid_dates_ordered"
            ),
            *(
                ExclusionConstraint(
                    name=f"norm_one_per_{place}_and_day",
                    expressions=[
                        (place, RangeOperators.EQUAL),
                        ("item", RangeOperators.EQUAL),
                        ("purpose", RangeOperators.EQUAL),
                        (_days(), RangeOperators.OVERLAPS),
                    ],
                    condition=Q(**{f"{place}__isnull": False}),
                    violation_error_message=_NO_TWO,
                )
                for place in ("unit", "depot")
            ),
        ]

    def __str__(self) -> str:
        return f"{self.unit or self.depot} · {self.item} · {self.purpose}"
