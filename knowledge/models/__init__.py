from knowledge.models.article import Article
from knowledge.models.embedding import EmbeddingIndex, PassageEmbedding
from knowledge.models.passage import Passage

__all__ = [
    "Article",
    "EmbeddingIndex",
    "Passage",
    "PassageEmbedding",
]
