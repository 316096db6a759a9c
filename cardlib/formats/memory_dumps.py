# SPDX-License-Identifier: MIT
"""The memory of MIFARE cards and other tags, as the programs that read them out print it."""

from __future__ import annotations

import re
from itertools import pairwise

from .speech import may_be_said
from .style import head_lines

_DUMP_LINES = 2000
_UNKNOWN_DIGITS = str.maketrans("-?X", "000")
_HEADING = re.compile(r"\W{0,8}(?:sector|block|page)\W{0,4}\d{1,3}\b", re.I)
_BLOCK = re.compile(  # 16 bytes, perhaps behind numbers or a key, and before their text
    r"(?:\W{0,8}(?:(?:sector|block|sec|blk) {0,4}\d{1,3}\W{0,8}){1,2}"
    r"(?:type [AB]\W{1,3}key [0-9A-F]{12} {0,2}: {0,2})?|"
    r" {0,8}(?:[0-9A-F]{2}: |[0-9A-F]{4,8}:? {1,3})|"  # the place in a hex dump
    r"(?:\[[=+]\])?[ |]{0,16}(?:\d{1,3} {0,4}[|:] {0,4}){0,2}|"
    r" {0,16}(?:\d{1,2} {1,8})?\d{1,3} {1,8})"
    r"((?:[0-9A-F?X-]{2} {0,2}){16})(?:$|[ |].*)",
    re.I,
)
_PAGE = re.compile(r"\W{0,8}page {0,4}\d{1,3}\W{1,8}((?:[0-9A-F?-]{2} ?){4}) {0,8}$", re.I)
# Four bytes behind their number, with what they mean or their text.
_NUMBERED_PAGE = re.compile(
    r"(?:\[[=+]\])?[ |]{0,8}(?:\[([0-9A-F]{2})\]|(\d{1,3})(?:/0x[0-9A-F]{2})?)[ :|]{1,6}"
    r"[*.a-z+-]{0,3} {0,3}((?:[0-9A-F?]{2}[ :]?){4}) {0,3}(?:$|[|(].*)",
    re.I,
)
_BARE_PAGE = re.compile(r"\s{0,8}([0-9A-F]{8})\s{0,8}$", re.I)
_CASCADE_TAG = 0x88
_MIN_BLOCKS = 4
_BLOCKS_OF_SMALL_SECTORS = 128  # those behind them, of a card of 4 KiB, have 16 blocks each
_MIN_PAGES = 4


def is_memory_dump(head: bytes) -> bool:
    """Whether the bytes in this text are the blocks or pages of a tag, and nothing else.

    Headings show it, or numbers that grow by one, or the access conditions in each fourth block of
    MIFARE Classic.
    """
    blocks: list[bytes] = []
    pages: list[int] = []
    bare_pages: list[bytes] = []
    named_pages = 0
    has_heading = False
    for text in head_lines(head)[:_DUMP_LINES]:
        has_heading = has_heading or bool(_HEADING.match(text))
        block = _BLOCK.match(text)
        page = _NUMBERED_PAGE.match(text)
        bare_page = _BARE_PAGE.match(text)
        if block:
            blocks.append(_bytes_of(block[1]))
        elif _PAGE.match(text):
            named_pages += 1
        elif page:
            pages.append(_number_of(page))
        elif bare_page:
            bare_pages.append(bytes.fromhex(bare_page[1]))
        elif may_be_said(text):
            return False
    if len(blocks) >= _MIN_BLOCKS:
        small_sectors = blocks[:_BLOCKS_OF_SMALL_SECTORS]
        return has_heading or all(map(_is_trailer, small_sectors[3::4]))
    if bare_pages:
        return len(bare_pages) >= _MIN_PAGES and _is_first_page(bare_pages[0])
    are_in_order = all(later - earlier == 1 for earlier, later in pairwise(pages))
    return named_pages >= _MIN_PAGES or (len(pages) >= _MIN_PAGES and are_in_order)


def _number_of(page: re.Match[str]) -> int:
    """The number of a page; in brackets it is in hex."""
    if page[1]:
        return int(page[1], 16)
    return int(page[2])


def _bytes_of(digits: str) -> bytes:
    """The bytes of a block; digits that could not be read are zeros."""
    return bytes.fromhex(digits.upper().translate(_UNKNOWN_DIGITS))


def _is_first_page(page: bytes) -> bool:
    """Whether these are three bytes of a UID and their check byte (ISO/IEC 14443-3, 6.5.4)."""
    return page[3] == _CASCADE_TAG ^ page[0] ^ page[1] ^ page[2]


def _is_trailer(block: bytes) -> bool:
    """Whether bytes 6 to 8 are access conditions: each bit beside its complement.

    MIFARE Classic EV1 data sheet, 8.7.1.
    """
    not_c2, not_c1 = divmod(block[6], 16)
    c1, not_c3 = divmod(block[7], 16)
    c3, c2 = divmod(block[8], 16)
    return (c1 ^ not_c1, c2 ^ not_c2, c3 ^ not_c3) == (15, 15, 15)
