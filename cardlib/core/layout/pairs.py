# SPDX-License-Identifier: MIT
"""The values of a record as ordered pairs of name and value: what is shown is what can be written back."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any, NamedTuple, Union

from ..codec import to_hex
from ..model import Node
from .piece import GROUP
from .reading import Head, Reading

RAW_BITS = " bits"

Value = Union[str, None, "tuple[Pair, ...]"]


class Pair(NamedTuple):
    """A field and its value: a text, its parts, or None where the record ends before it.

    The name of an object begins with its tag: "4F AID". raw: the bytes in hex (of an object with tag and length),
    or "0101 bits", where the value does not give them back: then they count, and not the value.
    """

    name: str
    value: Value
    raw: str = ""


def values(nodes: Iterable[Node]) -> tuple[Pair, ...]:
    """The pairs of the nodes of a record, in order."""
    pairs: list[Pair] = []
    for node in nodes:
        if node.fact.describe is GROUP:
            pairs.extend(values(node.children))
        else:
            pairs.append(_pair(node))
    return tuple(pairs)


def as_pairs(rows: Iterable[Sequence[Any]]) -> tuple[Pair, ...]:
    """Rows of name and value, perhaps with raw bytes, as pairs; a value that is no text is rows again."""
    pairs = []
    for name, value, *raw in rows:
        if value is not None and not isinstance(value, str):
            value = as_pairs(value)
        pairs.append(Pair(name, value, *raw))
    return tuple(pairs)


def is_broken(pair: Pair) -> bool:
    """Whether a value says that its record is not as the layout wants it."""
    value = pair[1]
    if value is None or (len(pair) > 2 and pair[2]):
        return True
    return not isinstance(value, str) and any(is_broken(part) for part in value)


def _pair(node: Node) -> Pair:
    name = f"{node.tag} {node.name}".strip()
    if _is_empty(node):
        return Pair(name, None)
    value: Value = node.text
    if node.children:
        value = values(node.children)
    if _gives_back(node):
        return Pair(name, value)
    return Pair(name, value, raw_text(node))


def _is_empty(node: Node) -> bool:
    """Whether a node stands for a field that is not there."""
    if node.bits is not None:
        return node.bits[0] == node.bits[1]
    return node.start == node.stop


def _gives_back(node: Node) -> bool:
    """Whether the value of a node is enough to write its bytes."""
    reading = node.fact.describe
    if node.error or node.note or not isinstance(reading, Reading):
        return False
    head = node.buf[node.start : node.body]
    if head and (reading.head is None or not _heads(reading.head, node, head)):
        return False
    if node.children or node.body == node.stop:
        return True
    if node.bits is not None and not reading.sized:
        width = node.bits[1] - node.bits[0]
        if not reading.format.halves or width != 4 * len(node.text):
            return False
    return _writes(reading, node.value)


def _heads(write: Head, node: Node, head: bytes) -> bool:
    """Whether tag and length are written as they stand here."""
    try:
        return write(node.tag, node.value) == head
    except (ValueError, OverflowError):
        return False


def _writes(reading: Reading, value: bytes) -> bool:
    """Whether the text of a value gives the value."""
    size = 0
    if reading.sized:
        size = len(value)
    try:
        written = reading.write(reading(value), size)
    except Exception:  # a text that its format cannot write, in any way
        return False
    return written == value


def raw_text(node: Node) -> str:
    """The bytes of a node in hex, or its bits."""
    if node.bits is None:
        return to_hex(node.raw)
    width = node.bits[1] - node.bits[0]
    return format(int.from_bytes(node.value, "big"), f"0{width}b") + RAW_BITS
