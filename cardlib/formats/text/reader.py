# SPDX-License-Identifier: MIT
"""The format of pasted logs: learned from the beginning of the file, read to its end in windows."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from functools import lru_cache
from typing import BinaryIO

from ...core.model import Clock, Coverage, Frame, Problem, Session
from ..card_reports import CardReports
from ..hextext import carries_hex
from ..lines import Item, Line, lines
from ..memory_dumps import is_memory_dump
from ..pn53x import opened
from ..style import head_lines
from . import columns as stamps
from . import marks
from .branches import Branches, branches_of, is_fair_answer, is_fair_command
from .cutting import fields_of, has_remarks, is_remark
from .fields import (
    Field,
    with_directions,
    with_odd_tails_as_holes,
    with_parts_joined,
    with_surroundings,
)
from .halves import SENDERS, Row, Writer
from .hints import NO_HINTS, Hints
from .learning import Counts, Reading, is_hopeless, read
from .markup import Markup
from .phrases import learned_phrases
from .runs import Spelling
from .sound import MOST_SURE, shows_a_half, sound_share

NAME = "hex pairs"
HEAD_LINES = 2000
HEAD_CHARACTERS = 1 << 16
FIRST_LINES = 150  # enough where all shapes are sure
WINDOW_LINES = 60  # of which the roles are found together, behind the head


class TextLog:
    """Reads a pasted log; each reading of a file has one of its own, which learns."""

    NAME = NAME
    PROVEN = True
    MOST = MOST_SURE

    def __init__(self, head: bytes = b"", hints: Hints = NO_HINTS) -> None:
        self.hints = hints
        self.learned = ""
        texts = head_texts(head)
        self.markup = Markup(texts)
        plain = [self.markup.plain(text) for text in texts]
        self.columns = stamps.learn(plain)
        self.CLOCK: Clock = self.columns.clock
        self.spelling = Spelling()
        cut_texts = [self.columns.cut(text).text for text in plain]
        self.spelling.learn(cut_texts)
        self.has_remarks = has_remarks(cut_texts, self.spelling)

    @staticmethod
    def recognises(head: bytes) -> float:
        """How sound the dialogue is that its beginning holds; a little less than exact formats."""
        return soundness(head)

    def frames(self, file: BinaryIO, coverage: Coverage) -> Iterator[Frame | Session | Problem]:
        """A frame a half. What goes to a PN53x and comes from it is opened."""
        return opened(self._windows(file, coverage), coverage)

    def _windows(self, file: BinaryIO, coverage: Coverage) -> Iterator[Item]:
        """The items of the head, then of window after window."""
        columns = stamps.fresh(self.columns)
        reports = CardReports()
        window = Window(self, coverage)
        for line in lines(file, coverage):
            if isinstance(line, Problem):
                yield from window.close()
                yield line
                continue
            cut = columns.cut(self.markup.plain(line.text))
            kind = ""
            if reports.holds(line.text):
                kind = "about a card"
            elif is_remark(cut.text, self.has_remarks):
                kind = "blank or comment"
            yield from window.take(line, cut, kind)
        yield from window.close()
        self.learned = learned_phrases(window.counts, self.columns.learned)


class Window:
    """The lines whose roles are found together, and what was learned before them.

    Where the shapes of commands and answers are sure, lines of these shapes are read one by one; any
    other line makes a window of those around it.
    """

    def __init__(self, log: TextLog, coverage: Coverage) -> None:
        self.log = log
        self.coverage = coverage
        self.rows: list[Row] = []
        self.size = 0
        self.limit = FIRST_LINES
        self.counts: Counts = {}
        self.atr = b""
        self.index = 0  # of the next frame
        self.branches: Branches | None = None
        self.quick: list[tuple[Row, str, bytes]] = []  # the open exchange, read line by line

    def take(self, line: Line, cut: stamps.Cut, kind: str) -> Iterator[Item]:
        """What one more line gives out."""
        if self.branches and not self.rows:
            taken = self._taken_quickly(self.branches, line, cut, kind)
            if taken is not None:
                yield from taken
                return
            self._open_window()
        self.add(line, cut, kind)
        self.size += len(line.text)
        if len(self.rows) >= self.limit or self.size >= HEAD_CHARACTERS:
            yield from self.advance()

    def _taken_quickly(
        self, branches: Branches, line: Line, cut: stamps.Cut, kind: str
    ) -> list[Item] | None:
        """The exchange that this line ends, if any; None where the line needs a search."""
        size = line.stop - line.start
        if kind:
            self.coverage.skip(kind, size)
            return []
        role_and_data = branches.read(cut.text)
        if role_and_data is None:
            if fields_of(cut.text, 0, self.log.spelling) or carries_hex(cut.text):
                return None
            self.coverage.skip("other text", size)
            return []
        role, data = role_and_data
        row = Row(line, cut, ())
        roles = [part[1] for part in self.quick]
        if role == "C" and is_fair_command(data) and roles in ([], ["C", "A"]):
            items = self._quick_items()
            self.quick = [(row, role, data)]
            return items
        if role == "A" and is_fair_answer(data) and roles == ["C"]:
            self.quick.append((row, role, data))
            return []
        if role == "D" and any(data in part[2] for part in self.quick):
            self.coverage.skip("told again", size)
            return []
        if role == "N":
            self.coverage.skip("named values", size)
            return []
        return None

    def _quick_items(self) -> list[Item]:
        items: list[Item] = []
        for row, role, data in self.quick:
            line = row.line
            self.coverage.used += line.stop - line.start
            sender = SENDERS[role]
            items.append(line.frame(self.index, sender, "apdu", data, row.cut.ticks))
            self.index += 1
        self.quick = []
        if items:
            self.atr = b""
        return items

    def _open_window(self) -> None:
        """Search from the open exchange on."""
        self.limit = WINDOW_LINES
        self.size = 0
        for row, _, _ in self.quick:
            self.add(row.line, row.cut, "")
        self.quick = []

    def add(self, line: Line, cut: stamps.Cut, kind: str) -> None:
        """Take one more line."""
        fields: Sequence[Field] = ()
        if not kind:
            fields = fields_of(cut.text, len(self.rows), self.log.spelling)
        self.rows.append(Row(line, cut, fields, kind or "other text"))

    def advance(self) -> Iterator[Item]:
        """The items of the lines up to the last command; the others wait for what follows."""
        rows, reading = reading_of(self.rows, self.log.hints, self.counts)
        branches = branches_of(rows, reading)
        is_first = self.limit == FIRST_LINES
        if is_first and branches is None and self.size < HEAD_CHARACTERS:
            self.limit = HEAD_LINES  # the shapes are not sure yet: learn from more lines
            return
        self.branches = branches or self.branches
        self.limit = WINDOW_LINES
        self.size = 0
        last = _last_command(reading)
        kept: list[Row] = []
        if last is not None and reading.fields[last].line > 0:
            first = reading.fields[last].line
            kept = self.rows[first:]
            rows = rows[:first]
            reading = Reading(
                reading.fields[:last], reading.roles[:last], reading.cost, reading.counts
            )
        yield from self._written(rows, reading)
        self.counts = _bounded(reading.counts)
        self.rows = []
        for row in kept:
            yield from self.take(row.line, row.cut, row.kind if row.kind != "other text" else "")

    def close(self) -> Iterator[Item]:
        """The items of all lines that are left."""
        yield from self._quick_items()
        if not self.rows:
            return
        rows, reading = reading_of(self.rows, self.log.hints, self.counts)
        yield from self._written(rows, reading)
        self.counts = _bounded(reading.counts)
        self.rows = []

    def _written(self, rows: Sequence[Row], reading: Reading) -> Iterator[Item]:
        writer = Writer(rows, reading, self.atr, self.index)
        yield from writer.items()
        self.index = writer.index
        self.atr = writer.atr
        for number, row in enumerate(rows):
            size = row.line.stop - row.line.start
            fate = writer.fates.get(number, row.kind)
            if fate == "used":
                self.coverage.used += size
            elif fate == "damaged":
                self.coverage.damaged += size
            else:
                self.coverage.skip(fate, size)


def reading_of(rows: Sequence[Row], hints: Hints, counts: Counts) -> tuple[Sequence[Row], Reading]:
    """The roles of all fields of some lines; marks that stand alone or before damage are fields too."""
    reading = read(_fields(rows), hints, counts)
    marked = marks.with_marks_alone(rows, reading)
    if marked is not None:
        rows = marked
        reading = read(_fields(rows), hints, counts)
    return rows, reading


def _fields(rows: Sequence[Row]) -> list[Field]:
    texts = [(row.cut.text if row.kind == "other text" else "", list(row.fields)) for row in rows]
    return with_directions(with_odd_tails_as_holes(with_parts_joined(with_surroundings(texts))))


def _last_command(reading: Reading) -> int | None:
    for index in range(len(reading.roles) - 1, 0, -1):
        if reading.roles[index] == "C" and reading.fields[index].place == 0:
            return index
    return None


def _bounded(counts: Counts) -> Counts:
    """What was learned, without what was seen once, where it would grow without end."""
    if len(counts) < 2000:
        return counts
    return {name: of_name for name, of_name in counts.items() if sum(of_name.values()) > 1}


@lru_cache(maxsize=2)
def head_texts(head: bytes) -> tuple[str, ...]:
    """The lines of the beginning of a file that are learned from."""
    return head_lines(head)[:HEAD_LINES]


@lru_cache(maxsize=2)
def soundness(head: bytes) -> float:
    """How sure it is that the beginning of a file holds a dialogue."""
    texts = head_texts(head)
    if not texts or any("\0" in text for text in texts) or is_memory_dump(head):
        return 0.0
    log = TextLog(head)
    window = Window(log, Coverage())
    columns = stamps.fresh(log.columns)
    reports = CardReports()
    for number, text in enumerate(texts):
        cut = columns.cut(log.markup.plain(text))
        is_skipped = reports.holds(text) or is_remark(cut.text, log.has_remarks)
        window.add(Line(number + 1, 0, 0, text), cut, "skipped" if is_skipped else "")
        if number + 1 == FIRST_LINES:
            rows, reading = reading_of(window.rows, NO_HINTS, {})
            if branches_of(rows, reading):
                return sound_share(reading)
    if len(texts) > FIRST_LINES and not _has_promise(window.rows):
        return 0.0
    _, reading = reading_of(window.rows, NO_HINTS, {})
    return sound_share(reading)


def _has_promise(rows: Sequence[Row]) -> bool:
    """Whether some lines of a long text may be a dialogue: a search through all of them takes long."""
    for first in range(0, len(rows), FIRST_LINES):
        fields = _fields(rows[first : first + FIRST_LINES])
        if not any(map(shows_a_half, fields)):
            continue
        if not is_hopeless(fields, read(fields, NO_HINTS).roles):
            return True
    return False
