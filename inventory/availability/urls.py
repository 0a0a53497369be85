"""Addresses of the pages that answer what there is."""

from django.urls import path

from inventory.availability import (
    card_page,
    item_page,
    label_pages,
    later_page,
    lists,
    lot_page,
    map_page,
    over_time_page,
    saved_views,
    search_page,
    views,
)

urlpatterns = [
    path("map/", map_page.stock_map, name="map"),
    path("stock/", search_page.availability, name="availability"),
    path("stock.<file:kind>", search_page.availability, name="availability-file"),
    path("stock/later/", later_page.later_movements, name="later-movements"),
    path("stock/views/", saved_views.views, name="saved-views"),
    path("depots/", views.depots, name="depots"),
    path("depots/<code:code>/", views.depot, name="depot"),
    path("depots/<code:code>/stock/", lists.piles, name="stock"),
    path("depots/<code:code>/stock.<file:kind>", lists.piles, name="stock-file"),
    path("depots/<code:code>/expiring/", lists.expiring, name="expiring"),
    path("depots/<code:code>/expiring.<file:kind>", lists.expiring, name="expiring-file"),
    path("depots/<code:code>/held/", lists.held, name="held"),
    path("depots/<code:code>/held.<file:kind>", lists.held, name="held-file"),
    path("depots/<code:code>/labels/", label_pages.of_lots, name="labels"),
    path("depots/<code:code>/labels.pdf", label_pages.of_lots, {"as_pdf": True}, name="labels-file"),
    path("depots/<code:code>/bin-labels/", label_pages.of_bins, name="bin-labels"),
    path("depots/<code:code>/bin-labels.pdf", label_pages.of_bins, {"as_pdf": True}, name="bin-labels-file"),
    path("items/<code:code>/", item_page.item, name="item"),
    path("items/<code:code>/allocations/", item_page.allocations, name="item-allocations"),
    path("items/<code:code>/road/", item_page.road, name="item-road"),
    path("items/<code:code>/stock-card/", card_page.card, name="stock-card"),
    path("items/<code:code>/stock-card.<file:kind>", card_page.card, name="stock-card-file"),
    path("items/<code:code>/over-time/", over_time_page.over_time, name="item-over-time"),
    path("items/<code:code>/lot-history/", lot_page.history, name="lot-history"),
    path("items/<code:code>/lot-history.<file:kind>", lot_page.history, name="lot-history-file"),
]
