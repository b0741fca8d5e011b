"""A visit to websites: what robots.txt forbids is left alone, and no server is hurried."""

import time

from django.conf import settings
from django.utils.translation import gettext as _
from protego import Protego

from knowledge.web.addresses import RefusedAddressError, site_of
from knowledge.web.client import Client, FetchError, Page, user_agent

_MAX_ROBOTS = 500 * 1024
_LONGEST_PAUSE = 30.0
_LONGEST_WAIT = 60


class Visit:
    """Fetches one page after the other, each site's at its own pace. Use it as a context."""

    def __init__(self) -> None:
        self._client = Client()
        self._rules: dict[str, Protego | None] = {}
        self._next_at: dict[str, float] = {}

    def __enter__(self) -> "Visit":
        return self

    def __exit__(self, *error: object) -> None:
        self._client.__exit__(*error)

    def fetch(self, address: str, *, etag: str = "", last_modified: str = "") -> Page | None:
        """As `Client.fetch`; a server that asks for a short pause is asked once more after it."""
        try:
            return self._fetch(address, etag, last_modified)
        except FetchError as error:
            if error.status not in (429, 503) or (error.wait or 0) > _LONGEST_WAIT:
                raise
            time.sleep(error.wait if error.wait is not None else settings.KNOWLEDGE_FETCH_PAUSE)
        return self._fetch(address, etag, last_modified)

    def _fetch(self, address: str, etag: str, last_modified: str) -> Page | None:
        return self._client.fetch(
            address, etag=etag, last_modified=last_modified, before_each=self._arrive
        )

    def _arrive(self, address: str) -> None:
        """Waits until the site may be asked again. Raises RefusedAddressError if it forbids it."""
        site = site_of(address)
        rules = self._rules_of(site)
        if rules is not None and not rules.can_fetch(address, user_agent()):
            raise RefusedAddressError(
                _("The website's robots.txt forbids it: allow Allhours there, or upload the text.")
            )
        delay = rules.crawl_delay(user_agent()) if rules is not None else None
        pause = max(settings.KNOWLEDGE_FETCH_PAUSE, min(delay or 0.0, _LONGEST_PAUSE))
        time.sleep(max(0.0, self._next_at.get(site, 0.0) - time.monotonic()))
        self._next_at[site] = time.monotonic() + pause

    def _rules_of(self, site: str) -> Protego | None:
        """The site's robots.txt; None if it has none.

        As RFC 9309 has it: one that is not there allows everything, one that cannot be had now
        forbids everything, which is a FetchError here, so that nothing is taken for gone.
        """
        if site not in self._rules:
            try:
                page = self._client.fetch(
                    f"{site}/robots.txt", accept="text/plain", max_bytes=_MAX_ROBOTS
                )
            except FetchError as error:
                if not 400 <= error.status < 500 or error.status == 429:
                    raise
                page = None
            text = page.content.decode("utf-8", "replace") if page else ""
            self._rules[site] = Protego.parse(text) if text else None
        return self._rules[site]
