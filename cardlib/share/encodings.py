# SPDX-License-Identifier: MIT
"""The forms in which a secret may come again: other nibbles, BCD and ASCII, UTF-16, a part of it."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import replace

from ..core.codec import to_hex
from ..core.model import Sensitive, record

FIRST, LAST = 6, 4  # digits of a PAN that are shown
MIN_PAN, MAX_PAN = 13, 19  # digits (ISO/IEC 7812-1)
LEAST = 8  # hex digits of a form that is looked for
MOST_TOLD = 24  # hex digits in a row that tell any secret, however long it is
MOST_DIGITS = 512  # of a form
LEAST_LETTERS = 12  # hex digits of a text that tell it: fewer are a syllable of another word
LEAST_PIN = 10  # hex digits of a PIN that is looked for
UTF_16 = 4  # hex digits of a character
SHORT = 14  # hex digits, under which two different ones occur by chance

# Kinds whose values are numbers, which people also write in decimal.
NUMBERS: tuple[Sensitive, ...] = (
    "pan", "track", "id", "phone", "birth", "document", "imsi", "iccid", "card", "plate", "pin",
)  # fmt: skip
WITHOUT_WORDS: tuple[Sensitive, ...] = ("key", "pin", "biometric", "pan", "track", "token")
FILLERS = b" \0\xff"
_WORDS_OF_RECORD = re.compile(rb"[^\x00-\x1f\xff]{6,}")
_SEPARATORS = "D=^"  # between the parts of a track (ISO/IEC 7813)
_IN_NUMBERS = "+-/.: "  # what people write between digits


Span = tuple[int, int]  # of hex digits, from the first to the one after the last


@record
class Form:
    """Hex digits that a secret may come again as: how many in a row tell it, and which are hidden then.

    `is_words`: they are characters; a part of these may be a word of anybody's.
    """

    digits: str
    need: int
    start: int
    stop: int
    is_words: bool = False


def forms_of(kind: Sensitive, value: bytes, text: str) -> Iterator[Form]:
    """The forms of a secret with this value, which its row reads as this text."""
    if not value.strip(FILLERS):
        return
    if kind == "track":
        yield from _track_forms(value)
    elif kind == "pan":
        yield from _pan_forms(_decimal(kind, value, text))
    else:
        yield from _forms(kind, value, text)


def is_telling(digits: str) -> bool:
    """Whether hex digits are varied enough not to occur by chance.

    One character again and again has two different digits, as ASCII and as UTF-16: it tells nothing.
    """
    different = len(set(digits))
    if different != 2:
        return different > 2
    is_one_character = digits[UTF_16:] == digits[:-UTF_16]
    return len(digits) >= SHORT and not is_one_character


def is_monotone(digits: str) -> bool:
    """Whether one digit fills three quarters of a part of a value, in hex or as characters.

    Such zeros with a digit or two behind them stand in many an AID, amount or counter.
    """
    for width in (1, 2, UTF_16):
        columns = [digits[place::width] for place in range(width)]
        varied = [column for column in columns if len(set(column)) > 1]
        if len(varied) <= 1 and all(map(_is_filled, varied)):
            return True
    return False


def _is_filled(digits: str) -> bool:
    return any(4 * digits.count(digit) >= 3 * len(digits) for digit in set(digits))


def is_text(value: bytes) -> bool:
    """Whether all bytes are printable characters of ASCII."""
    return all(0x20 <= byte < 0x7F for byte in value)


def _forms(kind: Sensitive, value: bytes, text: str) -> Iterator[Form]:
    stripped = value.strip(FILLERS)
    characters = _characters(stripped, text)
    if characters:
        yield from _text_forms(kind, characters)
    if not is_text(stripped):
        digits = to_hex(stripped)
        yield from _form(kind, digits, LEAST)
        yield from _spelled_forms(kind, digits)
        if kind not in WITHOUT_WORDS:
            yield from _word_forms(kind, stripped)
    decimal = _decimal(kind, stripped, text)
    if decimal:
        yield from _decimal_forms(kind, decimal)


def _spelled_forms(kind: Sensitive, digits: str) -> Iterator[Form]:
    """Hex that was written as text."""
    for spelling in dict.fromkeys((digits, digits.lower())):
        yield from _form(kind, to_hex(spelling.encode()), 2 * LEAST)
        if len(digits) < LEAST:
            continue  # two wide characters are a syllable of any word
        for code in ("utf-16-be", "utf-16-le"):
            yield from _form(kind, to_hex(spelling.encode(code)), UTF_16 * LEAST)


def _word_forms(kind: Sensitive, value: bytes) -> Iterator[Form]:
    """The texts inside a record that is secret as a whole: each may come again alone."""
    for match in _WORDS_OF_RECORD.finditer(value[: MOST_DIGITS // 2]):
        words = match[0].strip()
        if words.isdigit():
            yield from _decimal_forms(kind, words.decode("ascii"))
        elif is_text(words):
            yield from _text_forms(kind, words.decode("ascii"))
        else:
            yield from _form(kind, to_hex(words), LEAST_LETTERS)


def _characters(value: bytes, text: str) -> str:
    """The characters of a value that is a text; empty for any other."""
    if is_text(value):
        return value.decode("ascii").strip()
    text = text.strip()
    is_foreign = any(ord(char) > 0x7E for char in text)
    has_letters = any(char.isalpha() for char in text)
    if (is_foreign or has_letters) and text.upper() != to_hex(value) and ": " not in text:
        return text
    return ""


def _decimal(kind: Sensitive, value: bytes, text: str) -> str:
    """The decimal digits of a number; empty where it is none."""
    if kind not in NUMBERS:
        return ""
    if is_text(value):
        text = value.decode("ascii")
    digits = "".join(char for char in text if char not in _IN_NUMBERS)
    if digits.isascii() and digits.isdigit():
        return digits
    digits = to_hex(value).rstrip("F")
    return digits if digits.isdigit() else ""


def _text_forms(kind: Sensitive, characters: str) -> Iterator[Form]:
    least = LEAST_PIN if kind == "pin" else LEAST_LETTERS
    encoded = [characters.encode(code, "replace") for code in ("utf-8", "utf-16-be", "utf-16-le")]
    if not characters.isascii():
        encoded.append(characters.encode("gb18030", "replace"))
        encoded.append(characters.encode("latin-1", "ignore"))
    for data in encoded:
        for form in _form(kind, to_hex(data), least):
            yield replace(form, is_words=True)


def _decimal_forms(kind: Sensitive, digits: str) -> Iterator[Form]:
    if kind == "pin":
        return  # a PIN has so few digits that they occur by chance
    yield from _form(kind, digits, LEAST)
    # Nibbles are swapped in EF.IMSI and EF.ICCID (TS 102 221, 13.2), which may begin at an odd digit.
    yield from _form(kind, swapped(digits), LEAST)
    yield from _form(kind, swapped(digits[1:]), LEAST)
    for code in ("ascii", "utf-16-be", "utf-16-le"):
        yield from _form(kind, to_hex(digits.encode(code)), 2 * LEAST)


def swapped(digits: str) -> str:
    """Decimal digits with the nibbles of each byte turned round; F fills the last byte."""
    if len(digits) % 2:
        digits += "F"
    return "".join(digits[at + 1] + digits[at] for at in range(0, len(digits), 2))


def _form(kind: Sensitive, digits: str, least: int) -> Iterator[Form]:
    digits = digits[:MOST_DIGITS]
    size = len(digits)
    if size < LEAST or not is_telling(digits):
        return
    need = max(least, min(size // 2, MOST_TOLD))
    if kind == "pin":
        if size < LEAST_PIN:
            return
        need = size
    yield Form(digits, min(need, size), 0, size)


def _track_forms(value: bytes) -> Iterator[Form]:
    """The card number, the name and the rest of a track, each by itself: the number is not hidden whole."""
    text = to_hex(value).rstrip("F")
    if is_text(value.strip(FILLERS)):
        text = value.strip(FILLERS).decode("ascii").strip(" %;?")
    for separator in _SEPARATORS[1:]:
        text = text.replace(separator, "D" if separator == "=" else "^")
    separator = "^" if "^" in text else "D"
    number, *rest = text.split(separator)
    yield from _pan_forms(number.lstrip("B"))
    for part in rest:
        part = part.strip()
        if part.isdigit():
            yield from _form("track", part, LEAST)
            yield from _form("track", to_hex(part.encode()), 2 * LEAST)
        elif part:
            yield from _text_forms("name", part)


def _pan_forms(digits: str) -> Iterator[Form]:
    """A card number of which the middle is hidden; of one with too few digits, all."""
    size = len(digits)
    if not digits.isdigit() or size < LEAST or not is_telling(digits):
        return
    first, last = 0, size
    if MIN_PAN <= size <= MAX_PAN:
        first, last = FIRST, size - LAST
    need = min(size, max(LEAST, size // 2))
    yield Form(digits, need, first, last)
    for code, width in (("ascii", 2), ("utf-16-be", 4), ("utf-16-le", 4)):
        encoded = to_hex(digits.encode(code))
        yield Form(encoded, width * need, width * first, width * last)
    groups = " ".join(digits[at : at + 4] for at in range(0, size, 4))
    encoded = to_hex(groups.encode())
    yield Form(encoded, 2 * need, 2 * (first + first // 4), 2 * (last + (last - 1) // 4))
