"""Addresses of the pages about the catalogue."""

from django.urls import path

from inventory.catalogue import views
from logistics import asking, lists  # noqa: F401  # make the converters `code` and `file` known

urlpatterns = [
    path("items/<code:code>/history/", views.item_history, name="item-history"),
    path("items/<code:code>/history.<file:kind>", views.item_history, name="item-history-file"),
]
