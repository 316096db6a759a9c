# SPDX-License-Identifier: MIT
"""T=0 in one line: a header, the procedure byte in brackets, and what follows (ISO/IEC 7816-3, 10.3)."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import replace

from . import costs
from .fields import Field

_BRACKETED = re.compile(r"\s{0,4}[(\[]([0-9A-Fa-f]{2})[)\]]\s{0,4}")
_HEADER = 5


def with_procedure_bytes(fields: Sequence[Field], text: str) -> list[Field]:
    """The fields, with one for each procedure byte, and the data behind it apart from the answer."""
    split: list[Field] = []
    for field in fields:
        header = split[-1] if split else None
        match = None
        if header is not None and len(header.data or b"") == _HEADER:
            match = _BRACKETED.fullmatch(text, header.stop, field.start)
        if header is None or match is None or int(match[1], 16) != (header.data or b"")[1]:
            split.append(field)
            continue
        data = bytes.fromhex(match[1])
        split.append(replace(field, start=match.start(1), stop=match.end(1), data=data))
        split += _behind(field, header.data or b"")
    return split


def _behind(field: Field, header: bytes) -> list[Field]:
    """Data to the card and the answer; the answer alone where data come from the card."""
    data = field.data or b""
    size = header[4]
    if costs.data_go(header) == "out" or not 0 < size < len(data):
        return [field]
    place = field.start + (field.stop - field.start) * size // len(data)
    to_card = replace(field, stop=place, data=data[:size])
    return [to_card, replace(field, start=place, data=data[size:])]
