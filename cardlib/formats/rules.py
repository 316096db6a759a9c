# SPDX-License-Identifier: MIT
"""The engine of the text formats: a format is a table of rules, a rule is a kind of line."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field, replace
from typing import BinaryIO, Literal, cast

from ..core.codec import parse_hex
from ..core.model import Clock, Coverage, Frame, FrameKind, Problem, Sender, Session, record
from .lines import HEAD, Item, Line, bytes_of, carries_hex, head_lines, lines, row_of, unreadable
from .radio import Radio
from .threads import Groups, Lanes, Times

Kind = FrameKind | Literal["status", "bad", "skip", "time", "size", "call"]
Match = re.Match[str]
# Who sends what in a carrier's frame, or a note on it; None: more of it follows, and is asked for with all that came
# before. ValueError: damaged.
Unwrap = Callable[[Sender, bytes, bytes], tuple[Sender, FrameKind, bytes] | str | None]

_NO_PREFIX, _ANY = re.compile(""), re.compile(r"(.*)")
_PARITY = "wrong parity"
_MAX_BYTES = 1 << 17  # twice the longest APDU
_MAX_HELD, _MAX_THREADS, _HALF_CALL, _BLANK = 64, 1000, 6, " \t"


@record
class Rule:
    """A kind of line: who speaks, in what unit, and its pattern, which has to match the whole line.

    Groups without a name, and `data`, are its bytes in hex, in that order; then come `sw1`, `sw2`. Other names:
    `answer` (bytes of a second frame, of the card), `size` and `digits` (how many bytes or hex digits `data`, or all,
    must have), `note`, `reader` (a session begins), `who` (thread), `lane` (what this thread speaks to),
    `at_UNIT` (a stamp), `end_UNIT` (of the end), `plus_UNIT` (time since the last), `untimed` (no line tells a time).
    With `rows` the bytes follow in rows of a hex dump. Kinds beside those of frames: `skip` (no traffic, whatever it
    looks like), `bad` (damaged), `time`, `size` (only these groups count; a size is that of the next rows), `status`
    (an ATR that may have been told before), `call` (what follows is traffic if reader, an ATR if card, nothing if none
    is the sender). The sender `both` is the reader first in a call, then the card.
    """

    sender: Sender
    kind: Kind
    pattern: re.Pattern[str]
    rows: bool = False
    level: int = 0


def rule(sender: Sender, kind: Kind, pattern: str, *, rows: bool = False, level: int = 0) -> Rule:
    """A Rule with its pattern compiled: a row of a table."""
    return Rule(sender, kind, re.compile(pattern), rows, level)


@record
class TextFormat:
    """A format by its rules; the first that matches counts. Only with `sign` in it a file is taken for this format.

    `prefix` stands before everything in a line. Where traffic is logged at levels 1, 2 ..., the lowest in the head of
    the file is read. `width`: the bytes in a row of a dump; `columns`: it shows them as text too; `row`: where in a
    line it stands; `marks`: what may stand among its bytes. `sticky`: a line without a stamp has that of the last;
    `late`: a block of the card has the stamp of the line that ends it. `saturated`: a time that says nothing.
    `indented`: four blanks more are another thread. `unwrap` makes what opens the frames of kind block in one file; an
    event in one is another card.
    """

    NAME: str
    CLOCK: Clock
    PROVEN: bool
    sign: re.Pattern[str]
    rules: tuple[Rule, ...]
    prefix: re.Pattern[str] = _NO_PREFIX
    columns: bool = True
    width: int = 16
    row: re.Pattern[str] = _ANY
    marks: re.Pattern[str] | None = None
    sticky: bool = False
    late: bool = False
    saturated: str = ""
    indented: bool = False
    unwrap: Callable[[], Unwrap] | None = None

    def recognises(self, head: bytes) -> float:
        """Sure where its sign is seen and lines follow its rules."""
        texts = [text for text in head_lines(head)[:4000] if text.strip()]
        if not any(self.sign.search(text) for text in texts):
            return 0.0
        found = [self.find(text)[2] for text in texts]
        traffic = any(one and one.sender != "none" for one in found)
        return 0.8 + 0.15 * sum(map(bool, found)) / len(texts) if traffic else 0.0

    def find(self, text: str) -> tuple[Match | None, str, Rule | None, Match | None]:
        """The prefix of a line, what stands behind it, its rule and what that matched."""
        text = text.rstrip(_BLANK) if self.indented else text.strip(_BLANK)
        before = self.prefix.match(text)
        body = text[before.end() :].strip(_BLANK) if before else text
        for one in self.rules:
            if match := one.pattern.fullmatch(body):
                return before, body, one, match
        return before, body, None, None

    def frames(self, file: BinaryIO, coverage: Coverage) -> Iterator[Frame | Session | Problem]:
        """What its lines hold; frames in the air get their names."""
        radio = Radio(self.CLOCK)
        for item in self.items(file, coverage):
            if isinstance(item, Frame) and item.kind == "rf":
                yield from radio.take(item, fault=item.note if item.note == _PARITY else "")
            else:
                yield item

    def items(self, file: BinaryIO, coverage: Coverage) -> Iterator[Item]:
        """What its lines hold; a command is given out when its answer or the next command of its thread is there."""
        head = file.read(HEAD)
        file.seek(0)
        found = (one for text in head_lines(head) if (one := self.find(text)[2]) and one.level)
        reader = Reader(self, coverage, min((one.level for one in found), default=0))
        for line in lines(file, coverage):
            if isinstance(line, Problem):
                yield from reader.stop()
                yield line
            else:
                yield from reader.read(line)
        yield from reader.stop()


@dataclass(slots=True)
class _Block:
    """Bytes that come in rows; `odd`: the text beside the hex shows other bytes; `full`: another row may follow."""

    rule: Rule
    time_ns: int | None
    size: int | None
    tail: bytes
    first: Line
    stop: int
    used: int
    data: bytearray = field(default_factory=bytearray)
    odd: bool = False
    full: bool = False
    note: str = ""
    end_ns: int | None = None

    def add(self, text: str, form: TextFormat) -> bool:
        """Take the bytes of a row; False: it is none of this block."""
        rest = None if self.size is None else self.size - len(self.data)
        self.note = _PARITY if form.width == 18 and "!" in text else self.note
        text = form.marks.sub("", text) if form.marks else text
        done = rest == 0 or (self.data and not self.full) or len(self.data) > _MAX_BYTES
        found = None if done else row_of(text, rest, form.columns)
        if found is None:
            return False
        self.data += found[0]
        self.full = len(found[0]) == form.width
        self.odd |= not found[1]
        return True


class Reader:
    """Reads line by line; knows the clock, the blocks that are open and the commands that wait, each by its thread."""

    def __init__(self, form: TextFormat, coverage: Coverage, level: int) -> None:
        self.form, self.coverage, self.level = form, coverage, level
        self.unwrap = form.unwrap() if form.unwrap else None
        self.blocks: dict[str, _Block] = {}
        self.held: dict[str, Frame] = {}
        self.lanes, self.times = Lanes(form.CLOCK), Times(form.CLOCK, form.sticky, form.saturated)
        self.who, self.index = "", 0
        self.atrs: dict[str, bytes] = {}  # by lane
        self.sizes: dict[str, int] = {}  # as a line tells for the next of its thread
        self.told: int | None = None  # as the line before told
        self.calls: dict[str, Sender] = {}
        self.turns: Counter[str] = Counter()  # lines of a call
        self.parts: dict[tuple[str, Sender], tuple[bytes, int]] = {}

    def read(self, line: Line) -> Iterator[Item]:
        """What a line gives out: its own, and what it ends."""
        before, body, one, match = self.form.find(line.text)
        groups = before.groupdict() if before else {}
        if match and match.re.groupindex:
            groups |= match.groupdict()
        who = groups.get("who") or (self.who if self.form.sticky else "")
        self.who = who = str(len(groups["who"] or "") // 4) if self.form.indented else who
        known, size = self.times.tick(who, groups), line.stop - line.start
        block, row = (
            self.blocks.get(who),
            None if one else self.form.row.fullmatch(line.text.strip(_BLANK)),
        )
        self.told = self.sizes.pop(who, None)
        if who in self.turns:
            self.turns[who] += 1
        if row and block and block.add(row[1], self.form):
            block.stop, block.used = line.stop, block.used + size
            self.count(block.rule, size)
            return
        hidden = one is None and self.calls.get(who, "reader") == "reader"
        hidden = hidden and (
            carries_hex(body)
            or bool(row and block and row[1].strip() and self.form.row is not _ANY)
        )
        bad = hidden or bool(one and one.kind == "bad")
        yield from self.close(who, hidden)
        if not known:
            detail = "100 s or more since the line before: no times from here to the next card"
            yield Problem("clock", detail, line.unit, line.start, line.stop, gap=False)
        yield from self.session(groups)
        if (
            one
            and match
            and one.kind not in ("bad", "skip", "time", "size", "call")
            and one.level in (0, self.level)
        ):
            yield from self.found(line, one, match, groups)
        elif bad:
            yield from self.damaged(
                line, "bytes that are not where this format has them: damaged, or wrapped"
            )
        else:
            self.coverage.skip("log text", size)
            yield from self.other(line, one, groups)

    def session(self, groups: Groups) -> Iterator[Item]:
        """The head of a session, where a line says that one begins."""
        if groups.get("lane"):
            self.lanes.lanes[self.who] = groups["lane"] or ""
        if groups.get("reader") is not None:
            yield from self.flush(self.who)
            self.atrs.pop(self.lanes.now, None)
            yield from self.lanes.begin(self.who, groups["reader"] or "")

    def other(self, line: Line, one: Rule | None, groups: Groups) -> Iterator[Item]:
        """Note what a line says about those that follow; of too many threads nothing is known."""
        if len(self.turns) + len(self.sizes) > _MAX_THREADS:
            for known in (self.turns, self.calls, self.sizes):
                known.clear()
        if one and one.kind == "size":
            self.sizes[self.who] = int(groups.get("size") or 0) or int(
                groups.get("xsize") or "0", 16
            )
        elif one and one.kind == "call":
            self.calls[self.who], self.turns[self.who] = one.sender, 0
            yield from self.flush(self.who)
        elif one and one.rows:
            self.block(line, one, groups)

    def found(self, line: Line, one: Rule, match: Match, groups: Groups) -> Iterator[Item]:
        """The frames of a line."""
        call = self.calls.get(self.who, "reader")
        if call == "reader" and one.sender == "both":
            one = Rule(
                "card" if self.turns[self.who] > _HALF_CALL else "reader",
                one.kind,
                one.pattern,
                one.rows,
            )
        elif (
            call != "reader" and one.kind == "apdu"
        ):  # bytes of another call than one that transmits
            one = Rule(call, "status" if call == "card" else "skip", one.pattern, one.rows)
        if one.rows:
            block = self.block(line, one, groups)
            own = [
                i for i in range(1, match.re.groups + 1) if i not in match.re.groupindex.values()
            ]
            if own and not block.add(match[own[0]].strip(), self.form):
                del self.blocks[self.who]
                yield from self.damaged(line, "not a row of hex")
            else:
                self.count(one, line.stop - line.start)
            return
        data, answer, fault = bytes_of(match, groups, self.form.marks)
        if data is None or fault:
            yield from self.damaged(line, fault or "not hex where bytes should stand")
            return
        kind, time = _kind(one), self.times.now(self.who, groups)
        at = line.raw.find(f":{match['sw1']}{match['sw2']}:".encode()) if answer is not None else -1
        cut = (
            line.start + at if at > 0 else line.stop
        )  # where the answer begins, with its status word
        note, end = groups.get("note") or "", self.times.end(groups)
        frame = Frame(
            self.index, time, one.sender, kind, data, line.unit, line.start, cut, note, end
        )
        yield from self.give(frame, self.who, one.kind == "status")
        if answer is not None:
            start = cut if at > 0 else line.start  # two bytes a character: somewhere in the line
            yield from self.give(
                Frame(0, time, "card", kind, answer, line.unit, start, line.stop), self.who
            )
        self.count(one, line.stop - line.start)

    def block(self, line: Line, one: Rule, groups: Groups) -> _Block:
        """Open a block; what follows in rows is its own."""
        size = groups.get("size")
        known = self.told if size is None else int(size)
        if len(self.blocks) >= _MAX_HELD:
            self.blocks.clear()
        tail = parse_hex((groups.get("sw1") or "") + (groups.get("sw2") or "")) or b""
        time = self.times.now(self.who, groups)
        end, used = self.times.end(groups), line.stop - line.start
        opened = self.blocks[self.who] = _Block(
            one, time, known, tail, line, line.stop, used, end_ns=end
        )
        return opened

    def close(self, who: str, broken: bool = False) -> Iterator[Item]:
        """End the block of a thread: its frame, or the problem that it is not whole (`broken` by what follows)."""
        block = self.blocks.pop(who, None)
        if block is None or block.rule.kind == "skip":
            return
        one, first, size = block.rule, block.first, len(block.data)
        whole = (
            bool(size) and not (broken and block.full) if block.size is None else size == block.size
        )
        if not whole or not size + len(block.tail):
            yield from self.flush(who)
            detail = f"{'more' if block.size is None else block.size} bytes are announced, {size} can be read"
            self.move("damaged", block.used)
            yield from self.lanes.back(who)
            yield Problem(
                "unreadable block", detail, first.unit, first.start, block.stop, first.raw[:256]
            )
            return
        if block.odd:
            detail = "the text beside the hex shows other bytes"
            yield Problem("text column", detail, first.unit, first.start, block.stop, gap=False)
        late = self.form.late and one.sender == "card"
        time, data = self.times.last(who) if late else block.time_ns, bytes(block.data) + block.tail
        place = first.unit, first.start, block.stop
        frame = Frame(
            self.index, time, one.sender, _kind(one), data, *place, block.note, block.end_ns
        )
        yield from self.give(frame, who, one.kind == "status")

    def give(self, frame: Frame, who: str, status: bool = False) -> Iterator[Item]:
        """A frame; a command waits for its answer, so that those of other threads do not come between."""
        if self.unwrap and frame.kind == "block":
            other: Sender = "card" if frame.sender == "reader" else "reader"
            opened = self.open(frame, who)
            if opened is None or isinstance(opened, Problem):
                yield from self.flush(who) if opened else ()
                yield from [opened] if opened else []
                return
            yield from self.unfinished((who, other))
            frame = opened
            if frame.kind == "event":  # another card
                yield from self.flush(who)
                yield from self.lanes.begin(who, "")
        is_atr = frame.kind == "atr"
        if status and frame.data == self.atrs.get(self.lanes.lanes.get(who, "")):
            return
        if is_atr and self.times.restart(who):
            frame = replace(frame, time_ns=0)
        frame = frame if frame.index == self.index else replace(frame, index=self.index)
        self.index += 1
        if frame.sender != "card" or frame.kind != "apdu":
            yield from self.flush(who if frame.kind == "apdu" else None)
        elif who in self.held:
            yield from self.put(self.held.pop(who), who)
        if frame.sender == "reader" and frame.kind == "apdu" and len(self.held) < _MAX_HELD:
            self.held[who] = frame
        else:
            yield from self.put(frame, who)

    def put(self, frame: Frame, who: str) -> Iterator[Item]:
        """A frame, in the lane of its thread."""
        yield from self.lanes.enter(who, frame.kind == "atr")
        if self.lanes.guess:
            yield Problem("guess", self.lanes.guess, frame.unit, frame.start, frame.stop, gap=False)
            self.lanes.guess = ""
        if frame.kind == "atr":
            self.atrs[self.lanes.now] = frame.data
        yield frame

    def open(self, frame: Frame, who: str) -> Frame | Problem | None:
        """What a carrier's frame holds; None: nothing of the card, or not all of it."""
        held, start = self.parts.pop((who, frame.sender), (b"", frame.start))
        size = frame.stop - frame.start
        held = b"" if len(held) > _MAX_BYTES else held
        try:
            found = self.unwrap(frame.sender, held, frame.data) if self.unwrap else None
        except ValueError as fault:
            self.move("damaged", size)
            return Problem(
                "damaged frame", str(fault), frame.unit, frame.start, frame.stop, frame.data[:256]
            )
        if isinstance(found, tuple):
            return replace(frame, sender=found[0], kind=found[1], data=found[2], start=start)
        if held or found is None:
            self.parts[who, frame.sender] = held if found else held + frame.data, start
        self.move(found, size)
        return None

    def flush(self, who: str | None = None) -> Iterator[Item]:
        """The commands that wait, of one thread or of all."""
        for key in list(self.held) if who is None else [who]:
            if key in self.held:
                yield from self.put(self.held.pop(key), key)

    def damaged(self, line: Line, detail: str) -> Iterator[Item]:
        """A line that should hold something and cannot be read."""
        self.coverage.damaged += line.stop - line.start
        yield from self.flush(self.who)
        yield from self.unfinished((self.who, "reader"), (self.who, "card"))
        yield from self.lanes.back(self.who)
        yield from unreadable(line, detail)

    def stop(self) -> Iterator[Item]:
        """Everything that is not given out yet."""
        for who in list(self.blocks):
            yield from self.close(who)
        yield from self.flush()
        yield from self.unfinished(*self.parts)

    def unfinished(self, *keys: tuple[str, Sender]) -> Iterator[Item]:
        """What came in part, each from a thread and a sender, has no end."""
        for key in keys:
            if key in self.parts:
                held, start = self.parts.pop(key)
                yield from self.flush(key[0])
                yield Problem("damaged frame", "its end is missing", 0, start, start, held[:256])

    def move(self, kind: str | None, size: int) -> None:
        """Bytes that were counted as used, or will be, are something else."""
        self.coverage.used -= size
        if kind == "damaged":
            self.coverage.damaged += size
        else:
            self.coverage.skip(kind or "part of a message", size)

    def count(self, one: Rule, size: int) -> None:
        """Count the bytes of a line that belongs to a rule."""
        if one.kind == "skip":
            self.coverage.skip("log text", size)
        else:
            self.coverage.used += size


def _kind(one: Rule) -> FrameKind:
    return "atr" if one.kind == "status" else cast(FrameKind, one.kind)
