"""Which view answers which path."""

from django.urls import path

from project import views

urlpatterns = [
    path("", views.home),
    path("sync", views.sync),
    path("visits", views.visits),
]
