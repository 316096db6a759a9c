# SPDX-License-Identifier: MIT
"""A local profile assistant: it brings an eSIM and a server together (GSMA SGP.22, 3.1.3)."""

from __future__ import annotations

from cardlib.core.secure import written

from .euicc import EID, PROFILE, ROOT
from .phone import Phone
from .smdp import Server, inside, objects, together, value

BLOCK = 255
NOT_LAST, LAST = 0x11, 0x91  # P1 of STORE DATA: the data are an object in DER
# What the device is: type allocation code and releases; the code begins with 00, for tests
DEVICE = bytes.fromhex("800400100000A10A81030F000085030F0000")


class Assistant:
    """The program of a phone that speaks to the root of the eSIM."""

    def __init__(self, phone: Phone) -> None:
        self.phone = phone

    def select(self) -> None:
        """SELECT the root."""
        self.phone.send("00A40400", ROOT)

    def ask(self, data: bytes) -> bytes:
        """A function of the eSIM, in as many blocks as its object needs."""
        answer = b""
        for number, at in enumerate(range(0, len(data), BLOCK)):
            how = NOT_LAST
            if at + BLOCK >= len(data):
                how = LAST
            answer, _ = self.phone.send(f"80E2{how:02X}{number:02X}", data[at : at + BLOCK])
        return answer

    def begin(self) -> None:
        """Who the eSIM is, and what it trusts."""
        self.select()
        self.ask(written("BF3E", written("5C", b"\x5a")))
        self.ask(written("BF20", b""))

    def download(self, server: Server) -> bool:
        """From the challenge to the last segment; False where a side did not prove itself or the card refused."""
        drawn = self.ask(written("BF2E", b""))
        challenge = inside(drawn, "BF2E", "80")
        terms = together(("80", b"TEST-MATCH-1"), ("A1", DEVICE))
        context = written("A0", terms)
        answer = self.ask(written("BF38", server.initiate(challenge) + context))
        if "A0" not in objects(value(answer)):
            return False
        own_terms = server.authenticate(answer)
        prepared = self.ask(written("BF21", own_terms))
        if "A0" not in objects(value(prepared)):
            return False
        result = b""
        for piece in server.bind(prepared, EID):
            result = self.ask(piece)
            if result:
                break
        return "A0" in objects(inside(result, "BF37", "BF27", "A2"))

    def finish(self) -> None:
        """List profiles, enable the new one, fetch the notification and have it removed."""
        self.ask(written("BF2D", b""))
        which = written("4F", PROFILE)
        self.ask(written("BF31", together(("A0", which), ("81", b"\xff"))))
        self.ask(written("BF2D", b""))
        self.ask(written("BF2B", b""))
        self.ask(written("BF30", written("80", b"\x01")))
