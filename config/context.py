from django.conf import settings
from django.http import HttpRequest


def company(request: HttpRequest) -> dict[str, str]:
    """What every page says about whose support desk this is."""
    return {"company_name": settings.COMPANY_NAME}
