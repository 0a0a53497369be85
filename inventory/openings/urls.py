"""Addresses of files that bring opening balances and lists."""

from django.urls import path

from inventory.openings import bring_page, columns_page, file_page

urlpatterns = [
    path("openings/", bring_page.index, name="openings"),
    path("openings/template.xlsx", bring_page.template, name="opening-template-file"),
    path("openings/<uuid:key>/", file_page.page, name="opening"),
    path("openings/<uuid:key>/columns/", columns_page.columns, name="opening-columns"),
    path("openings/<uuid:key>/errors.xlsx", file_page.errors, name="opening-errors-file"),
]
