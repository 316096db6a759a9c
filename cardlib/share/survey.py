# SPDX-License-Identifier: MIT
"""What a capture holds that is secret, collected once: values that may come again, and bytes that no row explains."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence

from ..core.model import Evidence, Exchange, Node, Sensitive, Side
from ..road.meaning import COMMAND, halves, with_views
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
        sides = list(halves(exchange))
        roots = [half for _, half in sides]
        self.take(roots, exchange.index)

    def take(self, roots: Sequence[Node], exchange: int = 0) -> None:
        """Take in the halves of an exchange."""
        buffers = {id(root.buf): _side(root) for root in roots}
        for part in parts_of(roots):
            node = part.node
            if part.kind:
                self._learn(part.kind, node)
            elif not is_unexplained(node):
                continue
            side = buffers.get(id(node.buf))
            if side is None or node.stop <= node.body:
                continue
            place = Evidence(exchange, side, node.start, node.stop)
            if part.kind:
                self.counts[part.kind] += 1
                self.first.setdefault(part.kind, place)
            else:
                self.unexplained += node.stop - node.body
                self.first_unexplained = self.first_unexplained or place
        for half, (start, stop) in secret_data(roots):
            self._field(half, start // 2, stop // 2, exchange)

    def _learn(self, kind: Sensitive, node: Node) -> None:
        value = node.value if node.bits is None else digits_of_bits(node)
        if value:
            self.known.learn(kind, value, node.text)

    def _field(self, half: Node, start: int, stop: int, exchange: int) -> None:
        """The data field of a command about a PIN or a key."""
        if stop <= start:
            return
        if any(sensitivity(node) for node in half.children):
            return  # its row says so already
        self.known.learn("pin", half.buf[start:stop])
        self.counts["pin"] += 1
        self.first.setdefault("pin", Evidence(exchange, _side(half), start, stop))


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
