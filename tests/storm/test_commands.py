"""The storm's commands start from a plain shell, before any Django is set up."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

_ROOT = Path(__file__).resolve().parents[2]


@pytest.mark.parametrize("module", ["benchmarks.storm", "benchmarks.storm.outage"])
def test_a_command_starts_without_settings(module: str) -> None:
    environment = {
        name: value for name, value in os.environ.items() if name != "DJANGO_SETTINGS_MODULE"
    }
    ended = subprocess.run(
        [sys.executable, "-m", module, "--help"],
        cwd=_ROOT,
        env=environment,
        capture_output=True,
        text=True,
        check=False,
    )
    assert ended.returncode == 0, ended.stderr[-2000:]
