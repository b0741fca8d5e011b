"""The load balancer before the web processes: a loopback TCP switch."""

import asyncio
import contextlib
import itertools
import threading


class Switch:
    """Listens on `port` from `start` on and hands each connection to one of the `backends`, in
    turn, past those that refuse it. What a backend cuts off the caller sees cut off."""

    def __init__(self, port: int, backends: list[int]) -> None:
        self.port = port
        self._backends = list(backends)
        self._turn = itertools.count()
        self._loop = asyncio.new_event_loop()
        self._stopping = asyncio.Event()
        self._open: set[asyncio.Task[None] | None] = set()
        self._thread = threading.Thread(target=self._run, name="switch", daemon=True)
        self._listening = threading.Event()

    def start(self) -> None:
        self._thread.start()
        if not self._listening.wait(10):
            raise RuntimeError(f"Nothing can listen on port {self.port}.")

    def stop(self) -> None:
        self._loop.call_soon_threadsafe(self._stopping.set)
        self._thread.join(5)

    def drop(self, backend: int) -> None:
        """Hands no further connection to it; those that it has go on."""
        self._backends.remove(backend)

    def add(self, backend: int) -> None:
        self._backends.append(backend)

    def _run(self) -> None:
        asyncio.set_event_loop(self._loop)
        self._loop.run_until_complete(self._listen())
        self._loop.close()

    async def _listen(self) -> None:
        await asyncio.start_server(self._serve, "127.0.0.1", self.port, backlog=256)
        self._listening.set()
        await self._stopping.wait()
        open_ones = asyncio.all_tasks() - {asyncio.current_task()}
        for task in open_ones:
            task.cancel()
        await asyncio.gather(*open_ones, return_exceptions=True)

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        self._open.add(task)  # the loop itself keeps no hold of it
        try:
            # What `stop` cancels ends here: its error would only be printed.
            with contextlib.suppress(OSError, asyncio.CancelledError):
                backend = await self._connect()
                if backend is not None:
                    there, back = backend
                    await asyncio.gather(_pipe(reader, back), _pipe(there, writer))
        finally:
            self._open.discard(task)
            writer.close()

    async def _connect(self) -> tuple[asyncio.StreamReader, asyncio.StreamWriter] | None:
        backends = list(self._backends)
        first = next(self._turn)
        for offset in range(len(backends)):
            port = backends[(first + offset) % len(backends)]
            with contextlib.suppress(OSError):
                return await asyncio.open_connection("127.0.0.1", port)
        return None


async def _pipe(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    try:
        while data := await reader.read(65536):
            writer.write(data)
            await writer.drain()
        if writer.can_write_eof():
            writer.write_eof()
    except OSError:
        writer.transport.abort()  # a reset goes on as one, so that the caller sees it
