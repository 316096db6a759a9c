# SPDX-License-Identifier: MIT
"""What a reading of a log costs, in nats: the less, the more likely. All numbers stand here."""

from __future__ import annotations

from functools import lru_cache

from ...core.apdu import LEGAL_SW1, channel_of, parse_command
from ...core.codec import is_constructed
from ...core.dictionary import shipped
from ...core.facts import READER, instruction_case, named_instructions
from ...core.tlv import scan

# A command.
LENGTH_FITS = -1.5
LENGTH_WRONG = 7.0
HEADER_ONLY = -0.7  # four or five bytes: no length that could be wrong
KNOWN_INSTRUCTION = -1.5
UNKNOWN_INSTRUCTION = 1.5
ILLEGAL_INSTRUCTION = 4.0  # 6X and 9X (ISO/IEC 7816-4, 5.4.2), but in class 90
UNUSUAL_CLASS = 3.5
OTHER_CHANNEL = 0.6  # ISO/IEC 7816-4, 5.4.1: most dialogues have the basic channel alone
TOO_SHORT = 9.0

# An answer.
USUAL_STATUS = -1.0
OTHER_STATUS = 1.0
STATUS_AND_BYTE = 0.3
NO_STATUS = 6.4
HALF_A_STATUS = 4.5
TILES_TEMPLATE = -3.0
TILES = -1.0
WRONG_TEMPLATE = 2.0
LIKE_A_COMMAND = 1.5
LIKE_A_LONG_COMMAND = 3.0
LIKE_AN_ANSWER = 1.5

# Between halves.
GET_RESPONSE_ASKED = -1.5
LENGTH_EXPECTED = -2.0
NAME_CONFIRMED = -1.5
WRAPPED_STATUS = -2.5
NO_ANSWER = 5.0
NO_ANSWER_AT_THE_END = 2.5
NO_ANSWERS_AT_ALL = 1.0
NO_COMMAND = 6.0
NO_COMMAND_AT_THE_BEGINNING = 2.0
MARKED_ORPHAN = -1.0  # an answer without a command that does not stand bare

# A field in a role.
COUNT_AGREES = -1.2
ROW_ANNOUNCED = 0.15  # below a half that says how long it is
ROW_BELOW = 0.9
ROW_BELOW_FULL_ROW = 0.4
BELOW_BLANK = 2.2
BELOW_TEXT = 4.5
SAME_MARK_BELOW = 1.5
BEHIND_COMMA = -2.0
OFFSET_PROVES = -1.5
OFFSET_WRONG = 3.0
OFFSET_GOES_ON = 1.5
SAME_LINE = 3.0
ONTO_COMPLETE = 4.0
ONTO_COMPLETE_ROWS = 1.2
ONTO_STATUS = 2.0
ONTO_LIKE_STATUS = 1.0  # a status word behind data that happen to end like one
WRONG_WAY = 4.0  # data behind a procedure byte
BEHIND_LEFT_OUT = 2.5
BEHIND_SOMETHING = 0.6
STATUS_NAMED = -1.5
STATUS_TOLD_AGAIN = 1.5  # the field above ends in it
STATUS_APART = 0.3
STATUS_FIRST = 0.8
PROCEDURE_BYTE = 0.3
LIKE_A_PROCEDURE_BYTE = 1.0  # and taken for data
AFTER_PROCEDURE_BYTE = 0.0
CARD_GOES_ON = 5.0  # behind a procedure byte, in the same words: the answer
HOLE = 0.6
BROKEN_ROW = 1.2

# A field that is left out.
LEFT_OUT = 1.8
LEFT_OUT_BYTE = 0.12
LEFT_OUT_MOST = 5.8
LEFT_OUT_NAMED = 3.8
SOUND_LEFT_OUT = 2.0
NUMBER = 0.5
TOLD_AGAIN = 0.6
PLAIN_TWIN = 0.3
PART_AS_HALF = 3.5
NEVER_A_HALF = 4.0  # of a text in front that no half of the file has

# Words and arrows in front.
OTHER_WORD = 2.0
NO_WORD = 0.8
WORD_LEFT_OUT = 2.0

_USUAL_CLASSES = frozenset((*range(0x20), *range(0x80, 0xA4), 0xE0, READER, *range(0x40, 0x50)))
_USUAL_SW1 = frozenset((0x61, 0x62, 0x63, 0x67, 0x69, 0x6A, 0x6C, 0x6D, 0x6E, 0x90, 0x91))
_SIM = 0xA0
_WRAPPED = 0x90
_PROCEDURE_9F = 0x9F
_SELECT = 0xA4
_GET_RESPONSE = 0xC0
_SM_OBJECTS = (0x87, 0x85, 0x81, 0x99, 0x8E)  # ISO/IEC 7816-4, 10.2
_NAME_TAGS = (0x84, 0x4F)  # DF name, AID
_HEADER = 5


@lru_cache(maxsize=4096)
def is_known(cla: int, ins: int) -> bool:
    """Whether a data file names this instruction, in this class or without channel and chaining."""
    families = {cla, cla & 0xF0, cla & 0x80, cla & 0xFC, cla & 0xE0}
    if cla == 0x80 or cla & 0xFC == 0x84:
        families |= {0x80, 0x00}
    return any((family, ins) in named_instructions() for family in families)


def is_usual_class(cla: int) -> bool:
    """Whether cards of the data files, or of interindustry standards, use this class."""
    return cla in _USUAL_CLASSES


@lru_cache(maxsize=4096)
def data_go(header: bytes) -> str:
    """Which way the data of an instruction go: "in" to the card, "out" of it, "" unknown."""
    if len(header) < 2:
        return ""
    cases = {instruction_case(header[0], header[1], name) for name in shipped()} - {None}
    if cases == {2}:
        return "out"
    if cases and 2 not in cases:
        return "in"
    return ""


@lru_cache(maxsize=16384)
def command(data: bytes) -> float:
    """What it costs to take these bytes for a command."""
    if len(data) < 4:
        return TOO_SHORT
    cost = HEADER_ONLY
    if len(data) > _HEADER:
        cost = LENGTH_FITS
        if parse_command(data).error:
            cost = LENGTH_WRONG
    cla, ins = data[0], data[1]
    if is_known(cla, ins):
        cost += KNOWN_INSTRUCTION
    else:
        cost += UNKNOWN_INSTRUCTION
        if ins >> 4 in (6, 9) and cla & 0xF0 != _WRAPPED:
            cost += ILLEGAL_INSTRUCTION
    if not is_usual_class(cla):
        cost += UNUSUAL_CLASS
    elif channel_of(cla):
        cost += OTHER_CHANNEL
    return cost


@lru_cache(maxsize=16384)
def is_sound_command(data: bytes) -> bool:
    """Whether these bytes are a known command, and its length fits."""
    return len(data) >= 4 and is_known(data[0], data[1]) and not parse_command(data).error


@lru_cache(maxsize=16384)
def answer(data: bytes) -> float:
    """What it costs to take these bytes for an answer."""
    if len(data) < 2:
        return HALF_A_STATUS
    cost = status(data)
    return cost + tiling(data[:-2])


def begins_answer(data: bytes) -> float:
    """What it costs that an answer begins with a field."""
    if is_sound_command(data):
        return LIKE_A_COMMAND if len(data) <= _HEADER else LIKE_A_LONG_COMMAND
    return 0.0


def goes_on(data: bytes) -> float:
    """What it costs that a field goes on with a half though it could be an answer of its own."""
    if len(data) > 4 and is_complete_answer(data):
        return LIKE_AN_ANSWER
    if is_sound_command(data):
        return LIKE_A_COMMAND
    return 0.0


def status(data: bytes) -> float:
    """What the end of an answer costs as a status word (ISO/IEC 7816-4, 5.6)."""
    sw1 = data[-2]
    if data[-2:] == b"\x90\x00" or (sw1 in _USUAL_SW1 and sw1 != 0x90):
        return USUAL_STATUS
    if sw1 in LEGAL_SW1:
        return OTHER_STATUS
    if data[-3:-1] == b"\x90\x00":
        return STATUS_AND_BYTE
    return NO_STATUS


def tiling(body: bytes) -> float:
    """How well data are BER-TLV from end to end."""
    if len(body) < 2 or body[0] in (0, 0xFF):
        return 0.0
    rows = scan(body[:4096])
    is_clean = all(tag and not error for tag, _, _, _, _, error in rows)
    if is_clean:
        if is_constructed(rows[0][0]) and len(body) > 3:
            return TILES_TEMPLATE
        top = sum(depth == 0 for _, depth, _, _, _, _ in rows)
        return TILES * min(top, 2) / 2
    if body[0] in (0x6F, 0x70, 0x77, 0x61, 0x62):
        return WRONG_TEMPLATE
    return 0.0


@lru_cache(maxsize=16384)
def pair(command_data: bytes, answer_data: bytes) -> float:
    """What the two halves say about each other."""
    cost = 0.0
    sw1 = answer_data[-2] if len(answer_data) > 1 else 0
    if command_data[0] & 0xF0 == _WRAPPED and sw1 == 0x91:
        cost += WRAPPED_STATUS
    if sw1 == _PROCEDURE_9F and command_data[0] != _SIM:
        cost += OTHER_STATUS
    if len(command_data) >= 4 and len(answer_data) > 2:
        expected = parse_command(command_data).le
        is_p3_of_data = len(command_data) == _HEADER and data_go(command_data[:2]) == "in"
        if expected == len(answer_data) - 2 and not is_p3_of_data:
            cost += LENGTH_EXPECTED
    is_select = command_data[1:3] == bytes((_SELECT, 4))
    if is_select and len(command_data) > 9:
        name_at = answer_data.find(command_data[5:10])
        if name_at > 1 and answer_data[name_at - 2] in _NAME_TAGS:
            cost += NAME_CONFIRMED
    return cost


def follows(status_word: bytes, data: bytes) -> float:
    """What a command costs after the status word of the last answer."""
    if data[1:2] == bytes((_GET_RESPONSE,)) and status_word[:1] in (b"\x61", b"\x9f"):
        return GET_RESPONSE_ASKED
    return 0.0


def is_complete_command(data: bytes) -> bool:
    """Whether a command ends here by its Lc."""
    return len(data) > _HEADER and not parse_command(data).error


def asks_only(header: bytes, data: bytes) -> bool:
    """Whether a header of five bytes is complete, as these data are not those that it announces."""
    return (len(header) == _HEADER and header[4] > 0 and not 0 < len(data) <= header[4] + 1) or (
        len(header) == _HEADER and header[4] == 0
    )


@lru_cache(maxsize=16384)
def declared_end(half: bytes, is_command: bool) -> int:
    """How many bytes a half has that says its length: Lc, or a template around an answer; else 0."""
    if is_command:
        if len(half) < _HEADER or half[4] == 0 or not is_known(half[0], half[1]):
            return 0
        if data_go(half[:2]) == "out":
            return 0
        end = _HEADER + half[4]
        return end + 1 if len(half) < end and len(half) > _HEADER else 0
    if len(half) < 2 or not half[0] & 0x20 or half[0] in (0, 0xFF):
        return 0
    rows = scan(half[:8] + bytes(8))
    tag, _, _, body, _, _ = rows[0]
    if not tag or body > len(half):
        return 0
    first = half[len(tag) // 2]
    length = first
    if first > 0x80:
        length = int.from_bytes(half[len(tag) // 2 + 1 : body])
    end = body + length
    return end + 2 if len(half) < end else 0


def is_complete_answer(data: bytes) -> bool:
    """Whether an answer ends here: a usual status word, behind data that tile or alone."""
    if len(data) < 2 or status(data) > USUAL_STATUS:
        return False
    return len(data) == 2 or tiling(data[:-2]) < 0


def is_protected_answer(data: bytes) -> bool:
    """Whether an answer begins with an object of secure messaging."""
    return len(data) > 4 and data[0] in _SM_OBJECTS
