"""Every address of the store. Rooms bring their own; this page only says where they hang."""

from django.contrib import admin
from django.contrib.auth.views import LogoutView
from django.urls import include, path
from django.views.i18n import set_language

from logistics import health, problems, sessions, shell, texts, views
from logistics.api import api
from logistics.upkeep import trails

urlpatterns = [
    path("api/v1/", api.urls),  # asked most: addresses are tried in this order
    path("", include("inventory.dashboard.urls")),
    path("", include("inventory.availability.urls")),
    path("", include("inventory.norms.urls")),
    path("", include("inventory.signing.urls")),
    path("", include("inventory.vouchers.urls")),
    path("", include("inventory.requisitions.urls")),
    path("", include("inventory.stocktakes.urls")),
    path("", include("inventory.reports.urls")),
    path("", include("inventory.openings.urls")),
    path("", include("inventory.fuel.urls")),
    path("", include("inventory.catalogue.urls")),
    path("", include("inventory.foresight.urls")),
    path("", include("inventory.sourcing.urls")),
    path("", include("depots.urls")),
    path("sign-in/", views.SignIn.as_view(), name="sign-in"),
    path("session/", sessions.session, name="session"),
    path("sign-out/", LogoutView.as_view(), name="sign-out"),
    path("password/", views.Password.as_view(), name="password"),
    path("language/", set_language, name="set_language"),
    path("help/", views.help_topics, name="help-topics"),
    path("help/<slug:topic>/", views.help_topic, name="help"),
    path("sw.js", shell.worker, name="worker"),
    path("texts/<slug:language>/<slug:version>.js", texts.texts, name="texts"),
    path("healthz/live", health.live, name="live"),
    path("healthz/ready", health.ready, name="ready"),
    path("problems/", problems.index, name="problems"),
    path("problems/<slug:slug>", problems.one, name="problem"),
    path("upkeep/", admin.site.urls),
    path("audit/", trails.index, name="audit"),
    path("audit/changes/<slug:table>/", trails.changes_of, name="audit-changes"),
    path("audit/changes/<slug:table>.<file:kind>", trails.changes_of, name="audit-changes-file"),
    path("audit/reads/", trails.reads_of, name="audit-reads"),
    path("audit/reads.<file:kind>", trails.reads_of, name="audit-reads-file"),
]

handler400 = views.bad_request
handler403 = views.forbidden
handler404 = views.not_found
handler500 = views.broken
