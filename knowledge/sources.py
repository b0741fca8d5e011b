"""Where the files of a collection come from: a folder, or what staff upload."""

import functools
import os
import zipfile
import zlib
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Any

from django.core.files.uploadedfile import UploadedFile
from django.utils.translation import gettext as _

from knowledge.documents import MAX_BYTES, BrokenDocumentError

MAX_FILES_IN_ARCHIVE = 2000
_SUFFIXES = (".md", ".markdown")


@dataclass(frozen=True, slots=True)
class SourceFile:
    """A file to import. `read` gives its bytes, at most one more than a document may have, or
    raises BrokenDocumentError."""

    path: str
    read: Callable[[], bytes]


def folder_files(folder: Path) -> list[SourceFile]:
    """The Markdown files below the folder, in order of their paths. Raises OSError."""
    paths: list[str] = []
    for parent, folders, names in os.walk(folder, onerror=_raise):
        folders[:] = [name for name in folders if not name.startswith(".")]
        relative = Path(parent).relative_to(folder)
        paths.extend((relative / name).as_posix() for name in names)
    return [_in_folder(folder, path) for path in sorted(paths) if _is_document(path)]


def uploaded_files(uploads: Iterable["UploadedFile[Any]"]) -> list[SourceFile]:
    """The Markdown files among the uploads and in their .zip archives, which stay packed.

    Raises BrokenDocumentError for an archive that cannot be opened or holds too many files.
    """
    found: list[SourceFile] = []
    for upload in uploads:
        name = upload.name or ""
        if name.lower().endswith(".zip"):
            found.extend(_archived_files(upload))
        elif _is_document(name):
            found.append(SourceFile(name, functools.partial(_read, upload.open)))
    return sorted(found, key=lambda file: file.path)


def _in_folder(folder: Path, path: str) -> SourceFile:
    def open_file() -> IO[bytes]:
        return (folder / path).open("rb")

    return SourceFile(path, functools.partial(_read, open_file))


def _archived_files(upload: "UploadedFile[Any]") -> Iterator[SourceFile]:
    try:
        archive = zipfile.ZipFile(upload)
    except (zipfile.BadZipFile, OSError, ValueError):
        raise BrokenDocumentError(
            _("%(name)s is not a zip archive.") % {"name": upload.name}
        ) from None
    entries = [entry for entry in archive.infolist() if _is_document(entry.filename)]
    if len(entries) > MAX_FILES_IN_ARCHIVE:
        raise BrokenDocumentError(
            _("%(name)s holds more than %(limit)d files.")
            % {"name": upload.name, "limit": MAX_FILES_IN_ARCHIVE}
        )
    for entry in entries:
        opened: Callable[[], IO[bytes]] = functools.partial(archive.open, entry)
        yield SourceFile(entry.filename, functools.partial(_read, opened))


def _is_document(path: str) -> bool:
    """Markdown, not hidden, and not the folder's own description."""
    parts = path.split("/")
    return (
        path.lower().endswith(_SUFFIXES)
        and not any(part.startswith(".") or part in ("", "__MACOSX") for part in parts)
        and path.lower() != "readme.md"
    )


def _read(open_file: Callable[[], IO[bytes]]) -> bytes:
    try:
        with open_file() as file:
            return file.read(MAX_BYTES + 1)
    except OSError as error:
        reason: object = error.strerror or error
    except (zipfile.BadZipFile, zlib.error, EOFError, NotImplementedError, RuntimeError) as error:
        reason = error  # a damaged, encrypted or unknown kind of archive
    raise BrokenDocumentError(_("It cannot be read: %(reason)s.") % {"reason": reason})


def _raise(error: OSError) -> None:
    raise error
