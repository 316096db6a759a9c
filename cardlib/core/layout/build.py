# SPDX-License-Identifier: MIT
"""Writes the bytes of a record from its values, in the order of the pairs.

A switch on a field is decided by the value of the field. A switch on how the bytes begin, or on how many there are,
can be judged only when they are written: the first branch that fits is taken, and where it turns out wrong the
record is written again with the next one.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field

from ..errors import BuildError
from .conditions import Known, beginning, counted_bits, forget, holds, times, whole_bytes
from .field import LEFTOVER, Block, Condition, Field, Switch, find_row, leading_tag, row_of
from .kinds import Kind
from .pairs import RAW_BITS, Pair, Value
from .parse import BITMAP, Parser
from .reading import HEX

MOST_ATTEMPTS = 1000
LATE = (
    "starts",
    "length",
)  # conditions that only the bytes of a branch, or those behind it, decide


class WrongBranch(Exception):
    """A switch took a branch whose condition does not hold for the bytes that were written."""

    def __init__(self, number: int) -> None:
        self.number = number


@dataclass(slots=True)
class Bits:
    """What has been written of a record, or of a field with an end of its own."""

    chunks: list[str] = field(default_factory=list)
    width: int = 0
    late: list[tuple[Condition, bool, int, int, int]] = field(default_factory=list)

    def add(self, bits: str) -> None:
        """Add bits, as a text of 0 and 1."""
        self.chunks.append(bits)
        self.width += len(bits)

    def since(self, chunk: int) -> str:
        """The bits of all chunks from that one."""
        return "".join(self.chunks[chunk:])

    def value(self) -> bytes:
        """The whole bytes that were written."""
        if self.width % 8:
            raise BuildError(f"the bits end {8 - self.width % 8} before a byte is whole")
        return number_bytes(self.since(0))


@dataclass(slots=True)
class Cursor:
    """Pairs, and which of them comes next."""

    pairs: Sequence[Pair]
    place: int = 0

    @property
    def next(self) -> Pair | None:
        if self.place < len(self.pairs):
            return self.pairs[self.place]
        return None


def bit_text(value: bytes, width: int) -> str:
    """The lowest bits of a number, as a text of 0 and 1."""
    if not width:
        return ""
    bits = format(int.from_bytes(value, "big"), f"0{width}b")
    if len(bits) > width:
        raise ValueError(f"more than {width} bits")
    return bits


def number_bytes(bits: str) -> bytes:
    """The number that a text of 0 and 1 writes, in as few bytes as hold its bits."""
    return int(bits or "0", 2).to_bytes((len(bits) + 7) // 8, "big")


@dataclass(slots=True)
class Builder:
    """One attempt. choices: the branch from which each switch tries, by its number; chosen: what it took;
    undecided: switches whose branch may turn out wrong.
    """

    spoken: frozenset[str]
    known: dict[str, Known]
    choices: Sequence[int]
    chosen: list[int] = field(default_factory=list)
    undecided: list[int] = field(default_factory=list)

    def next_choices(self, number: int) -> list[int]:
        """What to try next, where the branch of this switch was wrong."""
        choices = self.chosen[: number + 1]
        choices[number] += 1
        return choices

    def block(self, block: Block, cursor: Cursor, out: Bits) -> None:
        """Fields and switches, one after the other."""
        for item in block:
            if isinstance(item, Switch):
                self.switch(item, cursor, out)
            else:
                self.field(item, cursor, out)

    def whole(self, block: Block, pairs: Sequence[Pair], out: Bits) -> None:
        """All pairs of something that has an end of its own."""
        cursor = Cursor(pairs)
        self.block(block, cursor, out)
        self.left_over(cursor, out)
        self.close(out)

    def left_over(self, cursor: Cursor, out: Bits) -> None:
        """Pairs that no field took: bytes that no line explains."""
        for pair in cursor.pairs[cursor.place :]:
            if pair.raw:
                out.add(raw_bits(pair))
            elif pair.value is not None:
                raise BuildError(
                    "no such field stands here, or it stands elsewhere", place=pair.name
                )

    # Switches

    def switch(self, switch: Switch, cursor: Cursor, out: Bits) -> None:
        """The lines of the branch whose condition holds."""
        branches: list[tuple[Condition | None, Block]] = list(switch.branches)
        if branches[-1][0] is not None:
            branches.append((None, ()))
        number = len(self.chosen)
        first = self.choices[number] if number < len(self.choices) else 0
        before = cursor.place, len(out.chunks), out.width, len(out.late), dict(self.known)
        reason: BuildError | None = None
        for index in range(first, len(branches)):
            if not self.possible(branches, index) or not begins_with(
                branches[index][1], cursor.next
            ):
                continue
            del self.chosen[number:]
            self.chosen.append(index)
            self.undecided = [earlier for earlier in self.undecided if earlier < number]
            if any(condition and condition.kind in LATE for condition, _ in branches[index:]):
                self.undecided.append(number)
            try:
                self.block(branches[index][1], cursor, out)
            except BuildError as error:
                if self.undecided and self.undecided[-1] > number:  # first what was tried last
                    raise WrongBranch(self.undecided[-1]) from None
                reason = reason or error
            else:
                if self.judge(branches, index, number, before[1], before[2], out):
                    return
            cursor.place, out.width, self.known = before[0], before[2], dict(before[4])
            del out.chunks[before[1] :], out.late[before[3] :]
        raise reason or BuildError("no branch of a switch fits the values")

    def possible(self, branches: list[tuple[Condition | None, Block]], index: int) -> bool:
        """Whether a branch can be the one, as far as fields decide that."""
        for place, (condition, _) in enumerate(branches[: index + 1]):
            if condition is None or condition.kind in LATE:
                continue
            if holds(condition, self.known, 0, "") != (place == index):
                return False
        return True

    def judge(
        self,
        branches: list[tuple[Condition | None, Block]],
        index: int,
        number: int,
        chunk: int,
        at: int,
        out: Bits,
    ) -> bool:
        """Whether the bytes of a branch satisfy its condition and none before it; what they cannot say is for later."""
        for place, (condition, _) in enumerate(branches[: index + 1]):
            if condition is None or condition.kind not in LATE:
                continue
            written = out.width - at
            if condition.kind == "starts" and written >= 4 * beginning(condition):
                begins = halves(out.since(chunk), beginning(condition))
                if holds(condition, self.known, 0, begins) != (place == index):
                    return False
            else:
                out.late.append((condition, place == index, number, chunk, at))
        return True

    def close(self, out: Bits) -> None:
        """Judge what could not be judged before the end was written."""
        for condition, expected, number, chunk, at in out.late:
            begins = halves(out.since(chunk), beginning(condition))
            if holds(condition, self.known, out.width - at, begins) != expected:
                raise WrongBranch(number)

    # One field

    def field(self, item: Field, cursor: Cursor, out: Bits) -> None:
        """A field, as often as its name comes next and it may stand here."""
        most = times(item.size, self.known)
        repeated = 0
        while most is None or repeated < most:
            pair = cursor.next
            if pair is None or pair.name != item.name or self.takes_nothing(item, pair):
                return
            cursor.place += 1
            self.once(item, pair, out)
            repeated += 1

    def takes_nothing(self, item: Field, pair: Pair) -> bool:
        """Whether a field has no bytes, so that the pair is that of another with its name."""
        return item.size.kind == "counted" and self.width(item) == 0 and pair.value is not None

    def width(self, item: Field) -> int | None:
        """The bits that a field must have, where that is known."""
        size = item.size
        if size.kind == "fixed":
            return size.bits
        if size.kind != "counted":
            return None
        bits = counted_bits(size, self.known)
        if bits is None:
            return None
        return whole_bytes(bits, size.unit)

    def once(self, item: Field, pair: Pair, out: Bits) -> None:
        """A field, once, from its pair."""
        chunk = len(out.chunks)
        if pair.value is None:
            return
        if pair.raw:
            out.add(raw_bits(pair))
            self.look_into(item, out.since(chunk))
        elif item.opener == "value":
            out.add(self.value_bits(item, pair))
        else:
            self.open(item, pair, out)
        if item.name in self.spoken:
            bits = out.since(chunk)
            self.known[item.name] = Known(number_bytes(bits), len(bits), item)

    def look_into(self, item: Field, bits: str) -> None:
        """Fields within raw bytes may be spoken of too: they are read."""
        if item.opener != "value":
            buf = number_bytes(bits + "0" * (-len(bits) % 8))
            Parser(self.spoken, "", self.known).once(item, buf, 0, len(bits), [], 1)

    def value_bits(self, item: Field, pair: Pair) -> str:
        """The bits of a plain value."""
        width = self.width(item)
        data = written(item, pair.value, pair.name, (width or 0) + 7 >> 3)
        if width is None:
            width = 4 * len(str(pair.value)) if item.reading.format.halves else 8 * len(data)
        if len(data) != (width + 7) // 8:
            raise BuildError(f"{len(data)} bytes, {(width + 7) // 8} expected", place=pair.name)
        try:
            return bit_text(data, width)
        except ValueError as error:
            raise BuildError(str(error), place=pair.name) from None

    def open(self, item: Field, pair: Pair, out: Bits) -> None:
        """A field with parts or objects."""
        pairs = parts_of(pair)
        forget(item.parts, self.known)
        if item.opener == "bitmap":
            self.bitmap(item, pairs, out)
            return
        if item.opener == "parts" and item.size.kind == "parts":
            cursor = Cursor(pairs)
            self.block(item.parts, cursor, out)
            self.left_over(cursor, out)
            return
        inside = Bits()
        if item.kind is not None:
            self.objects(item.objects, item.kind, pairs, inside)
        else:
            self.whole(item.parts, pairs, inside)
        width = self.width(item)
        if width is not None and inside.width != width:
            raise BuildError(f"{inside.width} bits, {width} expected", place=pair.name)
        bits = inside.since(0)
        if item.opener == "reversed":
            bits = bit_text(inside.value()[::-1], inside.width)
        out.add(bits)

    def bitmap(self, item: Field, pairs: Sequence[Pair], out: Bits) -> None:
        """A bitmap and the parts that it names."""
        if not pairs or pairs[0].name != BITMAP:
            raise BuildError("a bitmap comes first", place=item.name)
        bits = bit_text(HEX.write(str(pairs[0].value), 0), item.size.bits)
        if pairs[0].raw:
            bits = raw_bits(pairs[0])
        out.add(bits)
        order = bits if not item.lowest_first else bits[::-1]
        present = [part for part, bit in zip(item.parts, order, strict=False) if bit == "1"]
        cursor = Cursor(pairs, 1)
        self.block(tuple(present), cursor, out)
        self.left_over(cursor, out)

    def objects(self, rows: dict[str, Field], kind: Kind, pairs: Sequence[Pair], out: Bits) -> None:
        """A list of objects."""
        seen: Counter[str] = Counter()
        for pair in pairs:
            if pair.raw:
                out.add(raw_bits(pair))
                tag = leading_tag(kind, pair.name)
                if tag:
                    row_of(rows, kind.key(tag), seen)
                continue
            tag, row = find_row(rows, kind, pair.name, seen)
            inside = Bits()
            if row is not None:
                self.object(row, pair, inside)
            elif isinstance(pair.value, tuple):
                self.objects(rows, kind, pair.value, inside)
            else:
                data = HEX.write(pair.value or "", 0)
                inside.add(bit_text(data, 8 * len(data)))
            try:
                head = kind.head(tag, inside.value())
            except (ValueError, OverflowError) as error:
                raise BuildError(str(error), place=pair.name) from None
            out.add(bit_text(head, 8 * len(head)) + inside.since(0))

    def object(self, row: Field, pair: Pair, out: Bits) -> None:
        """The value of an object with a row."""
        if row.size.repeated:
            cursor = Cursor(parts_of(pair))
            self.field(row, cursor, out)
            self.left_over(cursor, out)
        elif pair.value or row.size.kind == "fixed":
            self.once(row, pair, out)


def begins_with(block: Block, pair: Pair | None) -> bool:
    """Whether the lines of a branch can begin with this pair; a field of fixed size is always there."""
    if pair is None or not block or pair.name == LEFTOVER:
        return True
    first = block[0]
    if (
        isinstance(first, Switch)
        or first.size.kind != "fixed"
        or first.size.optional
        or first.size.times != 1
    ):
        return True
    return first.name == pair.name


def raw_bits(pair: Pair) -> str:
    """The bits of a pair that has its bytes beside it."""
    if pair.raw.endswith(RAW_BITS):
        return pair.raw.removesuffix(RAW_BITS)
    try:
        data = bytes.fromhex(pair.raw)
    except ValueError:
        raise BuildError("the raw bytes are not hex", place=pair.name) from None
    return bit_text(data, 8 * len(data))


def parts_of(pair: Pair) -> Sequence[Pair]:
    """The pairs of the parts of a field."""
    if isinstance(pair.value, str):
        raise BuildError("a field with parts has pairs as its value", place=pair.name)
    return pair.value or ()


def written(item: Field, value: Value, name: str, size: int) -> bytes:
    """What a format writes for a text."""
    try:
        return item.reading.write(str(value), size)
    except Exception as error:  # a format may fail on a text in any way
        raise BuildError(f"{value!r} cannot be written: {error}", place=name) from None


def halves(bits: str, count: int) -> str:
    """The first half bytes of a text of 0 and 1, in hex."""
    count = min(count, len(bits) // 4)
    if not count:
        return ""
    return format(int(bits[: 4 * count], 2), f"0{count}X")
