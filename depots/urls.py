"""Addresses of the pages about depots as reference data."""

from django.urls import path

from depots import views
from logistics import asking, lists  # noqa: F401  # make the converters `code` and `file` known

urlpatterns = [
    path("depots/<code:code>/history/", views.depot_history, name="depot-history"),
    path("depots/<code:code>/history.<file:kind>", views.depot_history, name="depot-history-file"),
]
