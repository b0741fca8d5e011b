"""The storm must notice a safeguard that is switched off: a check that is always green is none."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

pytestmark = pytest.mark.storm
_ROOT = Path(__file__).resolve().parents[2]


@pytest.mark.parametrize(
    ("safeguard", "noticed"),
    [
        ("deduplication", "2 Once: recorded twice"),
        ("lease", "2 Once: sent twice"),
        ("enqueue", "1 Accepted is kept: seen without the job that handles it"),
        ("turn", "4 A person wins: recorded after a person took over"),
        ("grounding", "6 Grounded: says what no passage that it names says"),
        ("boundary", "8 No transaction across a network call: calls within a transaction"),
    ],
)
def test_the_storm_sees_a_safeguard_that_is_switched_off(
    tmp_path: Path, safeguard: str, noticed: str
) -> None:
    ended = subprocess.run(
        [sys.executable, "-m", "benchmarks.storm", "--sabotage", safeguard, "--data", tmp_path],
        cwd=_ROOT,
        env=dict(os.environ),
        capture_output=True,
        text=True,
        timeout=600,
        check=False,
    )
    assert ended.returncode == 1, ended.stderr[-2000:]
    assert noticed in ended.stdout
