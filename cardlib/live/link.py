# SPDX-License-Identifier: MIT
"""The link between a card in software and Debian's virtual reader (vsmartcard-vpcd).

The link is a TCP client on this machine only. A message has two bytes of length, big-endian, then
its bytes. A message of one byte is a control: 0 power off, 1 power on, 2 reset, 4 give the ATR. A
card knows nothing of this: it is two functions.
"""

from __future__ import annotations

import contextlib
import socket
import struct
import time
from collections.abc import Callable
from typing import Protocol

HOST = "127.0.0.1"
POWER_ON = b"\x01"
RESET = b"\x02"
GET_ATR = b"\x04"
Connection = socket.socket
# What a card answers that breaks: no precise diagnosis (ISO/IEC 7816-4, 5.6).
NO_DIAGNOSIS = b"\x6f\x00"
# The longest message, by its two bytes of length.
MAX_MESSAGE = 0xFFFF


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
    """So many bytes; EOFError if the reader goes away before."""
    # Without an immediate acknowledgement every command takes 44 ms (Nagle, delayed ACK).
    link.setsockopt(socket.IPPROTO_TCP, socket.TCP_QUICKACK, 1)
    if size == 0:
        return b""
    data = link.recv(size, socket.MSG_WAITALL)
    if len(data) < size:
        raise EOFError
    return data


def _receive_message(link: socket.socket) -> bytes:
    header = _receive(link, 2)
    (size,) = struct.unpack(">H", header)
    return _receive(link, size)


def _send(link: socket.socket, data: bytes) -> None:
    header = struct.pack(">H", len(data))
    link.sendall(header + data)


def serve(
    card: Card,
    link: socket.socket,
    say: Callable[[str], None] = lambda text: None,
) -> None:
    """Answer until the reader goes away or the card is pulled.

    A card that breaks answers 6F00 and says why.
    """
    atr = card.power_on()
    # Whether the session is untouched: the reader powers on and resets several times in a row.
    fresh = True
    with link, contextlib.suppress(EOFError, OSError, Removed):
        while True:
            message = _receive_message(link)
            if len(message) > 1:
                fresh = False
                _send(link, _answer(card, message, say))
            elif message == GET_ATR:
                _send(link, atr)
            elif message in (POWER_ON, RESET) and not fresh:
                atr = card.power_on()
                fresh = True


def _answer(card: Card, command: bytes, say: Callable[[str], None]) -> bytes:
    """The answer of the card, cut to what a message can hold.

    An empty answer becomes one byte, or the driver would wait for ever for the body of the message.
    """
    try:
        answer = card.answer(command)
        return answer[:MAX_MESSAGE] or b"\x00"
    except Removed:
        say("the card was pulled")
        raise
    except Exception as fault:
        say(f"the card broke: {type(fault).__name__}: {fault}")
        return NO_DIAGNOSIS
