"""Reads what is imported, whatever its format, into the fields of articles."""

from knowledge.documents.document import BrokenDocumentError, Defaults, Document, address, too_large
from knowledge.documents.kinds import ACCEPTED, Kind, kind_of, limit_of
from knowledge.documents.reading import content_hash, read_documents

__all__ = [
    "ACCEPTED",
    "BrokenDocumentError",
    "Defaults",
    "Document",
    "Kind",
    "address",
    "content_hash",
    "kind_of",
    "limit_of",
    "read_documents",
    "too_large",
]
