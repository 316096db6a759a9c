# SPDX-License-Identifier: MIT
"""Frames between a program and a PN53x chip, and the APDUs in them (PN532 user manual)."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import replace
from typing import Literal

from ..core.apdu import parse_command
from ..core.model import Coverage, Frame, Sender, Session
from .carriers import Carrier
from .ccid import message_body
from .lines import Item
from .raw_blocks import RawBlocks
from .rules import Unwrapped

# A frame: preamble, length, its complement, body, check sum (6.2.1).
_PREAMBLE = b"\0\0\xff"
_ACKNOWLEDGEMENTS = (b"\0\xff", b"\xff\0")  # ACK and NACK instead of a length
_EXTENDED = b"\xff\xff"
_FRAME_AROUND_BODY = 7  # preamble, length, complement, check sum, postamble
_MAX_PN53X = 600
_FIRST_OF_BODY = (b"\xd4", b"\xd5", b"\xd6", b"\xd7")  # to the chip, from it
_BEFORE_PREAMBLE = b"\x00\x01\x55"  # the wake-up of a serial port, "ready" of I2C
_ACKNOWLEDGED = re.compile(rb"\x01?\x00\x00\xff\x00\xff\x00(?=[\x00\x01]{0,4}\x00\x00\xff)")

# CCID messages of an ACR122, and the command in which it takes what goes to its chip.
_CCID_MESSAGES = (b"\x6f", b"\x80")
_CCID_HEADER = 10
_DIRECT_TRANSMIT = b"\xff\0\0\0"

_IN_DATA_EXCHANGE = b"\xd4\x40"
_IN_DATA_EXCHANGED = b"\xd5\x41"
_IN_COMMUNICATE_THRU = b"\xd4\x42"
_IN_COMMUNICATED_THRU = b"\xd5\x43"
_IN_LIST_PASSIVE_TARGET = b"\xd4\x4a"
_TARGETS_LISTED = b"\xd5\x4b"
_TYPE_A = 0  # BrTy of InListPassiveTarget (7.3.5)
_TYPE_B = 3
_SAK_ISO_DEP = 0x20  # ISO/IEC 14443-3, 6.5.3.4

# The first byte and the size of commands to MIFARE Classic and Ultralight.
_MIFARE_COMMANDS = {
    (0x60, 12),  # authenticate with key A: block, key, UID
    (0x61, 12),  # with key B
    (0xA0, 18),  # write a block
    (0xA2, 6),  # write a page
    (0xC0, 6),  # decrement
    (0xC1, 6),  # increment
    (0xC2, 6),  # restore
    (0x1B, 5),  # password
}
_MIN_APDU = 4

# The reader RC-S380 has frames of this form with lengths in the other order, and its own commands.
_PORT100 = (0xD6, 0xD7)
_IN_COMM_RF = b"\xd6\x04"
_IN_COMM_RF_ANSWER = b"\xd7\x05"


def is_host_frame(data: bytes) -> bool:
    """Whether these bytes begin as a frame of a PN53x; its check sums may be wrong."""
    start = data.find(_PREAMBLE)
    if start < 0 or data[:start].strip(_BEFORE_PREAMBLE):
        return False
    head = data[start + len(_PREAMBLE) :]
    if head[:2] in _ACKNOWLEDGEMENTS:
        return not head[2:].strip(b"\0") or bool(_ACKNOWLEDGED.match(data))
    length_at = 0
    body_at = 2
    if head[:2] == _EXTENDED:
        length_at = 2
        body_at = 5
    if head[body_at : body_at + 1] not in _FIRST_OF_BODY:
        return False
    is_length_right = sum(head[length_at:body_at]) & 0xFF == 0
    is_size_right = head[0] == len(data) - start - _FRAME_AROUND_BODY
    return is_length_right or is_size_right


class Pn53x:
    """Opens frames, also those in CCID, as an ACR122 has them.

    InDataExchange carries commands of MIFARE too, so it is known what the card takes.
    """

    def __init__(self) -> None:
        self.type_asked: int | None = None  # by InListPassiveTarget
        self.takes_apdus: bool | None = None  # the card; None: not known
        self.carries_apdu = True  # the last InDataExchange
        self.raw = RawBlocks()

    def __call__(self, sender: Sender, before: bytes, data: bytes) -> Unwrapped:
        if data[:1] in _CCID_MESSAGES and len(data) >= _CCID_HEADER:
            return self._in_ccid(data)
        stream = before + data
        if data.startswith(_PREAMBLE):
            stream = data
        start = stream.find(_PREAMBLE)
        if start < 0:
            return "PN53x wake-up"
        frame = stream[start:]
        if frame[3:5] in _ACKNOWLEDGEMENTS:
            return "PN53x acknowledgement"
        if frame[3:5] == _EXTENDED:
            body_at = 8
            size = int.from_bytes(frame[5:7], _byte_order(frame[body_at:]))
            length = frame[5:body_at]  # with its check sum
        else:
            size = int.from_bytes(frame[3:4], "big")
            body_at = 5
            length = frame[3:body_at]
        body = frame[body_at : body_at + size + 1]  # with its check sum
        if size < 2:
            raise ValueError("a PN53x frame of no use")
        if len(body) < size + 1:
            if sender == "card" and len(stream) < _MAX_PN53X:
                return None
            raise ValueError(
                f"{size} bytes of a PN53x frame are announced, {len(body)} follow: "
                "the log cuts long lines"
            )
        if sum(body) & 0xFF or sum(length) & 0xFF:
            raise ValueError("the check sum of this PN53x frame does not fit")
        return self._body(body[:-1])

    def _in_ccid(self, data: bytes) -> Unwrapped:
        """What goes to the chip or comes from it in a CCID message."""
        command = message_body(data)
        if command.startswith(_DIRECT_TRANSMIT):
            return self._body(command[5:])
        return self._body(command[:-2])  # an answer: a status word ends it

    def _body(self, body: bytes) -> Unwrapped:
        """What goes to the chip or comes from it; the APDU is in InDataExchange."""
        code = body[:2]
        if code == _IN_DATA_EXCHANGE:
            self.carries_apdu = self._is_apdu(body[3:])
            if self.carries_apdu:
                return "reader", "apdu", body[3:]
        if code == _IN_DATA_EXCHANGED and self.carries_apdu:
            return "card", "apdu", body[3:]
        raw = self._raw(body)
        if raw is not None:
            return raw
        if code == _IN_LIST_PASSIVE_TARGET and len(body) > 3:
            self.type_asked = body[3]
        found_card = body[2:3] > b"\0"  # the number of targets
        if code == _TARGETS_LISTED and found_card:
            self._see_target(body)
            return "card", "event", body
        if body[0] in _PORT100:
            return f"RC-S380 {code.hex().upper()}"
        return f"PN53x {code.hex().upper()}"

    def _raw(self, body: bytes) -> Unwrapped:
        """A block of ISO/IEC 14443-4 that the program sends and receives by itself."""
        code = body[:2]
        if code == _IN_COMMUNICATE_THRU:
            return self.raw.command(body[2:])
        if code == _IN_COMM_RF:  # two bytes of time-out
            return self.raw.command(body[4:])
        if code == _IN_COMMUNICATED_THRU and not any(body[2:3]):
            return self.raw.answer(body[3:])
        if code == _IN_COMM_RF_ANSWER and not any(body[2:6]):  # then: the bits of the last byte
            return self.raw.answer(body[7:])
        return None

    def _see_target(self, body: bytes) -> None:
        """Note whether the first card that was found takes APDUs (7.3.5)."""
        self.takes_apdus = None
        self.raw = RawBlocks()
        if self.type_asked == _TYPE_A and len(body) > 6:
            sak = body[6]  # behind the number of the target and two bytes of ATQA
            self.takes_apdus = bool(sak & _SAK_ISO_DEP)
        elif self.type_asked not in (None, _TYPE_A, _TYPE_B):
            self.takes_apdus = False  # FeliCa, Jewel

    def _is_apdu(self, data: bytes) -> bool:
        """Whether InDataExchange carries an APDU here."""
        if self.takes_apdus is not None:
            return self.takes_apdus
        if len(data) < _MIN_APDU:
            return False
        is_mifare = (data[0], len(data)) in _MIFARE_COMMANDS
        return not (is_mifare and parse_command(data).error)


def _byte_order(body: bytes) -> Literal["big", "little"]:
    """The order of bytes in an extended length."""
    if body[:1] and body[0] in _PORT100:
        return "little"
    return "big"


class HostFrames(Pn53x):
    """Opens frames of which a text shows each in full, with the acknowledgement before it or not."""

    def __call__(self, sender: Sender, before: bytes, data: bytes) -> Unwrapped:
        # As of the reader, whose frames are not continued by those that follow.
        return super().__call__("reader", b"", _ACKNOWLEDGED.sub(b"", data))


def opened(items: Iterator[Item], coverage: Coverage) -> Iterator[Item]:
    """These items, with what stands in frames of a PN53x instead of the frames."""
    carrier = Carrier(HostFrames(), coverage)
    left_out = 0
    for item in items:
        if not isinstance(item, Frame):
            yield item
            continue
        content: Item | None = item
        if item.kind == "apdu" and is_host_frame(item.data):
            content = carrier.open(item, "")
        if not isinstance(content, Frame):
            left_out += 1
            if content:
                yield content
            continue
        if content.kind == "event":  # another card
            yield Session(0, clock="none")
        yield replace(content, index=content.index - left_out)
