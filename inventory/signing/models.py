"""Signatures on kept papers, the pictures they show, and scans of what was signed by hand.

Keys and pass phrases are in no table: they come with the request that signs and are gone with it.
"""

from __future__ import annotations

from decimal import Decimal
from typing import Final
from uuid import uuid4

from django.conf import settings
from django.contrib.postgres.constraints import ExclusionConstraint
from django.contrib.postgres.fields import DateRangeField, RangeOperators
from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from depots.models import Depot, OrganisationUnit
from inventory.printing.models import KeptPaper
from logistics import history

MOST_SCAN_BYTES: Final = 10_000_000
LEAST_SEAL_MM, MOST_SEAL_MM = Decimal(20), Decimal(42)


class SignaturePicture(models.Model):
    """How a person's hand signs: a blue PNG on a transparent ground, shown where they sign papers."""

    user = models.OneToOneField(
        settings.AUTH_USER_MODEL, models.PROTECT, related_name="signature_picture", verbose_name=_("user")
    )
    picture = models.BinaryField(_("picture"), max_length=300_000)
    is_active = models.BooleanField(_("is active"), default=True)

    history = history.tracked()

    class Meta:
        verbose_name = _("signature picture")
        verbose_name_plural = _("signature pictures")
        ordering = ("user__login",)

    def __str__(self) -> str:
        return str(self.user)


class Seal(models.Model):
    """A unit's seal: a red PNG on a transparent ground, printed at its real width; at most one on a day."""

    unit = models.ForeignKey(OrganisationUnit, models.PROTECT, related_name="+", verbose_name=_("unit"))
    name = models.CharField(_("name"), max_length=120)
    picture = models.BinaryField(_("picture"), max_length=300_000)
    width_mm = models.DecimalField(
        _("real width, mm"), max_digits=4, decimal_places=1, help_text=_("As measured on the seal: 20 to 42.")
    )
    valid_from = models.DateField(_("valid from"))
    valid_to = models.DateField(_("valid to"), null=True, blank=True)

    history = history.tracked()

    class Meta:
        verbose_name = _("seal")
        verbose_name_plural = _("seals")
        ordering = ("unit", "valid_from")
        constraints = [
            models.CheckConstraint(
                condition=Q(width_mm__gte=LEAST_SEAL_MM, width_mm__lte=MOST_SEAL_MM), name="seal_width_of_a_seal"
            ),
            models.CheckConstraint(
                condition=Q(valid_to=None) | Q(valid_to__gte=F("valid_from")), name="seal_days_ordered"
            ),
            ExclusionConstraint(
                name="seal_one_on_a_day",
                expressions=[
                    ("unit", RangeOperators.EQUAL),
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
        return self.name


class SignedPaper(models.Model):
    """A kept paper with one signature more than before: the bytes before it, and what signing appended; append-only.

    `number` counts the signatures on the paper from 1; `place` is the field that was signed, `turn` when it comes in
    the order of signing, `title` what stands above it, `name` the signer as they were. `certificate` tells whose key
    it was, `fingerprint` its SHA-256. `content` is the whole file, `sha256` its digest.
    """

    paper = models.ForeignKey(KeptPaper, models.PROTECT, related_name="signatures", verbose_name=_("paper"))
    number = models.PositiveSmallIntegerField(_("number"))
    place = models.CharField(_("place to sign"), max_length=40)
    turn = models.PositiveSmallIntegerField(_("turn to sign"))
    title = models.CharField(_("title"), max_length=160)
    name = models.CharField(_("name"), max_length=200)
    user = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, related_name="+", verbose_name=_("user"), db_index=False
    )
    certificate = models.CharField(_("certificate"), max_length=300)
    issuer = models.CharField(_("issuer"), max_length=300)
    serial = models.CharField(_("serial number"), max_length=64)
    fingerprint = models.CharField(_("fingerprint"), max_length=64)
    seal = models.ForeignKey(
        Seal, models.PROTECT, related_name="+", verbose_name=_("seal"), null=True, blank=True, db_index=False
    )
    content = models.BinaryField(_("content"))
    sha256 = models.CharField(_("SHA-256"), max_length=64, db_index=True)
    signed_at = models.DateTimeField(_("signed at"))

    class Meta:
        verbose_name = _("signed paper")
        verbose_name_plural = _("signed papers")
        ordering = ("paper", "number")
        constraints = [
            models.UniqueConstraint(fields=["paper", "number"], name="signed_paper_number_unique"),
            models.UniqueConstraint(fields=["paper", "place"], name="signed_paper_place_unique"),
            models.CheckConstraint(condition=Q(number__gte=1), name="signed_paper_from_1"),
        ]


class Scan(models.Model):
    """A file that belongs to a paper or to what it is about: mostly the scan of a paper signed by hand; append-only.

    `subject` names what it is about as kept papers do, such as "movement:K01:12".
    """

    class Type(models.TextChoices):
        """What is taken, told by the content alone."""

        PDF = "application/pdf", "PDF"
        JPEG = "image/jpeg", "JPEG"
        PNG = "image/png", "PNG"

    id = models.UUIDField(primary_key=True, default=uuid4, editable=False)
    depot = models.ForeignKey(Depot, models.PROTECT, related_name="+", verbose_name=_("depot"), db_index=False)
    subject = models.CharField(_("subject"), max_length=120)
    name = models.CharField(_("file name"), max_length=120)
    type = models.CharField(_("file type"), max_length=20, choices=Type.choices)
    size = models.PositiveIntegerField(_("size, bytes"))
    sha256 = models.CharField(_("SHA-256"), max_length=64)
    content = models.BinaryField(_("content"))
    added_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, related_name="+", verbose_name=_("added by"), db_index=False
    )
    added_at = models.DateTimeField(_("added at"))

    class Meta:
        verbose_name = _("scan")
        verbose_name_plural = _("scans")
        ordering = ("added_at", "id")
        constraints = [
            models.CheckConstraint(condition=Q(size__gte=1, size__lte=MOST_SCAN_BYTES), name="scan_size_bounded")
        ]
        indexes = [models.Index(fields=["depot", "subject"], name="scan_of_subject")]

    def __str__(self) -> str:
        return self.name


class ScanWithdrawal(models.Model):
    """That a scan does not belong where it was added, and why; the scan itself stays; append-only."""

    scan = models.OneToOneField(Scan, models.PROTECT, primary_key=True, related_name="withdrawal")
    reason = models.CharField(_("reason"), max_length=300)
    withdrawn_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, related_name="+", verbose_name=_("withdrawn by"), db_index=False
    )
    withdrawn_at = models.DateTimeField(_("withdrawn at"))

    class Meta:
        verbose_name = _("withdrawal of a scan")
        verbose_name_plural = _("withdrawals of scans")
        constraints = [models.CheckConstraint(condition=~Q(reason=""), name="scan_withdrawal_says_why")]
