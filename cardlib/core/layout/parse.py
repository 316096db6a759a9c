# SPDX-License-Identifier: MIT
"""Lays fields on bytes. Total: what is short, long or wrong becomes a piece with an error."""

from __future__ import annotations

import functools
from collections import Counter
from dataclasses import dataclass

from ..codec import to_hex
from ..model import Fact, Sensitive
from .checks import OF_THE_FIELD, check_holds
from .conditions import Known, beginning, counted_bits, forget, holds, times
from .extent import extent_of
from .field import Block, Field, Switch, leftover, row_of, unknown_object
from .kinds import NOTE, Kind
from .piece import Piece, bits_of, quantity
from .reading import HEX, Reading

MOST_NODES = 4096
RESERVE = 64  # for what is left over in each open field once there are too many
DEEPEST = 15  # levels of pieces; a group of bits may be one more

TOO_MANY = f"more than {MOST_NODES} nodes: not divided"
TOO_DEEP = "nested too deep: not divided"
NOT_ON_BYTES = "not on the border of a byte: not opened"
NOT_SAID = "not in the layout"
BITMAP = "bitmap"
PADDING = Fact("", "padding", Reading(HEX))


@dataclass(slots=True)
class Parser:
    """One run over a record. spoken: names of fields of which others speak; known: what they are.

    mark: what is broken takes it. steps: how many lines and objects were looked at.
    """

    spoken: frozenset[str]
    mark: Sensitive
    known: dict[str, Known]
    count: int = 0
    steps: int = 0

    @property
    def full(self) -> bool:
        """Whether there are so many nodes that the rest is left as it is."""
        return self.count >= MOST_NODES - RESERVE

    # Places are in bits. Every method takes where to begin and where to end, and says where it ended.

    def block(
        self, block: Block, buf: bytes, at: int, end: int, into: list[Piece], depth: int
    ) -> int:
        """Fields and switches, one after the other."""
        for item in block:
            self.steps += 1
            if isinstance(item, Switch):
                at = self.block(self.choose(item, buf, at, end), buf, at, end, into, depth)
            else:
                at = self.field(item, buf, at, end, into, depth)
        return at

    def choose(self, switch: Switch, buf: bytes, at: int, end: int) -> Block:
        """The lines of the first branch whose condition holds."""
        place = self.branch(switch, buf, at, end)
        if place is None:
            return ()
        return switch.branches[place][1]

    def branch(self, switch: Switch, buf: bytes, at: int, end: int) -> int | None:
        """The place of the first branch whose condition holds; None where there is none."""
        for place, (condition, _) in enumerate(switch.branches):
            self.steps += 1
            if condition is None:
                return place
            left = end - at
            digits = min(beginning(condition), left // 4)
            begins = to_hex(bits_of(buf, at, at + 4 * digits))
            begins = begins[len(begins) - digits :]
            if holds(condition, self.known, left, begins):
                return place
        return None

    def field(
        self, item: Field, buf: bytes, at: int, end: int, into: list[Piece], depth: int
    ) -> int:
        """A field, as often as it stands here."""
        most = times(item.size, self.known)
        repeated = 0
        while at < end and (most is None or repeated < most):
            self.steps += 1
            if self.full:
                return at
            before = at
            at = self.once(item, buf, at, end, into, depth)
            if at == before:
                return at
            repeated += 1
        if at >= end and most is not None and repeated < most and not item.size.optional:
            self.missing(item, buf, at, into)
        return at

    def missing(self, item: Field, buf: bytes, at: int, into: list[Piece]) -> None:
        """Say that a field is not there, once in a list; one that may be empty is not missed."""
        if into and into[-1].start == into[-1].stop:
            return
        size = item.size
        if size.kind == "rest" or (size.kind == "counted" and not counted_bits(size, self.known)):
            return
        if size.kind == "parts":
            inside: list[Piece] = []
            self.block(item.parts, buf, at, at, inside, DEEPEST)
            if not inside:
                return
        error = "none left"
        if size.kind == "fixed":
            error = f"{quantity(size.bits)} expected, none left"
        fact = item.fact_for("", 0, "")
        self.add(into, Piece(fact, buf, at, at, at, error))

    def add(self, into: list[Piece], piece: Piece) -> Piece:
        """Keep a piece; one that begins on a byte and ends within one begins a group, which is a node too."""
        into.append(piece)
        self.count += 1
        if piece.start % 8 == 0 and piece.stop % 8:
            self.count += 1
        return piece

    def left_over(self, buf: bytes, at: int, end: int, into: list[Piece]) -> None:
        """Bytes of which no line says anything."""
        if at >= end:
            return
        error = NOT_SAID
        if self.full:
            error = TOO_MANY
        fact = leftover(self.mark)
        self.add(into, Piece(fact, buf, at, at, end, error))

    # One field

    def once(
        self, item: Field, buf: bytes, at: int, end: int, into: list[Piece], depth: int
    ) -> int:
        """A field, once; it takes nothing where it is empty."""
        extent = extent_of(item, buf, at, end, self.known)
        piece = Piece(item.fact, buf, at, at, extent.stop, extent.error)
        if extent.stop <= at and item.size.kind != "parts":
            if extent.error:
                piece.fact = item.fact_for("", 0, self.mark)
                piece.stop = at
                self.add(into, piece)
            return at
        if item.opener == "value":
            self.value(item, piece, "", extent.spare, into)
        else:
            self.open(item, piece, "", end, depth)
        if piece.stop == at:
            return at
        self.add(into, piece)
        if item.name in self.spoken:
            self.known[item.name] = Known(piece.value, piece.width, item)
        return piece.stop

    def value(self, item: Field, piece: Piece, tag: str, spare: int, before: list[Piece]) -> None:
        """Choose the Fact of a value, and say where the value does not fit its format or its check."""
        spare = spare or -piece.width % 8
        fact = item.fact_for(tag, spare, "")
        value = piece.value
        if not piece.error and isinstance(fact.describe, Reading):
            piece.error = fact.describe.fault(value)
        if not piece.error and item.check and value and not self.check(item, piece, value, before):
            piece.error = f"the check {item.check_name} fails"
        if piece.error:
            fact = item.fact_for(tag, spare, self.mark)
        piece.fact = fact

    def check(self, item: Field, piece: Piece, value: bytes, before: list[Piece]) -> bool:
        """Whether a check holds over what stands before the field."""
        if item.check is None:
            return True
        record = last = b""
        if before:
            last = before[-1].value
            if item.check_name not in OF_THE_FIELD:
                record = bits_of(piece.buf, before[0].start, piece.body)
        return check_holds(item.check, value, last, record)

    # What is in a field

    def open(self, item: Field, piece: Piece, tag: str, end: int, depth: int) -> None:
        """Cut a value into its parts; what cannot be opened stays as it is, with an error."""
        whole_bytes = not (piece.body % 8 or piece.stop % 8)
        if depth >= DEEPEST:
            piece.error = piece.error or TOO_DEEP
        elif item.opener == "bitmap":
            self.bitmap(item, piece, end, depth)
        elif item.opener == "parts":
            self.fields(item, piece, depth)
        elif not whole_bytes:
            piece.error = piece.error or NOT_ON_BYTES
        elif item.opener == "reversed":
            self.reversed(item, piece, depth)
        elif item.kind is not None:
            self.objects(item.objects, item.kind, item.open, piece, depth)
        piece.fact = item.fact_for(tag, 0, self.mark_of(piece))

    def mark_of(self, piece: Piece) -> Sensitive:
        """The mark that a piece takes because it is broken."""
        if piece.error:
            return self.mark
        return ""

    def fields(self, item: Field, piece: Piece, depth: int) -> None:
        """Parts in a value that ends where the piece does, or that is as long as they are."""
        forget(item.parts, self.known)
        stop = self.block(item.parts, piece.buf, piece.body, piece.stop, piece.parts, depth + 1)
        if item.size.kind == "parts":
            piece.stop = stop
        else:
            self.left_over(piece.buf, stop, piece.stop, piece.parts)

    def reversed(self, item: Field, piece: Piece, depth: int) -> None:
        """Parts of the bytes turned round, which are a buffer of their own."""
        turned = piece.value[::-1]
        forget(item.parts, self.known)
        stop = self.block(item.parts, turned, 0, piece.width, piece.parts, depth + 1)
        self.left_over(turned, stop, piece.width, piece.parts)

    def bitmap(self, item: Field, piece: Piece, end: int, depth: int) -> None:
        """A bitmap, then the parts whose bits are set; the field ends where they do."""
        width = item.size.bits
        fact = bitmap_fact(-width % 8)
        bitmap = Piece(fact, piece.buf, piece.body, piece.body, piece.stop, piece.error)
        self.add(piece.parts, bitmap)
        if piece.width < width:
            return
        number = int.from_bytes(bitmap.value, "big")
        places = [place for place in range(width) if number >> place & 1]
        if not item.lowest_first:
            places = [width - 1 - place for place in reversed(places)]
        forget(item.parts, self.known)
        present = [item.parts[place] for place in places if place < len(item.parts)]
        if len(present) < len(places):
            bitmap.error = "a bit is set for which there is no field"
        piece.stop = self.block(tuple(present), piece.buf, piece.stop, end, piece.parts, depth + 1)

    def objects(
        self, rows: dict[str, Field], kind: Kind, goes_in: bool, piece: Piece, depth: int
    ) -> None:
        """A list of objects; `goes_in`: objects without a row are opened too."""
        at, end = piece.body // 8, piece.stop // 8
        seen: Counter[str] = Counter()
        while at < end and not self.full:
            self.steps += 1
            tag, body, stop, error = kind.header(piece.buf, at, end)
            element = Piece(leftover(self.mark), piece.buf, 8 * at, 8 * body, 8 * stop, error)
            row = None
            if tag:
                row = row_of(rows, kind.key(tag), seen)
            if row is not None:
                self.object(row, element, tag, piece.parts, depth + 1)
            elif tag:
                element.fact = unknown_object(tag, kind)
                if goes_in and kind.constructed(tag) and depth + 1 < DEEPEST:
                    self.objects(rows, kind, True, element, depth + 1)
            elif error.startswith(NOTE):
                element.fact, element.error, element.note = PADDING, "", error[len(NOTE) :]
            self.add(piece.parts, element)
            at = stop
        self.left_over(piece.buf, 8 * at, 8 * end, piece.parts)

    def object(self, row: Field, piece: Piece, tag: str, siblings: list[Piece], depth: int) -> None:
        """An object with a row: its value is one field, or the field again and again."""
        size = row.size
        if size.repeated:
            piece.fact = row.fact_for(tag, 0, self.mark_of(piece))
            stop = self.field(row, piece.buf, piece.body, piece.stop, piece.parts, depth + 1)
            self.left_over(piece.buf, stop, piece.stop, piece.parts)
            return
        if size.kind == "fixed" and size.bits != piece.width and not piece.error:
            piece.error = f"{quantity(size.bits)} expected, {quantity(piece.width)} here"
        if row.opener == "value":
            self.value(row, piece, tag, 0, siblings)
        else:
            self.open(row, piece, tag, piece.stop, depth)
        if row.name in self.spoken:
            self.known[row.name] = Known(piece.value, piece.width, row)


@functools.cache
def bitmap_fact(spare: int) -> Fact:
    """The Fact of a bitmap, whose parts say what it means."""
    return Fact("", BITMAP, Reading(HEX, spare))
