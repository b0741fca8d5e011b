from knowledge.models.article import Article
from knowledge.models.embedding import EmbeddingIndex, PassageEmbedding
from knowledge.models.passage import Passage
from knowledge.models.source import KnowledgeSource, SourceDocument
from knowledge.models.word import Posting, WordCount

__all__ = [
    "Article",
    "EmbeddingIndex",
    "KnowledgeSource",
    "Passage",
    "PassageEmbedding",
    "Posting",
    "SourceDocument",
    "WordCount",
]
