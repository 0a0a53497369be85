"""Addresses of stocktakes."""

from django.urls import path

from inventory.stocktakes import accuracy_page, count_page, entry_page, lists, paper_page, plan_page, stocktake_page

urlpatterns = [
    path("stocktakes/", lists.stocktakes, name="stocktakes"),
    path("stocktakes.<file:kind>", lists.stocktakes, name="stocktakes-file"),
    path("stocktakes/new/", plan_page.new, name="stocktake-new"),
    path("stocktakes/accuracy/", accuracy_page.accuracy, name="stocktake-accuracy"),
    path("stocktakes/accuracy.<file:kind>", accuracy_page.accuracy, name="stocktake-accuracy-file"),
    path("stocktakes/<uuid:stocktake_id>/", stocktake_page.stocktake, name="stocktake"),
    path("stocktakes/<uuid:stocktake_id>/plan/", plan_page.change, name="stocktake-plan"),
    path("stocktakes/<uuid:stocktake_id>.pdf", paper_page.stocktake_paper, name="stocktake-paper"),
    path("stocktakes/<uuid:stocktake_id>/count/", count_page.count_page, name="stocktake-count"),
    path("stocktakes/<uuid:stocktake_id>/entry/", entry_page.entry, name="stocktake-entry"),
]
