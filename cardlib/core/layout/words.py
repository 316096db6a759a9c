# SPDX-License-Identifier: MIT
"""What a line of a layout is, by the words with which it begins and by its format."""

from __future__ import annotations

from .field import Opener, Size
from .kinds import KINDS
from .lines import Line, is_special


def special_word(line: Line) -> str:
    """The word with which a line begins that is no field."""
    if not is_special(line):
        return ""
    return line.name.split(" ", 1)[0]


def layout_name(branch: Line) -> str:
    """The name of the layout that a branch consists of; empty where it has lines of its own."""
    lines = branch.children
    if len(lines) != 1 or special_word(lines[0]) != "like":
        return ""
    return lines[0].name.removeprefix("like ").strip()


def has_odd_bits(size: Size) -> bool:
    """Whether the size of a field is no number of whole bytes."""
    return size.kind == "fixed" and size.bits % 8 != 0


def needed_fields(lines: list[Line]) -> list[str]:
    """The fields of its user that a layout speaks of: its first line, which is taken away."""
    if not lines or special_word(lines[0]) != "needs":
        return []
    names = lines.pop(0).name.removeprefix("needs ").split(",")
    return [name.strip() for name in names]


def opener_of(format_text: str, line: Line) -> Opener:
    """What a field is opened as."""
    name = format_text.partition(":")[0]
    if name in KINDS:
        return "objects"
    if name == "bitmap":
        return "bitmap"
    if name == "reversed":
        return "reversed"
    if name == "use" or (line.children and not format_text):
        return "parts"
    return "value"
