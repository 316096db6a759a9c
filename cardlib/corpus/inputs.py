# SPDX-License-Identifier: MIT
"""Which captures are meant: a folder, a pattern, a file, a list of these, or an address that fsspec knows."""

from __future__ import annotations

import hashlib
import os
from collections.abc import Iterable, Iterator
from pathlib import Path, PurePosixPath
from typing import Any

from ..core.errors import CaptureError
from ..core.model import record
from .needed import needed

Where = str | os.PathLike[str] | Iterable[str | os.PathLike[str]]

_PATTERN = "*?["
_HIDDEN = "."  # files whose name begins so are left out, and folders
_CHANGED = ("mtime", "LastModified", "last_modified", "updated", "created", "ETag")
# A chunk ends behind one file of so many, chosen by its name: a new file moves no border but its own.
USUAL = 50
LONGEST = 200


@record
class Input:
    """A capture file: its name in the dataset, where it is, its size in bytes, and when it was changed, as a text."""

    name: str
    place: str
    size: int
    changed: str

    @property
    def identity(self) -> tuple[str, str]:
        """What tells it from every other file, and from itself before a change."""
        return (self.name, f"{self.place}\n{self.size}\n{self.changed}")


def inputs_of(where: Where) -> list[Input]:
    """All files that are meant, by name; CaptureError where there are none."""
    places = [where] if isinstance(where, str | os.PathLike) else list(where)
    found: dict[str, Input] = {}
    for place in places:
        for item in _files_at(os.fspath(place)):
            found.setdefault(item.place, item)
    if not found:
        text = ", ".join(map(str, places)) or "an empty list"
        raise CaptureError("no capture files there", text)
    return _with_own_names(sorted(found.values(), key=lambda item: item.name))


def _with_own_names(items: list[Input]) -> list[Input]:
    """The files; two of one name go by the place that each has."""
    names = [item.name for item in items]
    if len(set(names)) == len(names):
        return items
    return [Input(item.place, item.place, item.size, item.changed) for item in items]


def _files_at(place: str) -> Iterator[Input]:
    """The files of one folder, pattern or address."""
    file_system, path = _opened(place)
    try:
        details = _details(file_system, path)
    except (OSError, ValueError) as fault:
        reason = getattr(fault, "strerror", None) or str(fault)
        raise CaptureError(f"cannot be listed: {reason}", place) from None
    root = _root(file_system, path)
    for name, detail in details.items():
        relative = PurePosixPath(name).relative_to(root).as_posix()
        if detail.get("type") != "file" or _is_hidden(relative):
            continue
        address = file_system.unstrip_protocol(name)
        if address.startswith(("file://", "local://")):
            address = name
        yield Input(relative, address, int(detail.get("size") or 0), _changed(detail))


def _opened(place: str) -> tuple[Any, str]:
    """The file system of a place, and the path in it."""
    fsspec = needed("fsspec")
    if "://" not in place:
        place = str(Path(place).resolve())
    try:
        file_system, path = fsspec.core.url_to_fs(place)
    except (ImportError, ValueError, OSError) as fault:
        raise CaptureError(f"cannot be opened: {fault}", place) from None
    return file_system, path


def _details(file_system: Any, path: str) -> dict[str, dict[str, Any]]:
    """What is known of each file, by its path in the file system."""
    if any(sign in path for sign in _PATTERN) and not file_system.exists(path):
        details: dict[str, dict[str, Any]] = file_system.glob(path, detail=True)
    elif file_system.isdir(path):
        details = file_system.find(path, detail=True)
    elif file_system.exists(path):
        details = {path: file_system.info(path)}
    else:
        details = {}
    return details


def _root(file_system: Any, path: str) -> str:
    """The folder from which on files are named: that which was named, or the last one before a pattern."""
    if file_system.isdir(path):
        return path.rstrip("/") or "/"
    parts = PurePosixPath(path).parts[:-1]
    for number, part in enumerate(parts):
        if any(sign in part for sign in _PATTERN):
            parts = parts[:number]
            break
    return str(PurePosixPath(*parts))


def _is_hidden(relative: str) -> bool:
    return any(part.startswith(_HIDDEN) for part in PurePosixPath(relative).parts)


def _changed(detail: dict[str, Any]) -> str:
    """The first that a file system says of when, or in which version, a file was written."""
    for key in _CHANGED:
        if detail.get(key):
            return str(detail[key])
    return ""


def chunks_of(items: Iterable[Input]) -> Iterator[list[Input]]:
    """Files in groups that stay as they are when other files come or go."""
    chunk: list[Input] = []
    for item in items:
        chunk.append(item)
        if _ends_a_chunk(item) or len(chunk) == LONGEST:
            yield chunk
            chunk = []
    if chunk:
        yield chunk


def _ends_a_chunk(item: Input) -> bool:
    digest = hashlib.sha256(item.name.encode("utf-8", "surrogatepass")).digest()
    return int.from_bytes(digest[:8]) % USUAL == 0


def key_of(items: Iterable[Input], settings: str) -> str:
    """The name of what is made of these files in this way; another one as soon as one of them changes."""
    digest = hashlib.sha256(settings.encode())
    for item in items:
        for text in item.identity:
            digest.update(text.encode("utf-8", "surrogatepass") + b"\0")
    return digest.hexdigest()[:32]
