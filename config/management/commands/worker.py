import os
import sys
import time
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError, CommandParser

from config import environment
from config.supervision import Child, Supervisor, ignore_signals, interrupt_on_signals
from config.worker import WorkerEndedError, run_worker, share_threads

_GRACE = 25.0  # platforms kill about 30 s after SIGTERM


class Command(BaseCommand):
    help = "Runs the jobs of every queue until SIGTERM or Ctrl-C."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument(
            "--processes",
            type=int,
            default=1,
            help="worker processes, each with WORKER_CONCURRENCY threads (default 1)",
        )

    def handle(self, *args: Any, processes: int, **options: Any) -> None:
        if environment.problems:
            raise CommandError("\n".join(environment.problems))
        if processes < 1:
            raise CommandError("--processes must be at least 1.")
        if processes > 1:
            self._supervise(processes)
            return
        try:
            run_worker(shares=share_threads(settings.WORKER_CONCURRENCY), grace=_GRACE)
        except WorkerEndedError as error:
            raise CommandError(
                f"The worker ended: {error}. The database may be away, or not migrated yet "
                "(manage.py migrate)."
            ) from error

    def _supervise(self, processes: int) -> None:
        command = [sys.executable, sys.argv[0], "worker"]
        children = [
            Child(f"worker {number}", command, os.environ) for number in range(1, processes + 1)
        ]
        supervisor = Supervisor(children, announce=self.stderr.write)
        interrupt_on_signals()
        try:
            supervisor.start()
            while True:
                supervisor.tend()
                time.sleep(0.2)
        except KeyboardInterrupt:
            pass
        finally:
            ignore_signals()
            supervisor.stop(grace=_GRACE + 10)
