"""What the double can be told over HTTP: POST /_control and POST /_inbound with JSON."""

import base64
from datetime import datetime
from typing import Any

from channels.whatsapp.double.books import BookedMessage
from channels.whatsapp.double.faults import LANES
from channels.whatsapp.double.provider import Provider


def apply_control(provider: Provider, order: dict[str, Any]) -> None:
    """Changes what is named. Raises ValueError or KeyError for what is not known.

    {"seed": 7, "rates": {"send": {"reset_after": 0.05}}, "script": {"inbound": ["drop"]},
    "opted_out": ["whatsapp:+…"], "failing": {"whatsapp:+…": 63024}, "deliver_to": "http://…",
    "conduct": {"inbound_url": "https://…", "hold_seconds": 5}}
    """
    unknown = set(order) - {
        "seed", "rates", "script", "opted_out", "failing", "deliver_to", "conduct"
    }  # fmt: skip
    if unknown:
        raise ValueError(f"Unknown: {', '.join(sorted(unknown))}.")
    if "seed" in order:
        provider.faults.reseed(int(order["seed"]))
    for lane, rates in order.get("rates", {}).items():
        provider.faults.set_rates(_lane(lane), rates)
    for lane, faults in order.get("script", {}).items():
        provider.faults.script(_lane(lane), faults)
    if "opted_out" in order:
        provider.books.opted_out = set(order["opted_out"])
    if "failing" in order:
        provider.failing = {to: int(code) for to, code in order["failing"].items()}
    if "deliver_to" in order:
        provider.courier.deliver_to = str(order["deliver_to"])
    for name, value in order.get("conduct", {}).items():
        if name not in provider.conduct.__dataclass_fields__:
            raise ValueError(f"Unknown: {name}.")
        setattr(provider.conduct, name, tuple(value) if isinstance(value, list) else value)


def receive_order(provider: Provider, order: dict[str, Any], *, base: str) -> BookedMessage:
    """{"from": "whatsapp:+…", "body": "…", "profile_name": "…", "at": "2026-…",
    "media": [{"content_type": "image/png", "base64": "…"}], "parameters": {…}}"""
    return provider.receive(
        str(order["from"]),
        str(order.get("body", "")),
        profile_name=str(order.get("profile_name", "Alice")),
        media=[
            (str(each["content_type"]), base64.b64decode(each["base64"]))
            for each in order.get("media", [])
        ],
        parameters={str(k): str(v) for k, v in order.get("parameters", {}).items()},
        at=datetime.fromisoformat(order["at"]) if order.get("at") else None,
        base=base,
        silently=bool(order.get("silently", False)),
    )


def _lane(name: str) -> str:
    if name not in LANES:
        raise ValueError(f"Unknown: {name}.")
    return name
