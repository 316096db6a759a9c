# SPDX-License-Identifier: MIT
"""The files of a PKCS#15 token: EF.ODF lists them, and they list keys and certificates (ISO/IEC 7816-15, 8.3).

The card chooses identifiers and paths; the lists say which file is what.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

from ..core import tlv
from ..core.model import Command, Context, Response
from . import files, iso7816

OBJECT_DIRECTORY = "5031"
_VALUE = "A1"  # what is special about the type of an object: in it the path of its value (8.2.2)
# What a list under this tag of EF.ODF is called (8.3)
_LISTS = {
    "A0": "PrKDF",
    "A1": "PuKDF",
    "A2": "PuKDF",
    "A3": "SKDF",
    "A4": "CDF",
    "A5": "CDF",
    "A6": "CDF",
    "A7": "DODF",
}
_OCTETS = "04"
_IDENTIFIER, LONGEST_PATH = 2, 16  # bytes


def follow(context: Context, command: Command, response: Response | None) -> Context:
    """As in any card; what was read of a list says which file is which."""
    context = iso7816.follow_lists(context, command, response)
    if response is None or command.ins != files.READ_BINARY or not iso7816.accepted(response):
        return context
    entries = files.entries_of(context)
    for path, name in _listed(context):
        _add(entries, context.df, path, name)
    if not entries:
        return context
    return replace(context, state=files.Listed(tuple(entries.items())))


def _listed(context: Context) -> Iterator[tuple[bytes, str]]:
    """The paths in the current file, as far as it was read, with what the files are called."""
    content = files.joined(context.content)
    if context.ef == OBJECT_DIRECTORY:
        for tag, path in _paths(content, 0):
            yield path, f"ODF/{tag}"
        return
    group, _, tag = files.listed_as(context, context.ef).partition("/")
    if group == "ODF" and tag in _LISTS:
        for _, path in _paths(content, 1):
            yield path, f"{_LISTS[tag]}/value"


def _paths(content: bytes, depth: int) -> Iterator[tuple[str, bytes]]:
    """The first path in each object at this depth, with the tag of the object.

    In a list the object at depth 0 is a key or a certificate, and its path stands in its value.
    """
    tag_here, is_open = "", False
    for tag, level, _, body, stop, error in tlv.scan(content):
        if level == depth:
            tag_here = tag
            is_open = not depth or tag == _VALUE
        elif level < depth:
            is_open = False
        elif is_open and tag == _OCTETS and not error and _is_path(stop - body):
            yield tag_here, content[body:stop]
            is_open = False


def _is_path(size: int) -> bool:
    return _IDENTIFIER <= size <= LONGEST_PATH and size % _IDENTIFIER == 0


def _add(entries: files.Entries, directory: str, path: bytes, name: str) -> None:
    """Add a file: a path from the MF, or from the directory in which the list stands.

    Where the application was selected by its AID, its files are known by their identifier alone.
    """
    *above, identifier = path.hex(" ", -_IDENTIFIER).upper().split()
    places = [(directory, identifier)]
    if above[:1] == [files.MF]:
        places.append(("/".join([files.MF_NAME, *above[1:]]), identifier))
    for place in places:
        if len(entries) < files.MOST_LISTED:
            entries[place] = name
