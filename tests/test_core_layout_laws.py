# SPDX-License-Identifier: MIT
"""Laws of layouts, for any layout and any bytes: nodes tile in bits, are bounded, their values give the bytes back."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise

import pytest
from hypothesis import example, given
from hypothesis import strategies as st
from test_core_layout_formats import DATES

from cardlib.core.layout import Layout, compile_layout, values
from cardlib.core.layout.formats import FORMATS
from cardlib.core.layout.parse import MOST_NODES
from cardlib.core.model import Node

NESTED = 16
PLAIN = sorted(set(FORMATS) - set(DATES))
ANY_SIZE = [name for name in PLAIN if name not in ("plmn", "ip", "zone", "vp")]
OTHERS = {"pair": "first  1  int\nsecond  4b\nthird  4b", "rows": "4F AID\n50 label  ..  latin1"}


class Writer:
    """Writes the lines of a random layout; `counts` are fields that may say a length, `kinds` those of a switch."""

    def __init__(self, draw: st.DrawFn) -> None:
        self.draw = draw
        self.names = 0
        self.counts: list[str] = []
        self.kinds: list[str] = []

    def number(self, low: int, high: int) -> int:
        return self.draw(st.integers(low, high))

    def one_of(self, values: Sequence[str]) -> str:
        return self.draw(st.sampled_from(values))

    def name(self) -> str:
        self.names += 1
        return f"field {self.names}"

    def block(self, indent: str, depth: int, ends: bool) -> list[str]:
        """Some lines; the last may take everything where the block `ends` with its container."""
        lines: list[str] = []
        for _ in range(self.number(1, 4)):
            lines += self.item(indent, depth)
        if ends and self.number(0, 1):
            lines += self.last(indent, depth)
        return lines

    def item(self, indent: str, depth: int) -> list[str]:
        choices = ["fixed", "bits", "count", "counted", "until", "optional", "less", "use"]
        if depth < 3:
            choices += ["parts", "sized", "times", "switch", "bitmap", "reversed", "objects"]
        return getattr(self, self.one_of(choices))(indent, depth)

    def fixed(self, indent: str, depth: int) -> list[str]:
        mark = self.one_of(["", "", "  !name", "  !key !fresh"])
        return [f"{indent}{self.name()}  {self.number(1, 4)}  {self.one_of(ANY_SIZE)}{mark}"]

    def bits(self, indent: str, depth: int) -> list[str]:
        left = 8 * self.number(1, 3)
        lines = []
        while left:
            width = self.number(1, left)
            name = self.name()
            lines.append(
                f"{indent}{name}  {width}b  {self.one_of(['', 'int', 'signed', 'bcd', 'bcd5'])}"
            )
            self.counts.append(name)
            left -= width
        return lines

    def count(self, indent: str, depth: int) -> list[str]:
        name = self.name()
        self.counts.append(name)
        self.kinds.append(name)
        return [f"{indent}{name}  1  {self.one_of(['int', 'hex', 'signed'])}"]

    def counted(self, indent: str, depth: int) -> list[str]:
        if not self.counts:
            return self.count(indent, depth)
        unit = self.one_of(["", "", "-1", " digits", " septets"])
        return [
            f"{indent}{self.name()}  ={self.one_of(self.counts)}{unit}  {self.one_of(ANY_SIZE)}"
        ]

    def until(self, indent: str, depth: int) -> list[str]:
        return [f"{indent}{self.name()}  to {self.one_of(['00', '0A', 'FF'])}  latin1"]

    def optional(self, indent: str, depth: int) -> list[str]:
        return [f"{indent}{self.name()}  {self.number(1, 2)}?  int"]

    def less(self, indent: str, depth: int) -> list[str]:
        return [f"{indent}{self.name()}  ..-{self.number(1, 6)}  {self.one_of(ANY_SIZE)}"]

    def use(self, indent: str, depth: int) -> list[str]:
        return [f"{indent}{self.name()}  {self.one_of(['-', '2', '-?'])}  use:pair"]

    def parts(self, indent: str, depth: int) -> list[str]:
        name = self.name()
        return [f"{indent}{name}  -", *self.block(indent + "  ", depth + 1, False)]

    def sized(self, indent: str, depth: int) -> list[str]:
        name = self.name()
        size = str(self.number(1, 9))
        if self.counts and self.number(0, 1):
            size = f"={self.one_of(self.counts)}"
        return [f"{indent}{name}  {size}", *self.block(indent + "  ", depth + 1, True)]

    def times(self, indent: str, depth: int) -> list[str]:
        name = self.name()
        times = f"*{self.number(2, 5)}"
        if self.counts and self.number(0, 1):
            times = f"*={self.one_of(self.counts)}"
        if self.number(0, 1):
            return [f"{indent}{name}  {self.number(1, 2)}{times}  int"]
        return [f"{indent}{name}  -{times}", *self.block(indent + "  ", depth + 1, False)]

    def switch(self, indent: str, depth: int) -> list[str]:
        lines = [f"{indent}when {self.condition()}", *self.block(indent + "  ", depth + 1, False)]
        for _ in range(self.number(0, 2)):
            lines += [
                f"{indent}else when {self.condition()}",
                *self.block(indent + "  ", depth + 1, False),
            ]
        if self.number(0, 1):
            lines += [f"{indent}else", *self.block(indent + "  ", depth + 1, False)]
        return lines

    def condition(self) -> str:
        if self.kinds and self.number(0, 2):
            name = self.one_of(self.kinds)
            return self.one_of([f"{name} = 00 01", f"{name} = .1", f"{name} & 03"])
        return self.one_of(
            ["length = 4", "length = 2..9", "starts 0", "starts [01].", "starts ..01"]
        )

    def bitmap(self, indent: str, depth: int) -> list[str]:
        name = self.name()
        first = self.one_of(["", ":first"])
        parts = [f"{indent}  {self.name()}  {self.number(1, 2)}" for _ in range(self.number(1, 9))]
        return [f"{indent}{name}  1  bitmap{first}", *parts]

    def reversed(self, indent: str, depth: int) -> list[str]:
        name = self.name()
        return [
            f"{indent}{name}  {self.number(1, 6)}  reversed",
            *self.block(indent + "  ", depth + 1, True),
        ]

    def objects(self, indent: str, depth: int) -> list[str]:
        name = self.name()
        kind = self.one_of(
            ["ber", "ber:open", "simple", "ndef", "comp", "dgi", "decimal", "compact"]
        )
        tags = {"dgi": "0101", "decimal": "01", "compact": "41"}
        rows = [
            f"{indent}  {tags.get(kind, '01')} row {name}  {self.one_of(['', '2', '1*', '2*3'])}"
        ]
        if kind.startswith("ber"):
            rows += [
                f"{indent}  like rows",
                f"{indent}  61 template {name}  ..  ber",
                f"{indent}    02 number  ..  int",
            ]
        return [f"{indent}{name}  {self.number(1, 20)}  {kind}", *rows]

    def last(self, indent: str, depth: int) -> list[str]:
        size = self.one_of(["..", "..?", "1*", "2*"])
        if depth < 3 and self.number(0, 1):
            name = self.name()
            return [
                f"{indent}{name}  {self.one_of(['-*', '3*', '..'])}",
                *self.block(indent + "  ", depth + 1, False),
            ]
        return [f"{indent}{self.name()}  {size}  {self.one_of(ANY_SIZE)}"]


@st.composite
def layouts(draw: st.DrawFn) -> str:
    return "\n".join(Writer(draw).block("", 0, True))


LIKELY = st.sampled_from(
    [0, 1, 2, 3, 4, 5, 8, 0x0A, 0x30, 0x31, 0x41, 0x4F, 0x50, 0x61, 0x7F, 0x80, 0xFF]
)
RECORDS = st.lists(st.one_of(LIKELY, st.integers(0, 255)), max_size=60).map(bytes)


def tile(nodes: Sequence[Node], start: int, stop: int) -> None:
    """Nodes that stand in bytes follow each other without a hole from `start` to `stop`."""
    at = start
    for node in nodes:
        assert node.start == at <= node.body <= node.stop
        at = node.stop
        inside = node.children
        if not inside:
            continue
        first, last = node.body, node.stop
        if inside[0].buf is not node.buf:
            assert inside[0].buf == node.value[::-1]
            assert inside[0].derived == "bytes turned round"
            first, last = 0, len(node.value)
        if inside[0].bits is not None:
            tile_bits(inside, 0, 8 * (last - first), first)
        else:
            tile(inside, first, last)
    assert at == stop


def tile_bits(nodes: Sequence[Node], start: int, stop: int, base: int) -> None:
    """Nodes of bits do the same in bits, counted from the byte `base`."""
    at = start
    for node in nodes:
        assert node.bits is not None
        first, last = node.bits
        assert first == at <= last
        at = last
        assert node.start == base + first // 8
        whole = int.from_bytes(node.buf[base : base + (stop + 7) // 8], "big")
        width = 8 * len(node.buf[base : base + (stop + 7) // 8])
        assert int.from_bytes(node.value, "big") == whole >> (width - last) & (
            (1 << (last - first)) - 1
        )
        if node.children:
            tile_bits(node.children, first, last, base)
    assert at == stop


def levels(nodes: Sequence[Node]) -> int:
    return 1 + max((levels(node.children) for node in nodes), default=0) if nodes else 0


def count(nodes: Sequence[Node]) -> int:
    return sum(1 + count(node.children) for node in nodes)


def holds(layout: Layout, record: bytes) -> None:
    """All laws, for a record that stands somewhere in a buffer."""
    buf = b"\x55" + record + b"\xaa"
    nodes = layout.parse(buf, 1, 1 + len(record))
    tile(nodes, 1, 1 + len(record))
    assert levels(nodes) <= NESTED
    assert count(nodes) <= MOST_NODES
    for _, node in Node(nodes[0].fact, buf, 0, 0, 0, nodes).walk() if nodes else ():
        assert isinstance(node.text, str)
    assert layout.build(values(nodes)) == record


@given(text=layouts(), records=st.lists(RECORDS, min_size=1, max_size=4))
def test_any_layout_on_any_bytes(text: str, records: list[bytes]) -> None:
    layout = compile_layout(text, layouts=OTHERS)
    for record in records:
        holds(layout, record)


DEEP = bytes.fromhex("30") + b"\x7f" + b"\x30\x7d" * 40 + bytes(20)
OPEN = compile_layout("", kind="ber:open")
BITS = compile_layout("flag  1b*")
MANY = compile_layout("entry  -*\n  a  4b\n  b  4b\n    c  1b*")


@given(RECORDS)
@example(DEEP)
@example(b"")
def test_objects_within_objects_end(record: bytes) -> None:
    holds(OPEN, record)


@pytest.mark.parametrize("size", [511, 512, 600, 5000])
def test_more_nodes_than_are_divided_are_left_in_one(size: int) -> None:
    for layout in (BITS, MANY):
        holds(layout, b"\xa5" * size)
    last = BITS.parse(b"\xa5" * size)[-1]
    if size > 600:
        assert (last.name, last.error) == (
            "further bytes",
            f"more than {MOST_NODES} nodes: not divided",
        )


LINEAR = {
    "bits": "flag  1b*",
    "repeated parts": "entry  -*\n  a  1\n  b  1?\n  when a = 00\n    c  1",
    "texts": "text  -*\n  length  1  int\n  line  =length  utf8\n  end  to 0A",
    "objects": "objects  ..  ber:open",
    "switch": "entry  -*\n  when starts 01....\n    a  3\n  else when starts 02\n    b  2\n  else\n    c  1",
    "half bytes": "number  to D  nibbles\nrest  ..",
}


@pytest.mark.parametrize("name", LINEAR)
def test_steps_grow_no_faster_than_bytes(name: str) -> None:
    """Counted, not timed: twice the bytes take at most twice the steps."""
    layout = compile_layout(LINEAR[name])
    steps = []
    for size in (200, 400, 800, 1600, 100_000):
        record = (b"\x01\x02\x30\x00\x61\x02\x04\x00" * (size // 8))[:size]
        parser = layout.parser()
        layout.pieces(parser, record, 0, size)
        steps.append(parser.steps)
    assert all(after <= 2 * before + 8 for before, after in pairwise(steps[:4]))
    assert steps[-1] <= 10 * MOST_NODES  # and there is an end to it
