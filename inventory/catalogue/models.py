"""What may be stocked: branches and groups, items with their codes, units and packagings, lots."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.conf import settings
from django.contrib.postgres.constraints import ExclusionConstraint
from django.contrib.postgres.fields import ArrayField, DateRangeField, RangeOperators
from django.core.exceptions import ValidationError
from django.db import models
from django.utils.translation import gettext_lazy as _

from inventory.catalogue import codes, volume_correction
from logistics import history

if TYPE_CHECKING:
    from collections.abc import Callable


def _rule(check: Callable[[str], object], value: str) -> None:
    try:
        check(value)
    except codes.CodeError as error:
        raise ValidationError(_(error.message), code=error.code, params=error.params) from error


def valid_item_code(value: str) -> None:
    """Refuse a malformed item code (glossary section 8)."""
    _rule(codes.check_item_code, value)


def valid_gtin(value: str) -> None:
    """Refuse a GTIN whose check digit is wrong (GS1 General Specifications)."""
    _rule(codes.check_gtin, value)


def valid_nsn(value: str) -> None:
    """Refuse what is not in the form of a NATO stock number."""
    _rule(codes.check_nsn, value)


class SupplyClass(models.Model):
    """A branch of logistics (ngành); glossary section 4."""

    code = models.CharField(_("code"), max_length=4, primary_key=True)
    name = models.CharField(_("name"), max_length=80)
    name_en = models.CharField(_("English name"), max_length=80)
    updated_at = models.DateTimeField(auto_now=True)

    history = history.tracked()

    class Meta:
        verbose_name = _("supply class")
        verbose_name_plural = _("supply classes")
        ordering = ("code",)

    def __str__(self) -> str:
        return self.name


class ItemGroup(models.Model):
    """A group of items within a branch; its two digits stand in every item code of the group."""

    supply_class = models.ForeignKey(SupplyClass, models.PROTECT, related_name="groups", verbose_name=_("supply class"))
    number = models.CharField(_("number"), max_length=2)
    name = models.CharField(_("name"), max_length=120)
    name_en = models.CharField(_("English name"), max_length=120, blank=True)

    history = history.tracked()

    class Meta:
        verbose_name = _("item group")
        verbose_name_plural = _("item groups")
        ordering = ("supply_class", "number")
        constraints = [
            models.UniqueConstraint(fields=["supply_class", "number"], name="group_number_unique"),
            models.CheckConstraint(condition=models.Q(number__regex=r"^[0-9]{2}$"), name="group_number_two_digits"),
        ]

    def __str__(self) -> str:
        return f"{self.supply_class_id}-{self.number} {self.name}"


class Unit(models.Model):
    """A unit of measure (UN/CEFACT Rec 20) or a package (Rec 21). `scale` is how many decimals it allows."""

    class Kind(models.TextChoices):
        """Which list the code comes from."""

        MEASURE = "measure", _("measure")
        PACKAGE = "package", _("package")

    code = models.CharField(_("code"), max_length=3, primary_key=True)
    name = models.CharField(_("name"), max_length=40)
    name_en = models.CharField(_("English name"), max_length=40)
    kind = models.CharField(_("kind"), max_length=8, choices=Kind.choices)
    scale = models.PositiveSmallIntegerField(_("decimals"))
    updated_at = models.DateTimeField(auto_now=True)

    history = history.tracked()

    class Meta:
        verbose_name = _("unit")
        verbose_name_plural = _("units")
        ordering = ("code",)
        constraints = [models.CheckConstraint(condition=models.Q(scale__lte=3), name="unit_scale_at_most_3")]

    def __str__(self) -> str:
        return self.name


class DangerousGood(models.Model):
    """A UN number of the transport of dangerous goods, with the name and class the placard shows."""

    number = models.CharField(_("UN number"), max_length=4, primary_key=True)
    name = models.CharField(_("name"), max_length=200)
    name_en = models.CharField(_("proper shipping name"), max_length=400)
    hazard_class = models.CharField(_("hazard class"), max_length=12)

    history = history.tracked()

    class Meta:
        verbose_name = _("dangerous good")
        verbose_name_plural = _("dangerous goods")
        ordering = ("number",)

    def __str__(self) -> str:
        return f"UN {self.number} {self.name}"


class QualityGrade(models.Model):
    """One of the five grades of quality (phân cấp chất lượng); the meaning is data, set by each branch."""

    grade = models.PositiveSmallIntegerField(_("grade"), primary_key=True)
    name = models.CharField(_("meaning"), max_length=80)
    name_en = models.CharField(_("English meaning"), max_length=80)
    awaits_disposal = models.BooleanField(_("awaits disposal"), default=False)

    history = history.tracked()

    class Meta:
        verbose_name = _("quality grade")
        verbose_name_plural = _("quality grades")
        ordering = ("grade",)
        constraints = [models.CheckConstraint(condition=models.Q(grade__range=(1, 5)), name="grade_1_to_5")]

    def __str__(self) -> str:
        return f"{self.grade} {self.name}"


class ReservePurpose(models.Model):
    """What a pile is kept for (mục đích dự trữ). Ring-fenced purposes are never counted as available."""

    code = models.CharField(_("code"), max_length=24, primary_key=True)
    name = models.CharField(_("name"), max_length=80)
    name_en = models.CharField(_("English name"), max_length=80)
    is_ring_fenced = models.BooleanField(_("is ring-fenced"), default=False)

    history = history.tracked()

    class Meta:
        verbose_name = _("reserve purpose")
        verbose_name_plural = _("reserve purposes")
        ordering = ("code",)

    def __str__(self) -> str:
        return self.name


class Classification(models.IntegerChoices):
    """Secrecy labels (độ mật), law of 2018; the store refuses what lies above its site's accreditation."""

    NONE = 0, _("unclassified")
    SECRET = 1, "MẬT"
    TOP_SECRET = 2, "TỐI MẬT"
    UTMOST_SECRET = 3, "TUYỆT MẬT"


class FuelGroup(models.TextChoices):
    """Groups of liquid fuel, by which of the tables of API MPMS 11.1 their volume is corrected."""

    CRUDE = volume_correction.CRUDE, _("crude oil")
    REFINED = volume_correction.REFINED, _("petrol, jet fuel, diesel or fuel oil")
    LUBRICANT = volume_correction.LUBRICANT, _("lubricating oil")


class Item(models.Model):
    """One line of the catalogue: a kind of goods. Its code is never reused and never changes."""

    class Tracking(models.TextChoices):
        """How finely the piles of an item are told apart."""

        NONE = "none", _("none")
        LOT = "lot", _("by lot")
        SERIAL = "serial", _("by serial number")

    code = models.CharField(_("item code"), max_length=16, unique=True, validators=[valid_item_code])
    name = models.CharField(_("name"), max_length=240)
    name_en = models.CharField(_("English name"), max_length=240, blank=True)
    specification = models.CharField(_("specification"), max_length=240, blank=True)
    old_names = models.TextField(_("older names"), blank=True)
    external_code = models.CharField(_("code in the branch's program"), max_length=240, blank=True, db_index=True)
    group = models.ForeignKey(ItemGroup, models.PROTECT, related_name="items", verbose_name=_("item group"))
    base_unit = models.ForeignKey(Unit, models.PROTECT, related_name="+", verbose_name=_("base unit"))
    tracking = models.CharField(_("tracking"), max_length=6, choices=Tracking.choices, default=Tracking.NONE)
    shelf_life_days = models.PositiveIntegerField(_("shelf life, days"), null=True, blank=True)
    gross_weight_kg = models.DecimalField(
        _("gross weight of one base unit, kg"),
        max_digits=12,
        decimal_places=6,
        null=True,
        blank=True,
        help_text=_(
            "With its packing, for reckoning transport. Empty: not known; what is counted by weight weighs itself."
        ),
    )
    gtin = models.CharField("GTIN", max_length=14, blank=True, validators=[valid_gtin])
    nsn = models.CharField("NSN", max_length=13, blank=True, validators=[valid_nsn])
    dangerous_good = models.ForeignKey(
        DangerousGood, models.PROTECT, null=True, blank=True, related_name="+", verbose_name=_("UN number")
    )
    classification = models.PositiveSmallIntegerField(
        _("classification"), choices=Classification.choices, default=Classification.NONE
    )
    fuel_group = models.CharField(
        _("liquid fuel"),
        max_length=1,
        choices=FuelGroup.choices,
        blank=True,
        default="",
        db_default="",
        help_text=_("Its stock is kept in litres at 15 °C and in kg; every line tells temperature and density."),
    )
    is_active = models.BooleanField(_("is active"), default=True)
    updated_at = models.DateTimeField(auto_now=True)

    history = history.tracked()

    class Meta:
        verbose_name = _("item")
        verbose_name_plural = _("items")
        ordering = ("code",)
        constraints = [
            models.UniqueConstraint(fields=["gtin"], condition=~models.Q(gtin=""), name="item_gtin_unique"),
            models.UniqueConstraint(fields=["nsn"], condition=~models.Q(nsn=""), name="item_nsn_unique"),
            models.CheckConstraint(
                condition=models.Q(code__regex=r"^[A-Z]{2,4}-[0-9]{2}-[0-9]{7}$"), name="item_code_form"
            ),
            models.CheckConstraint(
                condition=models.Q(gross_weight_kg__isnull=True) | models.Q(gross_weight_kg__gt=0),
                name="item_gross_weight_positive",
            ),
            models.CheckConstraint(
                condition=models.Q(fuel_group="") | models.Q(base_unit="LTR"), name="item_fuel_is_kept_in_litres"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.code} {self.name}"

    def clean(self) -> None:
        """Refuse an item whose code disagrees with its group, or whose label the site may not hold."""
        if self.classification > settings.HIGHEST_CLASSIFICATION:
            raise ValidationError(
                {
                    "classification": _("This site may not hold anything labelled above %(level)s. Do not enter it.")
                    % {"level": Classification(settings.HIGHEST_CLASSIFICATION).label}
                }
            )
        if self.group_id and self.code:
            stem = f"{self.group.supply_class_id}-{self.group.number}-"
            if not self.code.startswith(stem):
                raise ValidationError({"code": _("Codes of this group start with %(stem)s.") % {"stem": stem}})


KILOGRAMS_OF_FUEL = _("A liquid fuel has no fixed litres a kilogram: vouchers in kg are reckoned by the density read.")


class Packaging(models.Model):
    """How many base units one package of an item holds, between two dates."""

    item = models.ForeignKey(Item, models.PROTECT, related_name="packagings", verbose_name=_("item"))
    unit = models.ForeignKey(Unit, models.PROTECT, related_name="+", verbose_name=_("unit"))
    factor = models.DecimalField(_("base units in one"), max_digits=18, decimal_places=6)
    gtin = models.CharField("GTIN", max_length=14, blank=True, validators=[valid_gtin])
    valid_from = models.DateField(_("valid from"), null=True, blank=True)
    valid_to = models.DateField(_("valid to"), null=True, blank=True)

    history = history.tracked()

    class Meta:
        verbose_name = _("packaging")
        verbose_name_plural = _("packagings")
        ordering = ("item", "unit", "valid_from")
        constraints = [
            models.UniqueConstraint(
                fields=["item", "unit", "valid_from"], name="packaging_unique", nulls_distinct=False
            ),
            models.CheckConstraint(condition=models.Q(factor__gt=0), name="packaging_factor_positive"),
        ]

    def __str__(self) -> str:
        return f"{self.unit} = {self.factor.normalize():f} × {self.item.base_unit}"

    def clean(self) -> None:
        """Refuse kilograms of a liquid fuel: they are weighed by the density of the day, not by a number kept here."""
        if self.unit_id == codes.KILOGRAM and self.item_id and self.item.fuel_group:
            raise ValidationError({"unit": KILOGRAMS_OF_FUEL})


class Lot(models.Model):
    """Goods made or received together; expiry lives here. An untracked item has one lot with a blank code.

    `hold_reason` not blank: the lot may not be issued (tạm giữ) until it is cleared. `is_exercise`: the lot is made
    up in an exercise depot; a real lot, or piece, of the same name is another one.
    """

    item = models.ForeignKey(Item, models.PROTECT, related_name="lots", verbose_name=_("item"))
    code = models.CharField(_("lot or serial number"), max_length=40, blank=True)
    expires_date = models.DateField(_("last day of use"), null=True, blank=True)
    made_date = models.DateField(_("made on"), null=True, blank=True)
    hold_reason = models.CharField(_("held because"), max_length=200, blank=True)
    is_exercise = models.BooleanField(_("is made up for training"), default=False, db_default=False, editable=False)
    updated_at = models.DateTimeField(auto_now=True)

    history = history.tracked()

    class Meta:
        verbose_name = _("lot")
        verbose_name_plural = _("lots")
        ordering = ("item", "code")
        constraints = [models.UniqueConstraint(fields=["item", "code", "is_exercise"], name="lot_code_unique")]

    def __str__(self) -> str:
        return self.code or "—"


def _never_two_on_a_day(name: str, *, by: list[str], where: models.Q | None = None) -> ExclusionConstraint:
    """Return the constraint that of like rows at most one is valid on a day."""
    days = models.Func(
        "valid_from", "valid_to", models.Value("[]"), function="daterange", output_field=DateRangeField()
    )
    like = [(column, RangeOperators.EQUAL) for column in by]
    return ExclusionConstraint(name=name, expressions=[*like, (days, RangeOperators.OVERLAPS)], condition=where)


class Conversion(models.Model):
    """How the readings of one liquid fuel, or of a group of items, are brought to 15 °C between two days.

    Either the site's registered table, or, where it chooses so, the published formula (`volume_correction`). A table
    is a grid: every density of `densities` with every temperature of `temperatures`, the temperatures of the lowest
    density first, gives one element each of `densities_15` and `factors`. Of an item, and of a group, at most one is
    valid on a day; an item's own goes before its group's.
    """

    class Method(models.TextChoices):
        """Where the figures come from."""

        TABLE = "table", _("registered table")
        HYDROMETER = "hydrometer", _("formula API MPMS 11.1 (1980), density by glass hydrometer")
        METER = "meter", _("formula API MPMS 11.1 (1980), density by density meter")

    code = models.CharField(_("code"), max_length=24, unique=True)
    name = models.CharField(_("name"), max_length=160)
    method = models.CharField(_("method"), max_length=10, choices=Method.choices)
    item = models.ForeignKey(
        Item, models.PROTECT, null=True, blank=True, related_name="conversions", verbose_name=_("item")
    )
    group = models.ForeignKey(
        ItemGroup, models.PROTECT, null=True, blank=True, related_name="conversions", verbose_name=_("item group")
    )
    valid_from = models.DateField(_("valid from"))
    valid_to = models.DateField(_("valid to"), null=True, blank=True)
    basis = models.CharField(_("document it comes from"), max_length=240)
    densities = ArrayField(
        models.DecimalField(max_digits=6, decimal_places=1), default=list, blank=True, verbose_name=_("densities")
    )
    temperatures = ArrayField(
        models.DecimalField(max_digits=5, decimal_places=2), default=list, blank=True, verbose_name=_("temperatures")
    )
    densities_15 = ArrayField(
        models.DecimalField(max_digits=6, decimal_places=1), default=list, blank=True, verbose_name=_("at 15 °C")
    )
    factors = ArrayField(
        models.DecimalField(max_digits=8, decimal_places=5), default=list, blank=True, verbose_name=_("factors")
    )

    history = history.tracked()

    class Meta:
        verbose_name = _("fuel conversion")
        verbose_name_plural = _("fuel conversions")
        ordering = ("code",)
        constraints = [
            models.CheckConstraint(condition=models.Q(code__regex=r"^[A-Z0-9.-]{1,24}$"), name="conversion_code_form"),
            models.CheckConstraint(
                condition=models.Q(item__isnull=True) ^ models.Q(group__isnull=True), name="conversion_of_one"
            ),
            models.CheckConstraint(
                condition=models.Q(valid_to__isnull=True) | models.Q(valid_to__gte=models.F("valid_from")),
                name="conversion_valid_dates_ordered",
            ),
            _never_two_on_a_day("conversion_one_of_item", by=["item"], where=models.Q(item__isnull=False)),
            _never_two_on_a_day("conversion_one_of_group", by=["group"], where=models.Q(group__isnull=False)),
        ]

    def __str__(self) -> str:
        return f"{self.code} {self.name}"


class LossRate(models.Model):
    """The loss of a group of liquid fuels that one kind of work is allowed (hao hụt trong định mức), between two days.

    `percent` is of the litres at 15 °C that came in, that went out, or that were stored for thirty days.
    """

    class Work(models.TextChoices):
        """What the fuel is lost by."""

        RECEIVING = "receiving", _("receiving")
        ISSUING = "issuing", _("issuing")
        STORING = "storing", _("storing for 30 days")

    group = models.ForeignKey(ItemGroup, models.PROTECT, related_name="loss_rates", verbose_name=_("item group"))
    work = models.CharField(_("work"), max_length=10, choices=Work.choices)
    percent = models.DecimalField(_("percent"), max_digits=7, decimal_places=4)
    valid_from = models.DateField(_("valid from"))
    valid_to = models.DateField(_("valid to"), null=True, blank=True)
    basis = models.CharField(_("document it comes from"), max_length=240)

    history = history.tracked()

    class Meta:
        verbose_name = _("normal-loss rate")
        verbose_name_plural = _("normal-loss rates")
        ordering = ("group", "work", "valid_from")
        constraints = [
            models.CheckConstraint(condition=models.Q(percent__range=(0, 100)), name="loss_rate_is_a_percentage"),
            models.CheckConstraint(
                condition=models.Q(valid_to__isnull=True) | models.Q(valid_to__gte=models.F("valid_from")),
                name="loss_rate_valid_dates_ordered",
            ),
            _never_two_on_a_day("loss_rate_one_on_a_day", by=["group", "work"]),
        ]

    def __str__(self) -> str:
        return f"{self.group} · {self.get_work_display()}: {self.percent.normalize():f} %"
