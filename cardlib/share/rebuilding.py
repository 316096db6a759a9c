# SPDX-License-Identifier: MIT
"""The bytes of an exchange written anew: known structure and what rows let be shared is copied, all else is blank."""

from __future__ import annotations

import re

from ..apps import by_aid, listing
from ..apps.instructions import READ_BINARY, READ_RECORD
from ..core.codec import to_hex
from ..core.layout.reading import UNKNOWN, Reading
from ..core.model import Exchange, Node, record
from ..core.registers import aid_name
from ..core.values import fits
from .guesses import like_secrets
from .headers import has_fitting_data, is_sure
from .madeup import LABEL, made_up
from .manifest import COPIED, DROPPED, Work
from .marked import has_secrets, is_label, sensitivity, shares_parts

MOST = 8  # bytes of a value, from which on it may hold no letters
SHORTEST_PAN = 7  # bytes that 13 digits need
NOT_FITTING = "not "  # how the error begins of a value that is not in its format
FIELDS = ("CLA", "INS", "P1", "P2", "Lc", "Le", "SW")  # what is no data
READ_PARTS = (READ_BINARY, READ_BINARY | 1)  # with an offset in P1 and P2, and in the data
PARAMETERS_END = 4  # bytes of CLA, INS, P1 and P2
PROVIDER = 5  # bytes of an AID that name its provider (ISO/IEC 7816-5)
MOST_AID = 16  # bytes of an AID (ISO/IEC 7816-4, 12.2.3)

_LETTERS = re.compile(rb"[A-Za-z]{4}")
# Of the world, and of a country by its number (ISO/IEC 7816-5).
_PROVIDERS = re.compile(r"A00000|D\d{3}")
_LIKE_NUMBER = re.compile(r"[2-6]\d")  # a tag in hex that a card number may begin with


@record
class Rebuilt:
    """Bytes as they are written, and beside each how it came there: dropped, copied or made."""

    data: bytearray
    how: bytearray

    def put(self, at: int, value: bytes, how: int = COPIED) -> None:
        """Write bytes at a place."""
        size = len(value)
        stop = at + size
        self.data[at:stop] = value
        self.how[at:stop] = bytes([how] * size)

    def copy(self, source: bytes, start: int, stop: int) -> None:
        """Copy these bytes of a source to the same place."""
        self.put(start, source[start:stop])

    def put_bits(self, node: Node) -> None:
        """Copy the bits of a node, and leave those beside them as they are."""
        if node.bits is None:
            return
        first, last = node.bits
        size = len(node.raw)
        start = first - first % 8  # the first bit of the bytes that the node touches
        behind = 8 * size - (last - start)  # bits behind those of the node
        ones = (1 << (last - first)) - 1
        mask = ones << behind
        here = int.from_bytes(self.data[node.start : node.stop])
        there = int.from_bytes(node.raw)
        bits = here & ~mask | there & mask
        self.put(node.start, bits.to_bytes(size))

    def take(self, at: int, source: Rebuilt, start: int, stop: int) -> None:
        """Write part of another, with how that came there."""
        end = at + stop - start
        self.data[at:end] = source.data[start:stop]
        self.how[at:end] = source.how[start:stop]


def blank(size: int) -> Rebuilt:
    """So many zeros."""
    return Rebuilt(bytearray(size), bytearray(size))


def rebuilt_command(exchange: Exchange, half: Node, work: Work) -> Rebuilt:
    """A command: its header is closed where it does not prove to be one, all of it where its lengths do not fit."""
    is_whole = is_sure(exchange)
    is_fitting = is_whole or has_fitting_data(exchange)
    if not is_fitting or _begins_with_secret(exchange, work):
        return blank(len(half.buf))
    rebuilt = _rebuilt(exchange, half, work, is_damaged(half))
    if not is_whole:
        rebuilt.put(0, bytes(PARAMETERS_END), DROPPED)
    return rebuilt


def rebuilt_response(exchange: Exchange, half: Node, work: Work) -> Rebuilt:
    """An answer: of one that is damaged, or to what may be no command, only the status word stays."""
    command = exchange.command
    is_clean = not _begins_with_secret(exchange, work)
    is_whole = is_clean and is_sure(exchange)
    is_fitting = is_clean and has_fitting_data(exchange)
    is_asked_for = command is None or is_whole or is_fitting
    # A file is read in parts, which end anywhere.
    is_part = is_whole and command is not None and command.ins in READ_PARTS
    response = exchange.response
    has_no_status = response is None or (response.sw is None and response.protocol == "apdu")
    is_closed = not is_asked_for or has_no_status or (is_damaged(half) and not is_part)
    return _rebuilt(exchange, half, work, is_closed)


def _begins_with_secret(exchange: Exchange, work: Work) -> bool:
    """Whether a part of a value that is secret elsewhere stands where CLA to P2 are expected, or a chip's code."""
    command = exchange.command
    if command is None:
        return False
    header_size = PARAMETERS_END
    if command.protocol != "apdu":
        header_size = len(command.raw) - len(command.data)
    digits = to_hex(command.raw)
    return any(
        start < 2 * header_size and not _is_mostly_zeros(digits[start:stop])
        for start, stop in work.secrets.in_hex(digits)
    )


def _is_mostly_zeros(digits: str) -> bool:
    """Whether more than half the digits are zero: those of a long number stand in many a header."""
    return 2 * digits.count("0") > len(digits)


def is_damaged(half: Node) -> bool:
    """Whether data objects are longer than what is around them."""
    objects = (node for _, node in half.walk() if node.tag and node.error)
    return any(not node.error.startswith(NOT_FITTING) for node in objects)


def _rebuilt(exchange: Exchange, half: Node, work: Work, is_closed: bool) -> Rebuilt:
    """Half an exchange, node by node: known structure is copied, each value goes by the marks of its row.

    Of a closed half only what is no data.
    """
    rebuilt = blank(len(half.buf))
    nodes = half.children
    if is_closed:
        nodes = tuple(node for node in nodes if node.name in FIELDS)
    stack = [(node, False) for node in reversed(nodes)]
    while stack:
        node, inside_known = stack.pop()
        if node.buf is not half.buf:
            continue
        if node.fact.lost:
            work.lost.setdefault(node.fact.lost)
        is_known = node.fact.known and bool(node.tag)
        if _has_sure_head(node, is_known, inside_known):
            rebuilt.copy(node.buf, node.start, node.body)
        if not _write_value(exchange, node, rebuilt, work):
            stack.extend((child, is_known) for child in reversed(node.children))
    return rebuilt


def _has_sure_head(node: Node, is_known: bool, inside_known: bool) -> bool:
    """Whether tag and length are what they seem; of what does not fit, they may be digits of something else."""
    if node.error.startswith(NOT_FITTING) and not any(node.value):
        return is_known  # blank, so it does not fit its format, but it is as long as it says
    if node.error:
        is_template = node.fact.known and node.fact.opens == "template"
        return is_template and not _LIKE_NUMBER.match(node.tag)
    return is_known or (inside_known and bool(node.tag))


def _write_value(exchange: Exchange, node: Node, rebuilt: Rebuilt, work: Work) -> bool:
    """Write a value by the marks of its row; False where its parts decide."""
    if sensitivity(node):
        return _write_secret(node, rebuilt, work)
    if node.error:
        return False
    share = node.fact.share
    if share == "aid":
        rebuilt.put(node.body, _shared_aid(exchange, node.value, work))
        return True
    if share == "label":
        _write_label(node, rebuilt, work)
        return True
    if not share or has_secrets(node) or not _may_be_copied(exchange, node, work):
        return False
    if node.bits is None:
        rebuilt.put(node.body, node.value)
    else:
        rebuilt.put_bits(node)
    return True


def _write_secret(node: Node, rebuilt: Rebuilt, work: Work) -> bool:
    """Make up what stands for a secret, or leave it blank but for parts that may be shared."""
    if _is_divided(node):
        return False  # each object is written for itself, and their tags and lengths stay
    kind = sensitivity(node)
    if kind and not node.error and node.bits is None:
        title, value = made_up(kind, node.value, work.key)
        if value:
            how = work.replace(title, node.value, value)
            rebuilt.put(node.body, value, how)
            return True
    return not shares_parts(node)


def _is_divided(node: Node) -> bool:
    """Whether a layout divides a value into objects, or a block goes on with one that it divided."""
    is_continued = node.start == node.body
    holds_objects = any(child.tag for child in node.children)
    return holds_objects and (is_continued or node.fact.opens == "parts")


def _write_label(node: Node, rebuilt: Rebuilt, work: Work) -> None:
    """A label whose words all stand in the data files, else another."""
    value = node.value
    if is_label(value):
        rebuilt.put(node.body, value)
        return
    other_label = LABEL[: len(value)]
    how = work.replace("label", value, other_label)
    rebuilt.put(node.body, other_label, how)


def _shared_aid(exchange: Exchange, value: bytes, work: Work) -> bytes:
    """An AID as far as it is registered: whole, or its provider alone, or as far as a data file lists it."""
    if len(value) > MOST_AID:
        return b""
    text = to_hex(value)
    dictionaries = exchange.context.dictionaries
    if listing(text, dictionaries):
        return value
    if aid_name(text) and not _LETTERS.search(value) and _is_clean(value, work):
        return value
    listed = by_aid(text, dictionaries)[1] // 2
    provider = 0
    if _PROVIDERS.match(text):
        provider = PROVIDER
    return value[: max(listed, provider)]


def _may_be_copied(exchange: Exchange, node: Node, work: Work) -> bool:
    """Whether a value that may be shared has a length and a form that its row allows, and no secret in it."""
    value = node.value
    fact = node.fact
    if not fact.known or not fits(fact, len(value)):
        return False
    if _is_of_log(exchange, node):
        return False
    if fact.share == "named" and UNKNOWN in node.text:
        return False
    # The fields of a layout are marked one by one; a row as a whole is not expected to hold text.
    if isinstance(fact.describe, Reading):
        # A layout is chosen by the command: one whose lengths disagree may have chosen the wrong one.
        if exchange.command is not None and exchange.command.error:
            return False
        characters = value.decode("latin-1").strip()
        is_text = node.text.strip() == characters
        return _is_clean(value, work, is_text)
    if len(value) > MOST and _LETTERS.search(value):
        return False
    return _is_clean(value, work)


def _is_of_log(exchange: Exchange, node: Node) -> bool:
    """Whether a data element stands in a record without its tag: what was paid earlier, when and where."""
    command = exchange.command
    has_head = node.start < node.body
    if not node.tag or has_head or command is None:
        return False
    return command.ins == READ_RECORD


def _is_clean(value: bytes, work: Work, is_text: bool = False) -> bool:
    """Whether a value that may be copied holds no PAN, and nothing that is secret elsewhere in this capture."""
    if any(work.secrets.in_hex(to_hex(value))):
        return False
    return len(value) < SHORTEST_PAN or not like_secrets(value, is_text)
