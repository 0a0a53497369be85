"""App registration of the frame: commands, templates, own static files."""

from django.apps import AppConfig


class LogisticsConfig(AppConfig):
    """The frame every room stands in."""

    name = "logistics"
    label = "logistics"
