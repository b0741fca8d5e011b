from django.http import HttpRequest, HttpResponse


def liveness(request: HttpRequest) -> HttpResponse:
    return HttpResponse("ok")


readiness = prometheus = liveness
