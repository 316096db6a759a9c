# SPDX-License-Identifier: MIT
"""What NFC chips and programs say to each other in NCI packets."""

from __future__ import annotations

from ..core.model import Sender
from .rules import Unwrapped


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
