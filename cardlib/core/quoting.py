# SPDX-License-Identifier: MIT
"""A line of a capture quoted for a person: its words stay, whatever may be the bytes of a secret becomes stars."""

from __future__ import annotations

import re

from .escape import cut, escape
from .model import Problem

WIDTH = 60  # characters of a quotation
STAR = "*"
_LONGEST_WORD = 24  # what is longer may be bytes in another writing

_STAMP = re.compile(r"(?<![\w:-])(?:\d{4}-\d\d-\d\d|\d\d:\d\d:\d\d)(?![\w:-])")
_TOKEN = re.compile(r"(?:[A-Za-z]|\d)+")
_DIGIT = re.compile(r"\d")
_NO_BYTE = re.compile(r"([G-Zg-z])\1")
# Where bytes begin: two that stand apart, four that do not, an escape. What stands behind them may be their text.
_BYTES = re.compile(
    r"(?<![0-9A-Za-z])(?:0x|\\x)?[0-9A-Fa-f]{2}"
    r"(?: |, ?|[:-])(?:0x|\\x)?[0-9A-Fa-f]{2}(?![0-9A-Za-z])"
    r"|[0-9A-Fa-f]{8}"
    r"|\\x[0-9A-Fa-f]{2}"
)
_MORE = re.compile(r"[0-9A-Za-z]*(?:(?: |, ?|[:-])(?:0x|\\x)?[0-9A-Za-z]{1,2}(?![0-9A-Za-z]))*")


def stars(match: re.Match[str]) -> str:
    """As many stars as a match has characters."""
    return STAR * len(match[0])


def shown_line(text: str, reveal: bool = False) -> str:
    """A line of a text as it may be shown: escaped, cut to fit, masked unless `reveal`."""
    line = text.strip()
    if not reveal:
        line = masked(line)
    return cut(escape(line[: 4 * WIDTH]), WIDTH)


def masked(text: str) -> str:
    """The words of a line that stand before its bytes; stars for each digit, and nothing of what follows bytes.

    A text column shows the bytes again, a name among them: so the line ends where its bytes do.
    """
    text = text[: 4 * WIDTH]
    stamps_blank = _STAMP.sub(lambda match: "_" * len(match[0]), text)
    start = _BYTES.search(stamps_blank)
    if start is None:
        return _words(text)
    stop = start.end()
    more = _MORE.match(text, stop)
    if more:
        stop = more.end()
    words = _words(text[: start.start()])
    data = _TOKEN.sub(_byte, text[start.start() : stop])
    rest = "…" if text[stop:].strip() else ""
    return words + data + rest


def _words(text: str) -> str:
    """The words of a text; stars for what has a digit, and for what is too long to be a word.

    Beside a digit a single letter may be the text of a byte.
    """
    shortest = 2 if _DIGIT.search(text) else 1

    def word(match: re.Match[str]) -> str:
        token = match[0]
        if token.isalpha() and shortest <= len(token) <= _LONGEST_WORD:
            return token
        return stars(match)

    return _TOKEN.sub(word, text)


def _byte(match: re.Match[str]) -> str:
    """Stars for a byte; what cannot be hex is seen where it says nothing else, like XX."""
    token = match[0]
    if _NO_BYTE.fullmatch(token):
        return token
    return stars(match)


def quote_of(problem: Problem, reveal: bool = False) -> str | None:
    """The line that a problem is about, as it may be shown; None where it is about none."""
    if problem.quote is None:
        return None
    return shown_line(problem.quote, reveal)


def problem_text(problem: Problem, reveal: bool = False) -> str:
    """A problem in one line, its kind and detail not escaped yet; the line of a text is named and quoted."""
    text = f"{problem.kind}: {problem.detail}"
    place = problem.place
    if not place:
        return text
    quote = quote_of(problem, reveal)
    if quote:
        place = f'{place}: "{quote}"'
    return f"{text} ({place})"
