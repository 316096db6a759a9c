# SPDX-License-Identifier: MIT
"""The meaning of a field: its format, the names of its values or bits, and what is said of bytes that do not fit."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import field

from ..codec import parse_text, to_hex
from ..model import record
from .format import Format
from .formats import format_named

HEX = format_named("hex")
NOTHING = format_named("none")
UNKNOWN = " (unknown value)"
NONE_SET = "none set"

Lookup = Callable[[str, str], "str | None"]
Head = Callable[[str, bytes], bytes]


@record
class Reading:
    """What a Fact calls to describe a value of a layout; it knows the way back too.

    spare: bits of the value's bytes that do not belong to it; head: writes tag and length where it is an object;
    sized: whether the layout says how many bytes the value has.
    """

    format: Format
    spare: int = 0
    head: Head | None = None
    sized: bool = False

    def __call__(self, value: bytes) -> str:
        if not value:
            return ""
        text = self.read(value)
        if text is None:
            return to_hex(value)
        return text

    def read(self, value: bytes) -> str | None:
        """The text of a value, or None where the format does not fit."""
        try:
            if self.spare and self.format.part:
                return self.format.part(value, self.spare)
            return self.format.read(value)
        except (
            Exception
        ):  # a format may fail on wild bytes in any way: here is the one place that catches
            return None

    def fault(self, value: bytes) -> str:
        """What is wrong with a value; nothing where it is empty, or filled up as cards fill what is not set."""
        what = self.format.what
        if not what or not value or value.count(0xFF) == len(value) or self.read(value) is not None:
            return ""
        return f"not {what}"

    def write(self, text: str, size: int) -> bytes:
        """The bytes of a text; raises what it likes where there are none."""
        return self.format.write(text, size)


def named(format_: Format | None, table: Mapping[str, str]) -> Format:
    """A format whose values have names; the others read in their format, or as hex with a remark."""
    keys: dict[str, str] = {}
    for key, name in table.items():
        keys.setdefault(name, key)

    def part(value: bytes, spare: int) -> str | None:
        key = to_hex(value)[spare // 4 :]
        text = table.get(key)
        if text is None and format_ is None:
            return key + UNKNOWN
        if text is None and format_ is not None:
            return Reading(format_, spare).read(value)
        return text

    def write(text: str, size: int) -> bytes:
        key = keys.get(text)
        if key is not None:
            return HEX.write(key, size)
        if format_ is not None:
            return format_.write(text, size)
        return HEX.write(text.removesuffix(UNKNOWN), size)

    if format_ is None:
        return Format(lambda value: part(value, 0), write, part=part)
    return Format(
        lambda value: part(value, 0), write, format_.what, format_.sizes, part, format_.number
    )


def prefixed(table: Mapping[str, str]) -> Format:
    """A text in UTF-8 behind a byte that stands for how the text begins."""

    def read(value: bytes) -> str | None:
        beginning = table.get(to_hex(value[:1]))
        if beginning is None:
            return None
        return beginning + value[1:].decode()

    def write(text: str, size: int) -> bytes:
        keys = [key for key, beginning in table.items() if text.startswith(beginning)]
        longest = max(keys, key=lambda key: len(table[key]))
        return bytes.fromhex(longest) + text[len(table[longest]) :].encode()

    return Format(read, write, "a text behind the code of its beginning")


def flags(table: Mapping[int, str], inverted: bool = False) -> Format:
    """Names of bits that are set, or of bits that are 0.

    A bit is numbered through the bytes, from 1, the lowest of a byte first: bit 9 is the lowest of the second byte.
    """
    meaning = Flags(dict(table), inverted)
    return Format(meaning.read, meaning.write, part=meaning.part)


@record
class Flags:
    """The names of bits, by number."""

    table: dict[int, str] = field(hash=False)
    inverted: bool = False

    @property
    def nothing(self) -> str:
        """What stands for no bit at all."""
        if self.inverted:
            return "none"
        return NONE_SET

    def read(self, value: bytes) -> str:
        """The names of a value of whole bytes."""
        return self.part(value, 0)

    def part(self, value: bytes, spare: int) -> str:
        """The names of a value without its first `spare` bits."""
        bits = self._turned(bytearray(value))
        bits[0] &= 0xFF >> spare
        texts = []
        for number, text in self.table.items():
            place, bit = divmod(number - 1, 8)
            if place < len(bits) and bits[place] & 1 << bit:
                texts.append(text)
                bits[place] ^= 1 << bit
        names = "; ".join(texts)
        if any(bits):
            names = f"{names} (not named: {to_hex(bytes(bits))})".lstrip()
        return names or self.nothing

    def write(self, text: str, size: int) -> bytes:
        """The value that has these names."""
        numbers = {name: number for number, name in self.table.items()}
        names, _, unnamed = text.removesuffix(")").partition("(not named: ")
        bits = bytearray(size)
        if unnamed:
            bits = bytearray.fromhex(unnamed)
        for name in filter(None, names.strip().split("; ")):
            if name != self.nothing:
                place, bit = divmod(numbers[name] - 1, 8)
                bits[place] |= 1 << bit
        return bytes(self._turned(bits))

    def _turned(self, bits: bytearray) -> bytearray:
        """The bits, or what is not set of them."""
        if not self.inverted:
            return bits
        return bytearray(~byte & 0xFF for byte in bits)


def coded(table: str, lookup: Lookup) -> Format:
    """Codes of a shared table: three digits in two bytes, or languages as pairs of letters."""

    def meaning(code: str) -> str:
        return lookup(table, code) or code + UNKNOWN

    def read(value: bytes) -> str:
        if table == "languages":
            text = parse_text(value)
            return ", ".join(meaning(text[at : at + 2].lower()) for at in range(0, len(text), 2))
        code = to_hex(value)
        if len(code) == 4 and code[0] == "0":
            code = code[1:]
        return meaning(code)

    def write(text: str, size: int) -> bytes:
        return HEX.write(text.removesuffix(UNKNOWN), size)

    return Format(read, write)
