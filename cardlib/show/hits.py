# SPDX-License-Identifier: MIT
"""The places where something was found, a line each."""

from __future__ import annotations

from collections.abc import Iterable

from ..core.escape import cut, escape
from ..core.model import Node
from ..road.meaning import name
from ..road.search import Hit
from ..share.masking import Shown, shown
from .exchanges import NAME_WIDTH
from .lines import MAX_ROWS, MAX_TEXT, NOTEBOOK, fold, lines_html, more
from .trees import node_line

NOTHING = "nothing found"


class Hits(list[Hit]):
    """A list of places that prints one line each."""

    def __init__(self, hits: Iterable[Hit], reveal: bool) -> None:
        super().__init__(hits)
        self.reveal = reveal

    def __str__(self) -> str:
        rows = [hit_line(hit, self.reveal) for hit in self[:MAX_ROWS]]
        rows += more(len(self) - MAX_ROWS, "place")
        return fold(rows, NOTEBOOK) or NOTHING

    __repr__ = __str__

    def _repr_html_(self) -> str:
        return lines_html(str(self).split("\n"))


def hit_line(hit: Hit, reveal: bool) -> str:
    """Where something was found, and what stands there."""
    place = f"{hit.start}..{hit.stop}"
    columns = [
        f"{hit.exchange.index:>5}",
        f"{cut(name(hit.exchange), NAME_WIDTH):{NAME_WIDTH}}",
        f"{hit.side:8}",
        f"{place:10}",
    ]
    views = [view for view in shown(hit.exchange, reveal) if view.side == hit.side]
    if not views:
        return escape("  ".join(columns).rstrip())
    if hit.path:
        columns.append(views[0].remark(hit.path))
    columns.append(cut(_content(hit, views[0]), MAX_TEXT))
    return escape("  ".join(columns))


def _content(hit: Hit, view: Shown) -> str:
    """The data element that was found; where only bytes were, or it is not there any more, the bytes."""
    if hit.words:
        return view.remark(hit.words)
    node = _node_of(hit, view)
    if node is None:
        return view.hex[2 * hit.start : 2 * hit.stop]
    return node_line(view, node)


def _node_of(hit: Hit, view: Shown) -> Node | None:
    """The node of this view that stands where the hit does."""
    if hit.node is None:
        return None
    for path, node in view.node.walk():
        if path == hit.path and node.start == hit.start:
            return node
    return None
