"""The one module that talks to models over the network, through LiteLLM.

Importing it takes seconds and some 200 MB, so settings name its classes by dotted names and only
the worker loads them, and only if such a model is configured. No price list is fetched.
"""

import os

os.environ.setdefault("LITELLM_LOCAL_MODEL_COST_MAP", "True")
os.environ.setdefault("LITELLM_LOCAL_ANTHROPIC_BETA_HEADERS", "True")

import functools
import threading
import uuid
from collections.abc import Callable, Sequence
from concurrent.futures import Future
from datetime import datetime
from typing import Any, TypeVar

import litellm
from django.conf import settings
from django.db import connection
from litellm.litellm_core_utils.litellm_logging import Logging

from agent.chat_format import read_turn, write_message, write_tool
from agent.model import ChatMessage, Deadline, ModelError, ModelTurn, ToolSpec
from agent.redaction import Redactor
from knowledge.embeddings import EmbeddingError

litellm.suppress_debug_info = True
litellm.telemetry = False
litellm.drop_params = True

Result = TypeVar("Result")

EMBEDDING_TIMEOUT_SECONDS = 30.0
EMBEDDING_BATCH = 64
# Calls that may run, or hang past their deadline, at once. One that hangs keeps its thread until
# its socket times out, which may be a good while after a fallback has answered: hence several for
# each job that runs at the same time.
MAX_CALLS = max(64, 4 * settings.WORKER_CONCURRENCY)

_PERMANENT = (
    litellm.exceptions.AuthenticationError,
    litellm.exceptions.PermissionDeniedError,
    litellm.exceptions.NotFoundError,
)
# Too long, or against the provider's policy: what one customer writes must not close a model to
# the others.
_REFUSED = (
    litellm.exceptions.BadRequestError,
    litellm.exceptions.UnprocessableEntityError,
)


class LiteLLMModel:
    """A chat model by its LiteLLM name, such as `openai/gpt-4o-mini`."""

    def __init__(self, name: str) -> None:
        self._name = name

    @property
    def name(self) -> str:
        return self._name

    def complete(
        self, messages: Sequence[ChatMessage], tools: Sequence[ToolSpec], deadline: Deadline
    ) -> ModelTurn:
        """One call, asked once. Raises ModelError, at the latest when the deadline passes."""
        try:
            response = self._ask(messages, tools, deadline.remaining)
        except ModelError as error:
            missing = litellm.validate_environment(self._name)["missing_keys"]
            if not missing or error.timed_out or error.blames_request:
                raise
            sentence = f"{error}: {', '.join(missing)} is not set."
            raise ModelError(sentence, permanent=True) from error
        try:
            return read_turn(response, self._name)
        except (AttributeError, IndexError, KeyError, TypeError, ValueError) as error:
            sentence = f"It answered nonsense ({type(error).__name__})."
            raise ModelError(sentence, permanent=False) from error

    def _ask(
        self, messages: Sequence[ChatMessage], tools: Sequence[ToolSpec], seconds: float
    ) -> Any:
        return _call(
            lambda: litellm.completion(
                model=self._name,
                messages=[write_message(message) for message in messages],
                tools=[write_tool(tool) for tool in tools],
                tool_choice="auto",
                temperature=0,
                max_tokens=settings.LLM_MAX_TOKENS,
                timeout=_socket_timeout(seconds),
                max_retries=0,
                num_retries=0,
                litellm_logging_obj=_NoBooks.open(self._name),
            ),
            seconds=seconds,
        )


class EmbeddingCallError(ModelError, EmbeddingError):
    """A provider of embeddings failed: an error of a model to the agent, and to the knowledge."""


class LiteLLMEmbedder:
    """An embedding model by its LiteLLM name; a `knowledge.embeddings.Embedder`."""

    def __init__(self, model_name: str) -> None:
        self._model = model_name

    @property
    def name(self) -> str:
        return f"litellm:{self._model}"

    @functools.cached_property
    def dimensions(self) -> int:
        return len(self.embed(["dimensions"])[0])

    def embed(self, texts: Sequence[str]) -> list[list[float]]:
        """Of the texts as redacted, for a search may quote what a customer wrote.

        Raises EmbeddingCallError if the provider does not answer in time or answers nonsense.
        """
        vectors: list[list[float]] = []
        for start in range(0, len(texts), EMBEDDING_BATCH):
            vectors += self._embed_batch(texts[start : start + EMBEDDING_BATCH])
        return vectors

    def _embed_batch(self, texts: Sequence[str]) -> list[list[float]]:
        try:
            response: Any = _call(
                functools.partial(
                    litellm.embedding,
                    model=self._model,
                    input=[_redact(text) for text in texts],
                    timeout=EMBEDDING_TIMEOUT_SECONDS,
                    max_retries=0,
                    num_retries=0,
                ),
                seconds=EMBEDDING_TIMEOUT_SECONDS,
            )
        except ModelError as error:
            raise EmbeddingCallError(
                str(error), permanent=error.permanent, blames_request=error.blames_request
            ) from error
        try:
            rows = sorted(response.data, key=lambda row: int(row["index"]))
            vectors = [[float(value) for value in row["embedding"]] for row in rows]
        except (AttributeError, KeyError, TypeError, ValueError) as error:
            sentence = f"It answered nonsense ({type(error).__name__})."
            raise EmbeddingCallError(sentence, permanent=False) from error
        if len(vectors) != len(texts) or len(set(map(len, vectors))) != 1 or not vectors[0]:
            raise EmbeddingCallError("It returned too few vectors or numbers.", permanent=False)
        return vectors

    def count_tokens(self, text: str) -> int:
        return int(litellm.token_counter(model=self._model, text=text))


class _NoBooks(Logging):
    """LiteLLM's record of a call, which gives it to nobody: what else it would put together in a
    thread of its own, for the services that it can report to, costs as much as the call."""

    @classmethod
    def open(cls, model: str) -> "_NoBooks":
        return cls(
            model=model,
            messages=None,
            stream=False,
            call_type="completion",
            start_time=datetime.now(),  # noqa: DTZ005  LiteLLM subtracts its own, which has no zone
            litellm_call_id=str(uuid.uuid4()),
            function_id="",
        )

    def success_handler(self, *_args: object, **_kwargs: object) -> None:
        pass

    def failure_handler(self, *_args: object, **_kwargs: object) -> None:
        pass


def _socket_timeout(seconds: float) -> float:
    """Not before the deadline, and the same for nearly every call: LiteLLM keeps a client, with
    its open connections, for each time-out that it is given. Who asks waits no longer for it."""
    return max(seconds, float(settings.LLM_TIMEOUT_SECONDS))


def _redact(text: str) -> str:
    return Redactor().mask(text) if settings.LLM_REDACT else text


def _call(function: Callable[[], Result], *, seconds: float) -> Result:
    """The function's result within so many seconds in all. LiteLLM's own timeout is per read, so
    that a provider that drips could hold a caller for ever."""
    if seconds <= 0:
        raise ModelError("There was no time left.", permanent=False)
    _give_back_connection()
    if not _free_calls.acquire(timeout=seconds):
        raise ModelError("Too many calls are waiting.", permanent=False)
    future: Future[Result] = Future()
    threading.Thread(target=_run, args=(function, future), name="model", daemon=True).start()
    try:
        return future.result(timeout=seconds)
    except TimeoutError as error:
        sentence = f"No answer within {seconds:.0f} seconds."
        raise ModelError(sentence, permanent=False, timed_out=True) from error
    except litellm.exceptions.Timeout as error:
        raise ModelError(_describe(error), permanent=False, timed_out=True) from error
    except _PERMANENT as error:
        raise ModelError(_describe(error), permanent=True) from error
    except _REFUSED as error:
        raise ModelError(_describe(error), permanent=True, blames_request=True) from error
    except Exception as error:
        raise ModelError(_describe(error), permanent=False) from error


def _give_back_connection() -> None:
    """A thread that waits for a model keeps no connection from the others: there are fewer in
    the pool than jobs that wait."""
    if not connection.in_atomic_block:
        connection.close()


def _run(function: Callable[[], Result], future: "Future[Result]") -> None:
    """In a daemon thread, so that a call which hangs cannot keep the worker from stopping."""
    try:
        future.set_result(function())
    except BaseException as error:  # noqa: BLE001  the waiting thread raises it
        future.set_exception(error)
    finally:
        _free_calls.release()


def _describe(error: Exception) -> str:
    """Its kind and status; never its text, which may repeat a customer's words."""
    status = getattr(error, "status_code", None)
    return f"{type(error).__name__}{f' ({status})' if status else ''}"


_free_calls = threading.BoundedSemaphore(MAX_CALLS)
