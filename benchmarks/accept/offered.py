"""A steady load: so many requests a second are offered, whether or not the server keeps up."""

import asyncio
import time
from collections import deque
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

_CONNECTIONS = 128


@dataclass(frozen=True, slots=True)
class Offered:
    """Latencies count from the moment at which a request was due, in seconds, sorted."""

    rate: float
    latencies: Sequence[float]
    errors: int

    def percentile(self, share: float) -> float:
        return self.latencies[min(len(self.latencies) - 1, int(len(self.latencies) * share))]


def offer(port: int, requests: Path, *, per_second: int, seconds: float) -> Offered:
    """Sends the requests of a file for `wrk.lua`, at most one a line."""
    lines = requests.read_text(encoding="utf-8").splitlines()[: int(per_second * seconds)]
    return asyncio.run(_offer(port, [_as_bytes(line, port) for line in lines], per_second))


async def _offer(port: int, requests: Sequence[bytes], per_second: int) -> Offered:
    waiting: deque[tuple[float, bytes]] = deque()
    ready = asyncio.Condition()
    latencies: list[float] = []
    errors = 0
    done = False

    async def work() -> None:
        nonlocal errors
        reader, writer = await asyncio.open_connection("127.0.0.1", port)
        while True:
            async with ready:
                await ready.wait_for(lambda: waiting or done)
                if not waiting:
                    break
                due, request = waiting.popleft()
            writer.write(request)
            try:
                status = await _read_answer(reader)
            except (ConnectionError, asyncio.IncompleteReadError):
                status = 0
                reader, writer = await asyncio.open_connection("127.0.0.1", port)
            latencies.append(time.perf_counter() - due)
            errors += not 200 <= status < 300
        writer.close()

    workers = [asyncio.create_task(work()) for _ in range(_CONNECTIONS)]
    await asyncio.sleep(0.5)
    begun = time.perf_counter()
    sent = 0
    while sent < len(requests):
        due = min(len(requests), int((time.perf_counter() - begun) * per_second))
        if due > sent:
            async with ready:
                waiting.extend((begun + n / per_second, requests[n]) for n in range(sent, due))
                ready.notify(due - sent)
            sent = due
        await asyncio.sleep(0.002)
    async with ready:
        done = True
        ready.notify_all()
    await asyncio.gather(*workers)
    spent = time.perf_counter() - begun
    return Offered(len(latencies) / spent, sorted(latencies), errors)


async def _read_answer(reader: asyncio.StreamReader) -> int:
    head = await reader.readuntil(b"\r\n\r\n")
    status = int(head.split(b" ", 2)[1])
    for line in head.lower().split(b"\r\n"):
        if line.startswith(b"content-length:"):
            await reader.readexactly(int(line.partition(b":")[2]))
    return status


def _as_bytes(line: str, port: int) -> bytes:
    path, header, kind, body = line.split("\t", 3)
    content = body.encode()
    head = (
        f"POST {path} HTTP/1.1\r\nHost: 127.0.0.1:{port}\r\n{header}\r\nContent-Type: {kind}\r\n"
        f"Content-Length: {len(content)}\r\n\r\n"
    )
    return head.encode() + content
