# SPDX-License-Identifier: MIT
"""Looking for something in a capture: an element by its tag or name, or any bytes."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator

from ..core.codec import parse_hex, to_hex
from ..core.model import Exchange, Node, Side, record
from .meaning import halves
from .sources import Source, exchanges_of

LONGEST_TAG = 8  # bytes; more are never one data element's name


@record
class Hit:
    """Where something was found: a node, or bytes of a half, of one exchange."""

    exchange: Exchange
    side: Side
    path: str
    start: int
    stop: int
    node: Node | None = None


class Query:
    """What is looked for: a tag, a part of a name, or bytes; looks at one exchange at a time."""

    def __init__(self, what: str) -> None:
        self.data = parse_hex(what) or b""
        self.tag = to_hex(self.data)
        self.part = what.strip().lower()

    @property
    def may_be_element(self) -> bool:
        """Whether a data element can be meant; a single character of a name is too little to look for."""
        if self.data:
            return len(self.data) <= LONGEST_TAG
        return len(self.part) > 1

    def elements(self, exchange: Exchange) -> Iterator[Hit]:
        """The data elements of that tag or name."""
        for side, half in halves(exchange):
            for path, node in half.walk():
                if self._fits(node):
                    yield Hit(exchange, side, path, node.start, node.stop, node)

    def _fits(self, node: Node) -> bool:
        if self.data:
            return node.tag == self.tag
        return self.part in node.name.lower()

    def stretches(self, exchange: Exchange) -> Iterator[Hit]:
        """Where its bytes occur."""
        pattern = re.compile(re.escape(self.data))
        for side, half in halves(exchange):
            for match in pattern.finditer(half.buf):
                yield Hit(exchange, side, "", match.start(), match.end())


def find(source: Source, what: str) -> Iterator[Hit]:
    """Where a tag ("9F26"), a part of a name ("cryptogram"), or bytes ("A0 00 00 00 03") occur.

    A tag or name finds data elements; where there is none of that tag, the hex is looked for in the bytes.
    """
    exchanges = tuple(exchanges_of(source))
    yield from find_in(lambda: exchanges, what)


def find_in(read: Callable[[], Iterable[Exchange]], what: str) -> Iterator[Hit]:
    """The same in exchanges that are read when they are needed, twice where the first time shows no such element."""
    query = Query(what)
    count = 0
    if query.may_be_element:
        for exchange in read():
            for hit in query.elements(exchange):
                count += 1
                yield hit
    if count == 0 and query.data:
        for exchange in read():
            yield from query.stretches(exchange)
