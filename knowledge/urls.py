from django.urls import path

from knowledge import views

app_name = "knowledge"
urlpatterns = [
    path("", views.help_centre, name="help"),
    path("<path:slug>", views.article, name="article"),
]
