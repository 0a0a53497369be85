"""App registration."""

from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class VouchersConfig(AppConfig):
    """Movements as documents."""

    name = "inventory.vouchers"
    verbose_name = _("Vouchers")

    def ready(self) -> None:
        """Tell what became of movements and inspections to who asks about their papers."""
        from inventory.printing import standing  # noqa: PLC0415  # needs the models
        from inventory.vouchers.inspection_paper import inspection_stands  # noqa: PLC0415
        from inventory.vouchers.paper import movement_stands  # noqa: PLC0415

        standing.teach("movement", movement_stands)
        standing.teach("inspection", inspection_stands)
