"""Addresses of the pages about depots as reference data."""

from django.urls import path

from depots import views

urlpatterns = [
    path("depots/<code:code>/history/", views.depot_history, name="depot-history"),
]
