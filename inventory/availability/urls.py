"""Addresses of the pages that answer what there is."""

from django.urls import path

from inventory.availability import views

urlpatterns = [
    path("", views.home, name="home"),
    path("depots/", views.depots, name="depots"),
    path("depots/<code:code>/", views.depot, name="depot"),
    path("items/<code:code>/", views.item, name="item"),
    path("items/<code:code>/stock-card/", views.card, name="stock-card"),
]
