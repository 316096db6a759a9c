# SPDX-License-Identifier: MIT
"""Where a line of a layout stands: what it may speak of, and what stands before it."""

from __future__ import annotations

from dataclasses import dataclass, field

from .field import LEFTOVER, Field, Opener, Size
from .marks import Marks

FREE = ("reserved", "rfu", "padding", "separator")  # names that a record may have twice


@dataclass(slots=True)
class Place:
    """Where a line stands: what it may speak of, and what stands before it.

    above: the fields above, by name. outer: the end of the record is the end of this block.
    offset: bits since the last byte border, None where the bytes decide. full: something above takes everything.
    names: those of fields beside it; uncertain: those of fields that may be empty.
    """

    above: dict[str, Field | None]
    marks: Marks
    chain: tuple[str, ...] = ()
    depth: int = 1
    repeated: bool = False
    outer: bool = False
    offset: int | None = 0
    full: bool = False
    names: set[str] = field(default_factory=set)
    uncertain: set[str] = field(default_factory=set)

    def advance(self, bits: int) -> None:
        """Move over bits."""
        if self.offset is not None:
            self.offset = (self.offset + bits) % 8

    def inside(self, marks: Marks, size: Size) -> Place:
        """The place of the parts of a field with these marks and this size."""
        as_long_as_parts = size.kind == "parts"
        return Place(
            self.above,
            marks.inside(),
            self.chain,
            self.depth + 1,
            self.repeated or size.repeated,
            self.outer and as_long_as_parts,
            self.offset if as_long_as_parts else 0,
        )

    def add_name(self, name: str, size: Size) -> str:
        """Take a name, which is that of one field, or of bytes without meaning; what is wrong with it."""
        wrong = ""
        if name == LEFTOVER:
            wrong = f"{LEFTOVER!r} is the name of bytes that no line explains"
        elif name in self.names and name not in FREE:
            wrong = f"a second field {name!r}; twice may stand {', '.join(FREE)}"
        elif name in self.uncertain:
            wrong = f"a second field {name!r}, behind one that may be empty"
        self.names.add(name)
        if size.kind != "fixed" or size.optional or size.times_name:
            self.uncertain.add(name)
        return wrong

    def pass_field(self, size: Size, opener: Opener, inner: Place | None) -> None:
        """Move behind a field; `inner` is the place behind its parts."""
        if (
            opener == "bitmap"
            or size.unit == "bits"
            or (size.kind == "until" and len(size.mark) == 1)
        ):
            self.offset = None
        elif size.kind == "rest":
            self.offset = 0
        elif size.kind == "parts" and inner is not None:
            self._pass_parts(size, inner)
        elif size.kind == "fixed" and size.times:
            self.advance(size.bits * size.times)
        elif size.kind == "fixed" and size.bits % 8:
            self.offset = None

    def _pass_parts(self, size: Size, inner: Place) -> None:
        if not size.repeated:
            self.offset = inner.offset
            self.full = inner.full
        elif inner.offset != self.offset:
            self.offset = None
