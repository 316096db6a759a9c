# SPDX-License-Identifier: MIT
"""What somebody looks for in a capture: an element by its tag, any bytes, or words."""

from __future__ import annotations

from ..core.codec import parse_hex, to_hex
from ..core.model import Exchange, Node, Side, record

LONGEST_TAG = 8  # bytes; more are never one data element's name


@record
class Hit:
    """Where something was found in an exchange: a node, bytes of a half, or `words` about them."""

    exchange: Exchange
    side: Side
    path: str
    start: int
    stop: int
    node: Node | None = None
    words: str = ""


class Query:
    """What is looked for: bytes (`data`), which may be a tag, or a part of a text."""

    def __init__(self, what: str) -> None:
        self.data = parse_hex(what) or b""
        self.hex = to_hex(self.data)
        self.part = what.strip().lower()

    @property
    def is_tag(self) -> bool:
        """Whether it may be the tag of a data element."""
        return 0 < len(self.data) <= LONGEST_TAG

    @property
    def is_words(self) -> bool:
        """Whether it may be a part of a text; a single character is too little to look for."""
        return len(self.part) > 1

    def is_in(self, text: str) -> bool:
        """Whether a text has it as a part."""
        return self.part in text.lower()
