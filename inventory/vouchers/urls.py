"""Addresses of a logbook's pages."""

from django.urls import path

from inventory.vouchers import desk_views, views

urlpatterns = [
    path("approvals/", desk_views.waiting, name="approvals"),
    path("depots/<code:code>/desk/", desk_views.desk, name="desk"),
    path("depots/<code:code>/vouchers/<uuid:voucher_id>/", desk_views.voucher, name="voucher"),
    path("depots/<code:code>/movements/", views.movements, name="movements"),
    path("depots/<code:code>/movements/<int:position>/", views.movement, name="movement"),
]
