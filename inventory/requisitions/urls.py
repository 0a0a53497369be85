"""Addresses of requisitions and movement orders."""

from django.urls import path

from inventory.requisitions import allocation_page, lists, order_pages, requisition_page, write_page

urlpatterns = [
    path("requisitions/", lists.requisitions, name="requisitions"),
    path("requisitions.<file:kind>", lists.requisitions, name="requisitions-file"),
    path("requisitions/new/", write_page.new, name="requisition-new"),
    path("requisitions/items/", write_page.items, name="requisition-items"),
    path("requisitions/line/", write_page.line, name="requisition-line"),
    path("requisitions/<uuid:requisition_id>/", requisition_page.requisition, name="requisition"),
    path("requisitions/<uuid:requisition_id>/edit/", write_page.edit, name="requisition-edit"),
    path("requisitions/<uuid:requisition_id>/allocation/", allocation_page.allocation, name="requisition-allocation"),
    path("orders/", lists.all_orders, name="orders"),
    path("orders.<file:kind>", lists.all_orders, name="orders-file"),
    path("orders/<uuid:order_id>/", order_pages.order, name="order"),
    path("orders/<uuid:order_id>.pdf", order_pages.picklist, name="picklist"),
    path("depots/<code:code>/orders/", lists.depot_orders, name="depot-orders"),
    path("depots/<code:code>/orders.<file:kind>", lists.depot_orders, name="depot-orders-file"),
    path("depots/<code:code>/orders/waiting/", lists.waiting_orders, name="depot-orders-waiting"),
]
