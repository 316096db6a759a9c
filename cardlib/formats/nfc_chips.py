# SPDX-License-Identifier: MIT
"""What NFC chips and programs say to each other: frames of a PN53x, and NCI packets."""

from __future__ import annotations

from ..core.model import FrameKind, Sender

Unwrapped = tuple[Sender, FrameKind, bytes] | str | None  # as rules.Unwrap gives it back

# A frame of a PN53x: preamble, length, its complement, body, check sum (PN532 user manual, 6.2.1).
_PREAMBLE = b"\0\0\xff"
_ACKNOWLEDGEMENTS = (b"\0\xff", b"\xff\0")  # ACK and NACK instead of a length
_EXTENDED = b"\xff\xff"
_MAX_PN53X = 600

# CCID messages of an ACR122, and the command in which it takes what goes to its chip.
_CCID_MESSAGES = (b"\x6f", b"\x80")
_CCID_HEADER = 10
_DIRECT_TRANSMIT = b"\xff\0\0\0"

_IN_DATA_EXCHANGE = (b"\xd4\x40", b"\xd5\x41")
_IN_LIST_PASSIVE_TARGET = b"\xd5\x4b"


def pn53x(sender: Sender, before: bytes, data: bytes) -> Unwrapped:
    """A frame of a PN53x, or one in CCID, as an ACR122 has it."""
    if data[:1] in _CCID_MESSAGES and len(data) >= _CCID_HEADER:
        return _in_ccid(sender, data)
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
        size = int.from_bytes(frame[5:7], "big")
        body_at = 8
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
    return _chip(sender, body[:-1])


def _in_ccid(sender: Sender, data: bytes) -> Unwrapped:
    """What goes to the chip or comes from it in a CCID message."""
    if int.from_bytes(data[1:5], "little") != len(data) - _CCID_HEADER:
        raise ValueError("the length in this CCID message does not fit")
    command = data[_CCID_HEADER:]
    if command.startswith(_DIRECT_TRANSMIT):
        return _chip(sender, command[5:])
    return _chip(sender, command[:-2])  # an answer: a status word ends it


def _chip(sender: Sender, body: bytes) -> Unwrapped:
    """What goes to the chip or comes from it; the APDU is in InDataExchange."""
    if body[:2] in _IN_DATA_EXCHANGE:
        return sender, "apdu", body[3:]
    found_card = body[2:3] > b"\0"  # the number of targets
    if body[:2] == _IN_LIST_PASSIVE_TARGET and found_card:
        return sender, "event", body
    return f"PN53x {body[:2].hex().upper()}"


class Nci:
    """NCI packets: type and connection, length, data; all but the last segment have a bit set.

    Where the device itself is the card (`listens`), what its controller hands to it is the command.
    """

    _ACTIVATED = b"\x61\x05"  # RF_INTF_ACTIVATED_NTF: a card, or a reader, was found
    _LISTEN_MODES = b"\x80"  # technologies and modes from here on
    _MORE_SEGMENTS = 0x10

    def __init__(self) -> None:
        self.listens = False

    def __call__(self, sender: Sender, before: bytes, data: bytes) -> Unwrapped:
        if len(data) < 3 or data[2] != len(data) - 3:
            raise ValueError(self._wrong_length(data))
        if data[:2] == self._ACTIVATED:
            self.listens = data[6:7] >= self._LISTEN_MODES
            return sender, "event", data
        if data[0] & ~self._MORE_SEGMENTS:
            return f"NCI {data[:2].hex().upper()}"
        if data[0] & self._MORE_SEGMENTS:
            return None
        is_command = (sender == "reader") != self.listens
        speaker: Sender = "card"
        if is_command:
            speaker = "reader"
        return speaker, "apdu", _joined_segments(before + data)

    @staticmethod
    def _wrong_length(data: bytes) -> str:
        is_head_of_data = len(data) == 3 and not data[0] & 0xE0
        if is_head_of_data:
            return "the log leaves out the data of this NCI packet"
        return "the length does not fit of this NCI packet"


def _joined_segments(packets: bytes) -> bytes:
    """The data of NCI packets that follow each other."""
    message = b""
    at = 0
    while at < len(packets):
        body = at + 3
        stop = body + packets[at + 2]
        message += packets[body:stop]
        at = stop
    return message
