# SPDX-License-Identifier: MIT
"""The front of a line as words, numbers and stamps, each at its place.

A place is the shape of the line before it: a letter for each stamp (T), number (N), decimal fraction (F),
pointer (P), identifier (U), word (w), source line (s) and blank, the sign itself for punctuation. Words are
all alike: "DEBUG" and "INFO" make the same place.
"""

from __future__ import annotations

import re

from ...core.model import record
from ...core.patterns import lazy
from .stamps import STAMPS, Stamp, Written, stamp_at

MAXTOKENS = 24
MAX_WIDTH = 240
_TO_COLON = 24  # a stamp has its first colon so near
_SUFFIXES = ("c", "cc", "cpp", "cs", "go", "h", "java", "js", "kt", "m", "mm", "py", "rs", "swift")
_AFTER_SUFFIX = "|".join(rf"(?<=\.{suffix})" for suffix in _SUFFIXES)
_SOURCE = rf"[^\W\d]\w*+(?:[.$/-][^\W\d]\w*+)*+(?:{_AFTER_SUFFIX}):(\d{{1,6}})(?!\w)"
_SOURCE_IN_BRACKETS = r"\[[^\W\d]\w*+(?:\.[^\W\d]\w*+)++:(\d{1,6})(?=\])"
_IDENTIFIER = r"([0-9A-Fa-f]{8}(?:-[0-9A-Fa-f]{4}){3}-[0-9A-Fa-f]{12})(?![\w-])"  # RFC 9562, 4
PIECES = {  # of each sort but stamps: what is overwritten is a group
    "U": _IDENTIFIER,
    "P": r"(0[xX][0-9A-Fa-f]{5,16})(?!\w)",
    "X": r"0[xX][0-9A-Fa-f]{1,4}(?!\w)",
    "V": r"(?<![\w.])(\d{1,5}(?:\.\d{1,5}){2,3})(?![\w.])",
    "F": r"(?<![\w.])(\d{1,12}\.\d{1,9})(?![\w.])",
    "G": r"(\d{1,12}\.\d{1,9})(?=[mnuµμ]?s\b)",
    "N": r"(\d{1,20})(?!\w|\.\d)",
    "M": r"(\d{1,15})(?=(?:[mnuµμ]?s|[mu]sec)\b)",
    "S": _SOURCE_IN_BRACKETS,
    "s": _SOURCE,
    "w": r"[^\W\d]\w*+(?:[.$][^\W\d]\w*+)*+",
    " ": r"[ \t]{1,240}",
}
TOKENS = tuple((sort, lazy(pattern)) for sort, pattern in PIECES.items())
_RUN = lazy(r"\w{1,240}")
_HEX = lazy(r"(?:[0-9A-Fa-f]{2})+")
_COMMA_BEFORE_BYTES = lazy(
    r"(?:\d\d:\d\d:\d\d|(?<!\d)\d{10}),(?!\d{3}(?:\d{3})?(?![0-9A-Fa-f]))[0-9A-Fa-f]{2}"
)
_FOLLOWING = {
    "w": r"[^\W\d]", "s": r"[^\W\d]", "T": r"[0-9A-Z]", " ": r"[ \t]", "P": "0", "X": "0", "$": "$",
}  # fmt: skip


@record
class Token:
    """A piece of the front of a line: its sort, where it stands, its place."""

    sort: str
    start: int
    stop: int
    place: str
    written: Written | None = None


class Scanner:
    """Splits the fronts of lines; `comma_separates`: no comma begins a fraction in this file."""

    def __init__(self, comma_separates: bool) -> None:
        self.comma_separates = comma_separates
        self._stamps = tuple(_compiled(stamp, comma_separates) for stamp in STAMPS)

    def tokens(self, text: str) -> list[Token]:
        """The tokens up to the first one that can only be bytes or is of no sort."""
        tokens: list[Token] = []
        place = ""
        position = 0
        limit = min(len(text), MAX_WIDTH)
        while position < limit and len(tokens) < MAXTOKENS:
            token = self._token(text, position, place)
            tokens.append(token)
            if token.sort in "hx":
                break
            place += token.sort
            position = token.stop
        return tokens

    def _token(self, text: str, position: int, place: str) -> Token:
        written = self._stamp(text, position)
        if written is not None:
            return Token("T", position, written.stop, place, written)
        run = _RUN.match(text, position)
        identifier = TOKENS[0][1].match(text, position)
        if identifier is None and run is not None and _is_bytes(run[0]):
            return Token("h", position, run.end(), place)
        for sort, pattern in TOKENS:
            match = pattern.match(text, position)
            if match is not None:
                return Token(sort, position, match.end(), place)
        if run is not None:
            return Token("x", position, run.end(), place)
        return Token(text[position], position, position + 1, place)

    def _stamp(self, text: str, position: int) -> Written | None:
        if not ("0" <= text[position] <= "9" or "A" <= text[position] <= "Z"):
            return None
        is_compact = text[position + 8 : position + 9] in ("T", "_", "-")
        if not is_compact and text.find(":", position, position + _TO_COLON) < 0:
            return None
        return stamp_at(text, position, self._stamps)


def _compiled(stamp: Stamp, comma_separates: bool) -> re.Pattern[str]:
    return re.compile(stamp.pattern(comma_separates))


def _is_bytes(run: str) -> bool:
    """Whether a run holds both digits and letters of hex in whole bytes, or is a letter pair."""
    if not _HEX.fullmatch(run) or run.isdigit():
        return False
    return len(run) == 2 or not run.isalpha()


def comma_separates(texts: list[str]) -> bool:
    """Whether a comma behind seconds stands before bytes in some line."""
    return any(_COMMA_BEFORE_BYTES.search(text[:MAX_WIDTH]) for text in texts)


def following(text: str, tokens: list[Token], index: int) -> str:
    """A regular expression for how the line goes on behind a token, two tokens far."""
    pattern = ""
    for token in tokens[index + 1 : index + 3]:
        pattern += _class_of(token.sort)
        if token.sort not in " ":
            return pattern
        pattern += "++"
    if index + 1 == len(tokens):
        pattern += "$"
    return pattern


def _class_of(sort: str) -> str:
    if sort in _FOLLOWING:
        return _FOLLOWING[sort]
    if sort in PIECES or sort in "hx":
        return "[0-9A-Fa-f]"
    return re.escape(sort)
