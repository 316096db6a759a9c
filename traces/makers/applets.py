# SPDX-License-Identifier: MIT
"""The toolkit of a card: a menu, what its items do, messages for the card (ETSI TS 102 223; 3GPP TS 31.111).

Commands of the card wait in a row until the phone fetches them. `phone.py` is the other side.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from cardlib.core import tlv
from cardlib.core.secure import written

from . import messages
from .ota import Receiver

if TYPE_CHECKING:
    from .uicc import Uicc

DETAILS, DEVICES, RESULT, ALPHA, TEXT, ITEM = "81", "82", "83", "85", "8D", "8F"
CARD, TERMINAL, NETWORK, DISPLAY, CHANNEL = 0x81, 0x82, 0x83, 0x02, 0x21
# Types of command (TS 102 223, 9.4)
EVENTS, SEND_MESSAGE, SHOW, MENU, LOCATION = 0x05, 0x13, 0x21, 0x25, 0x26
OPEN, CLOSE, RECEIVE, SEND = 0x40, 0x41, 0x42, 0x43
PLAIN_7_BIT, EIGHT_BIT = b"\x00", b"\x04"
DATA_AVAILABLE = 0x09
ITEMS = {1: "Balance", 2: "Ask for help", 3: "Update"}
SERVER = bytes.fromhex("21C0000201")  # IPv4 192.0.2.1, an address for documents (RFC 5737)
QUESTION, REPLY = b"state?", b"state 7 of card TRACE01"


def objects_of(data: bytes) -> dict[int, bytes]:
    """Objects by their tags without the bit for comprehension."""
    found: dict[int, bytes] = {}
    for tag, depth, _, body, stop, _ in tlv.scan(data):
        if depth == 0 and len(tag) == 2:
            found[int(tag, 16) & 0x7F] = data[body:stop]
    return found


def proactive(kind: int, qualifier: int, to: int, *objects: bytes) -> bytes:
    """A proactive command (6.6)."""
    details = written(DETAILS, bytes((1, kind, qualifier)))
    devices = written(DEVICES, bytes((CARD, to)))
    return written("D0", details + devices + b"".join(objects))


def menu() -> bytes:
    """SET UP MENU with all items (6.6.7)."""
    objects = [written(ALPHA, b"Test Operator")]
    for number, text in ITEMS.items():
        item = bytes((number,)) + text.encode()
        objects.append(written(ITEM, item))
    return proactive(MENU, 0, TERMINAL, *objects)


def shown(text: str) -> bytes:
    """DISPLAY TEXT that stays until the user clears it (6.6.1)."""
    return proactive(SHOW, 0x81, DISPLAY, written(TEXT, EIGHT_BIT + text.encode()))


def sent(number: str, text: str, alpha: str) -> bytes:
    """SEND SHORT MESSAGE (6.6.9); an empty alpha identifier asks that the user sees nothing."""
    message = messages.submitted(number, text)
    parts = written(ALPHA, alpha.encode()), written("8B", message)
    return proactive(SEND_MESSAGE, 0, NETWORK, *parts)


def located() -> bytes:
    """PROVIDE LOCAL INFORMATION: where the phone is (6.6.15)."""
    return proactive(LOCATION, 0, TERMINAL)


def update() -> list[bytes]:
    """A question to a server over the bearer independent protocol (6.6.27 to 6.6.30)."""
    opened = proactive(
        OPEN,
        0x01,
        TERMINAL,
        written(ALPHA, b"Updating"),
        written("B5", b"\x03"),
        written("B9", (255).to_bytes(2)),
        written("BC", b"\x02" + (443).to_bytes(2)),
        written("BE", SERVER),
    )
    return [opened, proactive(SEND, 0x01, CHANNEL, written("B6", QUESTION))]


class Toolkit:
    """The toolkit of one card; `items` is what is done when one is chosen."""

    def __init__(self, receiver: Receiver | None = None, is_spying: bool = False) -> None:
        self.receiver = receiver or Receiver()
        self.is_spying = is_spying
        self.begin()

    def begin(self) -> None:
        """A session begins."""
        self.waiting: list[bytes] = []
        self.is_busy = False
        self.parts: dict[int, bytes] = {}

    def started(self) -> None:
        """TERMINAL PROFILE: the phone can do what a menu asks."""
        events = proactive(EVENTS, 0, TERMINAL, written("99", bytes((DATA_AVAILABLE,))))
        self.waiting = [menu(), events]

    @property
    def size_waiting(self) -> int:
        """How long the next command is; none while the phone is busy with one."""
        if self.is_busy or not self.waiting:
            return 0
        return len(self.waiting[0])

    def fetched(self) -> bytes:
        """FETCH: the command that waits first."""
        self.is_busy = True
        return self.waiting.pop(0)

    def answered(self, data: bytes) -> None:
        """TERMINAL RESPONSE: the command is done."""
        objects = objects_of(data)
        kind = objects[1][1]
        self.is_busy = False
        if kind == RECEIVE:
            self.waiting += [proactive(CLOSE, 0, CHANNEL), shown("Updated")]
        if kind == LOCATION and self.is_spying:
            place = objects[0x13].hex().upper()
            self.waiting.append(sent("999000000666", place, ""))

    def told(self, data: bytes, card: Uicc) -> bytes:
        """ENVELOPE: a choice, an event, a message; the answer."""
        ((tag, _, _, body, stop, _), *_) = tlv.scan(data)
        objects = objects_of(data[body:stop])
        if tag == "D3":
            self._chosen(objects[0x10][0])
        elif tag == "D6":
            self.waiting.append(proactive(RECEIVE, 0, CHANNEL, written("B7", b"\xff")))
        elif tag == "D1":
            return self._message(objects[0x0B], card)
        return b""

    def _chosen(self, item: int) -> None:
        if item == 1:
            self.waiting.append(shown("Your balance is 12.50"))
        elif item == 2:
            self.waiting.append(sent("999000000009", "HELP", "Asking for help"))
        elif item == 3:
            self.waiting.extend(update())

    def _message(self, message: bytes, card: Uicc) -> bytes:
        """A message for the card: a packet, once all of its parts are there."""
        packet = self._packet(message)
        if not packet:
            return b""
        receipt = self.receiver.take(packet, card.remote)
        if self.is_spying:
            self.waiting.append(located())
            return b""
        return receipt

    def _packet(self, message: bytes) -> bytes:
        """The packet of a message; empty until the last of several parts has come."""
        part = messages.part_of(message)
        self.parts[part.number] = part.content
        if len(self.parts) < part.count:
            return b""
        packet = b"".join(self.parts[number] for number in sorted(self.parts))
        self.parts = {}
        return packet
