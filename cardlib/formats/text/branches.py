# SPDX-License-Identifier: MIT
"""The shapes whose role is sure, compiled to one pattern: the quick way through a large file."""

from __future__ import annotations

import re
from collections.abc import Sequence

from ...core.model import record
from . import costs
from .columns import COLUMN, STAMP
from .halves import Row, is_named
from .learning import Reading

_LEAST = 3  # lines of a shape that is sure
_MOST_BRANCHES = 60
_TOKEN = re.compile(rf"[{STAMP}{COLUMN}]+|\d+|[ \t\u00a0]+|[^\d \t\u00a0{STAMP}{COLUMN}]+")
_HEX = r"((?:[0-9A-Fa-f]{2} {0,2}){1,200000})"
_HARDLY_A_COMMAND = 4.0


@record
class Branches:
    """Each sure shape as an alternative; `roles` has the role of each."""

    pattern: re.Pattern[str]
    roles: str

    def read(self, text: str) -> tuple[str, bytes] | None:
        """The role and the bytes of a line of a sure shape; None for any other."""
        match = self.pattern.fullmatch(text)
        if match is None or match.lastindex is None:
            return None
        digits = match[match.lastindex].replace(" ", "")
        return self.roles[match.lastindex - 1], bytes.fromhex(digits)


def branches_of(rows: Sequence[Row], reading: Reading) -> Branches | None:
    """The sure shapes of a text; None where commands or answers have none."""
    roles_by_shape: dict[str, dict[str, int]] = {}
    odd: set[int] = set()
    for field, role in zip(reading.fields, reading.roles, strict=True):
        row = rows[field.line]
        if len(row.fields) > 1 or field.place or field.data is None or field.line in odd:
            odd.add(field.line)
            continue
        if role == "N" and not is_named(field):
            return None
        shape = _pattern(row.cut.text, field.start, field.stop)
        of_shape = roles_by_shape.setdefault(shape, {})
        of_shape[role] = of_shape.get(role, 0) + 1
    sure = []
    for shape, of_shape in roles_by_shape.items():
        if len(of_shape) == 1 and sum(of_shape.values()) >= _LEAST:
            role = next(iter(of_shape))
            if role in "CADN":
                sure.append((shape, role))
    roles = "".join(role for _, role in sure)
    if "C" not in roles or "A" not in roles or len(sure) > _MOST_BRANCHES:
        return None
    return Branches(re.compile("|".join(shape for shape, _ in sure)), roles)


def _pattern(text: str, start: int, stop: int) -> str:
    """A pattern of all lines that look like this one but for their digits and bytes."""
    return _quoted(text[:start]) + _HEX + _quoted(text[stop:])


def _quoted(text: str) -> str:
    parts = []
    for token in _TOKEN.findall(text):
        if token[0] in (STAMP, COLUMN):
            parts.append(f"[{STAMP}{COLUMN}]+")
        elif token[0].isdecimal():
            parts.append(r"\d+")
        elif token.isspace():
            parts.append(r"[ \t\u00a0]+")
        else:
            parts.append(re.escape(token))
    return "".join(parts)


def is_fair_command(data: bytes) -> bool:
    """Whether bytes of a sure shape are a command without a doubt that is worth a search."""
    return len(data) > 3 and costs.command(data) < _HARDLY_A_COMMAND


def is_fair_answer(data: bytes) -> bool:
    """Whether bytes of a sure shape are a complete answer."""
    return len(data) > 1 and costs.status(data) <= costs.OTHER_STATUS
