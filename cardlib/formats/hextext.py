# SPDX-License-Identifier: MIT
"""Hex in the many ways people write it."""

from __future__ import annotations

import re

_HEX_DIGITS = frozenset("0123456789abcdefABCDEF")
_C_PREFIXES = ("0x", "0X")
_SEPARATORS = str.maketrans(dict.fromkeys(",:{}\"'[]", " "))
_COMMENT = re.compile(
    r"//|--|(?<=\s)- (?=[A-Za-z])|(?:(?<=\s)|^)[#;(|\udc80-\udcff]|;\s*$|"
    r"[^\x00-\x7f\udc80-\udcff]"
)
_JOINED = re.compile(  # one sign between all bytes
    r"\s{0,8}[0-9A-Fa-f]{2}(?:[-.][0-9A-Fa-f]{2})+\s*"
)
_AFFIX = re.compile(  # (byte) 0x00, \x00, 00h
    r"\(byte\) ?|\\(?=x[0-9A-Fa-f]{2})|(?<=[0-9A-Fa-f]{2})h(?![0-9A-Za-z])"
)
_BROKEN = re.compile(r"[\0-\b\x0e-\x1f\x7f\udc80-\udcff]")
_NOT_ASCII = re.compile(r"[^\x00-\x7f]")
_HEX_WORD = re.compile(r"(?:0[xX])?[0-9A-Fa-f]{2,}[,:]?")


def hex_of(text: str) -> bytes | None:
    """Bytes from "00 A4", "00A4", "0x00,0xA4", "00:A4"; a comment may follow.

    None: not hex, or half a byte. A comment begins with a mark that one wrong character cannot make
    out of hex, or it holds more than hex.
    """
    if "G" <= text.lstrip()[:1].upper() <= "Z":
        return None
    if ("-" in text or "." in text) and _JOINED.fullmatch(text):
        text = re.sub("[-.]", " ", text)
    if "h" in text or "\\" in text or "(b" in text:
        text = _AFFIX.sub(_plain_affix, text)
    comment = _COMMENT.search(text)
    if comment:
        before = text[: comment.start()]
        if not _is_comment(before, comment[0], text[comment.end() :]):
            return None
        text = before
    words = text.translate(_SEPARATORS).split()
    if words and words[0][:2] in _C_PREFIXES:
        words = [_without_prefix(word) for word in words]
    digits = "".join(words)
    if not _HEX_DIGITS.issuperset(digits) or any(len(word) % 2 for word in words):
        return None
    return bytes.fromhex(digits)


def _plain_affix(affix: re.Match[str]) -> str:
    if affix[0] == "\\":
        return " 0"  # \x00 becomes 0x00
    return ""


def _is_comment(before: str, mark: str, rest: str) -> bool:
    """Whether this is a comment, and no damage.

    Damage is a mark amid hex, or letters of no language with hex behind them. Dots say that a
    program left bytes out.
    """
    if mark == "…" or rest.startswith("..."):
        return False
    if mark.isdecimal():
        return False
    if rest[:1] in _HEX_DIGITS and _HEX_DIGITS.issuperset("".join(rest.split())):
        return False
    is_weak = not before.strip() or mark >= "\udc80"
    return not (is_weak and carries_hex(_NOT_ASCII.sub(" ", rest)))


def _without_prefix(word: str) -> str:
    """The digits of a number as C writes it; "?" if it is no such number."""
    digits = word[2:]
    if word[:2] in _C_PREFIXES and digits:
        return digits.zfill(2)
    return "?"


def carries_hex(text: str) -> bool:
    """Whether a line that cannot be read clearly held bytes.

    Half of its words are hex, or nearly all its letters.
    """
    text = _BROKEN.sub("", text[:400])
    words = text.split()
    hex_words = [word for word in words if _HEX_WORD.fullmatch(word) and not word.isalpha()]
    if hex_words and len(hex_words) * 2 >= len(words):
        return True
    hex_digits = sum(char in _HEX_DIGITS for char in text)
    return hex_digits >= 8 and hex_digits * 10 >= 8 * sum(map(len, words))
