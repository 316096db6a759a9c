# SPDX-License-Identifier: MIT
"""How the text of a file is written: its character set, how it was quoted and wrapped."""

from __future__ import annotations

import re
from functools import lru_cache
from itertools import pairwise

from ..core.model import record

HEAD = 1 << 16
_ALL_QUOTED = 4  # lines
_MIN_WIDTH = 60  # no terminal is narrower
_ESCAPE = re.compile(r"\x1b\[[0-9;?]{0,20}[A-Za-z]")  # ECMA-48, 5.4: colours, movements
_QUOTE = re.compile(r"^>{1,4} ?")
_QUOTED_CONTENT = re.compile(  # what is quoted, and no mark of direction before hex
    r">{1,4} {0,8}(?:[<=+\[`-]|C-|> {0,4}[0-9A-Fa-f]|\d{8} |[0-9A-Fa-f]{0,20}[G-Zg-z]|"
    r"\d{1,4}[:-]\d\d[:-]\d\d| {12})"
)
_CHINESE = re.compile("发送|接收|命令|返回|响应|应答")
_LATIN = re.compile(rb"[A-Za-z][\xc0-\xff][a-z]")
_LINE_END = re.compile(rb"\r\n|\n|\r")
_HEX_DIGITS = frozenset("0123456789abcdefABCDEF")
_BYTE_ORDER_MARKS = ((b"\xff\xfe", "utf-16-le"), (b"\xfe\xff", "utf-16-be"))


@record
class TextStyle:
    """The character set, what of it is a guess, whether a mail quoted the text, its width."""

    codec: str = "utf-8"
    guess: str = ""
    quoted: bool = False
    width: int = 0  # at which a terminal wrapped it; 0: it did not

    def text(self, raw: bytes) -> str:
        """The text of a line, without its end, byte order mark, colours and marks of quotation."""
        if self.codec.startswith("utf-16"):
            text = raw.decode(self.codec, "replace")
        else:
            text = raw.decode(self.codec, "surrogateescape")
        text = text.strip("\r\n").removeprefix("\ufeff")
        if "\x1b" in text:
            text = _ESCAPE.sub("", text)
        if self.quoted:
            text = _QUOTE.sub("", text, count=1)
        return text


def style_of(head: bytes) -> TextStyle:
    """See how a text is written from its beginning: by its byte order mark, else by its bytes."""
    codec, guess = _codec(head)
    texts = [text for text in _split(head, TextStyle(codec)) if text.strip()]
    quoted = sum(text.startswith(">") for text in texts)
    sure = sum(bool(_QUOTED_CONTENT.match(text)) for text in texts)
    is_quoted = quoted * 4 > len(texts) * 3 and sure * 2 > quoted
    if quoted == len(texts) and quoted >= _ALL_QUOTED:
        is_quoted = True
    width = _wrapped_width(_split(head, TextStyle(codec, "", is_quoted)))
    return TextStyle(codec, guess, is_quoted, width)


def _wrapped_width(texts: list[str]) -> int:
    """Where a terminal cut lines, 0 if it did not.

    It did where the longest lines are equal, have a label, and only hex stands below each of them.
    """
    width = max(map(len, texts))
    if width < _MIN_WIDTH:
        return 0
    below_full = [
        below for text, below in pairwise(texts) if len(text) >= width - 1 and not is_bare_hex(text)
    ]
    if len(below_full) > 1 and all(map(is_rest_of_line, below_full)):
        return width
    return 0


def is_bare_hex(text: str) -> bool:
    """Whether a line is hex digits and blanks, and nothing else."""
    digits = text.replace(" ", "")
    return bool(digits) and _HEX_DIGITS.issuperset(digits)


def is_rest_of_line(text: str) -> bool:
    """Whether a line may be what a terminal cut off: only a program puts more than one blank in front."""
    return is_bare_hex(text) and not text.startswith("  ")


def _codec(head: bytes) -> tuple[str, str]:
    """The character set, and what of it is a guess."""
    for mark, codec in _BYTE_ORDER_MARKS:
        if head.startswith(mark):
            return codec, ""
    # ASCII in UTF-16 has a zero in nearly every second byte, and none in the others.
    for offset, codec in ((1, "utf-16-le"), (0, "utf-16-be")):
        zeros = head[offset::2].count(0)
        other_zeros = head[1 - offset :: 2].count(0)
        if len(head) > 7 and zeros * 10 > len(head) * 4 and other_zeros == 0:
            return codec, f"no byte order mark: guessed {codec.upper()}"
    if _is_utf8(head):
        return "utf-8", ""
    if len(_CHINESE.findall(head.decode("gbk", "replace"))) > 1:
        return "gbk", "not UTF-8: guessed GBK"
    if _LATIN.search(head) and head.decode("utf-8", "ignore").isascii():
        return "cp1252", "not UTF-8: guessed cp1252"
    return "utf-8", ""


def _is_utf8(head: bytes) -> bool:
    try:
        head[:-4].decode()  # the last character may be cut
    except UnicodeDecodeError:
        return False
    return True


def _split(head: bytes, style: TextStyle) -> list[str]:
    """The lines of the beginning of a file."""
    if style.codec.startswith("utf-16"):
        even_head = head[: len(head) & ~1]
        head = even_head.decode(style.codec, "replace").encode("utf-8", "replace")
        style = TextStyle("utf-8", "", style.quoted)
    return [style.text(raw) for raw in _LINE_END.split(head)]


@lru_cache(maxsize=2)
def head_lines(head: bytes) -> tuple[str, ...]:
    """The complete lines of the beginning of a file; none if it is no text."""
    style = style_of(head)
    if style.codec == "utf-8" and head.count(0) * 5 > len(head):
        return ()
    texts = _split(head, style)
    if len(head) >= HEAD and len(texts) > 1:
        del texts[-1]  # cut in the middle
    return tuple(texts)
