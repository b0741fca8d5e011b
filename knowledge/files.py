"""Where the files of a collection come from: a folder, an archive, or what staff upload."""

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

from knowledge.documents import BrokenDocumentError, kind_of, limit_of, too_large

MAX_FILES_IN_ARCHIVE = 2000
_MAX_UNPACKED = 200 * 1024 * 1024


@dataclass(frozen=True, slots=True)
class SourceFile:
    """A file to import. `read` gives its bytes, no more than its format may have, or raises
    BrokenDocumentError."""

    path: str
    read: Callable[[], bytes]


def folder_files(folder: Path) -> list[SourceFile]:
    """The documents below the folder, or in the .zip archive, in order of their paths, or the one
    file. Raises OSError, and BrokenDocumentError for an archive."""
    if folder.is_file():
        if folder.suffix.lower() == ".zip":
            return list(_archived_files(folder, folder.name))
        return [_in_folder(folder.parent, folder.name)]
    paths: list[str] = []
    for parent, folders, names in os.walk(folder, onerror=_raise):
        folders[:] = [name for name in folders if not name.startswith(".")]
        relative = Path(parent).relative_to(folder)
        paths.extend((relative / name).as_posix() for name in names)
    return [_in_folder(folder, path) for path in sorted(paths) if _is_document(path)]


def uploaded_files(uploads: Iterable["UploadedFile[Any]"]) -> list[SourceFile]:
    """The documents among the uploads and in their .zip archives, which stay packed.

    Raises BrokenDocumentError for an archive that cannot be opened or holds too many files.
    """
    found: list[SourceFile] = []
    for upload in uploads:
        name = upload.name or ""
        if name.lower().endswith(".zip"):
            found.extend(_archived_files(upload, name))
        elif _is_document(name):
            found.append(SourceFile(name, functools.partial(_read, name, upload.open)))
    return sorted(found, key=lambda file: file.path)


def _in_folder(folder: Path, path: str) -> SourceFile:
    def open_file() -> IO[bytes]:
        return (folder / path).open("rb")

    return SourceFile(path, functools.partial(_read, path, open_file))


def _archived_files(file: Path | IO[bytes], name: str) -> Iterator[SourceFile]:
    try:
        archive = zipfile.ZipFile(file)
    except (zipfile.BadZipFile, OSError, ValueError):
        raise BrokenDocumentError(_("%(name)s is not a zip archive.") % {"name": name}) from None
    entries = [entry for entry in archive.infolist() if _is_document(entry.filename)]
    if len(entries) > MAX_FILES_IN_ARCHIVE:
        raise BrokenDocumentError(
            _("%(name)s holds more than %(limit)d files.")
            % {"name": name, "limit": MAX_FILES_IN_ARCHIVE}
        )
    # What it says of itself is what it gives: zipfile unpacks no more of a file than that.
    if sum(min(entry.file_size, limit_of(entry.filename)) for entry in entries) > _MAX_UNPACKED:
        raise BrokenDocumentError(
            _("%(name)s unpacks to more than %(limit)d MB: split it.")
            % {"name": name, "limit": _MAX_UNPACKED // 1024**2}
        )
    for entry in entries:
        opened: Callable[[], IO[bytes]] = functools.partial(archive.open, entry)
        yield SourceFile(entry.filename, functools.partial(_read, entry.filename, opened))


def _is_document(path: str) -> bool:
    """Of a known format, not hidden, and not the folder's own description."""
    parts = path.split("/")
    return (
        kind_of(path) is not None
        and not any(part.startswith(".") or part in ("", "__MACOSX") for part in parts)
        and path.lower() != "readme.md"
    )


def _read(path: str, open_file: Callable[[], IO[bytes]]) -> bytes:
    limit = limit_of(path)
    try:
        with open_file() as file:
            content = file.read(limit + 1)
        if len(content) > limit:
            raise too_large(limit)
        return content
    except OSError as error:
        reason: object = error.strerror or error
    except (zipfile.BadZipFile, zlib.error, EOFError, NotImplementedError, RuntimeError) as error:
        reason = error  # a damaged, encrypted or unknown kind of archive
    raise BrokenDocumentError(_("It cannot be read: %(reason)s.") % {"reason": reason})


def _raise(error: OSError) -> None:
    raise error
