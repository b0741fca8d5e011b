from django.urls import path

from channels.web import views

app_name = "channels"
urlpatterns = [
    path("", views.support_form, name="home"),
    path("support/", views.support_form, name="support-form"),
    path("status/", views.link_request, name="link-request"),
    path("status/<str:reference>/reply/", views.reply, name="reply"),
]
