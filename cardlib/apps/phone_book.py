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
_SHORT_AT = 2  # place of the short identifier, after the identifier


def follow(context: Context, command: Command, response: Response | None) -> Context:
    """As in any card; a record of EF.PBR says which file is which."""
    context = iso7816.follow_lists(context, command, response)
    if response is None or not _is_read_of_list(context, command, response):
        return context
    entries = files.entries_of(context)
    _add(entries, context.df, response.data)
    return replace(context, state=files.Listed(tuple(entries.items())))


def _is_read_of_list(context: Context, command: Command, response: Response) -> bool:
    """Whether a command has read a record of EF.PBR."""
    if command.ins not in files.READS or not iso7816.accepted(response):
        return False
    return context.ef == _PBR and context.df.endswith(_DIRECTORY)


def _add(entries: files.Entries, directory: str, content: bytes) -> None:
    """Add the files that a record lists: by identifier, and by short identifier where it has one."""
    group = ""
    for tag, depth, _, body, stop, error in tlv.scan(content):
        if depth == 0:
            group = tag
        is_file = depth == 1 and group in _GROUPS and not error
        if not is_file or len(entries) >= files.MOST_LISTED:
            continue
        value = content[body:stop]
        identifier = to_hex(value[:_SHORT_AT])
        entries[directory, identifier] = f"PBR/{tag}"
        if len(value) > _SHORT_AT:
            short = files.short_name(value[_SHORT_AT])
            entries[directory, short] = f"PBR/{tag}"
