"""Addresses of kept papers, their signatures and scans."""

from django.urls import path

from inventory.signing import check_page, paper_pages, scan_pages

urlpatterns = [
    path("papers/check/", check_page.check, name="paper-check"),
    path("depots/<code:code>/papers/<int:key>/", paper_pages.paper, name="paper"),
    path("depots/<code:code>/papers/<int:key>.pdf", paper_pages.paper_file, name="paper-file"),
    path("depots/<code:code>/scans/", scan_pages.add, name="scan-add"),
    path("depots/<code:code>/scans/<uuid:key>", scan_pages.scan_file, name="scan-file"),
    path("depots/<code:code>/scans/<uuid:key>/withdrawal/", scan_pages.withdrawal, name="scan-withdrawal"),
]
