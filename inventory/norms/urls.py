"""Addresses of the pages of reserve norms."""

from django.urls import path

from inventory.norms import page

urlpatterns = [
    path("norms/", page.norms, name="norms"),
    path("norms.<file:kind>", page.norms, name="norms-file"),
]
