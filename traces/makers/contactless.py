# SPDX-License-Identifier: MIT
"""A terminal without a slot: the card is there for half a second (EMV Contactless Books C-2, C-3)."""

from __future__ import annotations

from cardlib.core.tlv import first

from .reader import Ended
from .terminal import AAC, TC, Terminal

VISA = b"\xa0\0\0\0\3"
PPSE = b"2PAY.SYS.DDF01"
# Relay resistance, in 100 us: expected times of command and answer, grace below and above, accuracy (C-2, defaults)
COMMAND, ANSWER, BELOW, ABOVE, ACCURACY, TRIES = 18, 24, 20, 50, 300, 3


class Tap(Terminal):
    """A contactless terminal; the kernel follows from the application that is selected."""

    def run(self) -> str:
        self.select()
        return self.visa() if self.data["9F06"][:5] == VISA else self.mastercard()

    def select(self) -> None:
        """The directory of the contactless applications, then the first that both have (Book B)."""
        body, sw = self.send("00A40400", PPSE)
        if sw != 0x9000:
            raise Ended(f"not accepted: the directory was answered {sw:04X}")
        for aid in self.known(body):
            body, sw = self.send("00A40400", bytes.fromhex(aid))
            if sw == 0x9000:
                self.learn(body)
                self.data["9F06"] = self.data["84"]
                return self._terminal_data()
        raise Ended("not accepted: no application in common")

    def _terminal_data(self) -> None:
        """What the terminal says of itself: which holder verification it wants, for this amount."""
        amount = int(self.data["9F02"].hex())
        self.high = amount > self.settings.cvm_limit
        online = amount > self.settings.floor or not self.settings.floor
        self.data["9F66"] = bytes(
            (0x26 | self.settings.oda_online, 0x80 * online | 0x40 * self.high, 0x40, 0)
        )
        self.data["9F33"] = bytes((0xE0, 0x68 if self.high else 0x08, 0xC8))

    @property
    def pan(self) -> str:
        return super().pan or self.data.get("57", b"").hex().split("d")[0]

    # ------------------------------------------------------------ Visa-like

    def visa(self) -> str:
        """One command gives the cryptogram (kernel 3)."""
        self.initiate()
        if "94" in self.data:
            self.read()
        kind = self.data.get("9F27", b"\0")[0] & 0xC0
        if kind == AAC:
            return "declined offline"
        wrong = self._signed() if kind == TC or self.settings.oda_online else ""
        if self.data.get("5F24", b"\x99") < self.data["9A"]:
            wrong = "the card is expired"
        if wrong:
            raise Ended(f"declined offline: {wrong}")
        self._qualifiers()
        return "approved offline" if kind == TC else self.online()

    def needed(self) -> tuple[str, ...]:
        if self.data["9F06"][:5] == VISA:
            return ("57",)
        return super().needed() if self.has(0x80, "82", 1) else ("9F6B", "9F66", "9F67")

    def _signed(self) -> str:
        """fDDA: over the terminal's number, amount and currency, and what the card says of itself (C-3)."""
        wrong = self.card_key()
        asked = b"".join(self.data.get(tag, b"") for tag in ("9F37", "9F02", "5F2A", "9F69"))
        return wrong or self.signature(self.data.get("9F4B", b""), asked, "fDDA")

    def _qualifiers(self) -> None:
        """What the card decides about the holder (CTQ), if the amount asks for it."""
        ctq = self.data.get("9F6C", b"\0\0")
        if not self.high or ctq[1] & 0x80:
            return
        if not ctq[0] & 0xC0:
            raise Ended("declined offline: no way to verify the holder")
        if ctq[0] & 0x80:
            self.wait(4200)  # the PIN goes to the issuer

    def online(self) -> str:
        """The issuer decides; the card has left the field."""
        answer = self.ask_issuer()
        return "approved online" if answer.code == b"00" else "declined online"

    # ------------------------------------------------------------ Mastercard-like

    def mastercard(self) -> str:
        """As in the slot, with one cryptogram only (kernel 2); or the mag-stripe mode."""
        self.initiate()
        if not self.has(0x80, "82", 1):
            return self._stripe()
        if self.has(0x01, "82", 1):
            self._relay()
        self.read()
        self.authenticate()
        self.restrict()
        self.verify_holder()
        self.risk()
        kind = self.generate(self.wanted(), "8C")
        if kind == AAC:
            return "declined offline"
        return "approved offline" if kind == TC else self.online()

    def verify_holder(self) -> None:
        """On the device of the holder where it can (C-2, CVM selection), else by the list."""
        if not self.has(0x02):
            return super().verify_holder()
        self.data["9F34"] = b"\x01\0\2" if self.high else b"\x3f\0\2"

    def _relay(self) -> None:
        """Relay resistance: how long does the card take for an answer without work? (C-2)"""
        for turn in range(TRIES):
            self.data["9F37"] = self.rng.randbytes(4)
            body, sw = self.send("80EA0000", self.data["9F37"])
            told = first(body, "80").get("80", b"")
            if sw != 0x9000 or len(told) != 10:
                raise Ended(f"not accepted: the relay check was answered {sw:04X}")
            least, most, answer = (int.from_bytes(told[at : at + 2], "big") for at in (4, 6, 8))
            measured = max(0, self.took() // 100_000 - COMMAND - min(answer, ANSWER))
            if measured < least - BELOW:
                raise Ended("not accepted: the card answers sooner than it can")
            if measured <= most + ABOVE:
                break
            if turn == TRIES - 1:
                self.note("relay limit")
        if measured - least > ACCURACY:
            self.note("relay threshold")
        self.note("relay done")

    def _stripe(self) -> str:
        """Mag-stripe mode: a number of few digits, and a code over it (C-2)."""
        del self.data[
            "9F66"
        ]  # here this is a tag of the card: which digits of track 2 are for the number
        self.read()
        digits = int.from_bytes(self.data["9F66"], "big").bit_count() - self.data["9F67"][0]
        self.data["9F6A"] = bytes.fromhex(f"{self.rng.randrange(10**digits):08}")
        body, sw = self.send("802A8E80", self.data["9F6A"])
        if sw != 0x9000:
            raise Ended(f"not accepted: the checksum was answered {sw:04X}")
        self.learn(body)
        return self.online()
