"""Addresses of a logbook's pages."""

from django.urls import path

from inventory.vouchers import (
    batch,
    check_page,
    desk_views,
    entry,
    history_page,
    inspection_page,
    lists,
    outbox,
    reversal_page,
    road_pages,
    settling,
    views,
)

urlpatterns = [
    path("outbox/", outbox.outbox, name="outbox"),
    path("check/", check_page.check, name="check"),
    path("approvals/", desk_views.waiting, name="approvals"),
    path("depots/<code:code>/desk/", desk_views.desk, name="desk"),
    path("depots/<code:code>/entry/", entry.entry, name="entry"),
    path("depots/<code:code>/vouchers/", lists.vouchers, name="vouchers"),
    path("depots/<code:code>/vouchers.<file:kind>", lists.vouchers, name="vouchers-file"),
    path("depots/<code:code>/vouchers/print.pdf", batch.vouchers_paper, name="vouchers-paper"),
    path("depots/<code:code>/vouchers/<uuid:voucher_id>/", desk_views.voucher, name="voucher"),
    path("depots/<code:code>/vouchers/<uuid:voucher_id>.pdf", desk_views.voucher_paper, name="voucher-paper"),
    path("depots/<code:code>/vouchers/<uuid:voucher_id>/history/", history_page.history, name="voucher-history"),
    path(
        "depots/<code:code>/vouchers/<uuid:voucher_id>/history.<file:kind>",
        history_page.history,
        name="voucher-history-file",
    ),
    path("depots/<code:code>/movements/", lists.movements, name="movements"),
    path("depots/<code:code>/movements.<file:kind>", lists.movements, name="movements-file"),
    path("depots/<code:code>/movements/<int:position>/", views.movement, name="movement"),
    path("depots/<code:code>/movements/<int:position>/handover.pdf", views.handover, name="handover-paper"),
    path("inspections/<uuid:inspection_id>/", inspection_page.inspection, name="inspection"),
    path("inspections/<uuid:inspection_id>.pdf", inspection_page.inspection_paper, name="inspection-paper"),
    path("depots/<code:code>/movements/<int:position>/reversal/", reversal_page.reversal, name="reversal"),
    path("depots/<code:code>/arrivals/", road_pages.arrivals, name="arrivals"),
    path("depots/<code:code>/arrivals.<file:kind>", road_pages.arrivals, name="arrivals-file"),
    path("depots/<code:code>/road/", road_pages.sent, name="road"),
    path("depots/<code:code>/road.<file:kind>", road_pages.sent, name="road-file"),
    path("depots/<code:code>/road/<int:position>/", settling.consignment, name="consignment"),
]
