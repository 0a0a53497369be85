"""What was used, what is expected to be used, and what follows for the stock: tables that pages read and nothing else.

Everything but the three kinds of norms at the foot follows from the logbooks and can be made again from them
(`manage.py forecast --rebuild`).
"""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from typing import TypeVar

from django.core.validators import MaxValueValidator, MinValueValidator
from django.db import models
from django.utils.translation import gettext_lazy as _

from depots.models import Depot, OrganisationUnit
from inventory.catalogue.models import Item, SupplyClass
from inventory.ledger.models import quantity
from logistics import history

Row = TypeVar("Row", bound=models.Model)

# --- What the logbooks say ----------------------------------------------------------------------------------------


class ConsumptionLog(models.Model):
    """How far a depot's logbook is told in `Consumption`: the row that is locked while more of it is."""

    depot = models.OneToOneField(Depot, models.PROTECT, primary_key=True, related_name="+")
    position = models.BigIntegerField(default=0)


class Grain(models.TextChoices):
    """How long a stretch of time one row tells of."""

    MONTH = "month", _("month")
    WEEK = "week", _("week")


class Consumption(models.Model):
    """What a depot gave out of an item for use in one month or week, by when it happened; no row: nothing.

    `used` is issued less what was taken back by reversing issues; `disposed` likewise of disposals. Transfers are no
    use: the goods are still ours. Both may be negative only where a reversal is told and its original is not yet.
    """

    pk = models.CompositePrimaryKey("depot", "item", "grain", "start_date")
    depot = models.ForeignKey(Depot, models.PROTECT, related_name="+", db_index=False)
    item = models.ForeignKey(Item, models.PROTECT, related_name="+", db_index=False)
    grain = models.CharField(max_length=5, choices=Grain.choices)
    start_date = models.DateField()  # the month's first day, the week's Monday
    used = quantity(default=0)
    disposed = quantity(default=0)


class ItemBeginning(models.Model):
    """The local day of the first movement of an item in a depot: from then on a month without issue counts as zero."""

    pk = models.CompositePrimaryKey("depot", "item")
    depot = models.ForeignKey(Depot, models.PROTECT, related_name="+", db_index=False)
    item = models.ForeignKey(Item, models.PROTECT, related_name="+", db_index=False)
    first_date = models.DateField()


class MeasuredLead(models.Model):
    """How long consignments from one depot took to another, in days, from leaving to first receipt."""

    pk = models.CompositePrimaryKey("to_depot", "from_depot")
    to_depot = models.ForeignKey(Depot, models.PROTECT, related_name="+", db_index=False)
    from_depot = models.ForeignKey(Depot, models.PROTECT, related_name="+", db_index=False)
    consignments = models.IntegerField()
    mean_days = models.DecimalField(max_digits=8, decimal_places=1)
    most_days = models.DecimalField(max_digits=8, decimal_places=1)


# --- What is expected ---------------------------------------------------------------------------------------------


class DemandClass(models.TextChoices):
    """How an item is asked for: Syntetos, Boylan and Croston, JORS 56 (2005): ADI 1.32, CV² 0.49."""

    SMOOTH = "smooth", _("smooth")
    ERRATIC = "erratic", _("erratic")
    INTERMITTENT = "intermittent", _("intermittent")
    LUMPY = "lumpy", _("lumpy")
    NONE = "none", _("no use")
    SHORT = "short", _("too short a history")


class Forecast(models.Model):
    """What a depot is expected to use of an item per month, by which model, and how far off that model was.

    Quantities are in the item's base unit. `digest` is of the months it was made from: while they stay, so does it.
    `ahead` holds {"month", "quantity", "low", "high"} for each month to come, `back_tests` {"model", "mae", "rmse",
    "mase", "points"} for each model tried; quantities in both are decimal strings, null where there is none.
    """

    depot = models.ForeignKey(Depot, models.PROTECT, related_name="+", db_index=False)
    item = models.ForeignKey(Item, models.PROTECT, related_name="+")
    digest = models.CharField(max_length=64)
    made_at = models.DateTimeField()
    position = models.BigIntegerField()  # the depot's log up to here was seen when it was made
    first_month_date = models.DateField()
    months = models.IntegerField()
    demand = models.CharField(max_length=12, choices=DemandClass.choices)
    model = models.CharField(max_length=20)
    per_month = quantity()
    per_day = models.DecimalField(max_digits=21, decimal_places=6)
    mae = quantity(null=True)
    rmse = quantity(null=True)
    spread = quantity(null=True)  # of one month about its forecast; RMSE, or of the mean where nothing was tried
    mase = models.DecimalField(max_digits=9, decimal_places=3, null=True)
    test_points = models.IntegerField()
    ahead = models.JSONField(default=list)
    back_tests = models.JSONField(default=list)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["depot", "item"], name="forecast_unique")]


class Risk(models.TextChoices):
    """How likely stock runs out before new stock can come."""

    OUT = "out", _("out of stock")
    HIGH = "high", _("high risk")
    MEDIUM = "medium", _("medium risk")
    LOW = "low", _("low risk")
    NONE = "none", _("no use")
    UNKNOWN = "unknown", _("not known yet")


class LeadBasis(models.TextChoices):
    """Where a lead time comes from."""

    MEASURED = "measured", _("measured from consignments")
    TERMS = "terms", _("set by the planners")
    ASSUMED = "assumed", _("assumed")


class Outlook(models.Model):
    """How long a depot's stock of an item lasts by its forecast, as counted in the night; what to order.

    `margin_days` is what it lasts, the road included, less lead time and review period: the least is the most urgent.
    """

    forecast = models.OneToOneField(Forecast, models.CASCADE, primary_key=True, related_name="outlook")
    depot = models.ForeignKey(Depot, models.PROTECT, related_name="+", db_index=False)
    item = models.ForeignKey(Item, models.PROTECT, related_name="+")
    counted_at = models.DateTimeField()
    position = models.BigIntegerField()
    available = quantity()
    on_the_road = quantity()
    ordered = quantity()
    days_left = models.DecimalField(max_digits=12, decimal_places=1, null=True)
    norm_days = models.DecimalField(max_digits=12, decimal_places=1, null=True)
    lead_days = models.DecimalField(max_digits=8, decimal_places=1)
    review_days = models.IntegerField()
    lead_basis = models.CharField(max_length=8, choices=LeadBasis.choices)
    chance = models.DecimalField(max_digits=4, decimal_places=3, null=True)
    risk = models.CharField(max_length=8, choices=Risk.choices)
    margin_days = models.DecimalField(max_digits=13, decimal_places=1, null=True)
    reorder_point = quantity(null=True)
    suggested = quantity(default=0)
    will_expire = quantity(default=0)
    first_expiry_date = models.DateField(null=True)

    class Meta:
        indexes = [models.Index(fields=["depot", "margin_days"], name="outlook_urgent")]


# --- Norms: kept on the upkeep pages --------------------------------------------------------------------------------


def _dated(name: str) -> list[models.BaseConstraint]:
    """Return the constraint that a row does not end before it begins."""
    open_or_ordered = models.Q(valid_to__isnull=True) | models.Q(valid_to__gte=models.F("valid_from"))
    return [models.CheckConstraint(condition=open_or_ordered, name=f"{name}_dates_ordered")]


def valid_on(rows: models.QuerySet[Row], day: date) -> models.QuerySet[Row]:
    """Return the rows of a dated table that hold on a day, the ones that began last first."""
    open_then = models.Q(valid_to__isnull=True) | models.Q(valid_to__gte=day)
    return rows.filter(open_then, valid_from__lte=day).order_by("-valid_from", "-pk")


class UnitStrength(models.Model):
    """Quân số: how many people a unit, with every unit below it, feeds and equips between two days."""

    unit = models.ForeignKey(OrganisationUnit, models.PROTECT, related_name="+", verbose_name=_("unit"))
    strength = models.PositiveIntegerField(_("strength, people"))
    valid_from = models.DateField(_("valid from"))
    valid_to = models.DateField(_("valid to"), null=True, blank=True)

    history = history.tracked()

    class Meta:
        verbose_name = _("unit strength")
        verbose_name_plural = _("unit strengths")
        ordering = ("unit__code", "-valid_from")
        constraints = [
            models.UniqueConstraint(fields=["unit", "valid_from"], name="strength_unique"),
            models.CheckConstraint(condition=models.Q(strength__gt=0), name="strength_positive"),
            *_dated("strength"),
        ]

    def __str__(self) -> str:
        return f"{self.unit} {self.strength}"


class ConsumptionNorm(models.Model):
    """Định mức: what one person uses of an item per day (ngày ăn), in its base unit, between two days."""

    item = models.ForeignKey(Item, models.PROTECT, related_name="+", verbose_name=_("item"))
    per_person_day = models.DecimalField(_("per person and day, base units"), max_digits=18, decimal_places=6)
    basis = models.CharField(_("by which decision"), max_length=200, blank=True)
    valid_from = models.DateField(_("valid from"))
    valid_to = models.DateField(_("valid to"), null=True, blank=True)

    history = history.tracked()

    class Meta:
        verbose_name = _("consumption norm")
        verbose_name_plural = _("consumption norms")
        ordering = ("item__code", "-valid_from")
        constraints = [
            models.UniqueConstraint(fields=["item", "valid_from"], name="consumption_norm_unique"),
            models.CheckConstraint(condition=models.Q(per_person_day__gt=0), name="consumption_norm_positive"),
            *_dated("consumption_norm"),
        ]

    def __str__(self) -> str:
        return f"{self.item.code} {self.per_person_day.normalize():f}"


class SupplyTerms(models.Model):
    """What to reckon with when a depot is resupplied: the wait where none was measured, the rhythm, the certainty.

    The narrowest row counts: depot and branch, then depot, then branch, then the one of neither.
    """

    depot = models.ForeignKey(Depot, models.PROTECT, null=True, blank=True, related_name="+", verbose_name=_("depot"))
    supply_class = models.ForeignKey(
        SupplyClass, models.PROTECT, null=True, blank=True, related_name="+", verbose_name=_("supply class")
    )
    lead_days = models.PositiveSmallIntegerField(
        _("lead time where none is measured, days"), validators=[MinValueValidator(0), MaxValueValidator(1000)]
    )
    review_days = models.PositiveSmallIntegerField(
        _("days from one order to the next"), validators=[MinValueValidator(1), MaxValueValidator(1000)]
    )
    service_percent = models.DecimalField(
        _("certainty wanted that stock lasts, %"), max_digits=4, decimal_places=1,
        validators=[MinValueValidator(Decimal(50)), MaxValueValidator(Decimal("99.9"))],
    )  # fmt: skip
    valid_from = models.DateField(_("valid from"))
    valid_to = models.DateField(_("valid to"), null=True, blank=True)

    history = history.tracked()

    class Meta:
        verbose_name = _("terms of supply")
        verbose_name_plural = _("terms of supply")
        ordering = ("depot__code", "supply_class", "-valid_from")
        constraints = [
            models.UniqueConstraint(
                fields=["depot", "supply_class", "valid_from"], name="supply_terms_unique", nulls_distinct=False
            ),
            models.CheckConstraint(
                condition=models.Q(service_percent__gte=50, service_percent__lt=100, review_days__gte=1),
                name="supply_terms_in_range",
            ),
            *_dated("supply_terms"),
        ]

    def __str__(self) -> str:
        return " ".join(str(one) for one in (self.depot, self.supply_class) if one) or str(_("every depot"))
