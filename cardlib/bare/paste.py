# SPDX-License-Identifier: MIT
"""A pasted text: what is around its hex digits is taken off, whatever spelling they have."""

from __future__ import annotations

import base64
import binascii
import re
import unicodedata

from ..core.model import record

MAX_TEXT = 1 << 20  # characters that are looked at
MAX_DECIMAL = 255

_PREFIX = re.compile(r"0[xX]|&[hH](?=[0-9A-Fa-f])|%(?=[0-9A-Fa-f]{2})")
_SUFFIX = re.compile(r"(?<=[0-9A-Fa-f]{2})[hH](?![A-Za-z0-9])")
_CAST = re.compile(r"\((?:byte|char|uint8_t|unsigned char)\)")
_COMMENT = re.compile(r"//[^\n]*")
_AROUND = re.compile(r"[\s\"'`,;:.|/\\_(){}\[\]<>-]+")
_HEX = re.compile(r"[0-9A-Fa-f]+")
_NO_HEX = re.compile(r"[^0-9A-Fa-f]")
_DUMP = re.compile(
    r"\s{0,8}([0-9A-Fa-f]{4,8})[:h]?\s{1,4}((?:[0-9A-Fa-f]{2}[ -]{1,2}){0,15}[0-9A-Fa-f]{2})(.*)"
)
_DECIMALS = re.compile(r"-?\d{1,3}(?:[\s,]+-?\d{1,3})+")
_BASE64 = re.compile(r"[A-Za-z0-9+/_-]+={0,2}")
_QUOTES = "\"'`“”‘’«»"


@record
class Pasted:
    """A text without what programs and people put around it.

    digits: its hex digits where it is nothing but hex in some spelling; fault: else why it is not.
    """

    text: str
    digits: str = ""
    fault: str = ""

    @property
    def data(self) -> bytes:
        """The bytes of the digits; of an odd number of digits all but the last half."""
        return bytes.fromhex(self.digits[: len(self.digits) & ~1])

    @property
    def is_odd(self) -> bool:
        return bool(len(self.digits) % 2)

    @property
    def lines(self) -> list[str]:
        """The lines that are not blank."""
        return [line.strip() for line in self.text.splitlines() if line.strip()]


def pasted(text: str) -> Pasted:
    """A text as it was pasted."""
    text = cleaned(text)
    digits, fault = hex_digits(text)
    return Pasted(text, digits, fault)


def cleaned(text: str) -> str:
    """Without byte order mark, quotes, fences of markdown; characters of full width become plain ones."""
    text = text[: MAX_TEXT + 1]
    if not text.isascii():
        text = unicodedata.normalize("NFKC", text)
        text = "".join(map(_without_format, text))
    text = text.strip().strip("\0").strip()
    if text.startswith("```"):
        lines = text.split("\n")
        text = "\n".join(line for line in lines if not line.startswith("```")).strip()
    while len(text) > 1 and text[0] in _QUOTES and text[-1] in _QUOTES:
        text = text[1:-1].strip()
    return text


def _without_format(character: str) -> str:
    """Nothing for a character that cannot be seen (a zero-width blank), else the character itself."""
    if unicodedata.category(character) == "Cf":
        return ""
    return character


def hex_digits(text: str) -> tuple[str, str]:
    """The hex digits of a text that is nothing else, and why it is not."""
    if not text:
        return "", "it is empty"
    rows = _dump_rows(text)
    if rows:
        return rows, ""
    numbers = _decimals(text)
    if numbers:
        return numbers, ""
    text = _inside_braces(_COMMENT.sub("", text))
    text = _CAST.sub("", text).replace("\\x", " 0x").replace("\\X", " 0x")
    tokens = _AROUND.split(_SUFFIX.sub("", text))
    digits = "".join(map(_digits_of_token, tokens))
    if not digits:
        return "", "it has no hex digits"
    if _HEX.fullmatch(digits):
        return digits.upper(), ""
    wrong = _NO_HEX.search(digits)
    character = wrong[0] if wrong else "?"
    return "", f"{character!r} is not a hex digit"


def _digits_of_token(token: str) -> str:
    """The digits of `0x9F`; a single digit behind 0x is a byte."""
    plain = _PREFIX.sub("", token)
    if len(plain) == 1 and plain != token:
        return f"0{plain}"
    return plain


def _inside_braces(text: str) -> str:
    """The list of an array of bytes in a program: `byte[] tlv = {0x9F, ...};`."""
    before, brace, rest = text.partition("{")
    if brace and "=" in before:
        return rest.partition("}")[0]
    return text


def _dump_rows(text: str) -> str:
    """The digits of a dump: each row begins with an offset, which counts its bytes."""
    digits = []
    size = 0
    lines = text.splitlines()
    if len(lines) < 2:
        return ""
    for line in lines:
        row = _DUMP.fullmatch(line)
        if row is None or int(row[1], 16) != size:
            return ""
        part = re.sub(r"[ -]", "", row[2])
        digits.append(part)
        size += len(part) // 2
    return "".join(digits).upper()


def _decimals(text: str) -> str:
    """The digits of a list of decimal bytes, `159, 2, 6, -97`; hex digits in pairs are none."""
    plain = text.strip("[](){} \n")
    if not _DECIMALS.fullmatch(plain):
        return ""
    words = plain.replace(",", " ").split()
    if all(len(word) == 2 and word.isdigit() for word in words):
        return ""
    numbers = [int(word) for word in words]
    has_both_forms = min(numbers) < 0 and max(numbers) > 127
    is_padded = any(word.startswith("0") and len(word) > 1 for word in words)
    if has_both_forms or is_padded or max(numbers) > MAX_DECIMAL or min(numbers) < -128:
        return ""
    if "," not in plain and min(numbers) >= 0 and not any(len(word) == 1 for word in words):
        return ""  # groups of digits, as in a card number
    return bytes(number & 0xFF for number in numbers).hex().upper()


def from_base64(text: str) -> bytes:
    """The bytes of base64, of either alphabet; nothing where a text is none."""
    joined = "".join(text.split())
    if len(joined) < 8 or not _BASE64.fullmatch(joined):
        return b""
    joined = joined.rstrip("=")
    padding = "=" * (-len(joined) % 4)
    try:
        return base64.b64decode(joined.replace("-", "+").replace("_", "/") + padding, validate=True)
    except (binascii.Error, ValueError):
        return b""
