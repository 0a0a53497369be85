"""Addresses of the pages of fuel."""

from django.urls import path

from inventory.fuel import pages

urlpatterns = [
    path("fuel/", pages.fuel, name="fuel"),
    path("fuel.<file:kind>", pages.fuel, name="fuel-file"),
    path("fuel/tanks/<str:depot>/<str:code>/", pages.tank, name="tank"),
]
