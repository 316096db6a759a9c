# SPDX-License-Identifier: MIT
"""What a layout is once it is compiled: fields with their sizes, switches with their conditions."""

from __future__ import annotations

import functools
import re
from collections import Counter
from collections.abc import Callable
from dataclasses import field, replace
from typing import Literal

from ..errors import BuildError
from ..model import Fact, Sensitive, Share, record
from .formats import format_named
from .kinds import Kind
from .reading import HEX, Reading

SizeKind = Literal["fixed", "rest", "counted", "until", "parts"]
Opener = Literal["value", "parts", "objects", "bitmap", "reversed"]
LEFTOVER = "further bytes"  # the name of what no line explains
ALWAYS = 0  # repeated to the end
_HEX_DIGITS = re.compile("[0-9A-F]+")

# Universal tags of DER that only say how something is built, and their formats (ITU-T X.680, 8.4)
UNIVERSAL = {
    "01": ("BOOLEAN", "bool"),
    "05": ("NULL", "hex"),
    "06": ("OBJECT IDENTIFIER", "oid"),
    "30": ("SEQUENCE", "none"),
    "31": ("SET", "none"),
}

# How many bits a count stands for, by its unit; all but bits are rounded up to whole bytes
UNITS = {"bytes": 8, "digits": 4, "septets": 7, "bits": 1}


@record
class Size:
    """How much a field takes.

    bits: the size where it is fixed, or what the rest leaves; name, plus, unit: the field that counts, what is added
    (bytes), and what is counted; mark: the half byte or byte that ends the field, in hex.
    times: 1, a number, or `ALWAYS`; times_name: the field that says how often; optional: only if something is left.
    """

    kind: SizeKind
    bits: int = 0
    name: str = ""
    plus: int = 0
    unit: str = "bytes"
    mark: str = ""
    times: int = 1
    times_name: str = ""
    optional: bool = False

    @property
    def repeated(self) -> bool:
        return self.times != 1 or bool(self.times_name)

    @property
    def takes_all(self) -> bool:
        """Whether nothing can stand behind the field."""
        return (self.kind == "rest" and not self.bits) or (
            self.times == ALWAYS and not self.times_name
        )


@record
class Pattern:
    """Hex digits as they stand in the bytes, `.` for any."""

    regex: re.Pattern[str]
    digits: int


@record
class Condition:
    """What must hold for a branch: of a field, of the bytes left, or of how they begin."""

    kind: Literal["equals", "bits", "length", "starts"]
    name: str = ""
    patterns: tuple[Pattern, ...] = ()
    mask: int = 0
    ranges: tuple[tuple[int, int], ...] = ()


@record
class Field:
    """One line of a layout. `parts` are its fields, `objects` its rows by tag."""

    fact: Fact
    size: Size
    reading: Reading
    opener: Opener = "value"
    parts: Block = field(default=(), repr=False)
    kind: Kind | None = None
    objects: dict[str, Field] = field(default_factory=dict, hash=False, repr=False)
    open: bool = False
    lowest_first: bool = True
    check: Callable[[bytes, bytes, bytes], bool] | None = None
    check_name: str = ""
    facts: dict[tuple[str, int, str], Fact] = field(default_factory=dict, compare=False, repr=False)

    @property
    def name(self) -> str:
        return self.fact.name

    def fact_for(self, tag: str, spare: int, mark: Sensitive) -> Fact:
        """The Fact of a value: as an object with this tag, with so many spare bits, with the mark of what is broken."""
        key = (tag, spare, mark)
        fact = self.facts.get(key)
        if fact is None:
            fact = self._fact(tag, spare, mark)
            self.facts[key] = fact
        return fact

    def _fact(self, tag: str, spare: int, mark: Sensitive) -> Fact:
        head = self.reading.head if tag else None
        fact = replace(self.fact, tag=tag, describe=replace(self.reading, spare=spare, head=head))
        if mark:
            fact = replace(fact, sensitive=mark, share="")
        return fact


@record
class Switch:
    """Branches in order: the first whose condition holds stands here; a branch without one always holds.

    names: of the layouts that the branches consist of, empty for a branch with lines of its own.
    """

    branches: tuple[tuple[Condition | None, Block], ...]
    names: tuple[str, ...] = ()


Block = tuple["Field | Switch", ...]


def row_of(rows: dict[str, Field], key: str, seen: Counter[str]) -> Field | None:
    """The row of the next object of a tag in its list, which `seen` counts.

    Where a list has a row for the second of a tag (`30.2`), each row is for its own place alone.
    """
    if f"{key}.2" not in rows:
        return rows.get(key)
    seen[key] += 1
    number = seen[key]
    if number == 1:
        return rows.get(key)
    return rows.get(f"{key}.{number}")


@functools.lru_cache(maxsize=64)
def leftover(mark: Sensitive) -> Fact:
    """The Fact of bytes that no line of the layout explains."""
    return Fact("", LEFTOVER, Reading(HEX), sensitive=mark, known=False)


@functools.lru_cache(maxsize=4096)
def unknown_object(tag: str, kind: Kind) -> Fact:
    """The Fact of an object without a row; in DER some tags mean the same everywhere."""
    if kind.name == "der" and tag in UNIVERSAL:
        name, format_ = UNIVERSAL[tag]
        share: Share = "" if kind.constructed(tag) else "all"
        return Fact(tag, name, Reading(format_named(format_), head=kind.head), share=share)
    return Fact(tag, "unknown object", Reading(HEX, head=kind.head), known=False)


def leading_tag(kind: Kind, name: str) -> str:
    """The tag with which the name of an object begins; empty where it begins with none."""
    word = name.partition(" ")[0]
    if _HEX_DIGITS.fullmatch(word) and kind.tags.fullmatch(kind.key(word)):
        return word
    return ""


def find_row(
    rows: dict[str, Field], kind: Kind, name: str, seen: Counter[str]
) -> tuple[str, Field | None]:
    """The tag and the row of an object that is called by its tag, by its name, or by both."""
    leading = leading_tag(kind, name)
    if leading:
        return leading, row_of(rows, kind.key(leading), seen)
    for key, row in rows.items():
        if row.name == name:
            tag = key.partition(".")[0]
            row_of(rows, tag, seen)
            return tag, row
    raise BuildError("neither a tag nor the name of an object", place=name)
