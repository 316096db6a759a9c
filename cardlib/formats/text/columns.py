# SPDX-License-Identifier: MIT
"""Stamps and columns of a pasted log: learned from its head, taken out of every line.

`learn` sees how what stands at one place of many lines grows (`judging`); `Columns.cut` overwrites it and
says when the line was written.
"""

from __future__ import annotations

import re
from collections.abc import Sequence

from ...core.model import Clock, record
from .evidence import Judged, resolution_text
from .judging import judge
from .loggers import Role
from .prefixes import PIECES
from .stamps import (
    STAMPS,
    TIME_OF_DAY,
    Moments,
    epoch_unit,
    find_duration,
    find_stamp,
    fraction_of,
    may_state_duration,
    nanoseconds_of,
)
from .ticking import Running

STAMP = "\ue000"  # stands for each character of a stamp that was taken out of a line
COLUMN = "\ue001"  # for each character of a column: thread, pointer, counter, source line
MAX_LINES = 2000
MAX_HEAD = 1 << 16


@record
class Cut:
    """A line of the same length without stamps and columns, when it was written, what it took."""

    text: str
    ticks: int | None
    took: int | None


@record
class Cell:
    """What one group of the compiled prefix holds."""

    group: int
    role: Role
    unit: int = 0
    stamp: int = -1
    unpadded: bool = False
    is_clock: bool = False
    grows: bool = False


class Columns:
    """What was learned of the stamps and columns of a file, and its running clock."""

    def __init__(self, judged: Sequence[Judged], base: str, resolution_ns: int) -> None:
        self.clock: Clock = "none"
        self.resolution_ns = resolution_ns
        self.base = base
        if base:
            self.clock = "host"
        self.judged = tuple(judged)
        self.learned = tuple(dict.fromkeys(column.phrase for column in judged if column.phrase))
        self.prefix, self.cells = _compiled(self.judged, base)
        self._moments = Moments()
        self._running = Running()
        self._last_number: dict[int, int] = {}
        self._first_number: dict[int, int] = {}

    def cut(self, text: str) -> Cut:
        """Take stamps and columns out of a line; to be called once a line, in the file's order."""
        ticks: int | None = None
        match = self.prefix.match(text)
        parts = []
        position = 0
        if match is not None and match.lastindex is not None:
            spans = match.regs
            for cell in self.cells:
                start, stop = spans[cell.group]
                if start < 0:
                    continue
                if cell.grows and not self._continues(cell, text[start:stop]):
                    break
                if cell.is_clock and ticks is None:
                    ticks = self._ticks(cell, match)
                sign = STAMP
                if cell.role in ("column", "counter"):
                    sign = COLUMN
                parts.append(text[position:start])
                parts.append(sign * (stop - start))
                position = stop
        if parts:
            parts.append(text[position:])
            text = "".join(parts)
        if text.count(":") > 1:
            text, ticks = self._cut_elsewhere(text, ticks)
        return self._cut_duration(text, ticks)

    def _continues(self, cell: Cell, digits: str) -> bool:
        """Whether a number goes on from the last one, or begins anew."""
        number = int(digits)
        first = self._first_number.setdefault(cell.group, number)
        last = self._last_number.get(cell.group, number)
        if number not in (first, last) and not last < number <= last + max(last, 16):
            return False
        self._last_number[cell.group] = number
        return True

    def _ticks(self, cell: Cell, match: re.Match[str]) -> int | None:
        if cell.role == "stamp":
            moment, fraction, zone = match.group(cell.group + 1, cell.group + 2, cell.group + 3)
            return self._moment(cell.stamp, moment, fraction or "", zone or "", cell.unpadded)
        number = match[cell.group]
        unit = cell.unit or epoch_unit(number)
        at = nanoseconds_of(number, unit)
        if cell.role == "delta":
            return self._running.add(at)
        return at

    def _moment(
        self, index: int, moment: str, fraction: str, zone: str, is_unpadded: bool
    ) -> int | None:
        second, is_of_year = self._moments.of(index, moment, zone)
        if second is None:
            return None
        at = second + fraction_of(fraction, is_unpadded)
        if index == TIME_OF_DAY:
            return self._running.of_day(at)
        if is_of_year:
            return self._running.dated(at)
        return self._running.without_year(at)

    def _cut_elsewhere(self, text: str, ticks: int | None) -> tuple[str, int | None]:
        """Take out a stamp that stands where none was learned and can be nothing else."""
        written = find_stamp(text)
        if written is None:
            return text, ticks
        if ticks is None and self.base in ("dated", "time"):
            is_time = written.stamp == TIME_OF_DAY
            if self.base == "dated" or is_time:
                ticks = self._moment(
                    written.stamp, written.moment, written.fraction, written.zone, False
                )
        return overwrite(text, written.start, written.stop, STAMP), ticks

    def _cut_duration(self, text: str, ticks: int | None) -> Cut:
        if not may_state_duration(text):
            return Cut(text, ticks, None)
        duration = find_duration(text)
        if duration is None:
            return Cut(text, ticks, None)
        took, start, stop = duration
        return Cut(overwrite(text, start, stop, STAMP), ticks, took)


def overwrite(text: str, start: int, stop: int, sign: str) -> str:
    """A line with a sign for each character of a part of it."""
    return text[:start] + sign * (stop - start) + text[stop:]


def learn(texts: Sequence[str]) -> Columns:
    """Learn stamps and columns from the lines of the head of a file."""
    head = []
    size = 0
    for text in texts[:MAX_LINES]:
        size += len(text)
        if size > MAX_HEAD:
            break
        head.append(text)
    judged = judge(head)
    base = _clock_base(judged)
    if not base:
        return _learn_elsewhere(head, judged)
    resolutions = [column.resolution_ns for column in judged if base and column.base == base]
    return Columns(judged, base, min(resolutions, default=0))


def _learn_elsewhere(head: list[str], judged: list[Judged]) -> Columns:
    """A clock of stamps that stand behind the bytes, if there are any."""
    stamps = [written for written in map(find_stamp, head) if written is not None]
    if not stamps:
        return Columns(judged, "", 0)
    base = "dated"
    if all(written.stamp == TIME_OF_DAY for written in stamps):
        base = "time"
    resolution: int = 10 ** (9 - max(len(written.fraction) for written in stamps))
    columns = Columns(judged, base, resolution)
    columns.learned += (f"{STAMPS[stamps[0].stamp].name}, {resolution_text(resolution)}",)
    return columns


def fresh(columns: Columns) -> Columns:
    """The same learning, for a second pass from the beginning of the file."""
    again = Columns(columns.judged, columns.base, columns.resolution_ns)
    again.learned = columns.learned
    return again


_BASES = ("dated", "epoch", "time", "offset", "tick", "delta")  # the more certain first


def _clock_base(judged: Sequence[Judged]) -> str:
    """The clock of the file: on most lines, and the finest of those that nearly are."""
    lines = {base: 0 for base in _BASES}
    finest = dict.fromkeys(_BASES, 10**18)
    for column in judged:
        if column.base:
            lines[column.base] += column.lines
            finest[column.base] = min(finest[column.base], column.resolution_ns)
    most = max(lines.values())
    if most == 0:
        return ""
    candidates = [base for base in _BASES if lines[base] * 2 >= most and lines[base] > 0]
    absolute = [base for base in candidates if base != "delta"]
    return min(absolute or candidates, key=lambda base: finest[base])


class _Node:
    """A place in the tree of learned prefixes."""

    def __init__(self) -> None:
        self.columns: list[Judged] = []
        self.children: dict[str, _Node] = {}


def _compiled(judged: Sequence[Judged], base: str) -> tuple[re.Pattern[str], list[Cell]]:
    """One regular expression for all learned places, each part optional from the front."""
    root = _Node()
    for column in judged:
        node = root
        for element in column.place:
            node = node.children.setdefault(element, _Node())
        node.columns.append(column)
    writer = _Writer(base, sorted({column.stamp for column in judged if column.stamp >= 0}))
    pattern = writer.rest(root)
    return re.compile(pattern), writer.cells


class _Writer:
    """Writes the tree as a regular expression, and notes the groups."""

    def __init__(self, base: str, stamps: list[int]) -> None:
        self.base = base
        self.stamps = stamps
        self.groups = 0
        self.cells: list[Cell] = []

    def rest(self, node: _Node) -> str:
        """What may follow at a node."""
        branches = []
        sorts = sorted({column.sort for column in node.columns} | set(node.children), key=_rank)
        for sort in sorts:
            columns = [column for column in node.columns if column.sort == sort]
            child = node.children.get(sort, _Node())
            branches.append(self._branch(sort, columns, child))
        if not branches:
            return ""
        return "(?:" + "|".join(branches) + ")?+"

    def _branch(self, sort: str, columns: list[Judged], child: _Node) -> str:
        alternatives = [self._piece(column) for column in columns]
        if child.children or child.columns:
            alternatives.append(self._skipped(sort))
        if len(alternatives) == 1:
            return alternatives[0] + self.rest(child)
        return "(?:" + "|".join(alternatives) + ")" + self.rest(child)

    def _piece(self, column: Judged) -> str:
        group = self.groups + 1
        self.groups += re.compile(column.pattern).groups
        is_lost_date = column.base == "time" and self.base == "dated"
        is_clock = (bool(column.base) and column.base == self.base) or is_lost_date
        self.cells.append(
            Cell(
                group,
                column.role,
                column.unit,
                column.stamp,
                column.unpadded,
                is_clock,
                column.grows,
            )
        )
        if column.follow:
            return f"{column.pattern}(?={column.follow})"
        return column.pattern

    def _skipped(self, sort: str) -> str:
        """What stands in front of a column and is none itself."""
        if sort == "T":
            stamps = [STAMPS[index].pattern() for index in self.stamps] or ["(?!)"]
            pattern = "|".join(stamps)
        elif sort in PIECES:
            pattern = PIECES[sort]
        else:
            return re.escape(sort)
        self.groups += re.compile(pattern).groups
        return f"(?:{pattern})"


def _rank(sort: str) -> int:
    order = "TUPXVFGNMSsw "
    if sort in order:
        return order.index(sort)
    return len(order)
