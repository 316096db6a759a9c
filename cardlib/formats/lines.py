# SPDX-License-Identifier: MIT
"""What the text formats share: lines with their place, and hex in the many ways people write it."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from typing import BinaryIO

from ..model import Coverage, Frame, FrameKind, Problem, Sender, Session, record

MAX_LINE = 1 << 20
_ESCAPE = re.compile(r"\x1b\[[0-9;?]{0,20}[A-Za-z]")
_COMMENT = re.compile(r"//|--|(?:(?<=\s)|^)[#;(|\udc80-\udcff]|;\s*$|[^\x00-\x7f\udc80-\udcff]")
_SEPARATORS = str.maketrans(dict.fromkeys(",:{}\"'[]", " "))
_HEX = frozenset("0123456789abcdefABCDEF")
_WIDE = re.compile(r"[^\x00-\x7f]")
_WORD = re.compile(r"(?:0[xX])?[0-9A-Fa-f]{2,}[,:]?")


@record
class Line:
    """One line: its number from 1, its bytes with the line end in the file, and its text without colours."""

    unit: int
    start: int
    stop: int
    text: str

    def frame(
        self, index: int, sender: Sender, kind: FrameKind, data: bytes, time_ns: int | None = None, note: str = ""
    ) -> Frame:
        """The frame that stands in this line."""
        return Frame(index, time_ns, sender, kind, data, self.unit, self.start, self.stop, note)


Item = Frame | Session | Problem
Found = list[Item] | str  # what is in a line, or the kind of line that it is
Reader = Callable[[Line, int], Found]  # the number is that of the next frame


def items(file: BinaryIO, coverage: Coverage, reader: Reader) -> Iterator[Item]:
    """What a reader finds in each line of a file, every byte of it counted once."""
    index = 0
    for line in lines(file, coverage):
        if isinstance(line, Problem):
            yield line
            continue
        found, size = reader(line, index), line.stop - line.start
        if isinstance(found, str):
            coverage.skip(found, size)
            continue
        if all(isinstance(item, Problem) and item.gap for item in found):
            coverage.damaged += size
        else:
            coverage.used += size
        for item in found:
            index = item.index + 1 if isinstance(item, Frame) else index
            yield item


def unreadable(line: Line, detail: str) -> list[Item]:
    """The problem that a line is when it should hold something and does not."""
    raw = line.text[:256].encode("utf-8", "surrogateescape")[:256]
    return [Problem("unreadable line", detail, line.unit, line.start, line.stop, raw)]


def lines(file: BinaryIO, coverage: Coverage) -> Iterator[Line | Problem]:
    """Split at LF, CR LF and CR; a line of more than 1 MiB becomes problems of that size, so memory stays bounded."""
    unit, at, inside = 0, 0, False
    for raw in _pieces(file):
        start, at = at, at + len(raw)
        cut = len(raw) >= MAX_LINE and raw[-1:] not in b"\r\n"
        unit += not inside
        if cut or inside:
            inside = cut
            coverage.damaged += len(raw)
            yield Problem("long line", f"more than {MAX_LINE} bytes in one line", unit, start, at, raw[:256])
            continue
        text = raw.decode("utf-8", "surrogateescape").strip("\r\n")
        if unit == 1:
            text = text.removeprefix("\ufeff")
        yield Line(unit, start, at, _ESCAPE.sub("", text) if "\x1b" in text else text)


def _pieces(file: BinaryIO) -> Iterator[bytes]:
    """Lines with their ends; a line that is too long comes in pieces of 1 to 2 MiB."""
    rest = b""
    while more := file.readline(MAX_LINE):
        *whole, rest = (rest + more).splitlines(keepends=True)
        yield from whole
        if rest.endswith(b"\n") or len(rest) >= MAX_LINE:
            yield rest
            rest = b""
    if rest:
        yield rest


def head_lines(head: bytes) -> list[str]:
    """The complete lines of the beginning of a file; a last line that is cut off is left out."""
    text = head.decode("utf-8", "surrogateescape").removeprefix("\ufeff")
    cut = re.split(r"\r\n|\n|\r", _ESCAPE.sub("", text))
    return cut[:-1] if len(head) >= 1 << 16 and len(cut) > 1 else cut


def hex_of(text: str) -> bytes | None:
    """Bytes from "00 A4", "00A4", "0x00,0xA4", "00:A4"; a comment may follow. None: not hex, or half a byte.

    A comment begins with a mark that one wrong character cannot make out of hex, or it holds more than hex.
    """
    comment = _COMMENT.search(text)
    if comment:
        if not _is_comment(text[: comment.start()], comment[0], text[comment.end() :]):
            return None
        text = text[: comment.start()]
    words = text.translate(_SEPARATORS).split()
    if words and words[0][:2] in ("0x", "0X"):
        words = [_plain(word) for word in words]
    digits = "".join(words)
    if not _HEX.issuperset(digits) or any(len(word) % 2 for word in words):
        return None
    return bytes.fromhex(digits)


def _is_comment(before: str, mark: str, rest: str) -> bool:
    """Whether this is a comment, and no damage: a mark amid hex, or letters of no language with hex behind them."""
    if mark.isdecimal() or (rest[:1] in _HEX and _HEX.issuperset("".join(rest.split()))):
        return False
    weak = not before.strip() or mark >= "\udc80"
    return not (weak and carries_hex(_WIDE.sub(" ", rest)))


def _plain(word: str) -> str:
    """A number written as in a C program, without its 0x; "?" if it is no such number."""
    digits = word[2:]
    return digits.zfill(2) if word[:2] in ("0x", "0X") and digits else "?"


def carries_hex(text: str) -> bool:
    """Whether a line that cannot be read clearly held bytes: half of its words are hex, or nearly all its letters."""
    text = text[:400]
    words = text.split()
    pairs = sum(bool(_WORD.fullmatch(word)) and not word.isalpha() for word in words)
    if pairs and pairs * 2 >= len(words):
        return True
    digits = sum(c in _HEX for c in text)
    return digits >= 8 and digits * 10 >= 8 * sum(map(len, words))
