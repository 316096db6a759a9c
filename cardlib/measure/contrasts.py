# SPDX-License-Identifier: MIT
"""How two exchanges of one meaning differ: which halves, which data elements, which of their bytes."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator

from ..apps.iso7816 import CHALLENGES
from ..core.model import Evidence, Exchange, Fresh, Node, Side, record
from ..road.meaning import halves

NO_ELEMENT = "bytes that are no data element"


@record
class Part:
    """What one side of a contrast is about: an exchange, a half of it, or a data element; `start:stop` differ."""

    exchange: Exchange
    side: Side | None = None
    node: Node | None = None
    start: int = 0
    stop: int = 0

    @property
    def evidence(self) -> Evidence | None:
        """The bytes that differ; None where all of a half or of an exchange is missing in the other."""
        if self.side is None or self.node is None:
            return None
        return Evidence(self.exchange.index, self.side, self.start, self.stop)


@record
class Contrast:
    """A difference between two captures; `exchange` is of the first, unless only the second has it.

    kind: "missing", "added", "changed", "slower", or "repeated". `fresh`: whether its row says that it differs in
    every two captures; then `fresh_a` and `fresh_b` are its values. `times`: of what is slower, in ns.
    """

    kind: str
    exchange: Exchange
    element: str = ""
    a: Part | None = None
    b: Part | None = None
    fresh_a: bytes | None = None
    fresh_b: bytes | None = None
    times: tuple[int, int] | None = None
    fresh: Fresh = ""

    @property
    def is_fresh(self) -> bool:
        """Whether it is among what changes with all the rest, as a cryptogram does."""
        return self.fresh_a is not None or self.fresh_b is not None


def contrasts(a: Exchange | None, b: Exchange | None, wire: bool) -> list[Contrast]:
    """What differs between two exchanges, and what should and does not; what follows from the rest comes last.

    wire: what joins frames (GET RESPONSE, chaining) counts too.
    """
    if a is not None and b is not None:
        return sorted(_between(a, b, wire), key=lambda contrast: contrast.is_fresh)
    if a is not None:
        return [Contrast("missing", a, a=Part(a))]
    if b is not None:
        return [Contrast("added", b, b=Part(b))]
    return []


def _between(a: Exchange, b: Exchange, wire: bool) -> Iterator[Contrast]:
    left, right = dict(halves(a)), dict(halves(b))
    is_explained = _bytes_of(a, wire) == _bytes_of(b, wire)
    for side in sorted({*left, *right}):
        for contrast in _between_halves(a, b, side, left.get(side), right.get(side)):
            is_explained = is_explained or contrast.kind != "repeated"
            yield contrast
    if not is_explained:  # such as a length in another form, or what asks for the rest of an answer
        yield Contrast("changed", a, NO_ELEMENT)


def _bytes_of(exchange: Exchange, wire: bool) -> list[bytes | None]:
    """The bytes that are to be equal."""
    both = (exchange.command, exchange.response)
    raw = [half.raw if half else None for half in both]
    if wire:
        raw += [frame.data for frame in exchange.frames]
    return raw


def _between_halves(
    a: Exchange, b: Exchange, side: Side, left: Node | None, right: Node | None
) -> Iterator[Contrast]:
    """The data elements of two halves, each with its like."""
    if right is None:
        yield Contrast("missing", a, side, a=Part(a, side))
        return
    if left is None:
        yield Contrast("added", a, side, b=Part(b, side))
        return
    first, second = _elements(left), _elements(right)
    for key in {**first, **second}:
        contrast = _between_elements(a, b, side, first.get(key), second.get(key))
        if contrast is not None:
            yield contrast


def _elements(half: Node) -> dict[tuple[str, int], Node]:
    """The data elements of a half that hold no other, and bytes without a tag: by tag or name, and number."""
    elements: dict[tuple[str, int], Node] = {}
    seen: Counter[str] = Counter()
    stack = list(reversed(half.children))
    while stack:
        node = stack.pop()
        if any(below.tag for _, below in node.walk()):
            stack.extend(reversed(node.children))
        elif node.buf is half.buf:
            key = node.tag or node.name
            elements[key, seen[key]] = node
            seen[key] += 1
    return elements


def _between_elements(
    a: Exchange, b: Exchange, side: Side, first: Node | None, second: Node | None
) -> Contrast | None:
    """How an element differs, or that it does not though it should; None if all is as it should be."""
    node = first or second
    if node is None:
        return None
    fresh = freshness(a, node)
    kind = _kind(first, second)
    if kind == "repeated" and fresh in ("", "may repeat"):
        return None
    return Contrast(
        kind,
        a,
        f"{node.tag} {node.name}".strip(),
        _part(a, side, first, second),
        _part(b, side, second, first),
        first.value if first and fresh else None,
        second.value if second and fresh else None,
        fresh=fresh,
    )


def freshness(exchange: Exchange, node: Node) -> Fresh:
    """Whether an element differs in every two captures: by its row, and without a tag as (part of) a challenge."""
    if node.fact.fresh or node.tag or node.fact.share:
        return node.fact.fresh
    ins = exchange.command.ins if exchange.command else None
    return "always" if ins in CHALLENGES else ""


def _kind(first: Node | None, second: Node | None) -> str:
    if first is None:
        return "added"
    if second is None:
        return "missing"
    return "repeated" if first.value == second.value else "changed"


def _part(exchange: Exchange, side: Side, node: Node | None, like: Node | None) -> Part | None:
    """An element, with those of its bytes that differ from its like; all of them where the lengths differ too."""
    if node is None:
        return None
    start, stop = node.body, node.stop
    if like is not None and len(node.value) == len(like.value) and node.value != like.value:
        pairs = zip(node.value, like.value, strict=True)
        unlike = [place for place, (x, y) in enumerate(pairs) if x != y]
        start, stop = node.body + unlike[0], node.body + unlike[-1] + 1
    return Part(exchange, side, node, start, stop)
