"""The limit: the transaction of an accepted webhook, under pgbench on the same server."""

import re
import subprocess
from pathlib import Path

from config.embedded import cluster
from config.embedded.programs import find_program

_SCRIPT = r"""
\set sender random(1, 1000)
\set first random(1, 2147483647)
\set second random(1, 2147483647)
"""


def measure(statement: str, *, socket: Path, folder: Path, clients: int, seconds: int) -> float:
    """Transactions a second of `statement`, which may name :first, :second and :sender, random
    numbers. Raises RuntimeError with pgbench's own words if a transaction failed."""
    script = folder / "pgbench.sql"
    script.write_text(_SCRIPT + " ".join(statement.split()) + ";\n", encoding="utf-8")
    run = subprocess.run(
        [
            str(find_program("pgbench")), "--no-vacuum", "--protocol=prepared",
            f"--client={clients}", "--jobs=1", f"--time={seconds}", f"--file={script}",
            f"--host={socket}", f"--port={cluster.PORT}", f"--username={cluster.ROLE}",
            cluster.DATABASE,
        ],
        check=False, capture_output=True, text=True,
    )  # fmt: skip
    found = re.search(r"tps = ([\d.]+)", run.stdout)
    if found is None or "failed transactions: 0 " not in run.stdout:
        raise RuntimeError(run.stdout + run.stderr)
    return float(found[1])
