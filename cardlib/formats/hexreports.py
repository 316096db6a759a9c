# SPDX-License-Identifier: MIT
"""Hex that is no exchange with a card: what pcsc_scan says about an ATR, the memory of a tag."""

from __future__ import annotations

import re

from .hexmarks import first_mark, later_mark
from .hextext import carries_hex, hex_of
from .style import head_lines, is_bare_hex

MEMORY_DUMP = "it is the memory of a MIFARE card or tag, block by block, not an exchange with it"

SCAN_SIGN = re.compile(  # what pcsc_scan prints around an ATR
    r"\s{0,8}(?:Card state: |\+ TS = |Possibly identified card\b|PC/SC device scanner)"
)
_ANALYSIS_BEGINS = re.compile(r"\s{0,8}(?:\+ TS = |Possibly identified card\b)")
_STATUS_IN_ATR = re.compile(r" {4,12}SW: [0-9A-F]{4} \(")  # of the historical bytes
# An ATR of the list, with dots or ranges for the digits that vary.
_KNOWN_CARD = re.compile(r" {0,8}3[BF] [0-9A-F .\[\]|()-]{1,300}$")

_DUMP_LINES = 2000
_UNKNOWN_DIGITS = str.maketrans("-?X", "000")
_HEADING = re.compile(r"\W{0,8}(?:sector|block|page)\W{0,4}\d{1,3}\b", re.I)
_BLOCK = re.compile(  # 16 bytes, perhaps behind a number and before their text
    r"(?:\W{0,8}(?:(?:sector|block|sec|blk) {0,4}\d{1,3}\W{0,8}){1,2}|"
    r" {0,8}(?:[0-9A-F]{2}: |[0-9A-F]{4,8}:? {1,3})|"  # the place in a hex dump
    r"(?:\[[=+]\])?[ |]{0,16}(?:\d{1,3} {0,4}[|:] {0,4}){0,2})"
    r"((?:[0-9A-F?X-]{2} {0,2}){16})(?:$|[ |].*)",
    re.I,
)
_PAGE = re.compile(r"\W{0,8}page {0,4}\d{1,3}\W{1,8}((?:[0-9A-F?-]{2} ?){4}) {0,8}$", re.I)
_ARROW = re.compile("[<>→←]")
_MIN_BLOCKS = 4
_BLOCKS_OF_SMALL_SECTORS = 128  # those behind them, of a card of 4 KiB, have 16 blocks each
_MIN_PAGES = 4


class CardReports:
    """Follows what pcsc_scan says about a card, down to a blank line or something else."""

    def __init__(self) -> None:
        self.is_inside = False

    def holds(self, text: str) -> bool:
        """Whether this line says something about an ATR."""
        if _ANALYSIS_BEGINS.match(text):
            self.is_inside = True
            return True
        if not self.is_inside or not text.strip():
            self.is_inside = False
            return False
        if _KNOWN_CARD.match(text) or _STATUS_IN_ATR.match(text):
            return True
        self.is_inside = not (is_bare_hex(text) or first_mark(text))
        return self.is_inside


def is_memory_dump(head: bytes) -> bool:
    """Whether the bytes in this text are the blocks or pages of a tag, and nothing else.

    Headings show it, or the access conditions in each fourth block of MIFARE Classic.
    """
    blocks: list[bytes] = []
    pages = 0
    has_heading = False
    for text in head_lines(head)[:_DUMP_LINES]:
        has_heading = has_heading or bool(_HEADING.match(text))
        block = _BLOCK.match(text)
        if block:
            blocks.append(_bytes_of(block[1]))
        elif _PAGE.match(text):
            pages += 1
        elif _may_be_traffic(text):
            return False
    if len(blocks) < _MIN_BLOCKS:
        return pages >= _MIN_PAGES
    small_sectors = blocks[:_BLOCKS_OF_SMALL_SECTORS]
    return has_heading or all(map(_is_trailer, small_sectors[3::4]))


def _bytes_of(digits: str) -> bytes:
    """The bytes of a block; digits that could not be read are zeros."""
    return bytes.fromhex(digits.upper().translate(_UNKNOWN_DIGITS))


def _may_be_traffic(text: str) -> bool:
    """Whether a line holds bytes and is no block of memory."""
    if is_bare_hex(text) or (_ARROW.search(text) and carries_hex(text)):
        return True
    mark = first_mark(text) or later_mark(text)
    if not mark:
        return False
    return hex_of(mark[1]) is not None or carries_hex(mark[1])


def _is_trailer(block: bytes) -> bool:
    """Whether bytes 6 to 8 are access conditions: each bit beside its complement.

    MIFARE Classic EV1 data sheet, 8.7.1.
    """
    not_c2, not_c1 = divmod(block[6], 16)
    c1, not_c3 = divmod(block[7], 16)
    c3, c2 = divmod(block[8], 16)
    return (c1 ^ not_c1, c2 ^ not_c2, c3 ^ not_c3) == (15, 15, 15)
