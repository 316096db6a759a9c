# SPDX-License-Identifier: MIT
"""The lines of a text file, each with its place, and the loop that counts every byte once."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from typing import BinaryIO

from ..core.model import Coverage, Frame, FrameKind, Problem, Sender, Session, record
from .style import HEAD, is_rest_of_line, style_of

MAX_LINE = 1 << 20
_MAX_WRAPPED = 200_000  # the longest APDU as a program prints it
_LINE_ENDS = (b"\r", b"\n")


@record
class Line:
    """A line: its number from 1, its place with the line end, its text without colours."""

    unit: int
    start: int
    stop: int
    text: str
    raw: bytes = b""

    def frame(
        self,
        index: int,
        sender: Sender,
        kind: FrameKind,
        data: bytes,
        time_ns: int | None = None,
        note: str = "",
    ) -> Frame:
        """The frame that stands in this line."""
        return Frame(index, time_ns, sender, kind, data, self.unit, self.start, self.stop, note)


Item = Frame | Session | Problem
LineContent = list[Item] | str  # what is in a line, or the kind of line that it is
Reader = Callable[[Line, int], LineContent]  # the number is that of the next frame


def items(file: BinaryIO, coverage: Coverage, reader: Reader) -> Iterator[Item]:
    """What a reader finds in each line of a file, every byte of it counted once."""
    index = 0
    for line in lines(file, coverage):
        if isinstance(line, Problem):
            yield line
            continue
        size = line.stop - line.start
        content = reader(line, index)
        if isinstance(content, str):
            coverage.skip(content, size)
            continue
        if all(isinstance(item, Problem) and item.gap for item in content):
            coverage.damaged += size
        else:
            coverage.used += size
        for item in content:
            if isinstance(item, Frame):
                index = item.index + 1
            yield item


def unreadable(line: Line, detail: str) -> list[Item]:
    """The problem that a line is when it should hold something and does not."""
    raw = line.raw.rstrip(b"\r\n")[:256]
    return [Problem("unreadable line", detail, line.unit, line.start, line.stop, raw)]


def lines(file: BinaryIO, coverage: Coverage) -> Iterator[Line | Problem]:
    """Split at LF, CR LF and CR, and join what a terminal wrapped.

    A line of more than 1 MiB becomes problems of that size, so memory stays bounded.
    """
    style = style_of(_head(file))
    if style.guess:
        yield Problem("encoding", style.guess, 1, 0, 0, gap=False)
    unit = 0
    stop = 0
    in_long_line = False
    full_line: Line | None = None  # of the width of the terminal: what follows may be its rest
    for raw in _raw_lines(file, style.codec):
        start = stop
        stop += len(raw)
        is_cut = len(raw) >= MAX_LINE and not _has_end(raw)
        if not in_long_line:
            unit += 1
        if is_cut or in_long_line:
            in_long_line = is_cut
            coverage.damaged += len(raw)
            if full_line:
                yield full_line
                full_line = None
            detail = f"more than {MAX_LINE} bytes in one line"
            yield Problem("long line", detail, unit, start, stop, raw[:256])
            continue
        text = style.text(raw)
        line = Line(unit, start, stop, text, raw)
        if full_line:
            if len(full_line.text) < _MAX_WRAPPED and is_rest_of_line(text):
                line = _joined(full_line, line)
            else:
                yield full_line
        if 0 < style.width <= len(text) + 1:
            full_line = line
        else:
            full_line = None
            yield line
    if full_line:
        yield full_line


def _joined(line: Line, rest: Line) -> Line:
    text = line.text + rest.text
    return Line(line.unit, line.start, rest.stop, text, line.raw + rest.raw)


def _has_end(raw: bytes) -> bool:
    """Whether a line ends here, in one byte a character or in two."""
    return raw[-2:].strip(b"\0")[-1:] in _LINE_ENDS


def _head(file: BinaryIO) -> bytes:
    head = file.read(HEAD)
    file.seek(-len(head), 1)
    return head


def _raw_lines(file: BinaryIO, codec: str) -> Iterator[bytes]:
    """Lines with their ends; a line that is too long comes in pieces of 1 to 2 MiB."""
    if codec.startswith("utf-16"):
        return _wide_lines(file, codec)
    return _narrow_lines(file)


def _narrow_lines(file: BinaryIO) -> Iterator[bytes]:
    rest = b""
    while more := file.readline(MAX_LINE):
        *complete, rest = (rest + more).splitlines(keepends=True)
        yield from complete
        if rest.endswith(b"\n") or len(rest) >= MAX_LINE:
            yield rest
            rest = b""
    if rest:
        yield rest


def _wide_lines(file: BinaryIO, codec: str) -> Iterator[bytes]:
    """The same for two bytes a character."""
    rest = b""
    while more := file.read(MAX_LINE):
        rest += more
        even_size = len(rest) & ~1
        text = rest[:even_size].decode(codec, "surrogatepass")
        *complete, last = re.split(r"(?<=\n)|(?<=\r)(?=[^\n])", text)
        for line in complete:
            yield line.encode(codec, "surrogatepass")
        rest = last.encode(codec, "surrogatepass") + rest[even_size:]
        if len(rest) >= MAX_LINE:
            yield rest
            rest = b""
    if rest:
        yield rest
