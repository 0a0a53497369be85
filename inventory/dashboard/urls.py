"""The address of the first page."""

from django.urls import path

from inventory.dashboard import page

urlpatterns = [path("", page.home, name="home")]
