from django.urls import path

from config.playground import views

app_name = "playground"
urlpatterns = [
    path("", views.page, name="page"),
    path("news/", views.news, name="news"),
    path("mail/", views.send_mail, name="mail"),
    path("chat/", views.send_chat, name="chat"),
    path("conduct/", views.misbehave, name="conduct"),
]
