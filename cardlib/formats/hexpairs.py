# SPDX-License-Identifier: MIT
"""Generic hex text: a mark of direction and hex on each line, or bare lines that alternate. No times.

The marks are those that people use in issue threads, blogs and tools; docs/formats.md lists them with examples.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import replace
from itertools import pairwise
from typing import BinaryIO

from ..core.apdu import LEGAL_SW1, parse_command
from ..core.dictionary import instruction_case
from ..core.model import Clock, Coverage, Frame, Problem, Sender, Session
from .hextext import carries_hex, hex_of
from .lines import Item, Line, LineContent, items, unreadable
from .style import head_lines

NAME = "hex pairs"
CLOCK: Clock = "none"
PROVEN = True

_ENDS = r"(?:reader|terminal|host|pcd|ifd|pos|pc|t)"
_ICC = r"(?:card|picc|icc|tag|c)"
_TO = r" ?(?:[=-]{1,8}>|→) ?"
_READER = (  # wherever they stand in a line
    rf"sending|send|sent|transmit(?:ting)?|transceive in|command|cmd|request|to card|{_ENDS}{_TO}{_ICC}|"
    "p?b?sendbuffer|发送|命令|指令|senden|gesendet|befehl|kommando|comando|commande|команда"
)
_CARD = (
    rf"received|receive|recv|response|resp|reply|answer(?:ed)?|returned|result|from card|{_ICC}{_TO}{_ENDS}|"
    "p?b?recvbuffer|unprotected|接收|返回|响应|应答|empfangen|antwort|respuesta|réponse|ответ"
)
_FIRST_READER = "c-?apdu|capdu|apdu|req|tx|in|input|out->|c(?=\\s?[:：=])|write|发"
_FIRST_CARD = "r-?apdu|rapdu|rx|out|output|rsp|res|sw|r(?=\\s?[:：=])|read|收"
_WHAT = r"(?:[ _-]?(?:apdu|data|hex|bytes|buffer|to card|指令|命令|数据|报文)){0,2}(?:\[\d{0,4}\])?[\"'\])】]{0,2}"
_SIZE = r"(?:[(\[](?:len\w{0,3}[=: ]{0,2})?\d{1,5}(?: ?bytes?)?[)\]]|length \d{1,5} data|\d{1,5}(?=:))?"
_BEHIND = rf"{_WHAT}\s{{0,8}}{_SIZE}\s{{0,8}}(?:[=-]{{0,8}}>|<[=-]{{0,8}}(?!\w)|[:：=→←]|(?=[\[<{{]))[\s◇◆]*(.*)"
_ARROW = r"[\[(]?(?:([=-]{1,8}>|>{1,4}|→)|(<[=-]{1,8}|<{1,4}|←))[\])]?"
_SECOND = re.compile(  # in a line that has a mark
    rf"(?<=[|;,\s\"])(?:({_READER}|{_FIRST_READER})|({_CARD}|{_FIRST_CARD})){_BEHIND}", re.I
)
_ANYWHERE = re.compile(
    rf"(?<![0-9A-Za-z])(?:({_READER}|tx(?= )|req(?= ))|({_CARD}|rx(?= )|rsp(?= )))"
    rf"(?:{_BEHIND}| ((?:[0-9A-F]{{2}}[ :]?){{2,}})$)",
    re.I,
)
_MARKS = (
    re.compile(rf"\s{{0,8}}{_ARROW}\s*:?\s*(.*)"),
    re.compile(rf"\s{{0,8}}[\[【](?:({_READER}|{_FIRST_READER})|({_CARD}|{_FIRST_CARD}))[\]】]\s*(.*)", re.I),
    re.compile(rf"[\s\[(*{{\"-]{{0,8}}(?:({_READER}|{_FIRST_READER})|({_CARD}|{_FIRST_CARD})){_BEHIND}", re.I),
    re.compile(r"\s{0,8}(?:(发送|命令)|(接收|返回|响应|应答))\s*(.*)"),
)
_LATER = (  # marks behind something else
    re.compile(  # a column of a table, a value of JSON
        rf"(?:^|[|;,\t\"])\s{{0,8}}(?:({_READER}|{_FIRST_READER})|({_CARD}|{_FIRST_CARD}))"
        r"\"?\s{0,8}[|;,\t]\s*(?:\"\w{1,20}\":\s*)?([^|;]*)",
        re.I,
    ),
    re.compile(rf"[:\])-] {_ARROW} (.*)"),
    re.compile(rf"\[(?:({_READER})|({_CARD}))\] (.*)", re.I),
    _ANYWHERE,
)
_ATR = re.compile(r"\s{0,8}(?:card\s)?atr\s{0,8}[:=]?\s*(.*)", re.I)
_STAMP = re.compile(
    r"\s{0,8}\[?(?:(?:\d{4}-\d\d-\d\d[T ])?\d{1,2}:\d\d:\d\d(?:[.,:]\d{1,9})?(?:Z|[+-]\d\d:?\d\d)?|"
    r"\d{1,10}\.\d{1,9}s?)(?:\]\s*|\s+)"
)
_TAG = re.compile(r"\s{0,8}(?:\[(?:TTL|\+)\]|transceive(?:\(\d\))?|\d{1,6}[.:)]?(?= [<>=→←-]))\s")
_STATUS_FIRST = re.compile(r"([69][0-9A-Fa-f]{3}): ?([0-9A-Fa-f ]*)$")  # as pySim-shell prints an answer
_STATUS = r"\b(?:sw(?:1[ -]?(?:sw)?2|1)?|status(?: word)?)\"?\s{0,8}[:=]\s?\"?(?:0x)?([0-9A-F]{2})"
_STATUS += r"[ ,]{0,3}(?:sw2\s?[:=]\s?)?(?:0x)?([0-9A-F]{2})\b"
_STATUS_LAST = re.compile(rf"[,; \"]{{0,3}}\(?{_STATUS}[)\"}}\],; ]{{0,6}}$", re.I)
_STATUS_ALONE = re.compile(rf"[\s\[\]+<=>.:{{\"-]{{0,12}}(?:response |card )?{_STATUS}(?:\s*$|\s+[^0-9A-F\s].*)", re.I)
_DECIMAL = re.compile(r"\[(-?\d{1,3}(?:, ?-?\d{1,3})*),? ?\](?:\s*\(.*)?$")
_ANGLES = re.compile(r"<(?:buffer )?([0-9A-F ]*)>(?: \+\d{1,9}ms)?$", re.I)
_UNPADDED = re.compile(r"[1-9A-F]?[0-9A-F]", re.I)
_LITERAL = re.compile(r"(?:bytearray\()?b(['\"])((?:\\x[0-9a-f]{2}|\\[tnr\\'\"]|[ -\[\]-~])*)\1\)?,?$")
_FIELDS = re.compile(r"\s{0,8}(?:[;,\t|]|[=-]{1,8}>|→)\s{0,8}")
_KIT = re.compile(  # what apdutool of the Java Card kit prints
    r"CLA: (\w\w), INS: (\w\w), P1: (\w\w), P2: (\w\w), Lc: (\w\w)((?:, \w\w)*), Le: \w\w((?:, \w\w)*), "
    r"SW1: (\w\w), SW2: (\w\w)"
)
_DUMP = re.compile(r"( {4})?[0-9A-Fa-f]{8} {2,3}((?:[0-9A-Fa-f]{2} {1,2}){1,16}) {0,60}\S{0,18}(?: \S{1,17}){0,16}$")
_REMARK = re.compile(r"//|#|--|\(")
_AROUND = " \"',;|{}"
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
_WORDS = re.compile(r"[G-WYZg-wyz>→]")  # more than hex
_SKIPPED = re.compile(r"\s*(?:#|//|;|%|--(?!-*>)|$)")
_PAIR = re.compile(  # O for 0, or digits of other scripts
    r"[\"'<{\[(]{0,3}(?:b['\"]\\|[0-9A-F] [0-9A-F]{1,2} |"
    r"(?:0[xX])?(?:[0-9A-Fa-f]{2}|(?=.?\d)[\dA-FOIl]{2})(?![a-z]))"
)


def recognises(head: bytes) -> float:
    """The share of lines that hold bytes, with a mark or bare, less a little so that exact formats come first."""
    texts = [text for text in head_lines(head) if not _SKIPPED.match(text)][:400]
    if any("\0" in text for text in texts):
        return 0.0
    reader = _Reader()
    found = [[item for item in reader.read(Line(0, 0, 0, text), 1) if isinstance(item, Frame)] for text in texts]
    if any(map(_DUMP.match, texts)) and not any(item.sender == "card" for one in found for item in one):
        return 0.0  # a dump of anything
    best = sum(map(bool, found))
    return 0.7 * best / len(texts) if best >= 2 or (best and len(texts) == 1) else 0.0


def _mark(text: str, patterns: tuple[re.Pattern[str], ...]) -> tuple[Sender, str] | None:
    """The direction that a line is marked with, and what follows the mark."""
    for pattern in patterns:
        match = pattern.search(text) if patterns is _LATER else pattern.match(text)
        if match:
            return ("reader" if match[1] else "card"), match[match.lastindex or 3]
    return None


def _plain(text: str) -> str:
    """A line without what stands before its mark: a time, a name of a level."""
    text = text.replace("&gt;", ">").replace("&lt;", "<") if "&" in text else text
    for one in (_STAMP, _TAG):
        match = one.match(text)
        text = text[match.end() :] if match else text
    return text


def frames(file: BinaryIO, coverage: Coverage) -> Iterator[Frame | Session | Problem]:
    """A frame a line, or some that say to be one. A mark with nothing behind nor below it is one without bytes."""
    reader = _Reader()
    held: Frame | None = None
    for item in items(file, coverage, reader.read):
        if held and isinstance(item, Frame) and item.index == held.index:
            held = replace(held, data=held.data + item.data, stop=item.stop) if held.data else item
            continue
        if held:
            yield held
        held = item if isinstance(item, Frame) else None
        if not held:
            reader.open, reader.tail, reader.row = False, None, 0
            yield item
    if held:
        yield held


class _Reader:
    """Reads line by line; knows whose turn it is, and the mark that stands alone above the line."""

    def __init__(self) -> None:
        self.last: Sender = "card"
        self.marked: set[Sender] = set()
        self.tail: bytes | None = None  # the end of an answer in the line before
        self.before: tuple[Sender, bytes, str] = "card", b"", ""  # the last frame, and what stood before its bytes
        self.open, self.decimal, self.unpadded = False, False, False
        self.row = 0  # bytes in the row of a dump in the line before

    def read(self, line: Line, index: int) -> LineContent:
        """What is in a line, or the kind of line that it is."""
        if _SKIPPED.match(line.text):
            return "blank or comment"
        (is_open, self.open), (tail, self.tail), (row, self.row) = (self.open, False), (self.tail, None), (self.row, 0)
        if dump := _DUMP.match(line.text):
            sender: Sender = "card" if dump[1] else "reader"
            again, self.row = row == 16 and sender == self.last, len(dump[2].split())
            return self._found(line, index - again, sender, bytes.fromhex(dump[2]))
        text = _plain(line.text)
        status = _STATUS_ALONE.match(text)
        if status and (tail is not None or self.last == "reader"):
            sw = bytes.fromhex(status[1] + status[2])
            again = tail is not None and tail.endswith(sw)
            return "other text" if again else self._found(line, index - (tail is not None), "card", sw)
        if found := _mark(text, _MARKS):
            return self._marked(line, index, *found)
        return self._unmarked(line, index, text, is_open)

    def _unmarked(self, line: Line, index: int, text: str, is_open: bool) -> LineContent:
        """A line that does not begin with a mark of direction."""
        row = _ROW.match(line.text) if is_open else None
        data, atr = bytes.fromhex(row[1]) if row else hex_of(text), _ATR.match(text)
        if atr and (data := hex_of(atr[1])):
            return [line.frame(index, "card", "atr", data)]
        if data:
            return self._bare(line, index, data, is_open)
        if not _DIGIT.search(text):
            return "other text"
        if found := _mark(text, _LATER):
            return self._marked(line, index, *found)
        label = _LABEL.match(text)
        labelled = hex_of(label[2]) if label else None
        if labelled and "reader" not in self.marked and _asks(labelled):
            return self._found(line, index, "reader", labelled)
        if both := _halves(text):
            return self._both(line, index, *both)
        is_named = label and (_NUMBER.fullmatch(label[2]) or (labelled and " " in label[1].strip()))
        if is_named or not (carries_hex(text) or (atr and _PAIR.match(atr[1]))):
            return "other text"
        self.last = "card" if self.last == "reader" else "reader"
        return unreadable(line, "hex digits that are no whole bytes")

    def _found(self, line: Line, index: int, sender: Sender, data: bytes) -> list[Item]:
        self.last, self.tail = sender, data[-2:] if sender == "card" else None
        self.before = sender, data, ""
        return [line.frame(index, sender, "apdu", data)]

    def _both(self, line: Line, index: int, asked: bytes, answered: bytes, behind: str) -> LineContent:
        """Both halves in a line, the answer in what stands behind."""
        before = line.text[: max(line.text.rfind(behind), 0)].encode("utf-8", "replace")
        cut = min(line.start + len(before), line.stop)
        self._found(line, index, "card", answered)
        ask, tell = line.frame(index, "reader", "apdu", asked), line.frame(index + 1, "card", "apdu", answered)
        return [replace(ask, stop=cut), replace(tell, start=cut)]

    def _marked(self, line: Line, index: int, sender: Sender, text: str, inner: bool = True) -> LineContent:
        """What stands behind a mark; `inner`: another mark may follow it."""
        if not (more := bool(_WORDS.search(text) or "[" in text or ":" in text)) and (data := hex_of(text)):
            return self._told(line, index, sender, data, text)
        text = _TRAILER.sub("", text)
        if more and sender == "reader" and (both := self._second(text) or _halves(text)):
            return self._both(line, index, *both)
        data = self._answer(text) if sender == "card" else self._bytes(text)
        if data is None and more and inner and (found := _MARKS[2].match(text)):
            return self._marked(line, index, "reader" if found[1] else "card", found[3], inner=False)
        if data is None and not (carries_hex(text) or _PAIR.match(text) or _DECIMAL.match(text.strip())):
            return "other text"
        if data is None:
            self.marked.add(sender)
            self.last = sender
            return unreadable(line, "not hex behind a mark of direction")
        return self._told(line, index, sender, data, text)

    def _told(self, line: Line, index: int, sender: Sender, data: bytes, text: str) -> LineContent:
        """Marked bytes, unless they were told already at another level of the program, under another mark."""
        self.marked.add(sender)
        front, before = _DIGIT.sub("", line.text[: len(line.text) - len(text)]), self.before
        if data and before[:2] == (sender, data) and before[2] != front:
            return "other text"
        if not data and sender == self.last == "card":
            return "other text"  # the answer was told; what stands below is its explanation
        self.open = not data or text.rstrip().endswith(",")
        found_here = self._found(line, index, sender, data)
        self.before = sender, data, front
        return found_here

    def _answer(self, text: str) -> bytes | None:
        """The bytes of an answer; its status word may stand first, or apart behind the others."""
        first, last = _STATUS_FIRST.match(text), _STATUS_LAST.search(text)
        data = self._bytes(first[2] + first[1] if first else text)
        if data is not None or not last:
            return data
        before = self._bytes(text[: last.start()])
        return None if before is None else before + bytes.fromhex(last[1] + last[2])

    def _second(self, text: str) -> tuple[bytes, bytes, str] | None:
        """A command, the answer that is marked in the same line, and its text."""
        mark = _SECOND.search(text)
        if mark and _REMARK.search(text[: mark.start(2)]):
            return None  # what a remark tells was not seen
        asked = self._bytes(text[: mark.start(2)].strip(_AROUND)) if mark and mark[2] else None
        answered = self._bytes(mark[3].strip(_AROUND)) if mark and asked else None
        return (asked, answered, mark[3]) if mark and asked and answered else None

    def _bare(self, line: Line, index: int, data: bytes, is_open: bool) -> LineContent:
        """Hex without a mark: what the mark above it announced, or the next of lines that alternate."""
        if is_open and "--" not in line.text:
            found = self._found(line, index - 1, self.last, data)
            self.open = len(data) % 16 == 0 or line.text.rstrip().endswith(",")
            return found
        if self.marked and not ("reader" not in self.marked and _asks(data)):
            if _WORDS.search(line.text):
                return "other text"
            return unreadable(line, "hex without a mark of direction, among lines that have one")
        return self._found(line, index, _turn(self.last, data), data)

    def _bytes(self, text: str) -> bytes | None:
        """Bytes in hex, as a list of decimal numbers, as Python prints them, or in hex without leading zeros."""
        text = text.strip()
        if listed := _DECIMAL.match(text):
            words = listed[1].replace(" ", "").split(",")
            self.decimal = self.decimal or not any(len(word) == 2 and word[0] == "0" for word in words)
            if self.decimal:
                numbers = [int(word) for word in words]
                return bytes(number & 255 for number in numbers) if -129 < min(numbers) <= max(numbers) < 256 else None
        if literal := _LITERAL.match(text):
            return literal[2].encode().decode("unicode_escape").encode("latin-1")
        words = text.split()
        if len(words) > 2 and 1 in map(len, words) and all(map(_UNPADDED.fullmatch, words)):
            self.unpadded = self.unpadded or sum(len(word) == 1 for word in words) > 1
            text = " ".join(word.zfill(2) for word in words) if self.unpadded else text
        angles = _ANGLES.match(text)
        return hex_of(angles[1] if angles else text)


def _halves(text: str) -> tuple[bytes, bytes, str] | None:
    """A command and its answer in columns, or with an arrow between them, and the text of the answer."""
    if kit := _KIT.match(text):
        asked, answered = hex_of(" ".join(kit.groups()[:6])), hex_of(" ".join(kit.groups()[6:]))
        return (asked, answered, text[kit.end(6) :]) if asked and answered else None
    for one, other in pairwise(_FIELDS.split(text)):
        asked, answered = hex_of(one), hex_of(other)
        if asked and answered and _asks(asked) and _answers(answered):
            return asked, answered, other
    return None


def _turn(last: Sender, data: bytes) -> Sender:
    """Lines without marks alternate, unless a line cannot be what is expected."""
    asks = _asks(data)
    if asks == _answers(data):
        return "reader" if last == "card" else "card"
    return "reader" if asks else "card"


def _asks(data: bytes) -> bool:
    known = len(data) >= 4 and instruction_case(data[0], data[1], "iso7816", "telecom", "emv") is not None
    return known and not parse_command(data).error


def _answers(data: bytes) -> bool:
    return len(data) >= 2 and data[-2] in LEGAL_SW1
