# SPDX-License-Identifier: MIT
"""Rules about what a chip lets everybody do: access conditions, file settings, blocks and pages that are not locked."""

from __future__ import annotations

from collections.abc import Iterator

from ...apps import access_bits
from ...apps.cells import cells_read
from ...core.model import Exchange, Node, record
from ...road.meaning import halves
from ..engine import Case, Results, fails_if, rule
from .dialogue import bytes_of, code_of, done, fields

GET_FILE_SETTINGS = 0xF5
GET_KEY_SETTINGS = 0x45
SECURITY_STATUS = 0x2C
# How the rows of the chips call these fields and their values.
CONDITIONS = "access conditions"
VALUE_BLOCK = "Value block"
RIGHTS = "access"  # to a file, behind its type and protection
FREE = "free"
PLAIN = "plain"
VALUE_FILE = "value"
OPEN_BLOCK = "open"
YES = "yes"
FIRST_PROTECTED = "protected from page"
NO_PAGE = "none"
TRIES = "wrong passwords at most"
NO_LIMIT = "no limit"
CHANGING_RIGHTS = ("write", "read and write", "change")
READING_RIGHTS = ("read", "read and write")
SECTOR = 4  # blocks, in the first 128
SMALL = 128
CLASSIC_SHEET = "NXP MF1S50YYX_V1, 8.7"
DESFIRE_SHEET = "NXP MF3ICDx21_41_81 data sheet"
NTAG_SHEET = "NXP NTAG213_215_216 data sheet"


@record
class Block:
    """A block of MIFARE Classic that was read: its number, where, and what its row says of it."""

    number: int
    exchange: Exchange
    node: Node


def blocks(case: Case) -> Iterator[Block]:
    """The blocks of a MIFARE Classic that were read in clear."""
    for exchange in case.exchanges:
        command, response = exchange.command, exchange.response
        if exchange.context.application != "classic" or command is None or response is None:
            continue
        cells = cells_read(exchange.context, command, response)
        if cells is None:
            continue
        for node in _answer(exchange).children:
            offset = node.start - cells.start
            number = cells.first + offset // cells.size
            if number in cells.numbers:
                yield Block(number, exchange, node)


def _answer(exchange: Exchange) -> Node:
    """The decoded answer, which is there."""
    by_side = dict(halves(exchange))
    return by_side["response"]


def _free_rights(exchange: Exchange, settings: dict[str, Node], names: tuple[str, ...]) -> Results:
    """Whether one of these rights to a file is everybody's."""
    rights = [settings[name] for name in names if name in settings]
    free = [node for node in rights if node.text == FREE]
    words = [f"{node.name} {node.text}" for node in free or rights]
    if rights:
        place = bytes_of(exchange, "response", settings[RIGHTS])
        yield fails_if(free, ", ".join(words), place)


def _conditions(block: Block) -> tuple[Node | None, list[int] | None]:
    """The access conditions in a block, and what they are for each block of the sector; nothing in other blocks."""
    for node in block.node.children:
        if node.name == CONDITIONS and not node.error:
            return node, access_bits.conditions(node.value)
    return None, None


@rule("M05", "high", "key B of a sector can be read", CLASSIC_SHEET)
def readable_key(case: Case) -> Results:
    """The access conditions of a sector of MIFARE Classic let key A read key B, as those of delivery do: key B then
    opens nothing, and key A may do everything. Do: write conditions under which key B works as a key.
    """
    for block in blocks(case):
        node, codes = _conditions(block)
        if node and codes:
            is_readable = codes[-1] in access_bits.READABLE_KEY_B
            place = bytes_of(block.exchange, "response", node)
            yield fails_if(is_readable, f"block {block.number}: {node.text}", place)


@rule("M20", "high", "a value that key A can raise", CLASSIC_SHEET)
def open_value(case: Case) -> Results:
    """A value block of MIFARE Classic may be incremented, or written, with the key that debits it: the key in every
    reader can make money. Do: use conditions 110, which leave incrementing to key B.
    """
    conditions: dict[tuple[int, int], list[int]] = {}
    values: list[Block] = []
    for block in blocks(case):
        if block.node.name == VALUE_BLOCK and block.number < SMALL:
            values.append(block)
        _, codes = _conditions(block)
        if codes:
            conditions[_sector_of(block)] = codes
    for block in values:
        codes = conditions.get(_sector_of(block))
        if codes:
            code = codes[block.number % SECTOR]
            place = bytes_of(block.exchange, "response", block.node)
            detail = f"block {block.number}: access conditions {code:03b}"
            yield fails_if(code in access_bits.RAISED_WITH_EITHER, detail, place)


def _sector_of(block: Block) -> tuple[int, int]:
    return block.exchange.session, block.number // SECTOR


def file_settings(case: Case) -> Iterator[tuple[Exchange, dict[str, Node]]]:
    """The settings of files of a DESFire, as the card told them."""
    for exchange in case.exchanges:
        if code_of(exchange) == ("desfire", GET_FILE_SETTINGS) and done(exchange):
            settings = fields(exchange, "response")
            if RIGHTS in settings:
                yield exchange, settings


@rule("M10", "high", "everybody may change a file", DESFIRE_SHEET)
def open_file(case: Case) -> Results:
    """The settings of a DESFire file let everybody write it, or change these settings, without an authentication. Do:
    require a key.
    """
    for exchange, settings in file_settings(case):
        yield from _free_rights(exchange, settings, CHANGING_RIGHTS)


@rule("M21", "low", "everybody may read a file", DESFIRE_SHEET)
def readable_file(case: Case) -> Results:
    """The settings of a DESFire file let anyone nearby read it. Do: usual for balances and ticket numbers; know it."""
    for exchange, settings in file_settings(case):
        yield from _free_rights(exchange, settings, READING_RIGHTS)


@rule("M22", "medium", "a value without a MAC", DESFIRE_SHEET)
def plain_value(case: Case) -> Results:
    """The settings of a DESFire value file do not protect its commands: after the authentication, a man in the middle
    can change the amount. Do: set the file to MAC or enciphered.
    """
    for exchange, settings in file_settings(case):
        if settings["type"].text == VALUE_FILE:
            protection = settings["protection"]
            place = bytes_of(exchange, "response", protection)
            yield fails_if(protection.text == PLAIN, f"protection {protection.text}", place)


@rule("M12", "low", "everybody may create files", DESFIRE_SHEET)
def open_directory(case: Case) -> Results:
    """The key settings of a DESFire, or of one of its applications, let everybody create and delete there. Do: change
    the settings when the card is complete.
    """
    for exchange in case.exchanges:
        if code_of(exchange) != ("desfire", GET_KEY_SETTINGS) or not done(exchange):
            continue
        node = fields(exchange, "response").get("free create and delete")
        if node:
            place = bytes_of(exchange, "response", node)
            yield fails_if(node.text == YES, f"{node.name}: {node.text}", place)


@rule("M23", "low", "the password of a tag protects nothing", f"{NTAG_SHEET}, 8.5.7")
def no_protected_page(case: Case) -> Results:
    """The configuration of an NTAG or Ultralight EV1 names no page from which the password is required: everybody may
    write what is not locked. Do: set the first protected page, or lock the tag.
    """
    for exchange, node in _tag_fields(case, FIRST_PROTECTED):
        place = bytes_of(exchange, "response", node)
        yield fails_if(node.text == NO_PAGE, f"{node.name}: {node.text}", place)


@rule("M24", "medium", "a password that may be guessed for ever", f"{NTAG_SHEET}, 8.8.2")
def endless_tries(case: Case) -> Results:
    """The password of an NTAG or Ultralight EV1 has four bytes, and the configuration does not limit wrong tries: a
    reader can guess a weak one. Do: set the limit.
    """
    guarded = set()
    for exchange, node in _tag_fields(case, FIRST_PROTECTED):
        if node.text != NO_PAGE:
            guarded.add(exchange.index)
    for exchange, node in _tag_fields(case, TRIES):
        if exchange.index in guarded:
            place = bytes_of(exchange, "response", node)
            yield fails_if(node.text == NO_LIMIT, f"{node.name}: {node.text}", place)


def _tag_fields(case: Case, name: str) -> Iterator[tuple[Exchange, Node]]:
    """A field of the configuration of a tag, wherever it was read."""
    for exchange in case.exchanges:
        if exchange.context.application == "ultralight":
            node = fields(exchange, "response").get(name)
            if node:
                yield exchange, node


@rule("M25", "low", "blocks of a tag are not locked", "ISO/IEC 15693-3, 10.4.13")
def open_blocks(case: Case) -> Results:
    """The tag says that blocks are open: anyone nearby may write them, unless a password of the maker's own guards
    them, which this answer does not show. Do: lock what must not change.
    """
    for exchange in case.exchanges:
        if code_of(exchange) != ("iso15693", SECURITY_STATUS) or not done(exchange):
            continue
        states = [node for _, node in _answer(exchange).walk() if node.name == "block"]
        if not states:
            continue
        count = sum(node.text == OPEN_BLOCK for node in states)
        detail = f"{count} of {len(states)} blocks open"
        yield fails_if(count, detail, bytes_of(exchange, "response", *states))
