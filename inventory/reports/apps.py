"""The room of reports and meeting packs."""

from django.apps import AppConfig


class ReportsConfig(AppConfig):
    """Reports from one definition each, and packs of them for a meeting."""

    name = "inventory.reports"
    label = "reports"
