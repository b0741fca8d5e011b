"""The console's looks: the settings of django-unfold."""

from typing import Any

from django.templatetags.static import static
from django.urls import reverse_lazy

UNFOLD: dict[str, Any] = {
    "SITE_TITLE": "Allhours",
    "SITE_HEADER": "Allhours",
    "SITE_SYMBOL": "support_agent",
    "SITE_URL": reverse_lazy("channels:support-form"),
    "SHOW_HISTORY": True,
    "SITE_ICON": lambda request: static("support/mark.svg"),
    "SITE_FAVICONS": [
        {
            "rel": "icon",
            "type": "image/svg+xml",
            "href": lambda request: static("support/mark.svg"),
        }
    ],
    "LOGIN": {"form": "config.console.login.LoginForm"},
    "STYLES": [lambda request: static("console/console.css")],
    "COLORS": {  # the blue of the public pages
        "primary": {
            "50": "oklch(97% .014 256)",
            "100": "oklch(94% .03 256)",
            "200": "oklch(89% .058 256)",
            "300": "oklch(81% .1 256)",
            "400": "oklch(71% .14 256)",
            "500": "oklch(60% .15 256)",
            "600": "oklch(50% .14 256)",
            "700": "oklch(43.5% .12 257)",
            "800": "oklch(37% .1 257)",
            "900": "oklch(32% .08 257)",
            "950": "oklch(24% .06 257)",
        }
    },
    "SIDEBAR": {"navigation": "config.console.navigation.build_sidebar"},
}
