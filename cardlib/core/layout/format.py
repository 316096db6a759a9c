# SPDX-License-Identifier: MIT
"""What a field format is: a reader from bytes to text, and a writer from text back to bytes."""

from __future__ import annotations

from collections.abc import Callable

from ..model import record

Read = Callable[[bytes], "str | None"]
ReadPart = Callable[[bytes, int], "str | None"]
Write = Callable[[str, int], bytes]


def unsigned(value: bytes) -> int:
    """The value as a number, highest byte first."""
    return int.from_bytes(value, "big")


@record
class Format:
    """A way to write a value in bytes.

    read: the text of a value, or None where the value does not fit the format. It may raise: callers catch.
    write: the bytes of a text; the second argument is the size wanted in bytes, 0 for as many as it takes.
    what: what a value that does not fit is not ("a date"); empty where every value fits.
    sizes: the sizes in bytes that a value may have; empty for any.
    part: reads a value with so many spare bits: before a bit field; of packed characters see `extent`.
    number: the value as a number, where it counts the bytes of another field.
    packed: whether characters are packed across bytes; halves: whether each character stands for a half byte.
    """

    read: Read
    write: Write
    what: str = ""
    sizes: tuple[int, ...] = ()
    part: ReadPart | None = None
    number: Callable[[bytes], int] = unsigned
    packed: bool = False
    halves: bool = False


Table = dict[str, Format | Callable[[str], Format]]  # a format, or what makes one of its argument
