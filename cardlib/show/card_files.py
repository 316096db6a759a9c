# SPDX-License-Identifier: MIT
"""The files of a card as a capture shows them: what was selected, read, written and refused, by path; their content."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import replace

from ..acts.events import ranges
from ..apps import facts_of
from ..apps.application import title_of
from ..apps.fields import is_select
from ..apps.files import (
    READ_BINARY,
    READ_RECORD,
    UPDATE_BINARY,
    UPDATE_RECORD,
    listed_as,
    place_of,
    row_path,
)
from ..apps.instructions import accepted
from ..core.escape import escape
from ..core.model import Card, Command, Context, Exchange, Response, record
from ..core.registers import aid_name
from ..road.follow import after, before
from ..share.masking import Shown, shown
from .lines import more
from .trees import marked_title, tree_rows

USES = {
    READ_BINARY: "read",
    READ_RECORD: "read",
    UPDATE_BINARY: "written",
    UPDATE_RECORD: "written",
}
MAX_FILES = 2000
MAX_PLACES = 8  # numbers of exchanges in a line
INDENT = "  "

Path = tuple[str, ...]


@record
class Use:
    """How an exchange uses a file, and which record or from which offset on.

    `what` is "selected", "read", "written", "used", "refused", or "unanswered" where no status word came.
    """

    path: Path
    name: str
    exchange: Exchange
    what: str
    record: int = 0
    offset: int = 0


def uses(exchange: Exchange) -> Iterator[Use]:
    """The file that an exchange selects, reads or writes; none where it is about no file."""
    command, response = exchange.command, exchange.response
    if command is None:
        return
    context = exchange.context
    if is_select(command, facts_of(context)):
        if response is not None and accepted(response):
            selected = _after(exchange, command)
            path = _path_of(selected)
            if path:
                yield Use(path, _name(selected, path), exchange, "selected")
        return
    place = place_of(context, command)
    if place is None:
        return
    path = (_root_of(context), *place.path)
    what = _what(command, response)
    yield Use(path, _name(context, path), exchange, what, place.record, place.offset)


def _what(command: Command, response: Response | None) -> str:
    if response is None:
        return "unanswered"
    if accepted(response):
        return USES.get(command.ins, "used")
    if response.sw is None and not response.status:
        return "unanswered"
    return "refused"


def _after(exchange: Exchange, command: Command) -> Context:
    """What is selected after a SELECT."""
    context = exchange.context
    card = Card(None, (context,), context.listed)
    return before(after(card, command, exchange.response), command)


def _root_of(context: Context) -> str:
    """The application above the files, as its AID, or that of the card itself."""
    return context.aid or "card"


def _path_of(context: Context) -> Path:
    """The path of what is selected, below its application."""
    path = [_root_of(context)]
    if context.df:
        path += context.df.split("/")
    if context.ef:
        path.append(context.ef)
    return tuple(path)


def _name(context: Context, path: Path) -> str:
    """What a file is called: by its row, or the name of the application."""
    if len(path) == 1:
        return title_of(context)
    below = path[1:]
    fact = facts_of(context).file(row_path(below, listed_as(context, below[-1])))
    if fact is not None:
        return fact.name
    return ""


def file_tree(exchanges: Iterable[Exchange], reveal: bool) -> Iterator[str]:
    """The files below their directories: how each was used, and what was last read of or written to it."""
    by_path: dict[Path, list[Use]] = {}
    for exchange in exchanges:
        for use in uses(exchange):
            by_path.setdefault(use.path, []).append(use)
    if not by_path:
        yield "no file is selected, read or written in this capture"
    above: Path = ()
    for path in sorted(by_path)[:MAX_FILES]:
        yield from _directories(path, above, by_path)
        yield from _file(by_path[path], len(path) - 1, reveal)
        above = path
    yield from more(len(by_path) - MAX_FILES, "file")


def _directories(path: Path, above: Path, by_path: dict[Path, list[Use]]) -> Iterator[str]:
    """The directories over a file that no line has named yet."""
    for depth in range(1, len(path)):
        directory = path[:depth]
        if above[:depth] != directory and directory not in by_path:
            title = directory[-1]
            if depth == 1:
                title = f"{title} {aid_name(title)}".rstrip()
            yield escape(INDENT * (depth - 1) + title)


def _file(file_uses: list[Use], depth: int, reveal: bool) -> Iterator[str]:
    first = file_uses[0]
    name = next((use.name for use in file_uses if use.name), "")
    title = f"{first.path[-1]} {name}".strip()
    yield escape(f"{INDENT * depth}{title}: {_how(file_uses)}")
    last: dict[int, Use] = {}
    for use in file_uses:
        if use.what in ("read", "written"):
            last[use.record] = use
    yield from _contents(last, INDENT * (depth + 1), reveal)


def _contents(last: dict[int, Use], indent: str, reveal: bool) -> Iterator[str]:
    """What each record holds; records that look the same stand together."""
    alike: dict[tuple[str, ...], list[int]] = {}
    for number in sorted(last):
        lines = tuple(_content(last[number], reveal))
        alike.setdefault(lines, []).append(number)
    for lines, numbers in alike.items():
        first, *others = lines or ("",)
        if numbers != [0]:
            noun = "record" if len(numbers) == 1 else "records"
            first = f"{noun} {ranges(numbers)}: {first}".rstrip(": ")
        for line in (first, *others):
            if line:
                yield indent + line


def _how(file_uses: list[Use]) -> str:
    """What was done with a file, each with the numbers of its exchanges."""
    numbers: dict[str, list[int]] = {}
    for use in file_uses:
        numbers.setdefault(use.what, []).append(use.exchange.index)
    parts = []
    for what, indices in numbers.items():
        text = ", ".join(map(str, indices[:MAX_PLACES]))
        if len(indices) > MAX_PLACES:
            text += f" and {len(indices) - MAX_PLACES} more"
        parts.append(f"{what} in {text}")
    return "; ".join(parts)


def _content(use: Use, reveal: bool) -> Iterator[str]:
    """What was read or written: a value, or an empty line and the parts of one."""
    side = "response" if use.what == "read" else "command"
    for view in shown(use.exchange, reveal):
        if view.side == side:
            yield from _lines(view, use)


def _lines(view: Shown, use: Use) -> Iterator[str]:
    for child in view.node.children:
        if child.tag != use.path[-1] and child.name != "data":
            continue
        first, *parts = tree_rows(replace(view, node=child))
        yield first.removeprefix(escape(marked_title(child))).strip()
        yield from parts
