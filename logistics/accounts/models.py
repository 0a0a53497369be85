"""People and programs, what they may do and where, and the tokens programs sign in with."""

from __future__ import annotations

import hashlib
import secrets
from datetime import datetime, timedelta
from typing import Any, ClassVar

from django.contrib.auth.models import AbstractBaseUser, BaseUserManager, PermissionsMixin
from django.db import models
from django.utils.translation import gettext_lazy as _

from logistics import history


class UserManager(BaseUserManager["User"]):
    """Makes users; everyone is found by login."""

    def create_user(self, login: str, password: str | None = None, **fields: Any) -> User:
        """Store and return a user; without a password nobody can sign in as them on a page."""
        user = self.model(login=login, **fields)
        user.set_password(password)
        user.save(using=self._db)
        return user

    def create_superuser(self, login: str, password: str | None = None, **fields: Any) -> User:
        """Store and return a user whom no rule of the admin stops; posting still needs an assignment."""
        with history.changing(by=None, reason="First administrator", source=history.Source.COMMAND):
            return self.create_user(login, password, is_staff=True, is_superuser=True, **fields)

    def for_commands(self) -> User:
        """Return the user that commands act as when nobody is named; made on first use."""
        user = self.filter(login=User.COMMANDS).first()
        if user is None:
            with history.changing(by=None, reason="The system's own account", source=history.Source.COMMAND):
                user = self.create_user(User.COMMANDS, full_name="Hệ thống", is_program=True)
        return user


class User(AbstractBaseUser, PermissionsMixin):
    """A person or a program that may be named in a logbook. Never deleted, only deactivated."""

    COMMANDS: ClassVar[str] = "he-thong"

    login = models.CharField(_("login"), max_length=60, unique=True)
    full_name = models.CharField(_("full name"), max_length=120, blank=True)
    rank = models.CharField(_("rank"), max_length=60, blank=True)
    title = models.CharField(_("title"), max_length=120, blank=True)
    is_active = models.BooleanField(_("is active"), default=True)
    is_staff = models.BooleanField(_("may open the upkeep pages"), default=False)
    is_program = models.BooleanField(_("is a program: API only, no pages"), default=False)
    last_login = None

    # Rights (logistics.accounts.rights.Right values) left by the token this request came with; None: all of them.
    narrowed_to: frozenset[str] | None = None

    objects = UserManager()
    history = history.tracked()

    USERNAME_FIELD = "login"
    REQUIRED_FIELDS: ClassVar[list[str]] = []

    class Meta:
        verbose_name = _("user")
        verbose_name_plural = _("users")
        ordering = ("login",)

    def __str__(self) -> str:
        return self.full_name or self.login

    def get_full_name(self) -> str:
        """Return rank and name as they stand before a signature."""
        return f"{self.rank} {self.full_name}".strip() or self.login

    def get_short_name(self) -> str:
        """Return the login."""
        return self.login


class Role(models.TextChoices):
    """What a person is to the store. Rights of each role: `logistics/accounts/rights.py`."""

    STOREKEEPER = "storekeeper", _("storekeeper")
    APPROVER = "approver", _("depot chief, approver")
    PLANNER = "planner", _("planner")
    AUDITOR = "auditor", _("auditor")
    CATALOGUE_KEEPER = "catalogue_keeper", _("catalogue keeper")
    EXPORT_CLIENT = "export_client", _("export client")
    ADMINISTRATOR = "administrator", _("administrator")


class Assignment(models.Model):
    """One role of one user over a unit's subtree, or one depot, or (neither named) the whole store.

    `supply_classes` empty means every branch.
    """

    user = models.ForeignKey(User, models.PROTECT, related_name="assignments", verbose_name=_("user"))
    role = models.CharField(_("role"), max_length=20, choices=Role.choices)
    unit = models.ForeignKey(
        "depots.OrganisationUnit", models.PROTECT, null=True, blank=True, related_name="+", verbose_name=_("unit")
    )
    depot = models.ForeignKey(
        "depots.Depot", models.PROTECT, null=True, blank=True, related_name="+", verbose_name=_("depot")
    )
    supply_classes = models.ManyToManyField("catalogue.SupplyClass", blank=True, verbose_name=_("supply classes"))
    valid_from = models.DateField(_("valid from"), null=True, blank=True)
    valid_to = models.DateField(_("valid to"), null=True, blank=True)

    history = history.tracked(many=[supply_classes])

    class Meta:
        verbose_name = _("assignment")
        verbose_name_plural = _("assignments")
        constraints = [
            models.CheckConstraint(
                condition=models.Q(unit__isnull=True) | models.Q(depot__isnull=True), name="assignment_unit_or_depot"
            ),
            models.UniqueConstraint(
                fields=["user", "role", "unit", "depot"], name="assignment_unique", nulls_distinct=False
            ),
        ]

    def __str__(self) -> str:
        place = self.depot or self.unit or _("the whole store")
        return f"{self.user} · {self.get_role_display()} · {place}"


class Token(models.Model):
    """What a program shows instead of a password. Only a digest is kept: a lost token is replaced, not found.

    `scopes` narrows the owner's rights (`logistics.accounts.rights.Right` values); empty means all of them.
    """

    PREFIX_LENGTH: ClassVar[int] = 8

    user = models.ForeignKey(User, models.PROTECT, related_name="tokens", verbose_name=_("user"))
    name = models.CharField(_("name"), max_length=120, blank=True)
    prefix = models.CharField(max_length=PREFIX_LENGTH, db_index=True)
    digest = models.CharField(max_length=64, unique=True)
    scopes = models.JSONField(_("scopes"), default=list, blank=True)
    created_at = models.DateTimeField(_("created at"))
    expires_at = models.DateTimeField(_("expires at"))
    last_used_at = models.DateTimeField(_("last used at"), null=True, blank=True)
    revoked_at = models.DateTimeField(_("revoked at"), null=True, blank=True)

    history = history.tracked()

    class Meta:
        verbose_name = _("token")
        verbose_name_plural = _("tokens")

    def __str__(self) -> str:
        return f"{self.prefix}… ({self.user})"

    @staticmethod
    def digest_of(secret: str) -> str:
        """Return the SHA-256 hex digest under which a secret is kept; 256 random bits need no slow hash."""
        return hashlib.sha256(secret.encode()).hexdigest()

    @classmethod
    def issue(cls, *, to: User, at: datetime, days: int, name: str = "", scopes: list[str] | None = None) -> str:
        """Store a token of `to` valid for `days` days from `at` and return its secret, which is shown only now."""
        secret = "kho_" + secrets.token_urlsafe(32)
        cls.objects.create(
            user=to,
            name=name,
            prefix=secret[4 : 4 + cls.PREFIX_LENGTH],
            digest=cls.digest_of(secret),
            scopes=scopes or [],
            created_at=at,
            expires_at=at + timedelta(days=days),
        )
        return secret
