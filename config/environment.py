"""Typed readers for the environment, and the list of what was wrong with it.

A reader never raises: it records a sentence in `problems` that names the variable and says
what to set, and returns the default, so that `manage.py check` can show all of them at once.
`config.checks` turns the sentences into system-check errors; `config.wsgi` and the worker
refuse to start on them.
"""

import math
import re
import secrets
from datetime import time
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

import environ
import holidays

problems: list[str] = []

_env = environ.Env()
_RATE = re.compile(r"^(?P<count>\d+)/(?P<unit>[smhd])$")
_SECONDS = {"s": 1, "m": 60, "h": 3600, "d": 86400}


def load_dotenv(path: Path) -> None:
    """Reads `path` into the environment if it exists; variables already set win."""
    if path.is_file():
        _env.read_env(str(path))


def text(name: str, default: str = "") -> str:
    """The value, stripped; a NUL or a line break inside it is a problem."""
    value = str(_env.str(name, default=default)).strip()
    if any(character in value for character in "\0\r\n"):
        problems.append(f"{name} contains a line break or NUL. Give it on one line.")
        return default
    return value


def choice(name: str, options: tuple[str, ...], default: str) -> str:
    value = text(name, default) or default
    if value not in options:
        problems.append(f"{name} is {value!r}. Set it to one of: {', '.join(options)}.")
        return default
    return value


def flag(name: str, *, default: bool = False) -> bool:
    value = text(name).lower()
    if value in {"1", "true", "yes", "on"}:
        return True
    if value in {"0", "false", "no", "off"}:
        return False
    if value:
        problems.append(f"{name} is {value!r}. Set it to 1 or 0.")
    return default


def integer(name: str, default: int, *, minimum: int = 0, maximum: float = math.inf) -> int:
    return int(number(name, default, minimum=minimum, maximum=maximum, whole=True))


def number(
    name: str,
    default: float,
    *,
    minimum: float = 0,
    maximum: float = math.inf,
    whole: bool = False,
) -> float:
    value = text(name)
    if not value:
        return default
    kind = "a whole number" if whole else "a number"
    try:
        parsed = int(value) if whole else float(value)
    except ValueError:
        problems.append(f"{name} is {value!r}. Set it to {kind}, for example {default}.")
        return default
    if not minimum <= parsed <= maximum or math.isinf(parsed):
        limits = f"at least {minimum}" if math.isinf(maximum) else f"{minimum} to {maximum}"
        problems.append(f"{name} is {value}. Set it to {kind} of {limits}.")
        return default
    return parsed


def items(name: str, default: str = "") -> list[str]:
    """A comma-separated list without empty entries."""
    return [part for part in (piece.strip() for piece in text(name, default).split(",")) if part]


def rate(name: str, default: str) -> tuple[int, int] | None:
    """`20/m` as (count, seconds); `0` as None, which means no limit."""
    value = text(name, default) or default
    if value == "0":
        return None
    match = _RATE.match(value)
    if match is None or int(match["count"]) == 0:
        problems.append(
            f"{name} is {value!r}. Set it to a count and a unit such as 20/m (s, m, h or d), "
            "or to 0 to switch the limit off."
        )
        return rate(name="", default=default) if value != default else None
    return int(match["count"]), _SECONDS[match["unit"]]


def time_zone(name: str, default: str) -> str:
    value = text(name, default) or default
    try:
        ZoneInfo(value)
    except (ZoneInfoNotFoundError, ValueError):
        problems.append(f"{name} is {value!r}. Set it to a time zone such as Europe/Berlin.")
        return default
    return value


def hours(name: str, default: str) -> tuple[time, time]:
    """`09:00-17:30` as the times of opening and closing."""
    value = text(name, default) or default
    try:
        opens, closes = (time.fromisoformat(part.strip()) for part in value.split("-"))
        if opens >= closes:
            raise ValueError
    except ValueError:
        problems.append(f"{name} is {value!r}. Set it to opening hours such as 09:00-17:30.")
        return time(9), time(17)
    return opens, closes


def weekdays(name: str, default: str) -> frozenset[int]:
    """Days of the week from 1 (Monday) to 7 (Sunday)."""
    value = text(name, default) or default
    days = {part.strip() for part in value.split(",")}
    if not days <= set("1234567"):
        problems.append(f"{name} is {value!r}. Set it to days such as 1,2,3,4,5 (1 is Monday).")
        return frozenset(range(1, 6))
    return frozenset(int(day) for day in days)


def country(name: str) -> str:
    """An ISO 3166 country whose public holidays are days off, or "" for none."""
    value = text(name).upper()
    if value and value not in holidays.list_supported_countries():
        problems.append(f"{name} is {value!r}. Set it to a country code such as DE, or leave it.")
        return ""
    return value


def web_address(name: str, default: str) -> str:
    """An absolute http(s) address without a trailing slash."""
    value = text(name, default) or default
    if not value:
        return ""
    parts = urlsplit(value)
    if parts.scheme not in {"http", "https"} or not parts.hostname:
        problems.append(f"{name} is {value!r}. Set it to an address such as https://example.com.")
        return default
    return value.rstrip("/")


def database(name: str, *, embedded_at: Path) -> dict[str, Any]:
    """Django's settings of the named database; unset, of the embedded one."""
    embedded = {
        "ENGINE": "config.embedded",
        "NAME": "allhours",
        "DATA_DIR": str(embedded_at),
        # Off for throw-away databases only: a crash of the machine may then lose commits.
        "DURABLE": flag("DATABASE_DURABLE", default=True),
    }
    value = text(name)
    if not value:
        return embedded
    parts = urlsplit(value)
    if parts.scheme not in {"postgres", "postgresql"} or not parts.path.strip("/"):
        problems.append(
            f"{name} is not the address of a PostgreSQL database. Set it to "
            "postgres://user:password@host:5432/database, or leave it out for the embedded one."
        )
        return embedded
    configured = dict(environ.Env.db_url_config(value))
    return {**configured, "ENGINE": "config.postgres"}


def mail_server(name: str) -> dict[str, Any]:
    """Django's settings of the named mail server; {} without one."""
    value = text(name)
    if not value:
        return {}
    try:
        parts = urlsplit(value)
        usable = parts.scheme in environ.Env.EMAIL_SCHEMES and (
            bool(parts.hostname and parts.port != 0) or not parts.scheme.startswith("smtp")
        )
    except ValueError:  # of the port
        usable = False
    if not usable:
        problems.append(
            f"{name} is not the address of a mail server. Set it to "
            "smtp+tls://user:password@host:587, or leave it out to keep mails as files."
        )
        return {}
    return dict(environ.Env.email_url_config(value))


def secret_key(name: str, *, keep_at: Path | None) -> str:
    """The secret key; without one, a generated one kept in `keep_at`, or a problem."""
    value = text(name)
    if value:
        return value
    if keep_at is None:
        problems.append(
            f"{name} is not set. Set it to a long random text, for example the output of "
            "`python -c 'import secrets; print(secrets.token_urlsafe(50))'`."
        )
        return secrets.token_urlsafe(50)
    if not keep_at.exists():
        keep_at.parent.mkdir(parents=True, exist_ok=True)
        fresh = keep_at.with_suffix(f".{secrets.token_hex(4)}")
        fresh.touch(mode=0o600)
        fresh.write_text(secrets.token_urlsafe(50))
        try:
            keep_at.hardlink_to(fresh)  # fails if another process was first: theirs is used
        except FileExistsError:
            pass
        finally:
            fresh.unlink()
    return keep_at.read_text().strip()
