"""A provider's embedding model, watched: left alone while it fails, so that searches by words
alone wait for nothing, and staff are told."""

import math
from collections.abc import Sequence

from django.utils import timezone
from django.utils.translation import gettext as _

from agent.llm import EmbeddingCallError, LiteLLMEmbedder
from crm import breakers
from knowledge.models import EmbeddingIndex

# In a row; one may be a hiccup.
FAILURES = 3


class RemoteEmbedder:
    """A `knowledge.embeddings.Embedder` by its LiteLLM name. Raises EmbeddingCallError."""

    def __init__(self, model_name: str) -> None:
        self._model = LiteLLMEmbedder(model_name)
        self._length: int | None = None

    @property
    def name(self) -> str:
        return self._model.name

    @property
    def dimensions(self) -> int:
        return self._find_length() or len(self.embed(["dimensions"])[0])

    def embed(self, texts: Sequence[str]) -> list[list[float]]:
        """No transaction should be open: it calls a network. Raises at once while the provider is
        left alone, and for vectors that are no numbers or not as long as those that are stored."""
        if breakers.admit(self._service, now=timezone.now()) is not None:
            raise EmbeddingCallError("It is left alone for a while.", permanent=False)
        try:
            vectors = self._model.embed(texts)
            self._check(vectors)
        except EmbeddingCallError as error:
            if not error.blames_request:
                self._note_failure(str(error))
            raise
        breakers.note_success(self._service, now=timezone.now())
        return vectors

    def count_tokens(self, text: str) -> int:
        return self._model.count_tokens(text)

    @property
    def _service(self) -> str:
        return f"embedding:{self.name}"

    def _check(self, vectors: Sequence[Sequence[float]]) -> None:
        if not all(map(math.isfinite, (value for vector in vectors for value in vector))):
            raise EmbeddingCallError("It returned what is no number.", permanent=False)
        length = self._find_length()
        if length and any(len(vector) != length for vector in vectors):
            sentence = f"Its vectors are no longer {length} numbers long."
            raise EmbeddingCallError(sentence, permanent=False)

    def _find_length(self) -> int | None:
        """That of the vectors that are stored, None if there are none yet."""
        if self._length is None:
            index = EmbeddingIndex.objects.filter(model=self.name).first()
            self._length = index.dimensions if index else None
        return self._length

    def _note_failure(self, why: str) -> None:
        breakers.note_failure(
            self._service,
            title=_("The embedding model %(model)s fails") % {"model": self.name},
            detail=_(
                "%(why)s Until it answers again, articles are found by their words alone, and "
                "changed ones wait for their vectors."
            )
            % {"why": why},
            now=timezone.now(),
            limit=FAILURES,
        )
