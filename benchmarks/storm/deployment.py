"""A deployment under load: every process is replaced, one web process at a time.

As a platform does it: the process is taken out of the load balancer, told to stop with SIGTERM,
and a new one is put in once it says that it is ready. Workers get SIGTERM all at once.
"""

import signal
import threading
import time
import uuid
from collections import Counter
from dataclasses import dataclass, field

import requests

from benchmarks.storm.desk import Desk
from benchmarks.storm.form import post_form

_STOP_SECONDS = 45.0
_PAUSE = 0.25
_LAST_HANDS = 0.2  # seconds from leaving the load balancer to the signal


@dataclass(slots=True)
class Deployment:
    """`answers` counts what callers got: a status, or the error of a broken connection."""

    answers: Counter[str] = field(default_factory=Counter)
    accepted: set[str] = field(default_factory=set)
    seconds: float = 0.0
    steps: list[str] = field(default_factory=list)
    lock: threading.Lock = field(default_factory=threading.Lock)

    @property
    def refused(self) -> int:
        return sum(times for answer, times in self.answers.items() if answer != "201")


def deploy_under_load(desk: Desk, *, callers: int) -> Deployment:
    """Replaces every process while `callers` submit the form and never retry. Waits first until
    all web processes are ready, so that nothing else is the matter."""
    for port in desk.web_ports.values():
        desk.await_ready(port)
    deployment = Deployment()
    done = threading.Event()
    threads = [
        threading.Thread(target=_call, args=(desk, deployment, done, number))
        for number in range(callers)
    ]
    for thread in threads:
        thread.start()
    started = time.monotonic()
    for child in desk.children("worker"):
        child.signal_leader(signal.SIGTERM)
    for name, port in desk.web_ports.items():
        (child,) = (child for child in desk.children("web") if child.name == name)
        old, began = child.process, time.monotonic()
        desk.switch.drop(port)
        time.sleep(_LAST_HANDS)
        child.signal_leader(signal.SIGTERM)
        deadline = time.monotonic() + _STOP_SECONDS
        while child.process is old and time.monotonic() < deadline:
            time.sleep(0.05)
        ended = time.monotonic()
        desk.await_ready(port)
        deployment.steps.append(f"{name}: {ended - began:.0f}+{time.monotonic() - ended:.0f} s")
        desk.switch.add(port)
    done.set()
    for thread in threads:
        thread.join()
    deployment.seconds = time.monotonic() - started
    return deployment


def _call(desk: Desk, deployment: Deployment, done: threading.Event, number: int) -> None:
    turn = 0
    while not done.wait(_PAUSE):
        turn += 1
        marker = f"ref-{90_000 + number * 1_000 + turn:05d}"
        try:
            answer = post_form(
                desk.url,
                customer=f"caller{number}",
                text=f"How do I export a board to Excel? ({marker})",
                key=str(uuid.uuid5(uuid.NAMESPACE_URL, marker)),
            )
            said = str(answer.status_code)
        except requests.RequestException as error:
            said = type(error).__name__
        with deployment.lock:
            deployment.answers[said] += 1
            if said == "201":
                deployment.accepted.add(marker)
