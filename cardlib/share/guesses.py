# SPDX-License-Identifier: MIT
"""What looks like a secret in bytes that are handed on: card numbers, tracks, PIN blocks, names, free text.

These are guesses. They close bytes to others, and never hide anything from whoever looks at a capture.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from functools import lru_cache

from ..core.codec import luhn_ok, to_hex
from .encodings import MAX_PAN, MIN_PAN, Span

LEAST_TEXT = 4  # characters of a free text
LONG_RUN = 64  # digits from which on a run is taken for a card number without a check
FIRST_DIGITS = "23456"  # of the card numbers of payment schemes

_DIGITS = re.compile(r"(\d{13,})(?:D\d*F?)?")
_PIN_BLOCK = re.compile(r"2[4-9ABC](?=[0-9A-F]{14})\d{4,12}F{2,10}")
_PAN_OR_TRACK = re.compile(r"[2-6]\d{12,18}(?:D|F*$)")
_TEXT_DIGITS = re.compile(rb"(\d(?:[ -]?\d){12,})(?:[=D^][ -~]*)?")
_WORDS = re.compile(rb"[A-Za-z0-9+/@.-]{10}")
_TEXT_NAME = re.compile(rb"(?:\x5F\x20|\x9F\x0B)([\x02-\x2D])([ -~]{2,45})")


def like_secrets(value: bytes, is_text: bool = False) -> bool:
    """Whether bytes hold what looks like a card number, a track, a PIN block or a name behind its tag.

    Characters of text are not taken for digits in BCD: "20301231" is a date, 3230333031323331 no number.
    """
    if any(in_text(value)):
        return True
    if is_text or value.isdigit():
        return False
    return any(in_bytes(to_hex(value), [(0, len(value))]))


def is_like_number(value: bytes) -> bool:
    """Whether a whole value looks like a card number or track 2, whatever its row says."""
    return 6 < len(value) < 24 and _PAN_OR_TRACK.match(to_hex(value)) is not None


def is_free_text(value: bytes) -> bool:
    """Whether a value is printable text, or holds so much of it that it is none by chance."""
    stripped = value.strip(b" \0\xff")
    if len(stripped) >= LEAST_TEXT and all(0x20 <= byte < 0x7F for byte in stripped):
        return True
    return _WORDS.search(value) is not None


def in_bytes(text: str, unknown: Sequence[Span]) -> Iterator[Span]:
    """Card numbers and track 2 in BCD at either nibble, and PIN blocks, in these spans of bytes of a hex text."""
    if not unknown:
        return
    digits = ["-"] * len(text)
    for start, stop in unknown:  # those that touch become one stretch
        digits[2 * start : 2 * stop] = text[2 * start : 2 * stop]
    stretches = "".join(digits)
    for match in _DIGITS.finditer(stretches):
        if _has_pan(match[1]):
            yield match.span()
    for match in _PIN_BLOCK.finditer(stretches):
        yield match.span()


def in_text(data: bytes) -> Iterator[Span]:
    """Names behind their tag, and card numbers in ASCII with the rest of their track, whatever a row says."""
    for match in _TEXT_NAME.finditer(data):
        start = match.start(2)
        declared = match[1][0]
        yield 2 * start, 2 * min(match.end(), start + declared)
    for match in _TEXT_DIGITS.finditer(data):
        if _has_pan(match[1].translate(None, b" -").decode()):
            yield 2 * match.start(), 2 * match.end()


@lru_cache(maxsize=1024)
def _has_pan(digits: str) -> bool:
    """Whether 13 to 19 of these digits may be a PAN, with a good check digit; a long run is taken for one."""
    size = len(digits)
    starts = [start for start in range(size - MIN_PAN + 1) if digits[start] in FIRST_DIGITS]
    if size > LONG_RUN:
        return bool(starts)
    for start in starts:
        longest = min(start + MAX_PAN, size)
        for stop in range(start + MIN_PAN, longest + 1):
            if luhn_ok(digits[start:stop]):
                return True
    return False
