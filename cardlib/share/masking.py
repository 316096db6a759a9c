# SPDX-License-Identifier: MIT
"""What is shown hides what is secret: in values, in raw hex, and in the hex of every parent.

There are two readers. *For me*, hidden is what a row or a command marks, and any value that is known to be secret,
wherever it comes again in the capture (known.py). *To hand on*, bytes that no row explains are closed, too, and so is
free text that no row lets be shared. A PAN keeps its first six and last four digits; everything else becomes asterisks
of the same length.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import field

from ..core.codec import to_hex
from ..core.layout.summary import text_of
from ..core.model import Exchange, Node, Side, record
from ..core.quoting import STAR
from ..road.meaning import halves
from .encodings import Span
from .guesses import in_text
from .known import Known
from .marked import (
    Part,
    has_secrets,
    hidden_digits,
    is_closed,
    is_unexplained,
    parts_of,
    secret_data,
)
from .neighbours import spans_across
from .survey import known_of, survey_of, surveyed

_handing_on: ContextVar[bool] = ContextVar("handing_on", default=False)


@contextmanager
def handing_on() -> Iterator[None]:
    """For the time of this block, what is shown is for others."""
    token = _handing_on.set(True)
    try:
        yield
    finally:
        _handing_on.reset(token)


def is_for_others() -> bool:
    """Whether what is shown is to be handed on."""
    return _handing_on.get()


@record
class Shown:
    """One half as it may be shown: its decoded tree and its hex, two characters a byte, with what is hidden as `*`.

    `texts` is the hex of every buffer that its nodes are views of, by identity; None where all is shown.
    """

    side: Side
    node: Node
    hex: str
    texts: dict[int, str] | None = field(default=None, repr=False, compare=False)
    known: Known | None = field(default=None, repr=False, compare=False)

    def hex_of(self, node: Node) -> str:
        """The hex of a node of this half."""
        return self._hex(node, node.start)

    def value_hex_of(self, node: Node) -> str:
        """The hex of a node's value; of single bits, that of the bytes that they touch."""
        return self._hex(node, node.body)

    def _hex(self, node: Node, start: int) -> str:
        if self.texts is None:
            return to_hex(node.buf[start : node.stop])
        text = self.texts.get(id(node.buf))
        if text is None:  # bytes made of what is hidden, or of elsewhere
            return STAR * 2 * (node.stop - start)
        return text[2 * start : 2 * node.stop]

    def text_of(self, node: Node) -> str:
        """The text of a node; where part of its value is hidden, hidden in the same way."""
        text = text_of(node)
        value_hex = self.value_hex_of(node)
        if STAR not in value_hex:
            return text
        if node.fact.layout is not None and node.children and text:
            return self._fields(node, "; ")
        if node.bits is None and to_hex(node.value).startswith(text):
            return value_hex[: len(text)]
        return STAR * len(text)

    def remark(self, text: str) -> str:
        """A note or an error of a node, without secrets."""
        if self.known is None or not text:
            return text
        return self.known.hide(text)

    def _fields(self, node: Node, separator: str) -> str:
        """Name and text of each field of a value with a layout, hidden where the field is."""
        texts = []
        for child in node.children:
            text = self.text_of(child)
            if child.children and not text:
                text = self._fields(child, ", ")
            texts.append(f"{child.name} {text}".strip())
        return separator.join(texts)


def shown(exchange: Exchange, reveal: bool = False) -> list[Shown]:
    """The halves of an exchange, decoded, and masked unless `reveal`."""
    sides = list(halves(exchange))
    if reveal:
        return [Shown(side, half, to_hex(half.buf)) for side, half in sides]
    secrets = survey_of(exchange).known
    across = {id(half.buf): spans_across(exchange, side, secrets) for side, half in sides}
    texts = _texts([half for _, half in sides], secrets, across)
    views = []
    for side, half in sides:
        text = texts[id(half.buf)]
        views.append(Shown(side, half, text, texts, secrets))
    return views


def shown_node(node: Node, reveal: bool = False) -> Shown:
    """A node that stands alone, with what is below it."""
    if reveal:
        return Shown("response", node, to_hex(node.buf))
    roots: Sequence[Node] = (node,)
    if node.children and not node.buf:
        roots = node.children
    secrets = _known_at(node, roots)
    texts = _texts(roots, secrets, {})
    return Shown("response", node, texts.get(id(node.buf), ""), texts, secrets)


def _known_at(node: Node, roots: Sequence[Node]) -> Known:
    """What is known to be secret where a node stands: in its capture, else in itself."""
    if node.origin is not None and node.origin.exchanges:
        return known_of(node.origin.exchanges)
    survey = surveyed(())
    survey.take(roots)
    return survey.known


@record
class _Buffer:
    """Bytes that nodes are views of, and which of their hex digits are hidden."""

    data: bytes
    hidden: list[Span] = field(default_factory=list)

    def hide(self, start: int, stop: int) -> None:
        """Hide bytes."""
        self.hidden.append((2 * start, 2 * stop))


def _texts(roots: Sequence[Node], secrets: Known, across: dict[int, list[Span]]) -> dict[int, str]:
    """The hex of every buffer below these nodes, by its identity, with what must not be shown hidden."""
    buffers = _look(roots, secrets)
    for half, span in secret_data(roots):
        buffers[id(half.buf)].hidden.append(span)
    texts = {}
    for key, buffer in buffers.items():
        text = to_hex(buffer.data)
        spans = [*buffer.hidden, *across.get(key, ()), *secrets.in_hex(text)]
        if is_for_others():
            spans.extend(in_text(buffer.data))
        texts[key] = hide(text, spans) if spans else text
    return texts


def _look(roots: Sequence[Node], secrets: Known) -> dict[int, _Buffer]:
    """Look at every node once: its buffer, and what of it is secret."""
    buffers: dict[int, _Buffer] = {}
    closes = is_for_others()
    for part in parts_of(roots):
        node = part.node
        buffer = buffers.get(id(node.buf))
        if buffer is None:
            buffer = buffers[id(node.buf)] = _Buffer(node.buf)
        if part.kind:
            _hide(part, buffer)
        elif node.children:
            if _derived_secrets(node):
                buffer.hide(node.body, node.stop)
        elif is_unexplained(node) and secrets.is_whole(node.value):
            buffer.hide(node.body, node.stop)
        elif closes and is_closed(node):
            # What is no object as it says may be something else, from its first byte on.
            buffer.hide(node.start if node.error else node.body, node.stop)
    return buffers


def _derived_secrets(node: Node) -> bool:
    """Whether the parts of a value lie in bytes that were made of it, and some of them are secret.

    It was turned round, or deciphered. Hiding the parts there does not hide the value here.
    """
    first = node.children[0]
    if not first.derived or first.buf is node.buf:
        return False
    return has_secrets(node)


def _hide(part: Part, buffer: _Buffer) -> None:
    node = part.node
    if node.bits is not None:
        buffer.hide(node.start, node.stop)
        return
    start, stop = hidden_digits(part.kind, node.value, node.error)
    body = 2 * node.body
    buffer.hidden.append((body + start, body + stop))


def hide(text: str, spans: Iterable[Span]) -> str:
    """The text with these spans as asterisks."""
    characters = list(text)
    for start, stop in spans:
        characters[start:stop] = STAR * (stop - start)
    return "".join(characters)


def closed_bytes(exchanges: Iterable[Exchange]) -> int:
    """How many bytes of these exchanges are closed to others because no row explains them."""
    count = 0
    for exchange in exchanges:
        roots = [half for _, half in halves(exchange)]
        wires = {id(root.buf) for root in roots}
        for part in parts_of(roots):
            node = part.node
            if not part.kind and id(node.buf) in wires and not node.children:
                count += (node.stop - node.body) if is_closed(node) else 0
    return count
