"""Addresses of the pages that look ahead."""

from django.urls import path

from inventory.foresight import item_page, page, strength_page

urlpatterns = [
    path("foresight/", page.outlooks, name="foresight"),
    path("foresight.<file:kind>", page.outlooks, name="foresight-file"),
    path("foresight/strengths/", strength_page.strengths, name="strengths"),
    path("foresight/<code:code>/", item_page.item, name="foresight-item"),
]
