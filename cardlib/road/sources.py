# SPDX-License-Identifier: MIT
"""What a caller may hand over to look at: a file, a capture, a session, several exchanges, or one."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from os import PathLike

from ..core.errors import CardlibError
from ..core.model import Capture, Exchange, Session
from .pipeline import read

Source = Capture | Session | Exchange | Iterable[Exchange]
File = str | PathLike[str]

WANTED = "pass a capture, a session, or exchanges"


def exchanges_of(source: Source) -> Iterator[Exchange]:
    """The exchanges of a source, in order; CardlibError for whatever is not one."""
    if isinstance(source, Exchange):
        return iter((source,))
    if isinstance(source, Capture | Session):
        return iter(source.exchanges)
    if isinstance(source, str | bytes | PathLike):
        raise CardlibError(f"a path is read first: {WANTED}, or cardlib.read(path)")
    if not isinstance(source, Iterable):
        raise CardlibError(f"no exchanges in {_kind(source)}: {WANTED}")
    return _only_exchanges(source)


def sessions_of(source: Source) -> tuple[Session, ...]:
    """The sessions of a capture, or the one; exchanges alone have none, and so no clock."""
    if isinstance(source, Capture):
        return source.sessions
    if isinstance(source, Session):
        return (source,)
    return ()


def _only_exchanges(items: Iterable[object]) -> Iterator[Exchange]:
    for item in items:
        if not isinstance(item, Exchange):
            raise CardlibError(f"{_kind(item)} among the exchanges: {WANTED}")
        yield item


def _kind(thing: object) -> str:
    return f"an object of type {type(thing).__name__}"


def opened(source: Source | File, keys: Iterable[File] = ()) -> Source:
    """The source itself; a file is read, with the keys in these files."""
    if isinstance(source, str | PathLike):
        return read(source, keys=keys)
    return source


def all_opened(
    source: Source | File | Sequence[Capture | File], keys: Iterable[File] = ()
) -> list[Source]:
    """The sources in a list or tuple of files and captures; anything else is one source."""
    keys = tuple(keys)
    if not isinstance(source, list | tuple):
        return [opened(source, keys)]  # type: ignore[arg-type]  # no other sequence is several sources
    if all(isinstance(item, Capture | str | PathLike) for item in source):
        return [opened(item, keys) for item in source]
    return [source]


def capture_of(source: Source) -> Capture:
    """The capture itself; around anything else, one without a file."""
    if isinstance(source, Capture):
        return source
    if not isinstance(source, Session):
        source = Session(0, exchanges=tuple(exchanges_of(source)))
    return Capture("(no file)", "", (source,))


def path_of(source: Source) -> str:
    """The path of a capture; empty for what has none."""
    return source.path if isinstance(source, Capture) else ""
