# SPDX-License-Identifier: MIT
"""What a capture holds that is secret, collected once: values that may come again, and bytes that no row explains."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Sequence

from ..core.model import Evidence, Exchange, Node, Sensitive, Side, record
from ..road.meaning import COMMAND, drawn, with_views
from .blanks import tells
from .known import Known
from .marked import digits_of_bits, is_unexplained, parts_of, secret_data, sensitivity


class Survey:
    """What is secret in exchanges: the values, how often each kind is there and where first; what nobody explains."""

    def __init__(self) -> None:
        self.known = Known()
        self.counts: Counter[Sensitive] = Counter()
        self.first: dict[Sensitive, Evidence] = {}
        self.unexplained = 0  # bytes
        self.first_unexplained: Evidence | None = None
        self.seen = -1  # the number of the last exchange of a stream

    def add(self, exchange: Exchange) -> None:
        """Take in one more exchange."""
        self._note(drawn(exchange, _remarkable_in), exchange.index)

    def take(self, roots: Sequence[Node]) -> None:
        """Take in the halves of an exchange."""
        self._note(_remarkable(roots), 0)

    def _note(self, places: Iterable[Place], exchange: int) -> None:
        for place in places:
            if place.kind and place.value:
                self.known.learn(place.kind, place.value, place.text)
            if place.side is None:
                continue
            if not tells(place.kind, place.value):
                continue  # a field that was left empty
            evidence = Evidence(exchange, place.side, place.start, place.stop)
            if place.kind:
                self.counts[place.kind] += 1
                self.first.setdefault(place.kind, evidence)
            else:
                self.unexplained += len(place.value)
                self.first_unexplained = self.first_unexplained or evidence


@record
class Place:
    """A value that is secret, or, of no kind, one that no row explains; of no side, not in the bytes of the wire."""

    kind: Sensitive
    value: bytes
    text: str
    side: Side | None
    start: int
    stop: int


def _remarkable_in(root: Node) -> list[Place]:
    """What is secret or unexplained in the tree of an exchange."""
    return list(_remarkable(root.children))


def _remarkable(roots: Sequence[Node]) -> Iterator[Place]:
    """What is secret or unexplained in the halves of an exchange."""
    sides = {id(root.buf): _side(root) for root in roots}
    for part in parts_of(roots):
        node = part.node
        if not part.kind and not is_unexplained(node):
            continue
        side = sides.get(id(node.buf))
        if node.stop <= node.body:
            side = None
        value = node.value if node.bits is None else digits_of_bits(node)
        yield Place(part.kind, value, node.text, side, node.start, node.stop)
    for half, (start, stop) in secret_data(roots):
        yield from _field(half, start // 2, stop // 2)


def _field(half: Node, start: int, stop: int) -> Iterator[Place]:
    """The data field of a command about a PIN or a key."""
    is_marked = any(sensitivity(node) for node in half.children)  # its row says so already
    if start < stop and not is_marked:
        yield Place("pin", half.buf[start:stop], "", _side(half), start, stop)


def _side(root: Node) -> Side:
    return "command" if root.fact is COMMAND else "response"


def survey_of(exchange: Exchange) -> Survey:
    """What is secret in the capture of an exchange; of one in a stream, what was up to here."""
    origin = exchange.origin
    if origin is None:
        return surveyed((exchange,))
    if origin.survey is None:
        origin.survey = surveyed(origin.exchanges)
    survey: Survey = origin.survey
    if not origin.exchanges and exchange.index > survey.seen:
        survey.add(exchange)
        survey.seen = exchange.index
    return survey


def survey_of_all(exchanges: Sequence[Exchange]) -> Survey:
    """What is secret in these exchanges; that of their capture, where they are all of it."""
    origin = exchanges[0].origin if exchanges else None
    if origin is not None and len(origin.exchanges) == len(exchanges):
        if all(here is there for here, there in zip(exchanges, origin.exchanges, strict=True)):
            return survey_of(exchanges[0])
    return surveyed(exchanges)


@with_views
def surveyed(exchanges: Iterable[Exchange]) -> Survey:
    """What is secret in these exchanges."""
    survey = Survey()
    for exchange in exchanges:
        survey.add(exchange)
    return survey


def known_of(exchanges: Iterable[Exchange]) -> Known:
    """The values that are known to be secret in the capture of these exchanges."""
    for exchange in exchanges:
        return survey_of(exchange).known
    return Known()
