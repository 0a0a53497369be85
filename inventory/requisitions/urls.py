"""Addresses of requisitions and movement orders."""

from django.urls import path

from inventory.requisitions import allocation_page, lists, order_pages, requisition_pages

urlpatterns = [
    path("requisitions/", lists.requisitions, name="requisitions"),
    path("requisitions.<file:kind>", lists.requisitions, name="requisitions-file"),
    path("requisitions/new/", requisition_pages.new, name="requisition-new"),
    path("requisitions/items/", requisition_pages.items, name="requisition-items"),
    path("requisitions/line/", requisition_pages.line, name="requisition-line"),
    path("requisitions/<uuid:requisition_id>/", requisition_pages.requisition, name="requisition"),
    path("requisitions/<uuid:requisition_id>/edit/", requisition_pages.edit, name="requisition-edit"),
    path("requisitions/<uuid:requisition_id>/allocation/", allocation_page.allocation, name="requisition-allocation"),
    path("orders/", lists.all_orders, name="orders"),
    path("orders.<file:kind>", lists.all_orders, name="orders-file"),
    path("orders/<uuid:order_id>/", order_pages.order, name="order"),
    path("orders/<uuid:order_id>.pdf", order_pages.picklist, name="picklist"),
    path("depots/<code:code>/orders/", lists.depot_orders, name="depot-orders"),
    path("depots/<code:code>/orders.<file:kind>", lists.depot_orders, name="depot-orders-file"),
    path("depots/<code:code>/orders/waiting/", lists.waiting_orders, name="depot-orders-waiting"),
]
