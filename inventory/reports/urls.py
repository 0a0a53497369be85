"""Addresses of the reports and the meeting packs."""

from django.urls import path

from inventory.reports import pages

urlpatterns = [
    path("reports/", pages.index, name="reports"),
    path("reports/<slug:slug>/", pages.page, name="report"),
    path("reports/<slug:slug>.<report_file:kind>", pages.page, name="report-file"),
]
