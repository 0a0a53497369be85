"""Addresses of a logbook's pages."""

from django.urls import path

from inventory.vouchers import views

urlpatterns = [
    path("depots/<code:code>/movements/", views.movements, name="movements"),
    path("depots/<code:code>/movements/<int:position>/", views.movement, name="movement"),
]
