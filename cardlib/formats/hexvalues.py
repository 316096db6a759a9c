# SPDX-License-Identifier: MIT
"""Bytes as programs print them: hex, decimal numbers, literals, status words apart."""

from __future__ import annotations

import re
from itertools import pairwise

from ..core.apdu import LEGAL_SW1, parse_command
from ..core.facts import instruction_case
from ..core.model import ANY_CARD, record
from .hexmarks import SECOND_MARK
from .hextext import hex_of

DECIMAL = re.compile(r"\[(-?\d{1,3}(?:, ?-?\d{1,3})*),? ?\](?:\s*\(.*)?$")
LITERAL = re.compile(
    r"(?:bytearray\()?b(['\"])((?:\\x[0-9a-f]{2}|\\[tnr\\'\"]|[ -\[\]-~])*)\1\)?,?$"
)
_ANGLES = re.compile(r"<(?:buffer )?([0-9A-F ]*)>(?: \+\d{1,9}ms)?$", re.I)
_UNPADDED = re.compile(r"[1-9A-F]?[0-9A-F]", re.I)
_AROUND = " \"',;|{}"
_REMARK = re.compile(r"//|#|--|\(")
_FIELDS = re.compile(r"\s{0,8}(?:[;,\t|]|[=-]{1,8}>|→)\s{0,8}")
_JAVA_CARD_KIT = re.compile(  # apdutool
    r"CLA: (\w\w), INS: (\w\w), P1: (\w\w), P2: (\w\w), Lc: (\w\w)((?:, \w\w)*), "
    r"Le: \w\w((?:, \w\w)*), SW1: (\w\w), SW2: (\w\w)"
)
_STATUS_FIRST = re.compile(r"([69][0-9A-Fa-f]{3}): ?([0-9A-Fa-f ]*)$")  # pySim-shell
_STATUS = (
    r"\b(?:sw(?:1[ -]?(?:sw)?2|1)?|status(?: word)?)\"?\s{0,8}[:=]\s?\"?(?:0x)?([0-9A-F]{2})"
    r"[ ,]{0,3}(?:sw2\s?[:=]\s?)?(?:0x)?([0-9A-F]{2})\b"
)
_STATUS_LAST = re.compile(rf"[,; \"]{{0,3}}\(?{_STATUS}[)\"}}\],; ]{{0,6}}$", re.I)
STATUS_ALONE = re.compile(
    rf"[\s\[\]+<=>.:{{\"-]{{0,12}}(?:response |card )?{_STATUS}(?:\s*$|\s+[^0-9A-F\s].*)", re.I
)


@record
class Halves:
    """A command and its answer from one line, and the text of the answer."""

    command: bytes
    answer: bytes
    answer_text: str


class HexValues:
    """Reads bytes; remembers the spellings of a file, where a line alone does not show them."""

    def __init__(self) -> None:
        self.is_decimal = False
        self.is_unpadded = False

    def bytes_of(self, text: str) -> bytes | None:
        """Bytes in hex, perhaps without leading zeros, in decimal numbers, or as Python prints."""
        text = text.strip()
        decimal = DECIMAL.match(text)
        if decimal:
            words = decimal[1].replace(" ", "").split(",")
            if not any(len(word) == 2 and word[0] == "0" for word in words):
                self.is_decimal = True
            if self.is_decimal:
                return _from_decimal(words)
        literal = LITERAL.match(text)
        if literal:
            return literal[2].encode().decode("unicode_escape").encode("latin-1")
        text = self._padded(text)
        angles = _ANGLES.match(text)
        if angles:
            text = angles[1]
        return hex_of(text)

    def _padded(self, text: str) -> str:
        """Hex with its leading zeros, if this file leaves them out."""
        words = text.split()
        sizes = [len(word) for word in words]
        if len(words) <= 2 or 1 not in sizes or not all(map(_UNPADDED.fullmatch, words)):
            return text
        if sizes.count(1) > 1:
            self.is_unpadded = True
        if self.is_unpadded:
            return " ".join(word.zfill(2) for word in words)
        return text

    def answer_of(self, text: str) -> bytes | None:
        """The bytes of an answer; its status word may stand first, or apart behind the others."""
        status_first = _STATUS_FIRST.match(text)
        if status_first:
            text = status_first[2] + status_first[1]
        data = self.bytes_of(text)
        status_last = _STATUS_LAST.search(text)
        if data is not None or not status_last:
            return data
        data = self.bytes_of(text[: status_last.start()])
        if data is None:
            return None
        return data + bytes.fromhex(status_last[1] + status_last[2])

    def marked_halves(self, text: str) -> Halves | None:
        """A command, and the answer that is marked in the same line."""
        mark = SECOND_MARK.search(text)
        if not mark:
            return None
        command_text = text[: mark.start(2)]
        if _REMARK.search(command_text) or not mark[2]:
            return None  # what stands in a remark was not seen
        command = self.bytes_of(command_text.strip(_AROUND))
        if not command:
            return None
        answer = self.bytes_of(mark[3].strip(_AROUND))
        if not answer:
            return None
        return Halves(command, answer, mark[3])


def _from_decimal(words: list[str]) -> bytes | None:
    """Bytes from numbers; Java prints those from 80 up as negative ones."""
    numbers = [int(word) for word in words]
    if min(numbers) < -128 or max(numbers) > 255:
        return None
    return bytes(number & 255 for number in numbers)


def halves_of(text: str) -> Halves | None:
    """A command and its answer in columns, or with an arrow between them."""
    kit = _JAVA_CARD_KIT.match(text)
    if kit:
        fields = kit.groups()
        command = hex_of(" ".join(fields[:6]))
        answer = hex_of(" ".join(fields[6:]))
        if command and answer:
            return Halves(command, answer, text[kit.end(6) :])
        return None
    for field, next_field in pairwise(_FIELDS.split(text)):
        command = hex_of(field)
        answer = hex_of(next_field)
        if command and answer and is_command(command) and is_answer(answer):
            return Halves(command, answer, next_field)
    return None


def is_command(data: bytes) -> bool:
    """Whether this is a command that is known, of a length that fits."""
    if len(data) < 4:
        return False
    if instruction_case(data[0], data[1], ANY_CARD, "telecom", "emv") is None:
        return False
    return not parse_command(data).error


def is_answer(data: bytes) -> bool:
    """Whether this ends in a status word (ISO/IEC 7816-4, 5.6)."""
    return len(data) >= 2 and data[-2] in LEGAL_SW1
