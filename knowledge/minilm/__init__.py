"""all-MiniLM-L6-v2, run inside the process: texts to vectors without an account or a network.

`files` finds and checks the weights, `graph` turns them into an ONNX file once, and `embedder`
runs that file with `knowledge.onnx.encoder` behind the `Embedder` protocol.
"""

from knowledge.minilm.embedder import LocalEmbedder
from knowledge.minilm.files import ModelFilesError

__all__ = ["LocalEmbedder", "ModelFilesError"]
