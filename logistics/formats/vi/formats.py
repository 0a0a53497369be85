"""Vietnamese: 1.234.567,89."""

from logistics.formats import *  # noqa: F403  # Django looks every name up in this module

DECIMAL_SEPARATOR = ","
THOUSAND_SEPARATOR = "."
