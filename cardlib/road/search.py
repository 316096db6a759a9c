# SPDX-License-Identifier: MIT
"""Looking for something in a capture: an element by its tag or name, or any bytes."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Sequence

from ..core.codec import parse_hex, to_hex
from ..core.model import Exchange, Node, Side, record
from .meaning import halves
from .sources import Source, exchanges_of


@record
class Hit:
    """Where something was found: a node, or bytes of a half, of one exchange."""

    exchange: Exchange
    side: Side
    path: str
    start: int
    stop: int
    node: Node | None = None


def find(source: Source, what: str) -> Iterator[Hit]:
    """Where a tag ("9F26"), a part of a name ("cryptogram"), or bytes ("A0 00 00 00 03") occur.

    A tag or name finds data elements; where there is none of that tag, the hex is looked for in the bytes.
    """
    exchanges = tuple(exchanges_of(source))
    data = parse_hex(what)
    if not data:
        yield from _elements(exchanges, _is_named(what))
        return
    tag = to_hex(data)
    count = 0
    for hit in _elements(exchanges, lambda node: node.tag == tag):
        count += 1
        yield hit
    if count == 0:
        yield from _stretches(exchanges, data)


def _is_named(part: str) -> Callable[[Node], bool]:
    """Whether the name of a node has this part, in any case; a single character is too little to look for."""
    part = part.strip().lower()
    return lambda node: len(part) > 1 and part in node.name.lower()


def _elements(exchanges: Sequence[Exchange], fits: Callable[[Node], bool]) -> Iterator[Hit]:
    for exchange in exchanges:
        for side, half in halves(exchange):
            for path, node in half.walk():
                if fits(node):
                    yield Hit(exchange, side, path, node.start, node.stop, node)


def _stretches(exchanges: Sequence[Exchange], data: bytes) -> Iterator[Hit]:
    pattern = re.compile(re.escape(data))
    for exchange in exchanges:
        for side, half in halves(exchange):
            for match in pattern.finditer(half.buf):
                yield Hit(exchange, side, "", match.start(), match.end())
