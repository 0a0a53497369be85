"""Addresses of the pages about depots as reference data."""

from django.urls import path

from depots import views
from logistics import asking  # noqa: F401  # makes the converter `code` known

urlpatterns = [
    path("depots/<code:code>/history/", views.depot_history, name="depot-history"),
]
