# SPDX-License-Identifier: MIT
"""The link between a card in software and Debian's virtual reader (vsmartcard-vpcd): a TCP client on this machine only.

Messages have two bytes of length, big-endian. One byte is a control: 0 power off, 1 power on, 2 reset, 4 give the ATR.
A card knows nothing of this: it is two functions.
"""

from __future__ import annotations

import contextlib
import socket
import struct
import time
from collections.abc import Callable
from typing import Protocol

HOST = "127.0.0.1"
ON, RESET, GET_ATR = b"\x01", b"\x02", b"\x04"


class Card(Protocol):
    """What a card in software is."""

    def power_on(self) -> bytes:
        """Begin a session; returns the ATR."""

    def answer(self, command: bytes) -> bytes:
        """The R-APDU to a C-APDU; raises Removed when the card is pulled."""


class Removed(Exception):
    """The card leaves the reader now."""


def connect(port: int, wait: float = 1.0) -> socket.socket:
    """Connect to the virtual reader; OSError if it does not listen within `wait` seconds."""
    end = time.monotonic() + wait
    while True:
        try:
            link = socket.create_connection((HOST, port))
            link.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            return link
        except OSError:
            if time.monotonic() > end:
                raise
            time.sleep(0.02)


def _receive(link: socket.socket, size: int) -> bytes:
    """So many bytes. The acknowledgement must go at once, or every command takes 44 ms (Nagle, delayed ACK)."""
    link.setsockopt(socket.IPPROTO_TCP, socket.TCP_QUICKACK, 1)
    data = link.recv(size, socket.MSG_WAITALL) if size else b""
    if len(data) < size:
        raise EOFError
    return data


def _send(link: socket.socket, data: bytes) -> None:
    link.sendall(struct.pack(">H", len(data)) + data)


def serve(card: Card, link: socket.socket, say: Callable[[str], None] = lambda text: None) -> None:
    """Answer until the reader goes away or the card is pulled. A card that breaks answers 6F00 and says why."""
    atr, fresh = card.power_on(), True
    with link, contextlib.suppress(EOFError, OSError, Removed):
        while True:
            message = _receive(link, struct.unpack(">H", _receive(link, 2))[0])
            if len(message) > 1:
                fresh = False
                _send(link, _answer(card, message, say))
            elif message == GET_ATR:
                _send(link, atr)
            elif message in (ON, RESET):
                atr, fresh = atr if fresh else card.power_on(), True


def _answer(card: Card, command: bytes, say: Callable[[str], None]) -> bytes:
    """At least one byte: the driver waits for ever for the body of an empty message."""
    try:
        return card.answer(command)[:0xFFFF] or b"\x00"
    except Removed:
        say("the card was pulled")
        raise
    except Exception as fault:
        say(f"the card broke: {type(fault).__name__}: {fault}")
        return b"\x6f\x00"
