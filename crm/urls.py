from django.urls import path

from crm import views

app_name = "crm"
urlpatterns = [
    path("", views.confirm, name="confirm"),
    path("<str:token>/", views.confirm_link, name="confirm-link"),
]
