# SPDX-License-Identifier: MIT
"""What the lines of a layout may name: lists of names, other layouts, shared codes; and where faults are kept."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import TypeVar

from ..model import Checked, Fact, Opens, Sensitive
from .checks import CHECKS, OF_THE_FIELD, Check
from .field import Size
from .format import Format
from .lines import Fault, Line, read_lines
from .marks import Marks
from .meaning import SHARED, find_format, inline_names, listed_names, shared_format
from .near import near
from .place import Place
from .reading import HEX, Lookup, Reading

CHAIN = 3  # layouts that stand in each other

_T = TypeVar("_T")


@dataclass(slots=True)
class Sources:
    """What one layout is compiled from.

    faults: what is wrong so far. spoken: names of which conditions, sizes and counts speak. secrets: kinds of marks.
    needs_whole: whether a field takes the rest of the record less something.
    """

    names: Mapping[str, Mapping[str, str]]
    layouts: Mapping[str, str]
    lookup: Lookup | None
    ref: str
    checked: Checked
    faults: list[Fault] = field(default_factory=list)
    spoken: set[str] = field(default_factory=set)
    secrets: set[Sensitive] = field(default_factory=set)
    needs_whole: bool = False

    def fault(self, line: Line, reason: str) -> None:
        """Keep what is wrong with a line."""
        self.faults.append((line.number, line.text, reason))

    def attempt(
        self, line: Line, default: _T, function: Callable[..., _T], *arguments: object
    ) -> _T:
        """What a function makes of a column; its ValueError becomes a fault of the line."""
        try:
            return function(*arguments)
        except ValueError as error:
            self.fault(line, str(error))
            return default

    def other_text(self, line: Line, name: str, place: Place) -> str | None:
        """The text of another layout, unless there is none, or it stands in itself, or the chain is too long."""
        if name not in self.layouts:
            self.fault(line, f"no layout {name!r}; {near(name, self.layouts)}")
        elif name in place.chain:
            self.fault(line, f"a circle: {' > '.join((*place.chain, name))}")
        elif len(place.chain) == CHAIN:
            self.fault(
                line, f"more than {CHAIN} layouts in each other: {' > '.join((*place.chain, name))}"
            )
        else:
            return self.layouts[name]
        return None

    def inside(
        self, line: Line, name: str, compile_lines: Callable[[list[Line]], _T], text: str
    ) -> _T:
        """What another layout gives; its faults become faults of the line that names it."""
        outside, self.faults = self.faults, []
        result = compile_lines(read_lines(text, self.faults))
        inside, self.faults = self.faults, outside
        for number, _, reason in inside:
            self.fault(line, f"in {name}, line {number}: {reason}")
        return result

    def fact(self, tag: str, name: str, reading: Reading, marks: Marks, opens: Opens) -> Fact:
        checked = self.checked
        if marks.memory:
            checked = "memory"
        return Fact(
            tag,
            name,
            reading,
            self.ref,
            checked,
            opens,
            marks.sensitive,
            share=marks.share,
            fresh=marks.fresh,
            tells=marks.tells,
            failure=marks.failure,
        )

    def check(self, line: Line, marks: Marks, place: Place) -> Check | None:
        if not marks.check:
            return None
        if place.repeated and marks.check not in OF_THE_FIELD:
            self.fault(
                line,
                f"the check {marks.check} is over the record before it, and the field is repeated",
            )
        return CHECKS[marks.check]

    def format(self, line: Line, text: str, list_name: str, size: Size) -> Format:
        """The format of a plain field."""
        if size.kind == "parts":
            self.fault(line, "a field that is as long as its parts has them in the lines under it")
        if list_name in SHARED and list_name not in self.names and self.lookup:
            return shared_format(list_name, self.lookup)
        table: Mapping[str, str] | None = None
        if list_name:
            table = self.attempt(line, None, listed_names, list_name, self.names)
        elif line.values is not None:
            table = self.attempt(line, None, inline_names, line.values)
        return self.attempt(line, HEX, find_format, text, table, size, not list_name)
