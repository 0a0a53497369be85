"""Addresses of the sourcing plans."""

from django.urls import path

from inventory.sourcing import views

urlpatterns = [
    path("plans/", views.plans, name="plans"),
    path("plans.<file:kind>", views.plans, name="plans-file"),
    path("plans/new/", views.new, name="plan-new"),
    path("plans/compare/", views.comparison, name="plan-comparison"),
    path("plans/<uuid:plan_id>/", views.plan, name="plan"),
    path("plans/<uuid:plan_id>.<file:kind>", views.plan_file, name="plan-file"),
]
