# SPDX-License-Identifier: MIT
"""The files of the card as the capture shows them: what was selected, read and written, by path."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from ...apps import facts_of
from ...apps.application import title_of
from ...apps.fields import is_select
from ...apps.files import READ_BINARY, READ_RECORD, UPDATE_BINARY, UPDATE_RECORD, place_of
from ...apps.instructions import accepted
from ...core.model import Card, Command, Context, Exchange
from ...road.follow import after, before
from .chunk import Data, Say, plain

MAX_FILES = 2000
MAX_USES = 400  # of a file
READS, WRITES = (READ_BINARY, READ_RECORD), (UPDATE_BINARY, UPDATE_RECORD)

Path = tuple[str, ...]


def files_chunk(exchanges: Iterable[Exchange], say: Say) -> Data:
    """A tree in the order of paths: rows {path, name, uses: [[exchange, what, record, offset]], more}.

    `what` is "selected", "read", "written" or "refused".
    """
    rows: dict[Path, Data] = {}
    cut_off = 0
    for exchange in exchanges:
        for path, name, use in _uses(exchange):
            _root_row(rows, path, exchange.context, say)
            row = rows.get(path)
            if row is None and len(rows) >= MAX_FILES:
                cut_off += 1
                continue
            if row is None:
                row = rows[path] = {"path": list(map(plain, path)), "name": "", "uses": []}
            row["name"] = row["name"] or plain(say(name))
            if len(row["uses"]) < MAX_USES:
                row["uses"].append(use)
            else:
                row["more"] = row.get("more", 0) + 1
    return {"files": [rows[path] for path in sorted(rows)], "more": cut_off}


def _root_row(rows: dict[Path, Data], path: Path, context: Context, say: Say) -> None:
    """The application above a file has a row of its own, with its name where that is known."""
    row = rows.setdefault(path[:1], {"path": [plain(path[0])], "name": "", "uses": []})
    if not row["name"] and context.aid == path[0]:
        row["name"] = plain(say(title_of(context)))


Use = tuple[Path, str, list[object]]


def _uses(exchange: Exchange) -> Iterator[Use]:
    """The file that an exchange selects, reads or writes, its name, and how it is used."""
    command, response = exchange.command, exchange.response
    if command is None:
        return
    context = exchange.context
    fine = response is not None and accepted(response)
    if is_select(command, facts_of(context)):
        if fine:
            selected = _after(exchange, command)
            path = _path(selected)
            if path:
                yield path, _name(selected, path), [exchange.index, "selected", 0, 0]
        return
    place = place_of(context, command)
    if place is None:
        return
    path = (_root(context), *place.path)
    what = _what(command) if fine else "refused"
    yield path, _name(context, path), [exchange.index, what, place.record, place.offset]


def _what(command: Command) -> str:
    if command.ins in READS:
        return "read"
    if command.ins in WRITES:
        return "written"
    return "used"


def _after(exchange: Exchange, command: Command) -> Context:
    """What is selected after a SELECT."""
    context = exchange.context
    card = Card(None, (context,), context.listed)
    return before(after(card, command, exchange.response), command)


def _root(context: Context) -> str:
    """The application above the files, as its AID, or that of the card itself."""
    return context.aid or "card"


def _path(context: Context) -> Path:
    path = [_root(context)]
    if context.df:
        path += context.df.split("/")
    if context.ef:
        path.append(context.ef)
    return tuple(path)


def _name(context: Context, path: Path) -> str:
    """What a file is called: by its row, or the name of the application."""
    if len(path) == 1:
        return title_of(context)
    fact = facts_of(context).file(path[1:])
    if fact is not None:
        return fact.name
    return ""
