# SPDX-License-Identifier: MIT
"""Generic hex text: a mark of direction and hex on each line, or bare lines that alternate."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import replace
from typing import BinaryIO

from ..core.model import Clock, Coverage, Frame, Problem, Sender, Session
from .card_reports import SCAN_SIGN, CardReports
from .hexmarks import WORD_MARK, first_mark, later_mark, mark_of
from .hextext import carries_hex, hex_of
from .hexvalues import (
    DECIMAL,
    STATUS_ALONE,
    Halves,
    HexValues,
    halves_of,
    is_answer,
    is_command,
)
from .lines import Item, Line, LineContent, items, unreadable
from .memory_dumps import is_memory_dump
from .pn53x import opened
from .style import head_lines
from .text.hints import NO_HINTS, Hints

NAME = "hex pairs"
CLOCK: Clock = "none"
PROVEN = True

_HEAD_LINES = 400
_ROW_SIZE = 16
_ATR = re.compile(r"\s{0,8}(?:card\s)?atr\s{0,8}[:=]?\s*(.*)", re.I)
_STAMP = re.compile(
    r"\s{0,8}\[?(?:(?:\d{4}-\d\d-\d\d[T ])?\d{1,2}:\d\d:\d\d(?:[.,:]\d{1,9})?(?:Z|[+-]\d\d:?\d\d)?|"
    r"\d{1,10}\.\d{1,9}s?)(?:\]\s*|\s+)"
)
_LEVEL = re.compile(
    r"\s{0,8}(?:\[(?:TTL|\+)\]|transceive(?:\(\d\))?|"
    r"\d{1,6}[.:)]?(?= [<>=→←-]))\s"
)
_WIRESHARK_ROW = re.compile(  # "Follow TCP Stream"; what one side sends is indented
    r"( {4})?[0-9A-Fa-f]{8} {2,3}((?:[0-9A-Fa-f]{2} {1,2}){1,16})"
    r" {0,60}\S{0,18}(?: \S{1,17}){0,16}$"
)
_ROW = re.compile(  # of a dump, below a mark
    r"\s{0,30}(?:[0-9A-F]{4,8}(?:: {1,3}| {2,3}))?"
    r"((?:[0-9A-F]{2} ){15}[0-9A-F]{2}(?! [0-9A-F]{2}(?: |$))|"
    r"(?:[0-9A-F]{2} ){0,14}[0-9A-F]{2}(?= {2}|\s{0,9}$))(?: .*)?$",
    re.I,
)
_LABEL = re.compile(r"([^:=]{1,60})[:=]\s*(.*)")
_DIGIT = re.compile(r"\d")
_NUMBER = re.compile(r"\d{1,3},?")  # a count, a time
_TRAILER = re.compile(r"(?:, ?[a-z]{1,10}[:=] ?\d{1,6}){1,4}$")
_MORE_THAN_HEX = re.compile(r"[G-WYZg-wyz>→]")
SKIPPED = re.compile(r"\s*(?:#|//|;|%|--(?!-*>)|$)")
_PAIR = re.compile(  # O for 0, or digits of other scripts
    r"[\"'<{\[(]{0,3}(?:b['\"]\\|[0-9A-F] [0-9A-F]{1,2} |"
    r"(?:0[xX])?(?:[0-9A-Fa-f]{2}|(?=.?\d)[\dA-FOIl]{2})(?![a-z]))"
)


def recognises(head: bytes) -> float:
    """The share of lines that hold bytes, less a little so that exact formats come first."""
    texts = [text for text in head_lines(head) if not SKIPPED.match(text)][:_HEAD_LINES]
    if any("\0" in text for text in texts) or is_memory_dump(head):
        return 0.0
    reader = _Reader()
    lines_with_bytes = 0
    has_answer = False
    is_scan = any(map(SCAN_SIGN.match, texts))
    for text in texts:
        content = reader.read(Line(0, 0, 0, text), 1)
        frames_here = [item for item in content if isinstance(item, Frame)]
        lines_with_bytes += bool(frames_here)
        has_answer = has_answer or any(frame.sender == "card" for frame in frames_here)
    if not has_answer and any(map(_WIRESHARK_ROW.match, texts)):
        return 0.0  # a dump of anything
    if lines_with_bytes >= 2 or (lines_with_bytes and (is_scan or len(texts) == 1)):
        return 0.7 * lines_with_bytes / len(texts)
    return 0.0


def frames(
    file: BinaryIO, coverage: Coverage, hints: Hints = NO_HINTS
) -> Iterator[Frame | Session | Problem]:
    """A frame a line, or of several lines that are rows of one.

    A mark with nothing behind nor below it is a frame without bytes. What goes to a PN53x and
    comes from it is opened. `hints` are texts in front of bytes, which overrule all other marks.
    """
    return opened(_frames(file, coverage, hints), coverage)


class Hinted:
    """The same format, for a log of which the caller says what stands in front of halves."""

    NAME = NAME
    CLOCK: Clock = CLOCK
    PROVEN = PROVEN

    def __init__(self, hints: Hints) -> None:
        self.hints = hints

    @staticmethod
    def recognises(head: bytes) -> float:
        """As without hints."""
        return recognises(head)

    def frames(self, file: BinaryIO, coverage: Coverage) -> Iterator[Frame | Session | Problem]:
        """The frames, by the caller's marks first."""
        return frames(file, coverage, self.hints)


def _frames(file: BinaryIO, coverage: Coverage, hints: Hints) -> Iterator[Item]:
    """The frames as the lines show them."""
    reader = _Reader(hints)
    last: Frame | None = None  # the next line may have more of it
    for item in items(file, coverage, reader.read):
        if last and isinstance(item, Frame) and item.index == last.index:
            last = _joined(last, item)
            continue
        if last:
            yield last
        if isinstance(item, Frame):
            last = item
        else:
            last = None
            reader.end_frame()
            yield item
    if last:
        yield last


def _joined(frame: Frame, rest: Frame) -> Frame:
    """A frame with the rows below it; a mark that stood alone gives way to its bytes."""
    if not frame.data:
        return rest
    return replace(frame, data=frame.data + rest.data, stop=rest.stop)


def _without_stamp(text: str) -> str:
    """A line without what stands before its mark: a time, a name of a level."""
    if "&" in text:
        text = text.replace("&gt;", ">").replace("&lt;", "<")
    for pattern in (_STAMP, _LEVEL):
        match = pattern.match(text)
        if match:
            text = text[match.end() :]
    return text


class _Reader:
    """Reads line by line; knows whose turn it is, and the mark that stands alone above the line."""

    def __init__(self, hints: Hints = NO_HINTS) -> None:
        self.hints = hints
        self.values = HexValues()
        self.reports = CardReports()
        self.atr = b""  # nothing followed it yet
        self.last_sender: Sender = "card"
        self.marked: set[Sender] = set()  # who is marked in this file
        # Who sent the last frame, its bytes, and what stood before them if they were marked.
        self.last_frame: tuple[Sender, bytes, str] = ("card", b"", "")
        # Of the line before:
        self.is_open = False  # bytes may follow below its mark
        self.answer_end: bytes | None = None  # of its answer
        self.row_size = 0  # of its row of a dump

    def end_frame(self) -> None:
        """Nothing that follows belongs to the line before."""
        self.is_open = False
        self.answer_end = None
        self.row_size = 0

    def read(self, line: Line, index: int) -> LineContent:
        """What is in a line, or the kind of line that it is."""
        if self.reports.holds(line.text):
            return "about a card"
        if SKIPPED.match(line.text):
            return "blank or comment"
        is_open = self.is_open
        answer_end = self.answer_end
        last_row_size = self.row_size
        self.end_frame()
        row = _WIRESHARK_ROW.match(line.text)
        if row:
            return self._wireshark_row(line, index, row, last_row_size)
        text = _without_stamp(line.text)
        hinted = self.hints.mark_in(text)
        if hinted:
            return self._marked(line, index, *hinted)
        status = STATUS_ALONE.match(text)
        if status and (answer_end is not None or self.last_sender == "reader"):
            status_word = bytes.fromhex(status[1] + status[2])
            if answer_end is None:
                return self._frame(line, index, "card", status_word)
            if answer_end.endswith(status_word):
                return "other text"  # the answer has it
            return self._frame(line, index - 1, "card", status_word)
        mark = first_mark(text)
        if mark:
            return self._marked(line, index, *mark)
        return self._unmarked(line, index, text, is_open)

    def _wireshark_row(
        self, line: Line, index: int, row: re.Match[str], last_row_size: int
    ) -> LineContent:
        """A row of a stream; a full one of the same side above it is its beginning."""
        sender: Sender = "reader"
        if row[1]:
            sender = "card"
        data = bytes.fromhex(row[2])
        if last_row_size == _ROW_SIZE and sender == self.last_sender:
            index -= 1
        self.row_size = len(data)
        return self._frame(line, index, sender, data)

    def _unmarked(self, line: Line, index: int, text: str, is_open: bool) -> LineContent:
        """A line that does not begin with a mark of direction."""
        atr = _ATR.match(text)
        if atr:
            atr_bytes = hex_of(atr[1])
            if atr_bytes:
                return self._atr(line, index, atr_bytes)
        data = self._bare_bytes(line, text, is_open)
        if data and not atr:
            return self._bare(line, index, data, is_open)
        if not _DIGIT.search(text):
            return "other text"
        mark = later_mark(text)
        if mark:
            return self._marked(line, index, *mark)
        label = _LABEL.match(text)
        is_named = False
        if label:
            value = hex_of(label[2])
            if value and "reader" not in self.marked and is_command(value):
                return self._frame(line, index, "reader", value)
            is_number = bool(_NUMBER.fullmatch(label[2]))
            is_named = is_number or bool(value and " " in label[1].strip())
        halves = halves_of(text)
        if halves:
            return self._both(line, index, halves)
        is_damaged_atr = bool(atr and _PAIR.match(atr[1]))
        if is_named or not (is_damaged_atr or carries_hex(text)):
            return "other text"
        self.last_sender = _other_side(self.last_sender)
        return unreadable(line, "hex digits that are no whole bytes")

    def _atr(self, line: Line, index: int, data: bytes) -> LineContent:
        """An ATR; one that is printed again, with nothing between, is the same."""
        if data == self.atr:
            return "other text"
        self.atr = data
        return [line.frame(index, "card", "atr", data)]

    def _bare_bytes(self, line: Line, text: str, is_open: bool) -> bytes | None:
        """The bytes of a line without words: a row of a dump below a mark, or hex."""
        if is_open:
            row = _ROW.match(line.text)
            if row:
                return bytes.fromhex(row[1])
        return hex_of(text)

    def _frame(self, line: Line, index: int, sender: Sender, data: bytes) -> list[Item]:
        self._note(sender, data)
        return [line.frame(index, sender, "apdu", data)]

    def _note(self, sender: Sender, data: bytes) -> None:
        """Remember the last frame for the line that comes next."""
        self.last_sender = sender
        self.last_frame = (sender, data, "")
        self.atr = b""
        self.answer_end = None
        if sender == "card":
            self.answer_end = data[-2:]

    def _both(self, line: Line, index: int, halves: Halves) -> LineContent:
        """Both halves in a line, the answer behind the command."""
        answer_column = max(line.text.rfind(halves.answer_text), 0)
        size_before = len(line.text[:answer_column].encode("utf-8", "replace"))
        cut = min(line.start + size_before, line.stop)
        command = line.frame(index, "reader", "apdu", halves.command)
        answer = line.frame(index + 1, "card", "apdu", halves.answer)
        self._note("card", halves.answer)
        return [replace(command, stop=cut), replace(answer, start=cut)]

    def _marked(
        self, line: Line, index: int, sender: Sender, text: str, may_hold_mark: bool = True
    ) -> LineContent:
        """What stands behind a mark."""
        has_more = bool(_MORE_THAN_HEX.search(text)) or "[" in text or ":" in text
        if not has_more:
            plain = hex_of(text)
            if plain:
                return self._marked_bytes(line, index, sender, plain, text)
        text = _TRAILER.sub("", text)
        if has_more and sender == "reader":
            halves = self.values.marked_halves(text) or halves_of(text)
            if halves:
                return self._both(line, index, halves)
        data = self._half(sender, text)
        if data is not None:
            return self._marked_bytes(line, index, sender, data, text)
        if has_more and may_hold_mark:
            inner = WORD_MARK.match(text)
            if inner:
                return self._marked(line, index, *mark_of(inner), may_hold_mark=False)
        if not (carries_hex(text) or _PAIR.match(text) or DECIMAL.match(text.strip())):
            return "other text"
        self.marked.add(sender)
        self.last_sender = sender
        return unreadable(line, "not hex behind a mark of direction")

    def _half(self, sender: Sender, text: str) -> bytes | None:
        if sender == "card":
            return self.values.answer_of(text)
        return self.values.bytes_of(text)

    def _marked_bytes(
        self, line: Line, index: int, sender: Sender, data: bytes, text: str
    ) -> LineContent:
        """Marked bytes, unless another level of the program printed them already."""
        self.marked.add(sender)
        front = _DIGIT.sub("", line.text[: len(line.text) - len(text)])
        last_sender, last_data, last_front = self.last_frame
        if data and (last_sender, last_data) == (sender, data) and last_front != front:
            return "other text"
        if not data and sender == self.last_sender == "card":
            return "other text"  # an answer was printed; what stands below explains it
        self.is_open = not data or text.rstrip().endswith(",")
        content = self._frame(line, index, sender, data)
        self.last_frame = (sender, data, front)
        return content

    def _bare(self, line: Line, index: int, data: bytes, is_open: bool) -> LineContent:
        """Hex without a mark: what the mark above announced, or the next of alternating lines."""
        if data == self.atr:
            return "other text"  # printed again
        if is_open and "--" not in line.text:
            content = self._frame(line, index - 1, self.last_sender, data)
            self.is_open = len(data) % _ROW_SIZE == 0 or line.text.rstrip().endswith(",")
            return content
        is_unmarked_command = "reader" not in self.marked and is_command(data)
        if self.marked and not is_unmarked_command:
            if _MORE_THAN_HEX.search(line.text):
                return "other text"
            return unreadable(line, "hex without a mark of direction, among lines that have one")
        return self._frame(line, index, _turn(self.last_sender, data), data)


def _turn(last_sender: Sender, data: bytes) -> Sender:
    """Lines without marks alternate, unless a line cannot be what is expected."""
    may_be_command = is_command(data)
    if may_be_command == is_answer(data):
        return _other_side(last_sender)
    if may_be_command:
        return "reader"
    return "card"


def _other_side(sender: Sender) -> Sender:
    if sender == "reader":
        return "card"
    return "reader"
