"""English: 1,234,567.89, days written as in Vietnamese."""

from logistics.formats import *  # noqa: F403  # Django looks every name up in this module

DECIMAL_SEPARATOR = "."
THOUSAND_SEPARATOR = ","
