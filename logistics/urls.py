"""Every address of the store. Rooms bring their own; this page only says where they hang."""

from django.contrib import admin
from django.urls import path

urlpatterns = [
    path("upkeep/", admin.site.urls),
]
