"""What has to be there before web and worker start; every step may be repeated."""

import io
import os
import subprocess
import sys
from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path

from django.conf import settings
from django.contrib.auth import get_user_model
from django.core.management import call_command
from django.core.management.base import CommandError
from django.utils.crypto import get_random_string

LOGIN = "demo"


def make_tables() -> None:
    call_command("migrate", interactive=False, verbosity=0)
    call_command("createcachetable", verbosity=0)


def make_login(data_dir: Path) -> str:
    """The password of the console's demo logins, made once for this checkout."""
    kept = data_dir / "demo_password"
    if not kept.exists():
        kept.touch(mode=0o600)
        kept.write_text(get_random_string(12))
    password = kept.read_text().strip()
    user = get_user_model().objects.filter(username=LOGIN).first()
    if user is None or not user.check_password(password):
        call_command("create_demo_staff", f"--password={password}", stdout=io.StringIO())
    return password


def load_sample(log: Path, environment: Mapping[str, str]) -> None:
    """Loads the sample company in a process of its own, which gives the model's memory back."""
    with log.open("ab") as output:
        process = subprocess.Popen(
            [sys.executable, "manage.py", "load_sample"],
            cwd=settings.BASE_DIR,
            env=environment,
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=subprocess.STDOUT,
            start_new_session=True,
        )
    try:
        code = process.wait()
    except BaseException:
        with suppress(ProcessLookupError):
            os.killpg(process.pid, 9)
        process.wait()
        raise
    if code:
        raise CommandError(f"The sample company could not be loaded.\n{read_end(log)}")


def read_end(log: Path, *, lines: int = 15) -> str:
    """The last lines of a log, and where it is."""
    last = log.read_text(errors="replace").splitlines()[-lines:] if log.exists() else []
    return "\n".join([f"The end of {log}:", *(f"  {line}" for line in last)])
