"""Training in a process of its own: scikit-learn and its matrices never enter a worker's memory.

`python -m agent.intents.process` reads an archive of arrays and writes figures and weights.
"""

from __future__ import annotations

import io
import json
import os
import subprocess
import sys
from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path

import numpy as np

from agent.intents.classifier import Classifier, read_classifier
from agent.intents.figures import Figures
from agent.intents.vocabulary import Floats

_ROOT = Path(__file__).resolve().parents[2]
# 15,000 texts of 150 intents take some two minutes.
_SECONDS = 1_800
_LENGTH = 8  # bytes that say how long the figures are


class TrainingError(Exception):
    """The process failed; the message says how."""


def train_apart(
    texts: Sequence[str], labels: Sequence[str], vectors: Floats, *, embedder: str
) -> tuple[Classifier, Figures]:
    """`training.train` in a process that ends. Raises TrainingError."""
    try:
        done = subprocess.run(
            [sys.executable, "-m", "agent.intents.process"],
            input=_pack(texts, labels, vectors, embedder),
            capture_output=True,
            cwd=_ROOT,
            # One thread: the machine is the customers', and more make it hardly faster.
            env={**os.environ, "OMP_NUM_THREADS": "1", "OPENBLAS_NUM_THREADS": "1"},
            timeout=_SECONDS,
            check=True,
        )
    except subprocess.CalledProcessError as failed:
        last = failed.stderr.decode(errors="replace").strip().rsplit("\n", 1)[-1]
        raise TrainingError(last or f"It ended with {failed.returncode}.") from None
    except subprocess.TimeoutExpired:
        raise TrainingError(f"It took more than {_SECONDS} seconds.") from None
    length = int.from_bytes(done.stdout[:_LENGTH], "big")
    figures = json.loads(done.stdout[_LENGTH : _LENGTH + length])
    return read_classifier(done.stdout[_LENGTH + length :]), Figures(**figures)


def _pack(texts: Sequence[str], labels: Sequence[str], vectors: Floats, embedder: str) -> bytes:
    head = json.dumps({"texts": list(texts), "labels": list(labels), "embedder": embedder})
    file = io.BytesIO()
    np.savez(file, head=np.frombuffer(head.encode(), np.uint8), vectors=vectors)
    return file.getvalue()


def _answer() -> None:
    # Imported here, so that who starts the process does not pay for it.
    from agent.intents.training import train

    with np.load(io.BytesIO(sys.stdin.buffer.read()), allow_pickle=False) as arrays:
        head = json.loads(arrays["head"].tobytes())
        vectors = arrays["vectors"]
    trained = train(head["texts"], head["labels"], vectors, embedder=head["embedder"])
    figures = json.dumps(asdict(trained.figures)).encode()
    sys.stdout.buffer.write(len(figures).to_bytes(_LENGTH, "big") + figures)
    sys.stdout.buffer.write(trained.classifier.to_bytes())


if __name__ == "__main__":
    _answer()
