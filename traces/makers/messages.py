# SPDX-License-Identifier: MIT
"""Short messages of a virtual network and card, whole or in parts (3GPP TS 23.040, 9.2; TS 31.115, 4)."""

from __future__ import annotations

from dataclasses import dataclass

from cardlib.apps.messages import layout
from cardlib.core.secure import written

REF = "3GPP TS 23.040, 9.2.2"
CENTRE, SENDER = "999000000100", "999000000200"
COMMAND_PACKET = bytes.fromhex("7000")  # what is in the user data, as an element of its header
JOINED, JOINED_SIZE = 0x00, 3  # the element of parts: reference, how many, which one
MOST_IN_PART = 128  # bytes of a packet that are sent with one message
REFERENCE = 0x5A


@dataclass(frozen=True)
class Part:
    """A part of a packet, and how many there are."""

    number: int
    count: int
    content: bytes


def submitted(number: str, text: str) -> bytes:
    """SMS-SUBMIT of a card with a text in 7-bit characters."""
    rows = [
        ("reply path", "no"),
        ("header present", "no"),
        ("status report", "no"),
        ("validity format", "none"),
        ("reject duplicates", "no"),
        ("message type", "SUBMIT"),
        ("message reference", "0"),
        ("destination", _address(number)),
        ("protocol identifier", "none"),
        ("coding", "7-bit characters"),
        ("user data", [("length of user data", str(len(text))), ("text", text)]),
    ]
    return layout("SMS-SUBMIT", REF).build(rows)


def _address(number: str) -> list[tuple[str, object]]:
    kind = [
        ("extension", "1"),
        ("type of number", "international"),
        ("numbering plan", "telephone"),
    ]
    return [("digits of the number", str(len(number))), ("type", kind), ("number", number)]


def delivered(packet: bytes) -> list[bytes]:
    """SMS-DELIVER to the card with a packet, in as many messages as it needs."""
    pieces = [packet[at : at + MOST_IN_PART] for at in range(0, len(packet), MOST_IN_PART)]
    if len(pieces) == 1:
        return [_delivered(COMMAND_PACKET, packet)]
    result = []
    for number, piece in enumerate(pieces, 1):
        header = written(f"{JOINED:02X}", bytes((REFERENCE, len(pieces), number)))
        if number == 1:
            header += COMMAND_PACKET
        result.append(_delivered(header, piece))
    return result


def _delivered(header: bytes, content: bytes) -> bytes:
    """One message for the card: 8-bit data of class 2, after a header."""
    data = bytes((len(header),)) + header + content
    sender = bytes((len(SENDER), 0x91)) + _swapped(SENDER)
    moment = bytes.fromhex("62304190020000")  # 2026-03-14 09:20:00, digits swapped
    return b"\x40" + sender + b"\x7f\xf6" + moment + bytes((len(data),)) + data


def _swapped(digits: str) -> bytes:
    """Digits in swapped half bytes."""
    pairs = [digits[at : at + 2][::-1] for at in range(0, len(digits), 2)]
    return bytes.fromhex("".join(pairs))


def part_of(message: bytes) -> Part:
    """The piece of a packet in a message to the card."""
    start = 2 + (message[1] + 1) // 2 + 1 + 2 + 7
    data = message[start + 1 :]
    header, content = data[1 : 1 + data[0]], data[1 + data[0] :]
    if header[0] == JOINED:
        _, count, number = header[2 : 2 + JOINED_SIZE]
        return Part(number, count, content)
    return Part(1, 1, content)
