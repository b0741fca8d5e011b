"""Embedding models as ONNX files, run inside the process.

`encoder` runs a file, `folder` opens the one that EMBEDDING_MODEL_PATH names; `knowledge.minilm`
builds its own.
"""

from knowledge.onnx.folder import FolderEmbedder

__all__ = ["FolderEmbedder"]
