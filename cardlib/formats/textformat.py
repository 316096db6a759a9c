# SPDX-License-Identifier: MIT
"""The engine of the text formats: a format is a table of rules, read line by line."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import replace
from typing import BinaryIO

from ..core.apdu import LEFT_OUT
from ..core.codec import parse_hex
from ..core.model import Clock, Coverage, Frame, Problem, Sender, record
from .calls import Calls
from .carriers import Carrier, move_to_damaged
from .clocks import Groups, Times
from .contradiction import contradicts
from .delivery import MAX_WAITING, Delivery
from .dumps import PARITY_ERROR, Dump
from .hextext import carries_hex
from .lines import Item, Line, lines, unreadable
from .radio import Radio
from .rules import ParsedLine, Rule, Unwrap, answer_start, bytes_of, note_of, unnamed_group
from .sightings import Sightings
from .style import HEAD, head_lines
from .threads import Lanes

_NO_PREFIX = re.compile("")
_ANY_ROW = re.compile(r"(.*)")
_BLANK = " \t"
_HEAD_LINES = 4000
_INDENT = 4
_DOUBTFUL = 0.5  # what is a dialogue for the learned reader is one
_DAMAGED = "bytes that are not where this format has them: damaged, or wrapped"


@record
class TextFormat:
    """A format by its rules; the first that matches counts.

    A file is taken for this format only with `sign` in it. `prefix` stands before everything in a
    line. Where traffic is logged at levels 1, 2 ..., the lowest in the head of the file is read.

        columns    a row of a dump shows its bytes as text too
        width      bytes in a row of a dump
        row        where in a line a row of a dump stands
        marks      what may stand among the bytes
        sticky     a line without thread and stamp has those of the last
        late       a dump of the card has the stamp of the line that ends it
        saturated  a time that says nothing
        indented   four blanks more are another thread
        is_untimed says from the first lines that what looks like times is none
        unwrap     makes what opens the frames of kind block; an event in one is another card
        finish     what is done with frames, sessions and problems before they are given out
    """

    NAME: str
    CLOCK: Clock
    PROVEN: bool
    sign: re.Pattern[str]
    rules: tuple[Rule, ...]
    prefix: re.Pattern[str] = _NO_PREFIX
    columns: bool = True
    width: int = 16
    row: re.Pattern[str] = _ANY_ROW
    marks: re.Pattern[str] | None = None
    sticky: bool = False
    late: bool = False
    saturated: str = ""
    indented: bool = False
    is_untimed: Callable[[Sequence[str]], bool] | None = None
    unwrap: Callable[[], Unwrap] | None = None
    finish: Callable[[Iterable[Item]], Iterator[Item]] = iter

    def recognises(self, head: bytes) -> float:
        """Sure where its sign is seen and lines follow its rules."""
        texts = [text for text in head_lines(head)[:_HEAD_LINES] if text.strip()]
        if not any(self.sign.search(text) for text in texts):
            return 0.0
        parsed = [self.find(text) for text in texts]
        rules = [line.rule for line in parsed if line.rule]
        if all(rule.sender == "none" for rule in rules):
            return 0.0  # no traffic
        has_only_atr = all(rule.sender == "none" or rule.kind == "atr" for rule in rules)
        if has_only_atr or contradicts(parsed):
            return _DOUBTFUL
        return 0.8 + 0.15 * len(rules) / len(texts)

    def find(self, text: str) -> ParsedLine:
        """Take a line apart."""
        text = text.rstrip(_BLANK)
        if not self.indented:
            text = text.lstrip(_BLANK)
        prefix = self.prefix.match(text)
        if prefix:
            text = text[prefix.end() :].strip(_BLANK)
        for rule in self.rules:
            match = rule.pattern.fullmatch(text)
            if match:
                return ParsedLine(prefix, text, rule, match)
        return ParsedLine(prefix, text, None, None)

    def frames(self, file: BinaryIO, coverage: Coverage) -> Iterator[Item]:
        """What its lines hold, finished."""
        return self.finish(self._named(file, coverage))

    def _named(self, file: BinaryIO, coverage: Coverage) -> Iterator[Item]:
        """What its lines hold; frames in the air get their names."""
        radio = Radio(self.CLOCK)
        for item in self._items(file, coverage):
            if isinstance(item, Frame) and item.kind == "rf":
                fault = ""
                if item.note == PARITY_ERROR:
                    fault = item.note
                yield from radio.take(item, fault=fault)
            else:
                yield item

    def _items(self, file: BinaryIO, coverage: Coverage) -> Iterator[Item]:
        """What its lines hold.

        A command is given out when its answer or the next command of its thread is there.
        """
        head = file.read(HEAD)
        file.seek(0)
        reader = Reader(self, coverage, self._level(head))
        if self.is_untimed:
            reader.times.untimed = self.is_untimed(head_lines(head))
        for line in lines(file, coverage):
            if isinstance(line, Problem):
                yield from reader.stop()
                yield line
            else:
                yield from reader.read(line)
        yield from reader.stop()
        yield from reader.sightings.end()

    def _level(self, head: bytes) -> int:
        """The lowest level at which traffic is logged, 0 where there are none."""
        rules = [self.find(text).rule for text in head_lines(head)]
        return min((rule.level for rule in rules if rule and rule.level), default=0)


class Reader:
    """Reads line by line; knows the clock, the dumps and the calls that are open, by thread."""

    def __init__(self, form: TextFormat, coverage: Coverage, level: int) -> None:
        self.form = form
        self.coverage = coverage
        self.level = level
        self.who = ""
        self.dumps: dict[str, Dump] = {}
        self.calls = Calls()
        self.lanes = Lanes(form.CLOCK)
        self.times = Times(form.CLOCK, form.sticky, form.saturated)
        self.delivery = Delivery(self.lanes, self.times)
        self.sightings = Sightings(self.delivery, coverage)
        self.carrier: Carrier | None = None
        if form.unwrap:
            self.carrier = Carrier(form.unwrap(), coverage)

    def read(self, line: Line) -> Iterator[Item]:
        """What a line gives out: its own, and what it ends."""
        parsed = self.form.find(line.text)
        groups = parsed.groups()
        who = self._thread(groups)
        self.who = who
        is_time_known = self.times.tick(who, groups)
        self.calls.next_line(who)
        is_hidden = False
        if parsed.rule is None:
            dump = self.dumps.get(who)
            row = self.form.row.fullmatch(line.text.strip(_BLANK))
            if row and dump and dump.add(row[1]):
                self._take_row(dump, line)
                return
            is_row = bool(row and row[1].strip())
            is_hidden = self._hides_bytes(parsed.body, is_row and dump is not None)
        yield from self._close(who, is_hidden)
        if not is_time_known:
            detail = "100 s or more since the line before: no times from here to the next card"
            yield Problem("clock", detail, line.unit, line.start, line.stop, gap=False)
        yield from self._session(groups)
        yield from self._content(line, parsed, groups, is_hidden)

    def _thread(self, groups: Groups) -> str:
        who = groups.get("who")
        if self.form.indented:
            return str(len(who or "") // _INDENT)
        if who:
            if who.isalpha():  # a command may stand in small letters
                who = who.upper()
            if self.form.sticky and not self.who:
                self._adopt(who)
            return who
        if self.form.sticky:
            return self.who
        return ""

    def _adopt(self, who: str) -> None:
        """The lines above the first name of a thread are its own: the log is cut at its head."""
        if "" in self.dumps:
            self.dumps[who] = self.dumps.pop("")
        if "" in self.delivery.waiting:
            self.delivery.waiting[who] = self.delivery.waiting.pop("")

    def _take_row(self, dump: Dump, line: Line) -> None:
        size = line.stop - line.start
        dump.stop = line.stop
        dump.used += size
        self._count(dump.rule, size)

    def _hides_bytes(self, body: str, is_row: bool) -> bool:
        """Whether a line without a rule holds bytes that may be traffic."""
        if self.calls.sender(self.who) != "reader":
            return False
        return carries_hex(body) or (is_row and self.form.row is not _ANY_ROW)

    def _session(self, groups: Groups) -> Iterator[Item]:
        """The head of a session, where a line says that one begins."""
        lane = groups.get("lane")
        if lane:
            self.lanes.lanes[self.who] = lane
        reader = groups.get("reader")
        if reader is not None:
            yield from self.delivery.flush_thread(self.who)
            self.delivery.atrs.pop(self.lanes.now, None)
            yield from self.lanes.begin(self.who, reader)

    def _content(
        self, line: Line, parsed: ParsedLine, groups: Groups, is_hidden: bool
    ) -> Iterator[Item]:
        """What stands in a line that is no row of a dump."""
        rule = parsed.rule
        match = parsed.match
        if rule and match and rule.gives_frames(self.level):
            rule = self.calls.rule_here(self.who, rule)
            if rule.rows:
                yield from self._open_with_row(line, rule, match, groups)
            else:
                yield from self._frames(line, rule, match, groups)
        elif is_hidden or (rule and rule.kind == "bad"):
            yield from self._damaged(line, _DAMAGED)
        else:
            self.coverage.skip("log text", line.stop - line.start)
            yield from self._announcement(line, rule, groups)

    def _announcement(self, line: Line, rule: Rule | None, groups: Groups) -> Iterator[Item]:
        """Note what a line says about those that follow."""
        self.calls.forget_many()
        if rule is None:
            return
        if rule.kind == "size":
            self.calls.announce(self.who, groups)
        elif rule.kind == "call":
            self.calls.begin(self.who, rule.sender)
            yield from self.delivery.flush_thread(self.who)
        elif rule.rows:  # of no traffic, or of what another level tells
            self._open(line, replace(rule, kind="skip"), groups)

    def _frames(
        self, line: Line, rule: Rule, match: re.Match[str], groups: Groups
    ) -> Iterator[Item]:
        """The frame of a line, or command and answer."""
        content = bytes_of(match, groups, self.form.marks)
        if content.data is None or content.fault:
            yield from self._damaged(line, content.fault or "not hex where bytes should stand")
            return
        time_ns = self.times.now(self.who, groups)
        answer_at = None
        if content.answer is not None:
            answer_at = answer_start(line, match)
        kind = rule.frame_kind()
        note = note_of(groups, content.note)
        frame = line.frame(self.delivery.index, rule.sender, kind, content.data, time_ns, note)
        frame = replace(frame, stop=answer_at or line.stop, end_ns=self.times.end(groups))
        if groups.get("cut"):
            yield Problem("left out", LEFT_OUT, line.unit, line.start, line.stop, gap=False)
        if rule.kind == "seen":
            self.sightings.see(frame, self.who)
            return
        yield from self.give(frame, self.who, rule.kind == "status")
        if content.answer is not None:
            answer = line.frame(0, "card", kind, content.answer, time_ns)
            answer = replace(answer, start=answer_at or line.start)
            yield from self.give(answer, self.who)
        self._count(rule, line.stop - line.start)

    def _open_with_row(
        self, line: Line, rule: Rule, match: re.Match[str], groups: Groups
    ) -> Iterator[Item]:
        """Open a dump; its first row may stand in the same line."""
        dump = self._open(line, rule, groups)
        row_group = unnamed_group(match.re)
        if row_group and not dump.add(match[row_group].strip()):
            del self.dumps[self.who]
            yield from self._damaged(line, "not a row of hex")
        else:
            self._count(rule, line.stop - line.start)

    def _open(self, line: Line, rule: Rule, groups: Groups) -> Dump:
        """Open a dump; what follows in rows belongs to it."""
        size = self.calls.announced
        size_digits = groups.get("size")
        if size_digits is not None:
            size = int(size_digits)
        if len(self.dumps) >= MAX_WAITING:
            self.dumps.clear()
        status_word = (groups.get("sw1") or "") + (groups.get("sw2") or "")
        dump = Dump(
            rule,
            line,
            size,
            status_word=parse_hex(status_word) or b"",
            time_ns=self.times.now(self.who, groups),
            end_ns=self.times.end(groups),
            width=self.form.width,
            has_text=self.form.columns,
            marks=self.form.marks,
            stop=line.stop,
            used=line.stop - line.start,
        )
        self.dumps[self.who] = dump
        return dump

    def _close(self, who: str, is_broken: bool = False) -> Iterator[Item]:
        """End the dump of a thread: its frame, or the problem that it is not complete."""
        dump = self.dumps.pop(who, None)
        if dump is None or dump.rule.kind == "skip":
            return
        if not dump.is_complete(is_broken):
            yield from self._unreadable_dump(dump, who)
            return
        if dump.text_fault:
            yield dump.problem("text column", dump.text_fault)
        frame = dump.frame(self.delivery.index)
        if self.form.late and frame.sender == "card":
            frame = replace(frame, time_ns=self.times.last(who))
        yield from self.give(frame, who, dump.rule.kind == "status")

    def _unreadable_dump(self, dump: Dump, who: str) -> Iterator[Item]:
        yield from self.delivery.flush_thread(who)
        move_to_damaged(self.coverage, dump.used)
        yield from self.lanes.back(who)
        yield dump.unreadable()

    def give(self, frame: Frame, who: str, is_status: bool = False) -> Iterator[Item]:
        """A frame, out of its carrier; see Delivery for the order."""
        if self.carrier and frame.kind == "block":
            opened = self.carrier.open(frame, who)
            if opened is None:
                return
            if isinstance(opened, Problem):
                yield from self.delivery.flush_thread(who)
                yield opened
                return
            # Whoever speaks has heard all of the other's message.
            if frame.sender == "reader":
                yield from self._end_message(who, "card")
            else:
                yield from self._end_message(who, "reader")
            frame = opened
            if frame.kind == "event":  # another card
                yield from self.delivery.flush_thread(who)
                yield from self.lanes.begin(who, "")
        yield from self.delivery.give(frame, who, is_status)

    def _end_message(self, who: str, sender: Sender) -> Iterator[Item]:
        """What came in part has no end."""
        problem: Problem | None = None
        if self.carrier:
            problem = self.carrier.end(who, sender)
        if problem:
            yield from self.delivery.flush_thread(who)
            yield problem

    def _damaged(self, line: Line, detail: str) -> Iterator[Item]:
        """A line that should hold something and cannot be read."""
        self.coverage.damaged += line.stop - line.start
        yield from self.delivery.flush_thread(self.who)
        yield from self._end_message(self.who, "reader")
        yield from self._end_message(self.who, "card")
        yield from self.lanes.back(self.who)
        yield from unreadable(line, detail)

    def stop(self) -> Iterator[Item]:
        """Everything that is not given out yet."""
        for who in list(self.dumps):
            yield from self._close(who)
        yield from self.delivery.flush()
        if self.carrier:
            for who, sender in list(self.carrier.parts):
                yield from self._end_message(who, sender)

    def _count(self, rule: Rule, size: int) -> None:
        """Count the bytes of a line that belongs to a rule."""
        if rule.kind == "skip":
            self.coverage.skip("log text", size)
        else:
            self.coverage.used += size
