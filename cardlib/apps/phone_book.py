# SPDX-License-Identifier: MIT
"""The phone book of a UICC: EF.PBR lists its files, whose identifiers the card chooses (TS 31.102, 4.4.2.1)."""

from __future__ import annotations

from dataclasses import replace

from ..core import tlv
from ..core.codec import to_hex
from ..core.model import Command, Context, Response
from . import files, iso7816

_DIRECTORY, _PBR = "5F3A", "4F30"
_GROUPS = ("A8", "A9", "AA")
_SHORT_AT = 2  # where the short identifier stands behind the identifier
MOST_FILES = 64


def follow(context: Context, command: Command, response: Response | None) -> Context:
    """As in any card; a record of EF.PBR says which file is which."""
    listed = context.state
    context = iso7816.follow(context, command, response)
    if context.state is None and listed is not None:  # SELECT of the MF begins a new context
        context = replace(context, state=listed)
    if response is None or command.ins not in files.READS or not iso7816.accepted(response):
        return context
    if context.ef != _PBR or not context.df.endswith(_DIRECTORY):
        return context
    return replace(context, state=_with(context, response.data))


def _with(context: Context, record_data: bytes) -> files.Listed:
    """What was listed so far, and what this record lists."""
    known = context.state if isinstance(context.state, files.Listed) else files.Listed()
    entries = dict(known.entries)
    group = ""
    for tag, depth, _, body, stop, error in tlv.scan(record_data):
        if depth == 0:
            group = tag
        if error or depth != 1 or group not in _GROUPS or len(entries) >= MOST_FILES:
            continue
        value = record_data[body:stop]
        listed_as = f"PBR/{tag}"
        entries[context.df, to_hex(value[:_SHORT_AT])] = listed_as
        if len(value) > _SHORT_AT:
            entries[context.df, files.short_name(value[_SHORT_AT])] = listed_as
    return files.Listed(tuple(entries.items()))
