"""Printed forms as data: number, legal heading, columns and signatures of each, the days they hold, who uses which.

A regime is a set of forms under one name. A unit prints the forms of the regime chosen for it or for the nearest unit
above it; a circular that changes a form adds a template with a first day, and older papers keep the older form.
A paper that is final is kept as it was first printed.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, Final

from django.conf import settings
from django.core.exceptions import ValidationError
from django.core.validators import RegexValidator
from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from depots.models import Depot, OrganisationUnit
from logistics import history


class Form(models.TextChoices):
    """What can be printed (glossary section 2)."""

    RECEIPT = "receipt_voucher", _("receipt voucher")
    ISSUE = "issue_voucher", _("issue voucher")
    TRANSFER = "transfer_voucher", _("issue and transport voucher")
    INNER = "inner_voucher", _("voucher inside a depot")
    CARD = "stock_card", _("stock card")
    INSPECTION = "inspection_report", _("inspection report")
    STOCKTAKE = "stocktake_report", _("stocktake report")
    HANDOVER = "handover_report", _("handover report")
    REPORT = "report", _("report")


_VOUCHER: Final = ("no", "goods", "code", "unit", "planned", "done", "price", "amount", "lots")
COLUMNS: Final[dict[str, tuple[str, ...]]] = {
    Form.RECEIPT: _VOUCHER,
    Form.ISSUE: _VOUCHER,
    Form.TRANSFER: _VOUCHER,
    Form.INNER: _VOUCHER,
    Form.CARD: ("no", "day", "in_number", "out_number", "told", "moved", "in", "out", "balance", "signed"),
    Form.INSPECTION: ("no", "goods", "code", "unit", "method", "planned", "good", "bad", "note"),
    Form.STOCKTAKE: (
        "no", "goods", "code", "unit", "price", "book", "book_amount", "counted", "counted_amount",
        "surplus", "surplus_amount", "shortage", "shortage_amount", "sound", "poor", "lost",
    ),
    Form.HANDOVER: ("no", "goods", "code", "unit", "done", "grade", "lots", "note"),
    # A report brings its own columns; of its form only the number, the rule and the places to sign are printed.
    Form.REPORT: ("no", "goods", "code", "unit", "note"),
}  # fmt: skip
SIGNERS: Final = ("maker", "approver", "seconder", "chair")  # those whose names a paper may know
MOST_COLUMNS: Final = 24
MOST_SIGNERS: Final = 6


@dataclass(frozen=True, slots=True, kw_only=True)
class Column:
    """One column: what it shows, its heading (under `group` when that is not empty), its letter, its share of width."""

    key: str
    group: str
    name: str
    letter: str
    width: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Signer:
    """One place to sign. `who` is one of SIGNERS where the voucher knows the name, else ""."""

    title: str
    who: str


def _lines(text: str) -> Iterator[tuple[int, list[str]]]:
    for number, line in enumerate(text.splitlines(), start=1):
        if line.strip():
            yield number, [part.strip() for part in line.split("|")]


def columns_of(text: str, form: str) -> list[Column]:
    """Return the columns that a text says, one a line: `heading | what | letter | width`, group before a slash.

    Raises:
        ValidationError: every line that cannot be read, with its number.
    """
    known = COLUMNS.get(form, ())
    found: list[Column] = []
    faults: list[Any] = []
    for number, parts in _lines(text):
        head, key, letter, width = (*parts, "", "", "")[:4] if len(parts) <= 4 else ("", "", "", "")
        group, slash, name = head.partition(" / ")
        if not head or key not in known:
            words = _("Line %(number)s: write heading | what | letter | width; what is one of: %(known)s.")
            faults.append(ValidationError(words, code="column", params={"number": number, "known": ", ".join(known)}))
            continue
        if any(column.key == key for column in found):
            words = _("Line %(number)s: “%(key)s” stands in a column already.")
            faults.append(ValidationError(words, code="repeated", params={"number": number, "key": key}))
            continue
        if not (width.isascii() and width.isdecimal() and 5 <= int(width) <= 150):
            words = _("Line %(number)s: the width is a whole number from 5 to 150, as on a sheet in millimetres.")
            faults.append(ValidationError(words, code="width", params={"number": number}))
            continue
        found.append(
            Column(
                key=key,
                group=group if slash else "",
                name=name if slash else head,
                letter=letter,
                width=float(width),
            )
        )
    if not faults and not 2 <= len(found) <= MOST_COLUMNS:
        faults.append(ValidationError(_("A form has 2 to %(most)s columns."), params={"most": MOST_COLUMNS}))
    if faults:
        raise ValidationError(faults)
    return found


def signers_of(text: str) -> list[Signer]:
    """Return the places to sign that a text says, one a line, left to right: `title | maker`.

    Raises:
        ValidationError: every line that cannot be read, with its number.
    """
    found = []
    faults: list[Any] = []
    for number, parts in _lines(text):
        title, who = (*parts, "")[:2] if len(parts) <= 2 else ("", "")
        if not title or who not in {"", *SIGNERS}:
            words = _(
                "Line %(number)s: write the title, and | with maker, approver, seconder or chair to print their name."
            )
            faults.append(ValidationError(words, code="signer", params={"number": number}))
        else:
            found.append(Signer(title=title, who=who))
    if not faults and not 1 <= len(found) <= MOST_SIGNERS:
        faults.append(ValidationError(_("A form has 1 to %(most)s places to sign."), params={"most": MOST_SIGNERS}))
    if faults:
        raise ValidationError(faults)
    return found


_REGIME: Final = RegexValidator(
    r"^[A-Z0-9][A-Z0-9.-]{0,19}\Z", _("A regime is named by capital letters, digits, points and hyphens: HCSN, DN-99.")
)


class FormTemplate(models.Model):
    """One form of one regime as it stands from its first day to its last; an empty day means ever."""

    regime = models.CharField(_("regime"), max_length=20, validators=[_REGIME])
    form = models.CharField(_("form"), max_length=20, choices=Form.choices)
    number = models.CharField(_("form number"), max_length=30, blank=True, help_text=_("Such as 01-VT; may be empty."))
    legal_heading = models.CharField(
        _("legal heading"), max_length=200, blank=True, help_text=_("The rule that prescribes it; may be empty.")
    )
    title = models.CharField(
        _("title"), max_length=120, blank=True, help_text=_("Empty: the name of the kind of voucher.")
    )
    columns = models.TextField(
        _("columns"),
        help_text=_(
            "One a line: heading | what it shows | letter | width in millimetres. A slash joins headings: "
            "Quantity / Asked for. Price and amount are left out where nothing has a price."
        ),
    )
    signers = models.TextField(
        _("places to sign"),
        help_text=_(
            "One a line, left to right: title, or title | maker, | approver, | seconder, | chair to print their name. "
            "The place of a second approver is printed where there was one."
        ),
    )
    valid_from = models.DateField(_("valid from"), null=True, blank=True)
    valid_to = models.DateField(_("valid to"), null=True, blank=True)

    history = history.tracked()

    class Meta:
        verbose_name = _("printed form")
        verbose_name_plural = _("printed forms")
        ordering = ("regime", "form", "valid_from")
        constraints = [
            models.UniqueConstraint(
                fields=["regime", "form", "valid_from"], name="form_template_unique", nulls_distinct=False
            ),
            models.CheckConstraint(
                condition=Q(valid_to=None) | Q(valid_from=None) | Q(valid_to__gte=F("valid_from")),
                name="form_template_days_ordered",
            ),
        ]

    def __str__(self) -> str:
        return " · ".join(part for part in (self.regime, self.get_form_display(), self.number) if part)

    def clean(self) -> None:
        """Refuse columns and places to sign that cannot be printed, all faults at once."""
        faults: dict[str, Any] = {}
        for name, read in (
            ("columns", lambda: columns_of(self.columns, self.form)),
            ("signers", lambda: signers_of(self.signers)),
        ):
            try:
                read()
            except ValidationError as error:
                faults[name] = error
        if faults:
            raise ValidationError(faults)


class RegimeChoice(models.Model):
    """Which regime's forms a unit and those below it print, from a day on; without a unit: the whole site."""

    unit = models.ForeignKey(
        OrganisationUnit,
        models.PROTECT,
        null=True,
        blank=True,
        related_name="+",
        verbose_name=_("unit"),
        help_text=_("Empty: every unit for which nothing else is chosen."),
    )
    regime = models.CharField(_("regime"), max_length=20, validators=[_REGIME])
    valid_from = models.DateField(_("valid from"), null=True, blank=True, help_text=_("Empty: ever."))

    history = history.tracked()

    class Meta:
        verbose_name = _("choice of forms")
        verbose_name_plural = _("choices of forms")
        ordering = ("unit", "valid_from")
        constraints = [
            models.UniqueConstraint(fields=["unit", "valid_from"], name="regime_choice_unique", nulls_distinct=False)
        ]

    def __str__(self) -> str:
        return f"{self.unit or _('every unit')} · {self.regime}"

    def clean(self) -> None:
        """Refuse a regime that has no forms."""
        if self.regime and not FormTemplate.objects.filter(regime=self.regime).exists():
            known = ", ".join(FormTemplate.objects.order_by("regime").values_list("regime", flat=True).distinct())
            words = _("There are no forms of the regime “%(regime)s”; there are: %(known)s.")
            fault = ValidationError(words, code="no-forms", params={"regime": self.regime, "known": known})
            raise ValidationError({"regime": fault})


class KeptPaper(models.Model):
    """The first rendering of a paper that is final: what was printed then is printed ever after. Append-only.

    `subject` names what it is the paper of: movement:K01:12, stocktake:<uuid>. `depot` is the gate to it, None where
    it tells of several (a pack). `sha256` is the content's, in hexadecimal digits; the database holds it to that.
    """

    subject = models.CharField(_("subject"), max_length=120)
    depot = models.ForeignKey(
        Depot, models.PROTECT, null=True, related_name="+", db_index=False, verbose_name=_("depot")
    )
    form = models.CharField(_("form"), max_length=20, choices=Form.choices)
    language = models.CharField(_("language"), max_length=2)
    title = models.CharField(_("title"), max_length=200)
    content = models.BinaryField()
    sha256 = models.CharField(max_length=64)
    made_at = models.DateTimeField(_("made at"))
    made_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, related_name="+", db_index=False, verbose_name=_("made by")
    )

    class Meta:
        verbose_name = _("kept paper")
        verbose_name_plural = _("kept papers")
        constraints = [models.UniqueConstraint(fields=["subject", "form", "language"], name="kept_paper_unique")]
        indexes = [models.Index(fields=["sha256"], name="kept_paper_sha256")]

    def __str__(self) -> str:
        return self.title


class PrintedCopy(models.Model):
    """One print of the papers of a subject: who, when, the how manieth. Append-only."""

    subject = models.CharField(_("subject"), max_length=120)
    copy = models.IntegerField()
    printed_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+", db_index=False)
    printed_at = models.DateTimeField()

    class Meta:
        verbose_name = _("printed copy")
        verbose_name_plural = _("printed copies")
        constraints = [
            models.UniqueConstraint(fields=["subject", "copy"], name="paper_copy_unique"),
            models.CheckConstraint(condition=models.Q(copy__gte=1), name="paper_copy_from_1"),
        ]

    def __str__(self) -> str:
        return f"{self.subject} · {self.copy}"


class HandedOut(models.Model):
    """A file that was made of a kept paper with something stamped on it, or of several as one: a row for each.

    `sha256` is the file's; `place` the paper's place in it; `copy` which print of it that is; `said` what was stamped
    on it, such as by which voucher it was undone. Append-only.
    """

    sha256 = models.CharField(max_length=64)
    place = models.IntegerField()
    paper = models.ForeignKey(KeptPaper, models.PROTECT, related_name="+", db_index=False)
    copy = models.IntegerField()
    said = models.CharField(max_length=300, blank=True)
    handed_to = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+", db_index=False)
    handed_at = models.DateTimeField()

    class Meta:
        verbose_name = _("print handed out")
        verbose_name_plural = _("prints handed out")
        constraints = [models.UniqueConstraint(fields=["sha256", "place"], name="handed_out_place_unique")]

    def __str__(self) -> str:
        return f"{self.paper_id} · {self.copy}"
