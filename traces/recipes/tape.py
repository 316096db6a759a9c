# SPDX-License-Identifier: MIT
"""What a recipe writes on: frames with the times of a model, and the bytes of TLV and DOL.

The model: a table of milliseconds a command, the time of the bytes on the wire, and seeded noise of 6 %; all integers.
"""

from __future__ import annotations

from random import Random
from typing import Literal

from cardlib.model import Frame, FrameKind, Interface, Sender, Session

Protocol = Literal["T=0", "T=1", "contactless"]

# Milliseconds that a card works: made up, in the order of what test cards take. (contact, contactless)
WORK = {
    0xA4: (22, 9),  # SELECT
    0xA8: (35, 16),  # GET PROCESSING OPTIONS
    0xB2: (9, 4),  # READ RECORD
    0xCA: (6, 3),  # GET DATA
    0x88: (185, 120),  # INTERNAL AUTHENTICATE: an RSA signature
    0x20: (28, 28),  # VERIFY
    0xAE: (92, 138),  # GENERATE AC: contactless with an RSA signature
    0x82: (41, 41),  # EXTERNAL AUTHENTICATE
    0xC0: (1, 1),  # GET RESPONSE
}
CONTACT_BYTE = 1_250_000  # ns: 12 bits at 9600 bit/s
CONTACTLESS_BYTE = 84_956  # ns: 9 bits at 13.56 MHz / 128 = 106 kbit/s
OVERHEAD = {"T=0": 1, "T=1": 4, "contactless": 5}  # bytes on the wire beside those of the APDU, a direction


def tlv(tag: str, value: bytes | str) -> bytes:
    """A data object; a value that is text is hex."""
    data = bytes.fromhex(value) if isinstance(value, str) else value
    size = len(data)
    length = bytes((size,)) if size < 128 else bytes((0x81, size))
    return bytes.fromhex(tag) + length + data


def filled(dol: str, values: dict[str, str]) -> bytes:
    """The values that a DOL asks for, one behind the other; each must have the length that it asks for."""
    data, out, at = bytes.fromhex(dol), b"", 0
    while at < len(data):
        stop = at + (2 if data[at] & 0x1F == 0x1F else 1)
        value = bytes.fromhex(values[data[at:stop].hex().upper()])
        assert len(value) == data[stop], data[at:stop].hex()
        out += value
        at = stop + 1
    return out


class Tape:
    """A session as it is written, from power-up on; `now` is in nanoseconds."""

    def __init__(self, name: str, seed: int, protocol: Protocol, atr: str) -> None:
        self.rng = Random(seed)
        self.protocol, self.now = protocol, 0
        self.frames: list[Frame] = []
        meta = (("card", f"made up by recipe {name}, seed {seed}"), ("protocol", protocol))
        interface: Interface = "contactless" if protocol == "contactless" else "contact"
        self.session = Session(0, None, interface, "modelled", "2026-03-14T10:12:30+01:00", meta=meta)
        self._frame("card", "atr", bytes.fromhex(atr))
        self.pause(40)

    def pause(self, ms: int) -> None:
        """The reader, a person or a network takes its time."""
        self.now += self._noisy(ms * 1_000_000)

    def ask(self, header: str, body: bytes = b"", answer: bytes = b"", sw: int = 0x9000) -> None:
        """An exchange as this protocol carries it: T=0 announces what it has, 61xx or 6Cxx, and is asked again."""
        command = bytes.fromhex(header) + (bytes((len(body),)) + body if body else b"")
        if self.protocol != "T=0":
            wants = b"\0" if answer or not body else b""
            return self.pair(command + wants, answer, sw)
        if not answer:
            return self.pair(command if body else command + b"\0", b"", sw)
        size = bytes((len(answer) & 0xFF,))
        if body:
            self.pair(command, b"", 0x6100 | size[0])
            return self.pair(bytes.fromhex("00C00000") + size, answer, sw)
        self.pair(command + b"\0", b"", 0x6C00 | size[0], work=1)
        return self.pair(command + size, answer, sw)

    def pair(self, command: bytes, answer: bytes, sw: int, work: int | None = None) -> None:
        """A command, the time that the card takes, its answer, and a pause of the reader."""
        ms = WORK[command[1]][self.protocol == "contactless"] if work is None else work
        response = answer + sw.to_bytes(2, "big")
        self._frame("reader", "apdu", command)
        self.now += self._wire(command) + self._noisy(ms * 1_000_000) + self._wire(response)
        self._frame("card", "apdu", response)
        self.now += 3_000_000 + self.rng.randint(0, 2_000_000)

    def _wire(self, data: bytes) -> int:
        byte = CONTACTLESS_BYTE if self.protocol == "contactless" else CONTACT_BYTE
        return (len(data) + OVERHEAD[self.protocol]) * byte

    def _noisy(self, ns: int) -> int:
        return ns + ns * self.rng.randint(-60, 60) // 1000

    def _frame(self, sender: Sender, kind: FrameKind, data: bytes) -> None:
        self.frames.append(Frame(len(self.frames), self.now, sender, kind, data, 0, 0, 0))
