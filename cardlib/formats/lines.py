# SPDX-License-Identifier: MIT
"""What the text formats share: lines with their place, and hex in the many ways people write it."""

from __future__ import annotations

import datetime
import re
from collections.abc import Callable, Iterator
from functools import lru_cache
from itertools import pairwise
from typing import BinaryIO

from ..core.codec import parse_hex
from ..core.model import Coverage, Frame, FrameKind, Problem, Sender, Session, record

HEAD, MAX_LINE = 1 << 16, 1 << 20
_MAX_WRAPPED = 200_000  # the longest APDU as a program prints it
_ESCAPE = re.compile(r"\x1b\[[0-9;?]{0,20}[A-Za-z]")
_COMMENT = re.compile(r"//|--|(?<=\s)- (?=[A-Za-z])|(?:(?<=\s)|^)[#;(|\udc80-\udcff]|;\s*$|[^\x00-\x7f\udc80-\udcff]")
_SEPARATORS = str.maketrans(dict.fromkeys(",:{}\"'[]", " "))
_JOINED = re.compile(r"\s{0,8}[0-9A-Fa-f]{2}(?:[-.][0-9A-Fa-f]{2})+\s*")  # one sign between all bytes
_AFFIX = re.compile(r"\(byte\) ?|\\(?=x[0-9A-Fa-f]{2})|(?<=[0-9A-Fa-f]{2})h(?![0-9A-Za-z])")
_HEX = frozenset("0123456789abcdefABCDEF")
_QUOTE = re.compile(r"^>{1,4} ?")
_QUOTED = re.compile(r">{1,4} {0,8}(?:[<=+\[`-]|C-|> {0,4}[0-9A-Fa-f]|\d{8} |[0-9A-Fa-f]{0,20}[G-Zg-z])")
_CHINESE = re.compile("发送|接收|命令|返回|响应|应答")
_BROKEN = re.compile(r"[\0-\b\x0e-\x1f\x7f\udc80-\udcff]")
_LATIN = re.compile(rb"[A-Za-z][\xc0-\xff][a-z]")
_WIDE = re.compile(r"[^\x00-\x7f]")
_WORD = re.compile(r"(?:0[xX])?[0-9A-Fa-f]{2,}[,:]?")
_UNIT = {"s": (10**9, 1), "ms": (10**6, 1), "us": (1000, 1), "cycles": (100_000, 1356)}
_CLOCK = re.compile(r"(?:(\d{4})-(\d\d)-(\d\d)[T ])?(\d{1,2}):(\d{1,2}):(\d{1,2})(?:[.,:](\d{1,9}))?")
_FRACTION = {1: 10**6, 2: 10**6, 3: 10**6, 6: 1000, 9: 1}  # one or two digits: milliseconds that were not padded


@record
class Line:
    """One line: its number from 1, its place in the file with the line end, its bytes, and its text without colours."""

    unit: int
    start: int
    stop: int
    text: str
    raw: bytes = b""

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
    return [Problem("unreadable line", detail, line.unit, line.start, line.stop, line.raw.rstrip(b"\r\n")[:256])]


def lines(file: BinaryIO, coverage: Coverage) -> Iterator[Line | Problem]:
    """Split at LF, CR LF and CR; a line of more than 1 MiB becomes problems of that size, so memory stays bounded."""
    look, unit, at, inside = look_at(_head(file)), 0, 0, False
    held: Line | None = None  # a line of full width: what follows may be its rest
    if look.guess:
        yield Problem("encoding", look.guess, 1, 0, 0, gap=False)
    for raw in _wide_pieces(file, look.codec) if look.codec.startswith("utf-16") else _pieces(file):
        start, at = at, at + len(raw)
        cut = len(raw) >= MAX_LINE and raw[-2:].strip(b"\0")[-1:] not in (b"\r", b"\n")
        unit += not inside
        if cut or inside:
            inside = cut
            coverage.damaged += len(raw)
            yield from [held] if held else []
            held = None
            yield Problem("long line", f"more than {MAX_LINE} bytes in one line", unit, start, at, raw[:256])
            continue
        text = look.text(raw)
        line = Line(unit, start, at, text, raw)
        wide = 0 < look.width <= len(text) + 1
        if held and _is_bare(text) and len(held.text) < _MAX_WRAPPED:
            line = Line(held.unit, held.start, at, held.text + text, held.raw + raw)
        elif held:
            yield held
        held = line if wide else None
        if not wide:
            yield line
    yield from [held] if held else []


def _head(file: BinaryIO) -> bytes:
    head = file.read(HEAD)
    file.seek(-len(head), 1)
    return head


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


def _wide_pieces(file: BinaryIO, codec: str) -> Iterator[bytes]:
    """The same for two bytes a character."""
    rest = b""
    while more := file.read(MAX_LINE):
        rest += more
        text = rest[: len(rest) & ~1].decode(codec, "surrogatepass")
        *whole, last = re.split(r"(?<=\n)|(?<=\r)(?=[^\n])", text)
        yield from (line.encode(codec, "surrogatepass") for line in whole)
        rest = last.encode(codec, "surrogatepass") + rest[len(rest) & ~1 :]
        if len(rest) >= MAX_LINE:
            yield rest
            rest = b""
    if rest:
        yield rest


@record
class Look:
    """How the text of a file is written: its character set, what of that is a guess, whether a mail quoted it."""

    codec: str = "utf-8"
    guess: str = ""
    quoted: bool = False
    width: int = 0  # at which a terminal wrapped it; 0: it did not

    def text(self, raw: bytes) -> str:
        """The text of a line, without its end, byte order mark, colours and marks of quotation."""
        wide = self.codec.startswith("utf-16")
        text = raw.decode(self.codec, "replace" if wide else "surrogateescape").strip("\r\n").removeprefix("\ufeff")
        text = _ESCAPE.sub("", text) if "\x1b" in text else text
        return _QUOTE.sub("", text, count=1) if self.quoted else text


def look_at(head: bytes) -> Look:
    """See how a text is written from its beginning: by its byte order mark, else what its bytes can be."""
    codec, guess = _codec(head)
    texts = [text for text in _cut(head, Look(codec)) if text.strip()]
    quoted = sum(text.startswith(">") for text in texts)
    marks = sum(bool(_QUOTED.match(text)) for text in texts)
    is_quoted = quoted * 4 > len(texts) * 3 and marks * 2 > quoted
    return Look(codec, guess, is_quoted, _width(_cut(head, Look(codec, "", is_quoted))))


def _width(texts: list[str]) -> int:
    """Where a terminal cut lines: the longest are equal, have a label, and only hex stands below each of them."""
    width = max(map(len, texts))
    full = [below for text, below in pairwise(texts) if len(text) >= width - 1 and not _is_bare(text)]
    return width if width >= 60 and len(full) > 1 and all(map(_is_bare, full)) else 0


def _is_bare(text: str) -> bool:
    digits = text.replace(" ", "")
    return bool(digits) and _HEX.issuperset(digits)


def _codec(head: bytes) -> tuple[str, str]:
    for mark, codec in ((b"\xff\xfe", "utf-16-le"), (b"\xfe\xff", "utf-16-be")):
        if head.startswith(mark):
            return codec, ""
    for offset, codec in ((1, "utf-16-le"), (0, "utf-16-be")):
        if len(head) > 7 and head[offset::2].count(0) * 10 > len(head) * 4 and head[1 - offset :: 2].count(0) == 0:
            return codec, f"no byte order mark: guessed {codec.upper()}"
    try:
        head[:-4].decode()
    except UnicodeDecodeError:
        if len(_CHINESE.findall(head.decode("gbk", "replace"))) > 1:
            return "gbk", "not UTF-8: guessed GBK"
        if _LATIN.search(head) and head.decode("utf-8", "ignore").isascii():
            return "cp1252", "not UTF-8: guessed cp1252"
    return "utf-8", ""


def _cut(head: bytes, look: Look) -> list[str]:
    """The lines of the beginning of a file."""
    if look.codec.startswith("utf-16"):
        head = head[: len(head) & ~1].decode(look.codec, "replace").encode("utf-8", "replace")
        look = Look("utf-8", "", look.quoted)
    return [look.text(raw) for raw in re.split(rb"\r\n|\n|\r", head)]


@lru_cache(maxsize=2)
def head_lines(head: bytes) -> tuple[str, ...]:
    """The complete lines of the beginning of a file, none if it is no text; a last line that is cut is left out."""
    look = look_at(head)
    if look.codec == "utf-8" and head.count(0) * 5 > len(head):
        return ()
    cut = _cut(head, look)
    return tuple(cut[:-1] if len(head) >= HEAD and len(cut) > 1 else cut)


def hex_of(text: str) -> bytes | None:
    """Bytes from "00 A4", "00A4", "0x00,0xA4", "00:A4"; a comment may follow. None: not hex, or half a byte.

    A comment begins with a mark that one wrong character cannot make out of hex, or it holds more than hex.
    """
    if "G" <= text.lstrip()[:1].upper() <= "Z":
        return None
    if ("-" in text or "." in text) and _JOINED.fullmatch(text):
        text = re.sub("[-.]", " ", text)
    if "h" in text or "\\" in text or "(b" in text:
        text = _AFFIX.sub(lambda found: " 0" if found[0] == "\\" else "", text)
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
    """Whether this is a comment, and no damage: a mark amid hex, or letters of no language with hex behind them.

    Dots say that a program left bytes out.
    """
    if mark == "…" or rest.startswith("..."):
        return False
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
    text = _BROKEN.sub("", text[:400])
    words = text.split()
    pairs = sum(bool(_WORD.fullmatch(word)) and not word.isalpha() for word in words)
    if pairs and pairs * 2 >= len(words):
        return True
    digits = sum(c in _HEX for c in text)
    return digits >= 8 and digits * 10 >= 8 * sum(map(len, words))


def row_of(text: str, rest: int | None, columns: bool) -> tuple[bytes, bool] | None:
    """The bytes of a row of a dump, and whether the text column agrees; `rest` of them are still to come."""
    if not columns:
        data = parse_hex(text)
        return (data, True) if data and (rest is None or len(data) <= rest) else None
    hexes = None
    for size in range(16, 0, -1) if rest is None else (min(rest, 16),):
        data, shown = parse_hex(text[: 3 * size]), text[3 * size :].strip()
        if data is None or len(data) != size or text[2 : 3 * size : 3].strip():
            continue
        column = "".join(chr(byte) if 32 <= byte < 127 else "." for byte in data)
        if shown == column.strip():
            return data, True
        if hexes is None and (rest is not None or size == 16 or text[3 * size : 3 * size + 2] == "  "):
            hexes = data
    return None if hexes is None else (hexes, False)


def number_of(text: str, unit: str) -> int:
    """Nanoseconds of a decimal number in a unit."""
    whole, _, part = text.partition(".")
    scale, by = _UNIT[unit]
    return int(whole + part) * scale // (by * int("1" + "0" * len(part)))


def stamp_of(text: str) -> int | None:
    """Nanoseconds of a time of day, since 1970 if the date is there; None if there is no such time."""
    match = _CLOCK.fullmatch(text)
    scale = _FRACTION.get(len(match[7] or "000")) if match else None
    if match is None or scale is None:
        return None
    year, month, number, *clock = (1 if text is None else int(text) for text in match.groups()[:6])
    try:
        day = datetime.datetime(year if match[1] else 1970, month, number, clock[0], clock[1], clock[2])
    except ValueError:
        return None
    return (day - datetime.datetime(1970, 1, 1)) // datetime.timedelta(seconds=1) * 10**9 + int(match[7] or 0) * scale


@lru_cache(maxsize=1024)
def _unnamed(pattern: re.Pattern[str]) -> tuple[int, ...]:
    """The groups that hold bytes of a frame."""
    named = {index for name, index in pattern.groupindex.items() if name != "data"}
    return tuple(index for index in range(1, pattern.groups + 1) if index not in named)


def bytes_of(
    match: re.Match[str], groups: dict[str, str | None], marks: re.Pattern[str] | None
) -> tuple[bytes | None, bytes | None, str]:
    """The bytes of a line, those of the answer in it if it holds both, and what is wrong with their number."""
    text = " ".join(match[i] or "" for i in _unnamed(match.re)).replace(":", " ")
    data = parse_hex(marks.sub("", text) if marks else text)
    if not match.re.groupindex:
        return data, None, ""
    tail = "".join((groups.get(name) or "").zfill(2) for name in ("sw1", "sw2") if groups.get(name))
    body, answer = parse_hex(groups.get("data") or ""), groups.get("answer")
    if data is None or body is None or (answer is not None and parse_hex(answer + tail) is None):
        return None, None, ""
    counted = body if "data" in groups else data
    for name, have in (("size", len(counted)), ("digits", 2 * len(counted))):
        told = groups.get(name)
        if told is not None and int(told) != have:
            return data, None, f"{name} is {int(told)}, {have} follow"
    if answer is not None:
        return data, parse_hex(answer + tail), ""
    return data + (parse_hex(tail) or b""), None, ""
