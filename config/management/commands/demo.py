import contextlib
import time
from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError
from django.db import OperationalError, connections

from config import environment
from config.demo import checkout, doubles, preparation, processes
from config.demo.logs import LogFollower
from config.demo.ports import explain_port
from config.demo.terminal import Terminal
from config.embedded.base import DatabaseWrapper, close_pools
from config.supervision import Supervisor, ignore_signals, interrupt_on_signals

_GRACE = 6.0  # seconds for web and worker to stop by themselves

_TRY_SAMPLE = """\
  1. Ask on the form, for example: How do I invite a colleague?
     The answer appears on the status page, with its sources.
  2. Ask for a refund: a person is asked instead, and the ticket says why.
     Answer it in the console; the customer sees your reply.
  3. Read the help pages that the answers come from: {address}/help/
"""
_TRY_OWN = """\
  1. Import your articles: .venv/bin/python manage.py import_knowledge PATH
  2. Ask something that they answer on the form, and something that they do not.
"""


class Command(BaseCommand):
    help = "Runs the whole desk in this terminal: database, sample company, web and worker."
    requires_system_checks = []

    def handle(self, *args: Any, **options: Any) -> None:
        host = environment.text("WEB_HOST") or "127.0.0.1"
        sample = environment.flag("SAMPLE", default=True)
        playground = environment.flag("PLAYGROUND", default=True)
        if environment.problems:
            raise CommandError("\n".join(environment.problems))
        data_dir = Path(settings.DATA_DIR).resolve()
        interrupt_on_signals()
        with checkout.hold(data_dir) as running, contextlib.suppress(KeyboardInterrupt):
            if running is not None:
                raise CommandError(
                    f"The demo of this checkout already runs, as process {running}. Stop it there "
                    "with Ctrl-C, or with `make stop`."
                )
            Demo(data_dir, host=host, sample=sample, playground=playground).run()


class Demo:
    """The database, the children and a terminal, from the first step to the last."""

    def __init__(self, data_dir: Path, *, host: str, sample: bool, playground: bool) -> None:
        self.data_dir = data_dir
        self.host = host
        self.sample = sample
        self.terminal = Terminal()
        self.connection = connections["default"]
        self.logs = data_dir / "logs"
        self.logs.mkdir(mode=0o700, exist_ok=True)
        (data_dir / "mail").mkdir(mode=0o700, exist_ok=True)  # mails hold private links
        inherited = processes.make_environment(data_dir, host=host)
        if sample:
            inherited.setdefault("COMPANY_NAME", "Brightlane")
        self.play = doubles.prepare(self.logs, inherited, host=host, wanted=playground)
        self.environment = {**inherited, **self.play.environment}
        self.supervisor = Supervisor(
            [*processes.make_children(self.logs, self.environment), *self.play.children],
            announce=lambda text: self.terminal.say(f"  {text}"),
        )
        self.followers = [
            LogFollower(child.name, child.log) for child in self.supervisor.children if child.log
        ]

    def run(self) -> None:
        """Until Ctrl-C, SIGTERM or SIGHUP; then everything is stopped, in seconds."""
        checkout.end_leftovers(self.data_dir)
        if problem := explain_port(self.host, settings.PORT):
            raise CommandError(problem)
        try:
            self._start()
            while True:
                self._tend()
                time.sleep(0.2)
        except KeyboardInterrupt:
            self.terminal.say()
        finally:
            ignore_signals()
            self._stop()

    def _start(self) -> None:
        started = time.monotonic()
        self.terminal.say("Starting Allhours")
        with self.terminal.step("Database"):
            self._connect()
        with self.terminal.step("Tables"):
            preparation.make_tables()
        with self.terminal.step("Console login"):
            password = preparation.make_login(self.data_dir)
        if self.sample:
            with self.terminal.step("Sample company"):
                preparation.load_sample(self.logs / "sample.log", self.environment)
        with self.terminal.step("Web and worker"):
            before = processes.last_worker()
            self.supervisor.start()
            processes.wait_until_ready(
                self.supervisor, host=self.host, worker_after=before, tend=self._tend
            )
        self._close_connections()
        seconds = time.monotonic() - started
        self.terminal.say(_describe(seconds, password, self.play, sample=self.sample))

    def _connect(self) -> None:
        try:
            self.connection.ensure_connection()
        except OperationalError as error:
            if isinstance(error, CommandError):
                raise
            raise CommandError(
                f"The database that DATABASE_URL names does not answer: {error}. Correct it, or "
                "leave it out for the embedded one."
            ) from error

    def _tend(self) -> None:
        self.supervisor.tend()
        if isinstance(self.connection, DatabaseWrapper):
            server = self.connection.server
            launches = server.postmaster.launches
            server.ensure_running()
            if server.postmaster.launches > launches:
                self.terminal.say("  The database had ended; it runs again.")
        for follower in self.followers:
            for line in follower.read_important():
                self.terminal.say(f"  {line}")

    def _stop(self) -> None:
        with self.terminal.step("Stopping"):
            self.supervisor.stop(grace=_GRACE)
            self._close_connections()
            if isinstance(self.connection, DatabaseWrapper):
                self.connection.server.leave()

    def _close_connections(self) -> None:
        """The demo itself needs none while it watches."""
        self.connection.close()
        close_pools()


def _describe(seconds: float, password: str, play: doubles.Play, *, sample: bool) -> str:
    address = f"http://127.0.0.1:{settings.PORT}"
    tries = _TRY_SAMPLE.format(address=address) if sample else _TRY_OWN
    return f"""
Allhours is ready after {seconds:.0f} s.

  Support form   {address}/support/
  Console        {address}/admin/   user {preparation.LOGIN}, password {password}
  Playground     {play.describe(address)}

Try first
{tries}
Ctrl-C stops everything. Logs are in {settings.DATA_DIR}/logs.
"""
