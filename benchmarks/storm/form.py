"""The support form, as a program submits it. Needs no Django."""

import requests


def post_form(url: str, *, customer: str, text: str, key: str) -> requests.Response:
    """One submission of the support form by a program."""
    return requests.post(
        f"{url}/api/v1/support/form",
        json={
            "name": f"Customer {customer}",
            "email": f"{customer}@example.com",
            "subject": f"Question of {customer}",
            "category": "how_to",
            "message": text,
        },
        headers={"Idempotency-Key": key},
        timeout=30,
    )
