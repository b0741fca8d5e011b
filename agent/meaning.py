"""What a text means, as a vector: one for the rules, the intents and the sentiment.

Always the local model's, whatever `EMBEDDING_MODEL` searches with: nothing leaves the process,
and what was learned from one model's vectors says nothing about another's.
"""

import functools

from knowledge.embeddings import LOCAL, get_embedder

# Enough for the messages that the threads of one worker have in hand.
_KEPT = 256


def model_name() -> str:
    """What learned weights and stored vectors are kept under."""
    return get_embedder(LOCAL).name


@functools.lru_cache(maxsize=_KEPT)
def embed(text: str) -> tuple[float, ...]:
    """The vector of a cleaned text, of length one. Loads the model: for the worker only."""
    return tuple(get_embedder(LOCAL).embed([text])[0])
