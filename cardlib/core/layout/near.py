# SPDX-License-Identifier: MIT
"""What a writer may have meant: the end of a message about a name that nothing has."""

from __future__ import annotations

from collections.abc import Iterable

LISTED = 24


def near(name: str, names: Iterable[str]) -> str:
    """Names like this one, or all if they are few."""
    from difflib import get_close_matches  # costs time, and is needed only for a message

    allowed = sorted(names)
    close = get_close_matches(name, allowed, 3, 0.6)
    if close:
        return f"near: {', '.join(close)}"
    if not allowed:
        return "there are none"
    dots = ", ..." if len(allowed) > LISTED else ""
    return f"there are: {', '.join(allowed[:LISTED])}{dots}"
