"""A wrong value is a sentence that names the variable, never a traceback."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]


def check(tmp_path: Path, **variables: str) -> subprocess.CompletedProcess[str]:
    env = {
        "PATH": os.environ["PATH"],
        "DATA_DIR": str(tmp_path),
        "DATABASE_URL": "postgres://u@127.0.0.1:1/d",
        "SECRET_KEY": "k" * 50,
        **variables,
    }
    return subprocess.run(
        [sys.executable, "manage.py", "check"],
        cwd=ROOT,
        env=env,
        capture_output=True,
        text=True,
        timeout=240,
        check=False,
    )


def test_all_wrong_values_are_named_at_once(tmp_path: Path) -> None:
    result = check(
        tmp_path,
        SECRET_KEY="",
        PORT="80000",
        PUBLIC_URL="example.com",
        FORM_RATE_LIMIT="many",
        AUTONOMY="sometimes",
        LLM_TIMEOUT_SECONDS="-1",
        DEBUG="maybe",
        TIME_ZONE="Mars/Olympus",
        OFFICE_HOURS="17:00-09:00",
        OFFICE_DAYS="8",
        OFFICE_COUNTRY="XX",
        DATABASE_URL="postgres://u@127.0.0.1:1/d",
    )
    assert result.returncode == 1
    assert "Traceback" not in result.stderr
    for name in (
        "SECRET_KEY",
        "PORT",
        "PUBLIC_URL",
        "FORM_RATE_LIMIT",
        "AUTONOMY",
        "LLM_TIMEOUT_SECONDS",
        "DEBUG",
        "TIME_ZONE",
        "OFFICE_HOURS",
        "OFFICE_DAYS",
        "OFFICE_COUNTRY",
    ):
        assert f"{name} is" in result.stderr, name


@pytest.mark.parametrize("url", ["nonsense", "mysql://u@h/d", "postgres://"])
def test_a_wrong_database_is_named(tmp_path: Path, url: str) -> None:
    result = check(tmp_path, DATABASE_URL=url)
    assert result.returncode == 1
    assert "DATABASE_URL" in result.stderr
    assert "Traceback" not in result.stderr


@pytest.mark.parametrize("url", ["nonsense", "smtp://", "smtp://host:port", "imap://host"])
def test_a_wrong_mail_server_is_named(tmp_path: Path, url: str) -> None:
    result = check(tmp_path, EMAIL_URL=url)
    assert result.returncode == 1
    assert "EMAIL_URL is not the address of a mail server." in result.stderr
    assert "Traceback" not in result.stderr


def test_right_values_pass(tmp_path: Path) -> None:
    result = check(tmp_path, FORM_RATE_LIMIT="0", PUBLIC_URL="https://help.example.com/")
    assert (result.returncode, result.stderr.count("E001")) == (0, 0), result.stderr
