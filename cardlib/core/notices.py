# SPDX-License-Identifier: MIT
"""What a log says beside the bytes on the wire: the notes of event frames that the fold acts on.

A modem opens a channel on an application, or chooses a file, with commands of its own that the log
does not hold. The frame of such an event has one of these notes, and its bytes say which.
"""

from __future__ import annotations

OPENED = "channel opened on this application"  # the bytes are its AID
CLOSED = "channel closed"  # no bytes
FILE = "file chosen for the next command"  # the bytes are its path, two a step
