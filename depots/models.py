"""Organisation units, the depots they keep, and the bins inside them."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.contrib.gis.db.models import GeometryField, PointField
from django.contrib.postgres.constraints import ExclusionConstraint
from django.contrib.postgres.fields import ArrayField, DateRangeField, RangeOperators
from django.db import models
from django.utils.translation import gettext_lazy as _

from depots import access
from logistics import history

if TYPE_CHECKING:
    from datetime import date

    from logistics.accounts.models import User


class Province(models.Model):
    """A province of one era. A GSO code means nothing without its date: seven changed meaning on 2025-07-01."""

    code = models.CharField(_("GSO code"), max_length=2)
    valid_from = models.DateField(_("valid from"))
    valid_to = models.DateField(_("valid to"), null=True, blank=True)
    name = models.CharField(_("name"), max_length=60)
    centre = PointField(_("centre point"), geography=True, srid=4326, null=True, blank=True)

    history = history.tracked()

    class Meta:
        verbose_name = _("province")
        verbose_name_plural = _("provinces")
        ordering = ("code", "valid_from")
        constraints = [models.UniqueConstraint(fields=["code", "valid_from"], name="province_code_era_unique")]

    def __str__(self) -> str:
        return self.name


class Boundary(models.Model):
    """A line of the owner's official map, between two days: the nation's border, a military region's, a province's.

    Nothing is bundled: `import_boundaries` brings them from the owner's file. Of one layer and code at most one is
    valid on a day; a province's code is of the era its first day lies in.
    """

    class Layer(models.TextChoices):
        """What the line goes around; the map draws them in this order."""

        PROVINCE = "province", _("province")
        REGION = "region", _("military region")
        NATION = "nation", _("nation")

    layer = models.CharField(_("layer"), max_length=8, choices=Layer.choices)
    code = models.CharField(_("code"), max_length=20)
    name = models.CharField(_("name"), max_length=120)
    valid_from = models.DateField(_("valid from"))
    valid_to = models.DateField(_("valid to"), null=True, blank=True)
    shape = GeometryField(_("line or area"), srid=4326)
    updated_at = models.DateTimeField(auto_now=True)

    history = history.tracked()

    class Meta:
        verbose_name = _("boundary")
        verbose_name_plural = _("boundaries")
        ordering = ("layer", "code", "valid_from")
        constraints = [
            models.CheckConstraint(
                condition=models.Q(valid_to__isnull=True) | models.Q(valid_to__gte=models.F("valid_from")),
                name="boundary_valid_dates_ordered",
            ),
            ExclusionConstraint(
                name="boundary_one_on_a_day",
                expressions=[
                    ("layer", RangeOperators.EQUAL),
                    ("code", RangeOperators.EQUAL),
                    (
                        models.Func(
                            "valid_from",
                            "valid_to",
                            models.Value("[]"),
                            function="daterange",
                            output_field=DateRangeField(),
                        ),
                        RangeOperators.OVERLAPS,
                    ),
                ],
            ),
        ]

    def __str__(self) -> str:
        return f"{self.name} ({self.get_layer_display()})"


class Level(models.TextChoices):
    """Organisation levels, glossary section 5. Books are kept from regiment (tactical) upward."""

    MINISTRY = "ministry", _("ministry")
    STRATEGIC = "strategic", _("strategic")
    OPERATIONAL = "operational", _("operational")
    TACTICAL = "tactical", _("tactical")
    SUB_UNIT = "sub_unit", _("sub-unit")


class OrganisationUnit(models.Model):
    """A unit of the organisation's tree, with its electronic agency code and the dates it existed."""

    code = models.CharField(_("agency code"), max_length=35, unique=True)
    alias = models.CharField(_("older agency code"), max_length=35, blank=True)
    name = models.CharField(_("name"), max_length=160)
    level = models.CharField(_("level"), max_length=12, choices=Level.choices)
    parent = models.ForeignKey(
        "self", models.PROTECT, null=True, blank=True, related_name="children", verbose_name=_("higher unit")
    )
    valid_from = models.DateField(_("valid from"))
    valid_to = models.DateField(_("valid to"), null=True, blank=True)
    updated_at = models.DateTimeField(auto_now=True)

    history = history.tracked()

    class Meta:
        verbose_name = _("organisation unit")
        verbose_name_plural = _("organisation units")
        ordering = ("code",)
        constraints = [
            models.CheckConstraint(
                condition=models.Q(valid_to__isnull=True) | models.Q(valid_to__gte=models.F("valid_from")),
                name="unit_valid_dates_ordered",
            ),
            models.CheckConstraint(
                condition=models.Q(parent__isnull=True) | ~models.Q(parent=models.F("id")), name="unit_not_own_parent"
            ),
        ]

    def __str__(self) -> str:
        return self.name


class DepotQuerySet(models.QuerySet["Depot"]):
    """Depots in bulk; `visible_to` is the one scope gate for reading anything a depot holds."""

    def visible_to(self, user: User) -> DepotQuerySet:
        """Return the depots whose stock `user` may read, by any of their roles today."""
        return self.filter(id__in=access.depot_ids(user))

    def counted(self) -> DepotQuerySet:
        """Return the depots whose stock counts: all but those that exist for training."""
        return self.filter(is_exercise=False)

    def open_on(self, day: date) -> DepotQuerySet:
        """Return the depots that keep books on `day`."""
        return self.filter(models.Q(closed_date__isnull=True) | models.Q(closed_date__gt=day), opened_date__lte=day)


class Depot(models.Model):
    """A place that holds stock and keeps one logbook. Its code names movements for ever and never changes.

    `is_exercise`: a depot to learn in. Its logbook works like any other, but nothing of it enters an export or any
    total, and no goods pass between it and a real depot.
    """

    code = models.CharField(_("code"), max_length=12, unique=True)
    name = models.CharField(_("name"), max_length=120)
    unit = models.ForeignKey(OrganisationUnit, models.PROTECT, related_name="depots", verbose_name=_("unit"))
    level = models.CharField(_("level"), max_length=12, choices=Level.choices)
    branch = models.ForeignKey(
        "catalogue.SupplyClass",
        models.PROTECT,
        null=True,
        blank=True,
        related_name="+",
        verbose_name=_("branch"),
        help_text=_("Empty: a general depot for every branch."),
    )
    province = models.ForeignKey(Province, models.PROTECT, null=True, blank=True, verbose_name=_("province"))
    coordinates = PointField(_("coordinates"), geography=True, srid=4326)
    address = models.CharField(_("address"), max_length=200, blank=True)
    opened_date = models.DateField(_("opened on"))
    closed_date = models.DateField(_("closed on"), null=True, blank=True)
    is_exercise = models.BooleanField(
        _("is an exercise depot"),
        default=False,
        db_default=False,
        help_text=_("For training: nothing it holds enters an export or a total. Fixed once its logbook is open."),
    )
    updated_at = models.DateTimeField(auto_now=True)

    objects = DepotQuerySet.as_manager()
    history = history.tracked()

    class Meta:
        verbose_name = _("depot")
        verbose_name_plural = _("depots")
        ordering = ("code",)

    def __str__(self) -> str:
        return f"{self.code} {self.name}"


class Bin(models.Model):
    """A place inside a depot where piles lie; each depot has exactly one default bin."""

    class Kind(models.TextChoices):
        """What the place is made for."""

        SHELF = "shelf", _("shelf or floor")
        TANK = "tank", _("tank")

    depot = models.ForeignKey(Depot, models.PROTECT, related_name="bins", verbose_name=_("depot"))
    code = models.CharField(_("code"), max_length=24)
    name = models.CharField(_("name"), max_length=120, blank=True)
    kind = models.CharField(_("kind"), max_length=8, choices=Kind.choices, default=Kind.SHELF)
    is_default = models.BooleanField(_("is the depot's default"), default=False)
    is_active = models.BooleanField(_("is active"), default=True)

    history = history.tracked()

    class Meta:
        verbose_name = _("bin")
        verbose_name_plural = _("bins")
        ordering = ("depot", "code")
        constraints = [
            models.UniqueConstraint(fields=["depot", "code"], name="bin_code_unique"),
            models.UniqueConstraint(
                fields=["depot"], condition=models.Q(is_default=True), name="bin_one_default_per_depot"
            ),
        ]

    def __str__(self) -> str:
        return self.code


class Tank(models.Model):
    """What is known of a bin that is a tank for liquid fuel: how much it takes, and of what."""

    bin = models.OneToOneField(Bin, models.PROTECT, primary_key=True, related_name="tank", verbose_name=_("bin"))
    capacity_litres = models.DecimalField(_("capacity, litres"), max_digits=12, decimal_places=0)
    product = models.ForeignKey(
        "catalogue.Item", models.PROTECT, null=True, blank=True, related_name="+", verbose_name=_("fuel it is for")
    )

    history = history.tracked()

    class Meta:
        verbose_name = _("tank")
        verbose_name_plural = _("tanks")
        constraints = [models.CheckConstraint(condition=models.Q(capacity_litres__gt=0), name="tank_takes_something")]

    def __str__(self) -> str:
        return str(self.bin)


class GaugeTable(models.Model):
    """A tank's gauge table (bảng dung tích) from one calibration: litres for heights of the liquid, in millimetres.

    Heights and litres rise together, which the database checks; between two heights litres are interpolated, beyond
    the last nothing is said. Of a tank at most one table is valid on a day.
    """

    tank = models.ForeignKey(Tank, models.PROTECT, related_name="gauge_tables", verbose_name=_("tank"))
    valid_from = models.DateField(_("valid from"))
    valid_to = models.DateField(_("valid to"), null=True, blank=True)
    basis = models.CharField(_("document it comes from"), max_length=240)
    heights_mm = ArrayField(models.IntegerField(), verbose_name=_("heights, mm"))
    litres = ArrayField(models.DecimalField(max_digits=12, decimal_places=1), verbose_name=_("litres"))

    history = history.tracked()

    class Meta:
        verbose_name = _("gauge table")
        verbose_name_plural = _("gauge tables")
        ordering = ("tank", "valid_from")
        constraints = [
            models.CheckConstraint(
                condition=models.Q(valid_to__isnull=True) | models.Q(valid_to__gte=models.F("valid_from")),
                name="gauge_valid_dates_ordered",
            ),
            ExclusionConstraint(
                name="gauge_one_on_a_day",
                expressions=[
                    ("tank", RangeOperators.EQUAL),
                    (
                        models.Func(
                            "valid_from",
                            "valid_to",
                            models.Value("[]"),
                            function="daterange",
                            output_field=DateRangeField(),
                        ),
                        RangeOperators.OVERLAPS,
                    ),
                ],
            ),
        ]

    def __str__(self) -> str:
        return f"{self.tank} {self.valid_from}"
