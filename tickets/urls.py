from django.urls import path

from tickets import views

app_name = "tickets"
urlpatterns = [
    path("status/<str:reference>/", views.status, name="status"),
    path("status/<str:reference>/conversation/", views.conversation, name="conversation"),
    path("status/<str:reference>/file/", views.file, name="file"),
    path("status/<str:reference>/resolution/", views.resolution, name="resolution"),
    path("status/<str:reference>/person/", views.person, name="person"),
    path("status/<str:reference>/rating/", views.rating, name="rating"),
]
