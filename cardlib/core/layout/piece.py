# SPDX-License-Identifier: MIT
"""Pieces of a record, counted in bits, and the nodes that they become."""

from __future__ import annotations

import functools
from collections.abc import Iterable
from dataclasses import dataclass, field

from ..codec import number_of_bits
from ..model import Checked, Constant, Fact, Node

GROUP = Constant()  # what describes a group of bit fields: its parts say everything
TURNED = "bytes turned round"
NAMES = 3  # of bit fields in the name of their group


@dataclass(slots=True)
class Piece:
    """A node to be: bits `start` to `stop` of `buf`, its value from `body`; its parts may lie in another buffer."""

    fact: Fact
    buf: bytes
    start: int
    body: int
    stop: int
    error: str = ""
    note: str = ""
    parts: list[Piece] = field(default_factory=list)

    @property
    def width(self) -> int:
        return self.stop - self.body

    @property
    def on_bytes(self) -> bool:
        return not (self.start % 8 or self.stop % 8)

    @property
    def value(self) -> bytes:
        return bits_of(self.buf, self.body, self.stop)


def bits_of(buf: bytes, start: int, stop: int) -> bytes:
    """The bits of a buffer: as they stand where they are whole bytes, else as their number."""
    if start % 8 or stop % 8:
        first = start - start % 8
        return number_of_bits(buf[first // 8 : (stop + 7) // 8], start - first, stop - first)
    return buf[start // 8 : stop // 8]


def quantity(bits: int) -> str:
    """So many bits in words; bytes where they are whole."""
    if bits % 8:
        return f"{bits} bits"
    if bits == 8:
        return "1 byte"
    return f"{bits // 8} bytes"


def nodes_of(pieces: list[Piece], derived: str = "") -> tuple[Node, ...]:
    """Nodes that tile what the pieces tile; bit fields that are whole bytes together become a group."""
    nodes = []
    run: list[Piece] = []
    for piece in pieces:
        if piece.on_bytes and not run:
            nodes.append(_node(piece, derived))
            continue
        run.append(piece)
        if piece.stop % 8 == 0 and piece.stop > piece.start:
            nodes.append(_group(run, derived))
            run = []
    if run:
        nodes.append(_group(run, derived))
    return tuple(nodes)


def _node(piece: Piece, derived: str) -> Node:
    parts: tuple[Node, ...] = ()
    if piece.parts:
        derivation = derived
        if piece.parts[0].buf is not piece.buf:
            derivation = TURNED
        parts = nodes_of(piece.parts, derivation)
    if len(parts) == 1 and parts[0].fact.describe is GROUP:  # a field of bits is their group itself
        parts = parts[0].children
    places = piece.start // 8, piece.body // 8, piece.stop // 8
    return Node(piece.fact, piece.buf, *places, parts, piece.note, piece.error, derived)


def _group(run: list[Piece], derived: str) -> Node:
    first = run[0].start // 8
    stop = (run[-1].stop + 7) // 8
    parts = tuple([_bit_node(piece, first, derived) for piece in run])
    fact = _group_fact(_names(run), run[0].fact.ref, run[0].fact.checked)
    return Node(fact, run[0].buf, first, first, stop, parts, "", "", derived)


def _bit_node(piece: Piece, first: int, derived: str) -> Node:
    """A node of bits, which count from the byte `first` of the group."""
    start = piece.start // 8
    stop = max((piece.stop + 7) // 8, start)
    parts = tuple([_bit_node(part, first, derived) for part in piece.parts])
    bits = (piece.start - 8 * first, piece.stop - 8 * first)
    return Node(
        piece.fact, piece.buf, start, start, stop, parts, piece.note, piece.error, derived, bits
    )


def _names(run: Iterable[Piece]) -> str:
    names = [piece.fact.name for piece in run]
    telling = [name for name in names if name not in ("reserved", "rfu", "padding")] or names[:1]
    names = telling[:NAMES]
    if len(telling) > NAMES:
        names.append("...")
    return ", ".join(names)


@functools.lru_cache(maxsize=4096)
def _group_fact(name: str, ref: str, checked: Checked) -> Fact:
    return Fact("", name, GROUP, ref, checked, "parts")
