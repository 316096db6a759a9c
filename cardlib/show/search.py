# SPDX-License-Identifier: MIT
"""Looking for something in all that is shown of a capture: tags, names, meanings, remarks, findings, or bytes.

What is hidden is not found: a search tells no more about hidden bytes than a print does.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator

from ..core.model import Capture, Evidence, Exchange, Finding, Node
from ..road.meaning import name, with_views
from ..road.search import Hit, Query
from ..road.sources import Source, exchanges_of
from ..rules import RULES, check
from ..share.masking import Shown, shown
from .trees import in_one_line, marked_title
from .where import MOST_JUDGED, all_exchanges

Chooses = Callable[[Exchange], bool]


@with_views
def find(
    source: Source, what: str, reveal: bool = False, chooses: Chooses = all_exchanges
) -> list[Hit]:
    """Where a tag ("9F26"), a part of a name or a text ("cryptogram", "declined"), or bytes occur.

    Hex is a tag first; where no data element has it, bytes; where these do not occur either, words. Words are looked
    for in what rules conclude, too, where a capture is small enough to be judged in a moment.
    """
    exchanges = tuple(exchange for exchange in exchanges_of(source) if chooses(exchange))
    hits = list(find_in(lambda: exchanges, what, reveal))
    query = Query(what)
    if isinstance(source, Capture) and len(source) <= MOST_JUDGED and is_about_words(query, hits):
        hits += _in_findings(source, exchanges, query)
    return hits


def is_about_words(query: Query, hits: list[Hit]) -> bool:
    """Whether words were looked for: text that is no hex, or hex that is nowhere in the bytes."""
    if not query.is_words:
        return False
    return not query.data or not any(hit.words == "" for hit in hits)


def find_in(read: Callable[[], Iterable[Exchange]], what: str, reveal: bool) -> Iterator[Hit]:
    """The same in exchanges that are read when they are needed: again for each way to look at hex."""
    query = Query(what)
    ways = []
    if query.is_tag:
        ways.append(_elements)
    if query.data:
        ways.append(_stretches)
    if query.is_words:
        ways.append(_texts)
    for way in ways:
        count = 0
        for exchange in read():
            for hit in way(query, exchange, reveal):
                count += 1
                yield hit
        if count:
            return


def _elements(query: Query, exchange: Exchange, reveal: bool) -> Iterator[Hit]:
    """The data elements of that tag."""
    for view in shown(exchange, reveal):
        for path, node in view.node.walk():
            if node.tag == query.hex:
                yield Hit(exchange, view.side, path, node.start, node.stop, node)


def _stretches(query: Query, exchange: Exchange, reveal: bool) -> Iterator[Hit]:
    """Where its bytes occur and are shown."""
    pattern = re.compile(re.escape(query.data))
    for view in shown(exchange, reveal):
        for match in pattern.finditer(view.node.buf):
            start, stop = match.span()
            if view.hex[2 * start : 2 * stop] == query.hex:
                yield Hit(exchange, view.side, "", start, stop)


def _texts(query: Query, exchange: Exchange, reveal: bool) -> Iterator[Hit]:
    """The command whose name has it, and the data elements whose name, meaning or remark has it."""
    command_name = name(exchange)
    if query.is_in(command_name) and exchange.command is not None:
        yield Hit(exchange, "command", "", 0, len(exchange.command.raw), words=command_name)
    for view in shown(exchange, reveal):
        unseen: set[int] = set()  # parts of a value that stands in one line
        for path, node in view.node.walk():
            if id(node) in unseen or in_one_line(node):
                unseen.update(map(id, node.children))
            if query.is_in(marked_title(node)) or (
                id(node) not in unseen and _is_said(query, view, node)
            ):
                yield Hit(exchange, view.side, path, node.start, node.stop, node)


def _is_said(query: Query, view: Shown, node: Node) -> bool:
    """Whether the line of a node in its tree has it, beside the name."""
    is_leaf = not node.children or in_one_line(node)
    if is_leaf and query.is_in(view.text_of(node)):
        return True
    return query.is_in(view.remark(node.note)) or query.is_in(view.remark(node.error))


def _in_findings(capture: Capture, exchanges: Iterable[Exchange], query: Query) -> Iterator[Hit]:
    """The findings that fail and have it in their text, at the first bytes of each exchange that show them."""
    by_number = {exchange.index: exchange for exchange in exchanges}
    for finding in check(capture, RULES):
        words = f"{finding.rule} {finding.severity}: {finding.title}: {finding.detail}"
        if finding.verdict != "fail" or not query.is_in(words):
            continue
        for place in _first_places(finding):
            exchange = by_number.get(place.exchange)
            if exchange is not None:
                yield Hit(exchange, place.side, "", place.start, place.stop, words=words)


def _first_places(finding: Finding) -> Iterable[Evidence]:
    places: dict[int, Evidence] = {}
    for place in finding.evidence:
        places.setdefault(place.exchange, place)
    return places.values()
