# SPDX-License-Identifier: MIT
"""Exchanges in words: what was asked and answered, and all that a filter may look for, each text once."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from ...core.model import Exchange, Node
from ...road.meaning import status
from ..gist import gist
from .chunk import Data, Say, Table, plain
from .halves import Half

HEADER = 8  # hex digits of CLA, INS, P1 and P2


def words_chunk(
    exchanges: Sequence[Exchange], views: Sequence[Sequence[Half]], say: Say, with_hex: bool
) -> Data:
    """What exchanges say in words, and whether something is wrong in them.

    Columns: `h` the header in hex with what is hidden as `*`; `f` the AID that is selected, `q` what was asked, `r`
    what was answered and `m` what the status word means, as places in `words`; `g` places in `tags` ([tag, name]);
    `v` places in `texts`: what the data elements mean, and remarks on them; `e` 0 or 1. `with_hex`: also texts that
    are the value in hex, of which a long capture has too many.
    """
    words, tags, texts = Table(), Table(), Table()
    columns: dict[str, list[object]] = {}
    aids = {aid: plain(say(aid)) for aid in {exchange.context.aid for exchange in exchanges}}
    for exchange, halves in zip(exchanges, views, strict=True):
        asked, answered = gist(exchange, [half.view for half in halves])
        here = _Words(tags, texts, with_hex)
        for half in halves:
            here.take(half)
        values = {
            "h": _header(halves),
            "f": words.place(aids[exchange.context.aid]),
            "q": words.place(plain(asked)),
            "r": words.place(plain(answered)),
            "m": words.place(plain(status(exchange)[0])),
            "g": list(here.tags),
            "v": list(here.texts),
            "e": int(here.has_error),
        }
        for key, value in values.items():
            columns.setdefault(key, []).append(value)
    return {**columns, "words": words.items, "tags": tags.items, "texts": texts.items}


def draft_chunk(exchanges: Sequence[Exchange], views: Sequence[Sequence[Half]]) -> Data:
    """The same in short: what was asked, what was answered, and what the status word means; nothing to look for."""
    words = Table()
    count = len(exchanges)
    columns: dict[str, list[int]] = {"q": [], "r": [], "m": []}
    for exchange, halves in zip(exchanges, views, strict=True):
        asked, answered = gist(exchange, [half.view for half in halves])
        for key, text in (("q", asked), ("r", answered), ("m", status(exchange)[0])):
            columns[key].append(words.place(plain(text)))
    empty: Data = {"h": [""] * count, "f": [-1] * count, "e": [0] * count}
    empty |= {"g": [[]] * count, "v": [[]] * count, "tags": [], "texts": []}
    return {**columns, **empty, "words": words.items}


def _header(halves: Sequence[Half]) -> str:
    """CLA, INS, P1 and P2 as they may be shown; empty without a command."""
    for half in halves:
        if half.view.side == "command":
            return half.view.hex[:HEADER]
    return ""


class _Words:
    """The tags and texts of one exchange, each once."""

    def __init__(self, tags: Table, texts: Table, with_hex: bool) -> None:
        self._tags, self._texts = tags, texts
        self.with_hex = with_hex
        self.tags: dict[int, None] = {}
        self.texts: dict[int, None] = {}
        self.has_error = False

    def take(self, half: Half) -> None:
        """Take in a half and its data elements."""
        if half.view.node.error:
            self.has_error = True
        for _, node, text in half.nodes:
            if node.error:
                self.has_error = True
            if node.tag:
                self.tags[self._tags.place((node.tag, plain(node.name)))] = None
            for words in self._texts_of(half, node, text):
                self.texts[self._texts.place(plain(words))] = None

    def _texts_of(self, half: Half, node: Node, text: str) -> Iterator[str]:
        if text and (self.with_hex or text != half.view.value_hex_of(node)):
            yield text
        for remark in (node.note, node.error):
            if remark:
                yield half.view.remark(remark)
