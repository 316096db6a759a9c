# SPDX-License-Identifier: MIT
"""What a capture holds that is secret, collected once: values that may come again, and what is closed to others."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Sequence

from ..core.model import Evidence, Exchange, Node, Sensitive, Side, record
from ..road.meaning import COMMAND, drawn, with_views
from .blanks import tells
from .known import MOST_VALUES, Known
from .marked import digits_of_bits, is_closed, is_our_own, parts_of, secret_data, sensitivity

MOST_OF_CLOSED = 256  # bytes of a value, and characters of its text
PART_OF_CLOSED = 8  # characters that tell it where a headline cut it


class Survey:
    """What is secret in exchanges: the values, how often each kind is there and where first; what is closed to others.

    Closed are bytes that no row explains, and text that no row lets be shared.
    """

    def __init__(self) -> None:
        self.known = Known()
        self.counts: Counter[Sensitive] = Counter()
        self.first: dict[Sensitive, Evidence] = {}
        self.closed_bytes = 0
        self.first_closed: Evidence | None = None
        self._closed = Known(part=PART_OF_CLOSED)
        self._to_close: dict[tuple[bytes, str], None] = {}  # not learned while nobody asks
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
                self.closed_bytes += len(place.value)
                self.first_closed = self.first_closed or evidence
                if len(self._to_close) < MOST_VALUES:
                    entry = (place.value[:MOST_OF_CLOSED], place.text[:MOST_OF_CLOSED])
                    self._to_close[entry] = None

    @property
    def closed(self) -> Known:
        """The values that are closed to others: what is said of them may quote them."""
        for value, text in self._to_close:
            if not is_our_own(value.decode("latin-1")):
                self._closed.learn("text", value, text)
        self._to_close.clear()
        return self._closed


@record
class Place:
    """A value that is secret, or, of no kind, closed to others; of no side, it is not in the bytes of the wire."""

    kind: Sensitive
    value: bytes
    text: str
    side: Side | None
    start: int
    stop: int


def _remarkable_in(root: Node) -> list[Place]:
    """What is secret or closed in the tree of an exchange."""
    return list(_remarkable(root.children))


def _remarkable(roots: Sequence[Node]) -> Iterator[Place]:
    """What is secret or closed in the halves of an exchange."""
    sides = {id(root.buf): _side(root) for root in roots}
    for part in parts_of(roots):
        node = part.node
        if not part.kind and not is_closed(node):
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


class Surveyor:
    """Makes the survey of a capture, some exchanges at a time; the capture has it when all are in it."""

    def __init__(self, exchanges: Sequence[Exchange]) -> None:
        self._exchanges = exchanges
        self._survey = Survey()
        self.count = 0  # exchanges that are in it

    @property
    def is_done(self) -> bool:
        origin = self._exchanges[0].origin if self._exchanges else None
        return origin is None or origin.survey is not None

    @with_views
    def take(self, count: int) -> None:
        """Take in so many more."""
        if self.is_done:
            return
        for exchange in self._exchanges[self.count : self.count + count]:
            self._survey.add(exchange)
            self.count += 1
        origin = self._exchanges[0].origin
        if origin is not None and self.count == len(self._exchanges):
            origin.survey = self._survey


def closed_of(exchanges: Iterable[Exchange]) -> Known:
    """The values that are closed to others in the capture of these exchanges."""
    for exchange in exchanges:
        return survey_of(exchange).closed
    return Known()


def known_of(exchanges: Iterable[Exchange]) -> Known:
    """The values that are known to be secret in the capture of these exchanges."""
    for exchange in exchanges:
        return survey_of(exchange).known
    return Known()
