# SPDX-License-Identifier: MIT
"""The first screen of a long capture: how it begins, and how to see more."""

from __future__ import annotations

from collections.abc import Iterator

from ..core.escape import counted
from ..road.opening import FEW, Opening
from .lines import WIDTH, marked
from .summary import summary
from .text import dialogue

MORE = "... more: show --stream, --all, --exchange N"
MEGABYTE = 1_000_000


def first_screen(
    opening: Opening, size: int, reveal: bool, trees: bool = False, width: int = WIDTH
) -> Iterator[str]:
    """The summary of the sessions that were read, their first exchanges, and how to see the rest."""
    capture = opening.capture
    title, *head = summary(capture, reveal)
    yield title
    yield marked("  !! ", _what_was_read(opening, size))
    yield from head
    yield from dialogue(capture, reveal, FEW, trees, width)
    yield f"  {MORE}"


def _what_was_read(opening: Opening, size: int) -> str:
    sessions = counted(len(opening.capture.sessions), "session")
    text = f"a file of {size / MEGABYTE:.1f} MB: only its beginning was read, {sessions}"
    if opening.goes_on:
        text += ", the last of which goes on"
    return text
