# SPDX-License-Identifier: MIT
"""The meaning of a field: its format, the names of its values or bits, and what is said of bytes that do not fit."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from ..codec import parse_text, to_hex
from ..model import record
from .format import Format
from .formats import format_named

HEX = format_named("hex")
NOTHING = format_named("none")
UNKNOWN = " (unknown value)"

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
        return to_hex(value) if text is None else text

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


def flags(table: Mapping[int, str], inverted: bool = False) -> Format:
    """Names of bits that are set, or of bits that are 0.

    A bit is numbered through the bytes, from 1, the lowest of a byte first: bit 9 is the lowest of the second byte.
    """
    numbers = {name: number for number, name in table.items()}
    nothing = "none" if inverted else "none set"

    def part(value: bytes, spare: int) -> str:
        bits = bytearray(~byte & 0xFF for byte in value) if inverted else bytearray(value)
        bits[0] &= 0xFF >> spare
        texts = []
        for number, text in table.items():
            place, mask = (number - 1) // 8, 1 << (number - 1) % 8
            if place < len(bits) and bits[place] & mask:
                texts.append(text)
                bits[place] ^= mask
        if any(bits):
            texts.append(f"(not named: {to_hex(bytes(bits))})")
        return "; ".join(texts).replace("; (not", " (not") or nothing

    def write(text: str, size: int) -> bytes:
        names, _, unnamed = text.removesuffix(")").partition("(not named: ")
        bits = bytearray(bytes.fromhex(unnamed) if unnamed else size)
        for name in filter(None, names.strip().split("; ")):
            if name != nothing:
                number = numbers[name]
                bits[(number - 1) // 8] |= 1 << (number - 1) % 8
        return bytes(~byte & 0xFF for byte in bits) if inverted else bytes(bits)

    return Format(lambda value: part(value, 0), write, part=part)


def coded(table: str, lookup: Lookup) -> Format:
    """Codes of a shared table: three digits in two bytes, or languages as pairs of letters."""

    def meaning(code: str) -> str:
        return lookup(table, code) or code + UNKNOWN

    def read(value: bytes) -> str:
        if table == "languages":
            text = parse_text(value)
            return ", ".join(meaning(text[at : at + 2].lower()) for at in range(0, len(text), 2))
        code = to_hex(value)
        return meaning(code[1:] if len(code) == 4 and code[0] == "0" else code)

    def write(text: str, size: int) -> bytes:
        return HEX.write(text.removesuffix(UNKNOWN), size)

    return Format(read, write)
