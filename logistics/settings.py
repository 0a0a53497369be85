"""Settings: one file for every place. What differs between places is an environment variable, read here and typed.

Variables not set in the environment are taken from `var/env`, which `scripts/setup` writes.
"""

from __future__ import annotations

import contextlib
import os
import secrets
import shlex
import unicodedata
from pathlib import Path
from typing import Any, Literal

from csp.constants import NONE, SELF
from django.core.exceptions import ImproperlyConfigured
from psycopg.conninfo import conninfo_to_dict

BASE_DIR = Path(__file__).resolve().parent.parent
VAR_DIR = BASE_DIR / "var"


def _file_variables() -> dict[str, str]:
    """Return the assignments of `var/env` (lines `export NAME='value'`)."""
    try:
        text = (VAR_DIR / "env").read_text(encoding="utf-8")
    except OSError:
        return {}
    words = shlex.split(text, comments=True)
    return dict(word.split("=", 1) for word in words if "=" in word)


_FILE = _file_variables()


def _text(name: str, default: str | None = None) -> str:
    value = os.environ.get(name) or _FILE.get(name) or default
    if value is None:
        raise ImproperlyConfigured(f"{name} is not set. Run scripts/setup, or set it in the environment.")
    return value


def _flag(name: str, *, default: bool) -> bool:
    value = _text(name, "1" if default else "0").lower()
    if value not in {"0", "1", "true", "false", "yes", "no"}:
        raise ImproperlyConfigured(f"{name} must be 0 or 1, not {value!r}.")
    return value in {"1", "true", "yes"}


def _number(name: str, default: int) -> int:
    value = _text(name, str(default))
    try:
        return int(value)
    except ValueError as error:
        raise ImproperlyConfigured(f"{name} must be a whole number, not {value!r}.") from error


def _one_of(name: str, default: str, known: tuple[str, ...]) -> str:
    value = unicodedata.normalize("NFC", _text(name, default))
    if value not in known:
        raise ImproperlyConfigured(f"{name} must be one of {', '.join(known)}, not {value!r}.")
    return value


def _secret_key() -> str:
    """Return the site's key: from the environment, else from `var/secret-key`, made once and readable by us alone."""
    if given := os.environ.get("SECRET_KEY") or _FILE.get("SECRET_KEY"):
        return given
    file = VAR_DIR / "secret-key"
    VAR_DIR.mkdir(exist_ok=True)
    with (
        contextlib.suppress(FileExistsError),
        os.fdopen(os.open(file, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o600), "w") as new,
    ):
        new.write(secrets.token_urlsafe(48))
    return file.read_text(encoding="utf-8")


def _database(url: str) -> dict[str, Any]:
    """Return Django's form of a libpq URI; libpq's own parser reads it, so sockets and options work as in psql."""
    parts = {key: str(value) for key, value in conninfo_to_dict(url).items() if value is not None}
    return {
        "ENGINE": "django.contrib.gis.db.backends.postgis",
        "NAME": parts.pop("dbname", ""),
        "USER": parts.pop("user", ""),
        "PASSWORD": parts.pop("password", ""),
        "HOST": parts.pop("host", ""),
        "PORT": parts.pop("port", ""),
        # A thread keeps its connection; one that broke is closed after the request that noticed (answered 503).
        "CONN_MAX_AGE": None,
        "OPTIONS": {"prepare_threshold": 1, **parts},
    }


DEBUG = _flag("DEBUG", default=False)
SECRET_KEY = _secret_key()
ALLOWED_HOSTS = _text("ALLOWED_HOSTS", "127.0.0.1,localhost,[::1]").split(",")
CSRF_TRUSTED_ORIGINS = [origin for origin in _text("CSRF_TRUSTED_ORIGINS", "").split(",") if origin]

DATABASE_URL = _text("DATABASE_URL")
# Set DATABASE_URL alone and that role does everything; the owner's differs where the two are kept apart.
OWNER_DATABASE_URL = os.environ.get("OWNER_DATABASE_URL") or (
    DATABASE_URL if os.environ.get("DATABASE_URL") else _text("OWNER_DATABASE_URL", DATABASE_URL)
)
DATABASES = {"default": _database(DATABASE_URL)}
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"

INSTALLED_APPS = [
    "logistics.accounts",
    "logistics.audit",
    "depots",
    "inventory.printing",
    "inventory.signing",
    "inventory.catalogue",
    "inventory.ledger",
    "inventory.vouchers",
    "inventory.norms",
    "inventory.availability",
    "inventory.requisitions",
    "inventory.sourcing",
    "inventory.foresight",
    "inventory.stocktakes",
    "inventory.reports",
    "inventory.openings",
    "inventory.fuel",
    "logistics.exports",
    "inventory.dashboard",
    "logistics",
    "logistics.upkeep.UpkeepConfig",
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "django.contrib.messages",
    "whitenoise.runserver_nostatic",
    "django.contrib.staticfiles",
    "django.contrib.gis",
    "django.contrib.postgres",
    "ninja",
    "simple_history",
    "axes",
    "csp",
    "django_htmx",
    "procrastinate.contrib.django",
]

MIDDLEWARE = [
    "logistics.http.ProblemMiddleware",
    "django.middleware.security.SecurityMiddleware",
    "logistics.http.ProgramMiddleware",  # what follows is for people's browsers
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "csp.middleware.CSPMiddleware",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "logistics.language.LanguageMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
    "logistics.shell.ShellMiddleware",
    "django_htmx.middleware.HtmxMiddleware",
    "axes.middleware.AxesMiddleware",
    "logistics.http.NotFoundMiddleware",
]

ROOT_URLCONF = "logistics.urls"
WSGI_APPLICATION = "logistics.wsgi.application"
TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "DIRS": [BASE_DIR / "logistics" / "templates"],
        "APP_DIRS": True,
        "OPTIONS": {
            "context_processors": [
                "django.template.context_processors.request",
                "django.contrib.auth.context_processors.auth",
                "django.contrib.messages.context_processors.messages",
                "django.template.context_processors.i18n",
            ],
        },
    },
]

# --- People -----------------------------------------------------------------------------------------------------
AUTH_USER_MODEL = "accounts.User"
AUTHENTICATION_BACKENDS = ["axes.backends.AxesStandaloneBackend", "logistics.accounts.backends.RoleBackend"]
PASSWORD_HASHERS = ["django.contrib.auth.hashers.Argon2PasswordHasher"]
AUTH_PASSWORD_VALIDATORS = [
    {
        "NAME": "django.contrib.auth.password_validation.MinimumLengthValidator",
        "OPTIONS": {"min_length": 15},
    },
    {"NAME": "django.contrib.auth.password_validation.UserAttributeSimilarityValidator"},
    {"NAME": "django.contrib.auth.password_validation.CommonPasswordValidator"},
]
LOGIN_URL = "sign-in"
LOGIN_REDIRECT_URL = "/"
LOGOUT_REDIRECT_URL = "sign-in"
AXES_FAILURE_LIMIT = _number("SIGN_IN_FAILURE_LIMIT", 5)
AXES_COOLOFF_TIME = 0.25  # hours
AXES_LOCKOUT_PARAMETERS = [["username", "ip_address"]]
AXES_USERNAME_FORM_FIELD = "username"
AXES_RESET_ON_SUCCESS = True
AXES_HTTP_RESPONSE_CODE = 429
AXES_LOCKOUT_CALLABLE = "logistics.views.locked_out"
CSRF_FAILURE_VIEW = "logistics.views.form_expired"
AXES_VERBOSE = False
SESSION_COOKIE_AGE = _number("SESSION_MINUTES", 12 * 60) * 60
SESSION_COOKIE_HTTPONLY = True
SESSION_COOKIE_SAMESITE = "Lax"
CSRF_COOKIE_SAMESITE = "Lax"

# --- Transport --------------------------------------------------------------------------------------------------
HTTPS = _flag("HTTPS", default=False)
if HTTPS:
    SECURE_SSL_REDIRECT = True
    SECURE_HSTS_SECONDS = 31_536_000
    SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https")
    SESSION_COOKIE_SECURE = CSRF_COOKIE_SECURE = True
    SESSION_COOKIE_NAME, CSRF_COOKIE_NAME = "__Host-sessionid", "__Host-csrftoken"
SECURE_REFERRER_POLICY = "same-origin"
SECURE_CROSS_ORIGIN_OPENER_POLICY = "same-origin"
X_FRAME_OPTIONS = "DENY"
CONTENT_SECURITY_POLICY = {
    "EXCLUDE_URL_PREFIXES": [],
    "DIRECTIVES": {
        "default-src": [SELF],
        "img-src": [SELF, "data:"],
        "object-src": [NONE],
        "base-uri": [NONE],
        "form-action": [SELF],
        "frame-ancestors": [NONE],
    },
}
DATA_UPLOAD_MAX_MEMORY_SIZE = 10_000_000  # bytes; above it the API answers 413
DATA_UPLOAD_MAX_NUMBER_FIELDS = 5_000  # boxes of a form: a requisition has 500 lines of five, and its head

# --- Language, time, formats --------------------------------------------------------------------------------------
LANGUAGE_CODE = "vi"
LANGUAGES = [("vi", "Tiếng Việt"), ("en", "English")]
LOCALE_PATHS = [BASE_DIR / "locale"]
USE_I18N = True
FORMAT_MODULE_PATH = ["logistics.formats"]
USE_THOUSAND_SEPARATOR = True
TIME_ZONE = "Asia/Ho_Chi_Minh"
USE_TZ = True

# --- Files --------------------------------------------------------------------------------------------------------
STATIC_URL = "/static/"
STATIC_ROOT = VAR_DIR / "static"
ASSETS_DIR = VAR_DIR / "assets"
STATICFILES_DIRS = [BASE_DIR / "logistics" / "static", *([ASSETS_DIR] if ASSETS_DIR.is_dir() else [])]
STORAGES = {
    "default": {"BACKEND": "django.core.files.storage.FileSystemStorage"},
    "staticfiles": {"BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"},
}
WHITENOISE_USE_FINDERS = True
EXPORT_DIR = Path(_text("EXPORT_DIR", str(VAR_DIR / "exports")))
KEY_DIR = Path(_text("KEY_DIR", str(VAR_DIR / "keys")))
# The authorities whose certificates sign papers here, PEM or DER; an empty folder: the site names none.
SIGNING_AUTHORITIES = Path(_text("SIGNING_AUTHORITIES", str(KEY_DIR / "authorities")))
FONT_DIR = Path(_text("FONT_DIR", "/usr/share/fonts/truetype/dejavu"))  # DejaVu, embedded in printed forms

# --- Rules a site may choose ----------------------------------------------------------------------------------------
ORGANISATION_NAME = _text("ORGANISATION_NAME", "Tổng cục Hậu cần")
HIGHEST_CLASSIFICATION = _number("HIGHEST_CLASSIFICATION", 0)  # 0 không mật … 3 TUYỆT MẬT
# What joins a single digit to the hundreds when an amount is written in words: lẻ, or linh as in the north.
ZERO_TENS: Literal["lẻ", "linh"] = "linh" if _one_of("ZERO_TENS", "lẻ", ("lẻ", "linh")) == "linh" else "lẻ"
LATE_ENTRY_REASON_DAYS = _number("LATE_ENTRY_REASON_DAYS", 31)  # an entry later than this must say why
# How precisely the store tells whom where depots stand: ROLE=exact, ROLE=hidden, ROLE=DEGREES to round to; * the rest.
DEPOT_COORDINATES = _text("DEPOT_COORDINATES", "*=exact")
FUEL_DENSITY_APART = _number("FUEL_DENSITY_APART", 3)  # kg/m³ a reading may lie from its tank's mean without a word
ORDER_VALID_DAYS = _number("ORDER_VALID_DAYS", 14)  # past the day it is needed, a promise of stock lapses
REQUISITION_VALID_DAYS = _number("REQUISITION_VALID_DAYS", 60)  # past that day, what nobody promised expires
API_REQUESTS_PER_MINUTE = _number("API_REQUESTS_PER_MINUTE", 120_000)  # per token or session
API_FAILED_SIGN_INS_PER_MINUTE = _number("API_FAILED_SIGN_INS_PER_MINUTE", 120)  # per address

LOGGING: dict[str, Any] = {
    "version": 1,
    "disable_existing_loggers": False,
    "formatters": {"line": {"format": "%(asctime)s %(levelname)s %(name)s %(message)s"}},
    "handlers": {"console": {"class": "logging.StreamHandler", "formatter": "line"}},
    # They say at every start, of every command too, which tasks there are.
    "loggers": {f"procrastinate.{name}": {"level": "WARNING"} for name in ("blueprints", "periodic")},
    "root": {"handlers": ["console"], "level": _text("LOG_LEVEL", "INFO")},
}

# GDAL before 3.9 cannot be told to refuse outside references; we never hand it a user's file or projection.
SILENCED_SYSTEM_CHECKS = ["gis.W001"]
