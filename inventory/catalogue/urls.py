"""Addresses of the pages about the catalogue."""

from django.urls import path

from inventory.catalogue import views

urlpatterns = [
    path("items/<code:code>/history/", views.item_history, name="item-history"),
]
