app_name = "knowledge"
urlpatterns: list[object] = []
