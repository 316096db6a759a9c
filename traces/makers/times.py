# SPDX-License-Identifier: MIT
"""A clock for cards in software, and the tape on which a session is written.

The model: a published table of milliseconds a command with seeded noise of 6 %, and the time of the bytes on the wire,
as `cardlib.measure.wire` computes it from the ATR; all in integers, so that every run gives the same.
"""

from __future__ import annotations

from collections.abc import Callable
from random import Random

from cardlib.core.model import Frame, FrameKind, Interface, Sender, Session
from cardlib.measure.wire import Link, frame_ns, link

Transmit = Callable[[bytes], bytes]

# Milliseconds that a card works: made up, in the order of what test cards take. (contact, contactless)
WORK = {
    0xA4: (22, 9),  # SELECT
    0xA8: (
        35,
        26,
    ),  # GET PROCESSING OPTIONS; a Visa-like contactless card makes its cryptogram here
    0xB2: (9, 4),  # READ RECORD
    0xCA: (6, 3),  # GET DATA
    0x84: (5, 3),  # GET CHALLENGE
    0x88: (92, 34),  # INTERNAL AUTHENTICATE, the signature not counted
    0x20: (28, 28),  # VERIFY
    0xAE: (92, 52),  # GENERATE AC
    0x87: (150, 140),  # GENERAL AUTHENTICATE: a signature
    0xCB: (8, 5),  # GET DATA of a token
    0x10: (70, 70),  # a message of CTAP: mostly a signature
    0x82: (41, 41),  # EXTERNAL AUTHENTICATE
    0x24: (63, 63),  # PIN CHANGE/UNBLOCK: writes what it must not lose
    0x2A: (38, 38),  # COMPUTE CRYPTOGRAPHIC CHECKSUM
    0xEA: (1, 1),  # EXCHANGE RELAY RESISTANCE DATA
    0xC0: (1, 1),  # GET RESPONSE
    0x50: (31, 31),  # INITIALIZE UPDATE: session keys
    0xE2: (48, 48),  # STORE DATA: writes
    0xE6: (66, 66),  # INSTALL
    0xE8: (84, 84),  # LOAD: writes and links code
    0xD8: (120, 120),  # PUT KEY
    0xF0: (25, 25),  # SET STATUS
}
ELSE = (12, 8)
RSA = (93, 86)  # a signature or a decipherment with the card's key, on top


class Tape:
    """What a reader saw, from power-up on; `now` is in nanoseconds and counts from the first power-up.

    `works` holds how long the card itself was busy with each command: what an analysis of the times should find.
    """

    speed: Link

    def __init__(self, name: str, seed: int, protocol: str) -> None:
        self.rng, self.protocol, self.now, self.last = Random(seed), protocol, 0, 0
        self.items: list[Session | Frame] = []
        self.works: list[int] = []
        self.busy = 0  # the card's part of the exchange that runs
        self.meta = (("card", f"made up by recipe {name}, seed {seed}"), ("protocol", protocol))

    @property
    def frames(self) -> list[Frame]:
        """What went over the wire, of all sessions."""
        return [item for item in self.items if isinstance(item, Frame)]

    def power_on(self, atr: bytes) -> None:
        """A session begins; between two, the card is out of the field for some seconds."""
        before = sum(isinstance(item, Session) for item in self.items)
        interface: Interface = "contactless" if self.protocol == "contactless" else "contact"
        started = f"2026-03-14T10:{12 + before}:30+01:00"
        self.now = 0
        self.speed = link(Session(before, atr, interface))
        self.items.append(Session(before, None, interface, "modelled", started, meta=self.meta))
        self._frame("card", "atr", atr)
        self.wait(40)

    def wait(self, ms: int) -> None:
        """The reader, a person or a network takes its time."""
        self.now += self._noisy(ms * 1_000_000)

    def took(self) -> int:
        """How long the last command and its answer took, in nanoseconds."""
        return self.last

    def over(
        self, card: Transmit, attack: Callable[[Transmit], Transmit] | None = None
    ) -> Transmit:
        """The card as a terminal reaches it: each command and answer is written down, with its time.

        Whoever answers takes the time. With somebody in between (`attack`), the card works only
        on what reaches it; what the attacker does costs what the attack itself waits.
        """

        def worked(command: bytes) -> bytes:
            response = card(command)
            self.busy += self._noisy(self.work(command, response))
            return response

        answering = worked
        if attack is not None:
            answering = attack(worked)

        def transmit(command: bytes) -> bytes:
            begin = self.now
            self._frame("reader", "apdu", command)
            self.now += self._wire("reader", command)
            self.busy = 0
            response = answering(command)
            self.works.append(self.busy)
            self.now += self.busy + self._wire("card", response)
            self._frame("card", "apdu", response)
            self.last = self.now - begin
            self.now += 3_000_000 + self.rng.randint(0, 2_000_000)
            return response

        return transmit

    def work(self, command: bytes, response: bytes) -> int:
        """How long the card is busy, by the table; a refusal takes a tenth."""
        place = self.protocol == "contactless"
        ms = 10 * WORK.get(command[1], ELSE)[place]
        if response[-2] not in (0x90, 0x61, 0x63):
            ms //= 10
        elif (command[1] in (0xA8, 0xAE, 0x88) and _signed(response)) or command[
            1:4
        ] == b"\x20\0\x88":
            ms += 10 * RSA[place]
        return ms * 100_000

    def _wire(self, sender: Sender, data: bytes) -> int:
        return frame_ns(Frame(0, None, sender, "apdu", data, 0, 0, 0), self.speed)

    def _noisy(self, ns: int) -> int:
        return ns + ns * self.rng.randint(-60, 60) // 1000

    def _frame(self, sender: Sender, kind: FrameKind, data: bytes) -> None:
        self.items.append(Frame(len(self.items), self.now, sender, kind, data, 0, 0, 0))


def _signed(response: bytes) -> bool:
    """Whether an answer holds a signature, or T=0 announces one: nothing else is that long there."""
    return (
        b"\x9f\x4b\x81" in response
        or response[:2] == b"\x80\x81"
        or (response[-2] == 0x61 and response[-1] > 128)
    )
