"""Every address of the store. Rooms bring their own; this page only says where they hang."""

from django.contrib import admin
from django.urls import path

from logistics import health, problems
from logistics.api import api

urlpatterns = [
    path("api/v1/", api.urls),
    path("healthz/live", health.live, name="live"),
    path("healthz/ready", health.ready, name="ready"),
    path("problems/", problems.index, name="problems"),
    path("problems/<slug:slug>", problems.one, name="problem"),
    path("upkeep/", admin.site.urls),
]
