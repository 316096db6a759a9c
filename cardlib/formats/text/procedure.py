# SPDX-License-Identifier: MIT
"""T=0 in one line: a header, the procedure byte in brackets, what follows (ISO/IEC 7816-3, 10.3)."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import replace

from . import costs
from .fields import Field

_BRACKETED = re.compile(r"\s{0,4}[(\[]([0-9A-Fa-f]{2})[)\]]\s{0,4}")
_HEADER = 5


def with_procedure_bytes(fields: Sequence[Field], text: str) -> list[Field]:
    """The fields, with one for each procedure byte; the data behind it stand apart from the answer."""
    split: list[Field] = []
    for field in fields:
        header = b""
        match = None
        if split and split[-1].size == _HEADER:
            header = split[-1].data or b""
            match = _BRACKETED.fullmatch(text, split[-1].stop, field.start)
        if match is None:
            split.append(field)
            continue
        procedure_byte = bytes.fromhex(match[1])
        if procedure_byte != header[1:2]:
            split.append(field)
            continue
        split.append(replace(field, start=match.start(1), stop=match.end(1), data=procedure_byte))
        split += _behind(field, header)
    return split


def _behind(field: Field, header: bytes) -> list[Field]:
    """Data to the card and the answer; the answer alone where data come from the card."""
    data = field.data or b""
    size = header[4]
    if costs.data_go(header) == "out" or not 0 < size < len(data):
        return [field]
    characters = field.stop - field.start
    place = field.start + characters * size // len(data)
    to_card = replace(field, stop=place, data=data[:size])
    from_card = replace(field, start=place, data=data[size:])
    return [to_card, from_card]
