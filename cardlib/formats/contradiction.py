# SPDX-License-Identifier: MIT
"""Whether the bytes of a log contradict the format whose sign it bears.

Other programs write lines that look like those of a known one: with its marks the other way round, or
with the status words alone.
"""

from __future__ import annotations

from collections.abc import Iterable

from ..core.apdu import LEGAL_SW1, lengths_fit, parse_command
from .rules import ParsedLine, bytes_of

_LEAST = 4  # bytes of a command (ISO/IEC 7816-3, 12.1)
_NO_TRAFFIC = ("atr", "status", "seen", "event")


def contradicts(lines: Iterable[ParsedLine]) -> bool:
    """Whether only the card speaks, or the commands stand in the lines of the card."""
    to_card = 0
    from_card = 0
    has_reader = False
    for line in lines:
        if line.rule is None or line.rule.sender == "none" or line.rule.kind in _NO_TRAFFIC:
            continue
        sender = line.rule.sender
        has_reader = has_reader or sender != "card"
        if line.rule.kind != "apdu" or line.rule.rows or not _holds_a_command(line):
            continue
        if sender == "reader":
            to_card += 1
        elif sender == "card":
            from_card += 1
    return not has_reader or from_card > to_card


def _holds_a_command(line: ParsedLine) -> bool:
    """Whether the bytes of a line are a command with the right lengths, and no answer."""
    if line.match is None:
        return False
    data = bytes_of(line.match, line.groups(), None).data
    if data is None or len(data) < _LEAST or data[-2] in LEGAL_SW1:
        return False
    return lengths_fit(parse_command(data))
