"""The double as something to start and stop."""

import threading
from typing import Any

from channels.whatsapp.double.books import BookedMessage
from channels.whatsapp.double.handler import Listener
from channels.whatsapp.double.provider import Provider


class DoubleServer:
    """Listens on two ports of one address: the API's, and another for files. Use as a context."""

    def __init__(self, provider: Provider, *, host: str = "127.0.0.1", port: int = 0) -> None:
        self.provider = provider
        self._api = Listener((host, port), provider)
        self._files = Listener((host, 0), provider)
        self._api.files_base = self._files.base
        self.base = self._api.base

    def __enter__(self) -> "DoubleServer":
        for listener in (self._api, self._files):
            threading.Thread(target=listener.serve_forever, args=(0.05,), daemon=True).start()
        return self

    def __exit__(self, *_details: object) -> None:
        self.provider.close()
        for listener in (self._api, self._files):
            listener.shutdown()
            listener.server_close()

    def receive(self, from_address: str, body: str = "", **details: Any) -> BookedMessage:
        """A customer writes; see `Provider.receive`."""
        return self.provider.receive(from_address, body, base=self.base, **details)

    def repeat(self, message: BookedMessage) -> None:
        """The webhook of a message that a customer wrote comes once more."""
        form = self.provider.inbound_form(message, profile_name="Alice", base=self.base)
        self.provider.courier.carry_inbound(self.provider.conduct.inbound_url, form)
