"""Addresses of files that bring opening balances and lists."""

from django.urls import path

from inventory.openings import columns_page, pages

urlpatterns = [
    path("openings/", pages.index, name="openings"),
    path("openings/template.xlsx", pages.template, name="opening-template-file"),
    path("openings/<uuid:key>/", pages.page, name="opening"),
    path("openings/<uuid:key>/columns/", columns_page.columns, name="opening-columns"),
    path("openings/<uuid:key>/errors.xlsx", pages.errors, name="opening-errors-file"),
]
