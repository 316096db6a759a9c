# SPDX-License-Identifier: MIT
"""Looking for something in a capture: an element by its tag or name, or any bytes."""

from __future__ import annotations

import re
from collections.abc import Iterator

from ..core.codec import parse_hex, to_hex
from ..core.model import Exchange, Node, Side, record
from .pipeline import halves
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
    data, wanted = parse_hex(what), what.strip().lower()
    tag, found = to_hex(data or b""), False
    for exchange in exchanges:
        for side, half in halves(exchange):
            for path, node in half.walk():
                if node.tag == tag if tag else len(wanted) > 1 and wanted in node.name.lower():
                    found = True
                    yield Hit(exchange, side, path, node.start, node.stop, node)
    if data and not found:
        for exchange in exchanges:
            for side, half in halves(exchange):
                places = re.finditer(re.escape(data), half.buf)
                yield from (Hit(exchange, side, "", match.start(), match.end()) for match in places)
