"""The upkeep pages: Django's own admin, for the roles that keep reference data and people.

`site.py` is the site; `reasoned.py` says how anything is changed on it; `people.py`, `places.py`,
`goods.py`, `norms.py`, `approval.py`, `requisitions.py`, `printing.py`, `signing.py`, `stocktakes.py` and `fuel.py` say
what.
"""

from __future__ import annotations

from importlib import import_module
from typing import Final

from django.contrib.admin.apps import AdminConfig

PARTS: Final = (
    "people", "places", "goods", "norms", "foresight", "approval", "requisitions", "printing", "signing", "openings",
    "stocktakes", "fuel",
)  # fmt: skip


class UpkeepConfig(AdminConfig):
    """Installs the site above as the default admin."""

    default_site = "logistics.upkeep.site.UpkeepSite"

    def ready(self) -> None:
        """Register what is kept; not before, because the rooms' models must be loaded."""
        super().ready()
        for part in PARTS:
            import_module(f"logistics.upkeep.{part}")
