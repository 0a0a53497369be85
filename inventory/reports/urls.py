"""Addresses of the reports and the meeting packs."""

from django.urls import path

from inventory.reports import pack_pages, pages

urlpatterns = [
    path("reports/", pages.index, name="reports"),
    path("reports/<slug:slug>/", pages.page, name="report"),
    path("reports/<slug:slug>.<report_file:kind>", pages.page, name="report-file"),
    path("packs/", pack_pages.index, name="packs"),
    path("packs/new/", pack_pages.new, name="pack-new"),
    path("packs/<uuid:key>/", pack_pages.page, name="pack"),
    path("packs/<uuid:key>.pdf", pack_pages.paper, name="pack-file"),
]
