# SPDX-License-Identifier: MIT
"""Whether a text held bytes before it was damaged."""

from __future__ import annotations

import re

_HEX_DIGITS = frozenset("0123456789abcdefABCDEF")
_BROKEN = re.compile(r"[\0-\b\x0e-\x1f\x7f\udc80-\udcff]")
_HEX_WORD = re.compile(r"(?:0[xX])?[0-9A-Fa-f]{2,}[,:]?")


def carries_hex(text: str) -> bool:
    """Whether a line that cannot be read clearly held bytes.

    Half of its words are hex, or nearly all its letters.
    """
    text = _BROKEN.sub("", text[:400])
    words = text.split()
    hex_words = [word for word in words if _HEX_WORD.fullmatch(word) and not word.isalpha()]
    if hex_words and len(hex_words) * 2 >= len(words):
        return True
    hex_digits = count_hex_digits(text)
    return hex_digits >= 8 and hex_digits * 10 >= 8 * sum(map(len, words))


def count_hex_digits(text: str) -> int:
    """How many characters of a text are hex digits."""
    return sum(char in _HEX_DIGITS for char in text)
