# SPDX-License-Identifier: MIT
"""What a log says beside the bytes on the wire: the notes of event frames that the fold acts on.

A modem opens a channel on an application, or chooses a file, with commands of its own that the log
does not hold. The frame of such an event has one of these notes, and its bytes say which.
"""

from __future__ import annotations

import re

OPENED = "channel opened on this application"  # the bytes are its AID
CLOSED = "channel closed"  # no bytes
FILE = "file chosen for the next command"  # the bytes are its path, two a step
SELECTED = (
    "SAK, UID "  # the last frame of a selection over the air: the digits of the number follow
)
_UID = re.compile(SELECTED + "((?:[0-9A-F]{2})+)")


def uid_of(note: str) -> bytes:
    """The number of the card that a radio frame selected; empty of any other frame."""
    match = _UID.match(note)
    if match is None:
        return b""
    return bytes.fromhex(match[1])
