"""Addresses of the pages about the catalogue."""

from django.urls import path

from inventory.catalogue import views
from logistics import asking  # noqa: F401  # makes the converter `code` known

urlpatterns = [
    path("items/<code:code>/history/", views.item_history, name="item-history"),
]
