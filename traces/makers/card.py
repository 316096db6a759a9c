# SPDX-License-Identifier: MIT
"""A payment card in software: a state machine from power-up to power-up (EMV 4.4 Book 3, 6).

It remembers its counters, PIN and log from session to session.
"""

from __future__ import annotations

import hashlib

from cardlib.core.errors import NotVerifiable
from cardlib.core.model import Command
from cardlib.crypto import methods, pin

from . import rsa_keys, scheme
from .chip import Chip, Refused
from .personal import filled, joined, split, tlv
from .profile import Profile

LOG_SIZE, MAC = 10, 8


class Card(Chip):
    """A card made from a profile; `seed` is that of its random numbers."""

    def __init__(self, profile: Profile, seed: int = 0) -> None:
        self.keys, self.pin = scheme.card_keys(profile), profile.pin
        self.scripts, self.past = (
            0,
            set[str](),
        )  # of this transaction and the one before, until the issuer knows of them
        super().__init__(profile, seed)

    def _begin(self) -> None:
        """All that belongs to a transaction is forgotten."""
        self.facts: set[str] = set()
        self.told: dict[str, bytes] = {}
        self.said, self.relayed = b"", b""
        self.first, self.ac = scheme.AAC, b""

    # ------------------------------------------------------------ the transaction

    def get_processing_options(self, command: Command) -> bytes:
        """GET PROCESSING OPTIONS: a transaction begins; a Visa-like contactless card ends it here, too."""
        self.need("selected")
        layout = self.data.get("9F38", b"")
        body = command.data[2:]
        told = split(layout, body)
        if command.p1 or command.p2:
            raise Refused(0x6A86)
        if command.data[:2] != bytes((0x83, len(body))) or told is None:
            raise Refused(0x6A80)
        self._begin()
        self.told, self.said, self.stage = told, body, "initiated"
        count = int.from_bytes(self.data["9F36"], "big") + 1
        if count > 0xFFFF:
            raise Refused(0x6985)
        self.data["9F36"] = count.to_bytes(2, "big")
        if "9F66" in told:
            return self._quick()
        if self.profile.scheme == "mastercard":
            return tlv("77", joined(self.data, ("82", "94")))
        return tlv("80", self.profile.aip + self.profile.afl)

    def _quick(self) -> bytes:
        """The answer of a Visa-like contactless card: cryptogram, qualifiers and, offline, a signature (fDDA)."""
        ttq = self.told["9F66"]
        online = ttq[1] & 0x80 or self._above() or "card" not in self.profile.rsa
        kind = scheme.AAC if self.state != "new" else scheme.ARQC if online else scheme.TC
        phone = self.profile.cvn == "22"
        if phone:
            self.facts.add("on device")
            ctq = b"\0\x80"
        else:
            method = (
                b"\x80" if ttq[0] & 0x04 else b"\x40"
            )  # PIN online where the reader can, else a signature
            ctq = (method if ttq[1] & 0x40 else b"\0") + b"\0"
        self.data["9F6C"] = ctq
        told = self._cryptogram(kind)
        told |= {"82": self.profile.aip, "9F6C": ctq}
        if "card" in self.profile.rsa and (kind == scheme.TC or ttq[0] & 0x01):
            told["94"] = self.profile.afl
            self.data["9F69"] = b"\1" + self.rng.randbytes(4) + ctq
            asked = (
                b"".join(self.told.get(tag, b"") for tag in ("9F37", "9F02", "5F2A"))
                + self.data["9F69"]
            )
            told["9F4B"] = self._signed(b"\2" + self.data["9F36"], asked)
        self.stage = "done"
        order = (
            "82",
            "94",
            "9F36",
            "9F26",
            "9F10",
            "9F27",
            "9F6C",
            "57",
            "5F34",
            "9F6E",
            "9F24",
            "9F19",
            "9F4B",
        )
        return tlv(
            "77",
            joined(
                self.data | told, [tag for tag in order if tag not in ("94", "9F4B") or tag in told]
            ),
        )

    def _above(self) -> bool:
        """Whether the amount is above the card's ceiling, or no number."""
        amount = self.told.get("9F02", b"").hex()
        return not amount.isdecimal() or int(amount) > self.profile.ceiling

    def _signed(self, dynamic: bytes, asked: bytes) -> bytes:
        return rsa_keys.signed_dynamic(rsa_keys.key(self.profile.rsa["card"]), dynamic, asked)

    def internal_authenticate(self, command: Command) -> bytes:
        """INTERNAL AUTHENTICATE: the card signs the terminal's number (DDA)."""
        self.need("initiated")
        if command.p1 or command.p2:
            raise Refused(0x6A86)
        if not self.profile.aip[0] & 0x20:
            raise Refused(0x6D00)
        if split(self.own("9F49"), command.data) is None:
            raise Refused(0x6700)
        self.facts.add("DDA")
        signature = self._signed(b"\x08" + self.rng.randbytes(8), command.data)
        return (
            tlv("77", tlv("9F4B", signature))
            if self.profile.scheme == "mastercard"
            else tlv("80", signature)
        )

    def generate_ac(self, command: Command) -> bytes:
        """GENERATE AC, the first or the second; the card may decide for less than it is asked."""
        self.need("initiated", "online")
        second, wanted = self.stage == "online", command.p1 & 0xC0
        if wanted == 0xC0 or command.p1 & 0x2F or command.p2:
            raise Refused(0x6A86)
        told = split(self.own("8D" if second else "8C"), command.data)
        if told is None:
            raise Refused(0x6700)
        self.told |= told
        self.said += command.data
        if second and "91" in told:
            self._heard(told["91"])
        kind = self._decided(wanted, second)
        cda = command.p1 & 0x10 and kind != scheme.AAC and self.profile.aip[0] & 1
        if cda:
            self.facts.add("CDA 2" if second else "CDA")
        answer = self._cryptogram(kind, second)
        self.stage = "online" if kind == scheme.ARQC else "done"
        if kind == scheme.TC:
            self._keep()
        if second and kind == scheme.TC and "issuer" in self.facts:
            self.data["9F13"], self.past = self.data["9F36"], set()
            self.scripts *= self.profile.cvn == "M/Chip"  # there it is a counter
        return self._combined(answer) if cda else self._plain(answer)

    def _decided(self, wanted: int, second: bool) -> int:
        """Card action analysis: no more than was asked; online above its ceiling; never again when blocked."""
        if self.state != "new" or (
            second and (wanted != scheme.TC or "issuer failed" in self.facts)
        ):
            return scheme.AAC
        if not second and wanted == scheme.TC and self._above():
            return scheme.ARQC
        return wanted

    def _cryptogram(self, kind: int, second: bool = False) -> dict[str, bytes]:
        """The cryptogram and what goes with it, by tag."""
        if not second:
            self.first = kind
        facts = self.facts | self.past
        verifies = any(rule & 0x3F in (1, 3, 4, 5) for rule in self.data.get("8E", b"")[8::2])
        if "PIN" not in facts and (verifies or self.profile.cvn == "M/Chip"):
            facts.add("no PIN")
        if self.profile.cvn == "M/Chip":
            facts.add("at home" if self.told.get("9F1A") == self.data.get("5F28") else "abroad")
        if not self.tries:
            facts.add("tries")
        if "8A" in self.told and self.told["8A"][:1] in b"YZ":
            facts.add("not online")
        results = scheme.cvr(
            self.profile.cvn, facts, self.first, kind if second else None, self.tries, self.scripts
        )
        self.number = self.rng.randbytes(8)
        known = {"82": self.profile.aip, "9F36": self.data["9F36"]}
        known["9F10"] = scheme.iad(self.profile.cvn, results, self.number)
        told = {"9F37": bytes(4)} | self.told | known
        made = scheme.application_cryptogram(self.profile.cvn, self.keys["ac"], told)
        self.ac = self.ac or made  # the first one: the issuer answers it
        return {"9F27": bytes((kind,)), "9F36": known["9F36"], "9F26": made, "9F10": known["9F10"]}

    def _plain(self, answer: dict[str, bytes]) -> bytes:
        return (
            tlv("77", joined(answer, answer))
            if self.profile.scheme == "mastercard"
            else tlv("80", b"".join(answer.values()))
        )

    def _combined(self, answer: dict[str, bytes]) -> bytes:
        """CDA: the cryptogram stands inside the signature, as does a hash of all that was said (Book 2, 6.6)."""
        shown = joined(answer, ("9F27", "9F36", "9F10"))
        digest = hashlib.sha1(self.said + shown, usedforsecurity=False).digest()
        dynamic = b"\x08" + self.number + answer["9F27"] + answer["9F26"] + digest + self.relayed
        answer["9F4B"] = self._signed(dynamic, self.told.get("9F37", b""))
        return tlv("77", joined(answer, ("9F27", "9F36", "9F4B", "9F10")))

    def _keep(self) -> None:
        """A line for the log."""
        if "9F4F" in self.data:
            self.log = [
                *self.log,
                filled(self.data["9F4F"], self.data | self.told | {"9F27": b"\x40"}),
            ][-LOG_SIZE:]

    def compute_checksum(self, command: Command) -> bytes:
        """COMPUTE CRYPTOGRAPHIC CHECKSUM: the code of a mag-stripe mode transaction (CVC3)."""
        self.need("initiated")
        if (command.p1, command.p2) != (0x8E, 0x80) or "cvc" not in self.keys:
            raise Refused(0x6A86)
        if len(command.data) != 4 or not command.data.hex().isdecimal():
            raise Refused(0x6A80)
        self.stage = "done"
        self.own("9F6B")
        codes = scheme.cvc3(self.keys["cvc"], self.data, command.data)
        return tlv("77", joined(self.data | codes, ("9F61", "9F60", "9F36")))

    def exchange_relay(self, command: Command) -> bytes:
        """EXCHANGE RELAY RESISTANCE DATA: an answer at once, with how long that should take."""
        self.need("initiated")
        if not self.profile.aip[1] & 1 or not self.profile.relay or command.p1 or command.p2:
            raise Refused(0x6D00)
        if len(command.data) != 4:
            raise Refused(0x6700)
        times = self.profile.relay
        told = self.rng.randbytes(4) + b"".join(
            times[name].to_bytes(2, "big") for name in ("min", "max", "answer")
        )
        self.relayed = command.data + told
        return tlv("80", told)

    # ------------------------------------------------------------ cardholder and issuer

    def verify(self, command: Command) -> bytes:
        """VERIFY: the PIN in clear (P2 80), or enciphered with the card's key and challenge (P2 88)."""
        self.need("initiated")
        if command.p1 or command.p2 not in (0x80, 0x88):
            raise Refused(0x6A86)
        if not self.tries:
            raise Refused(0x6983)
        self.facts |= {"PIN"}
        try:
            shown = (
                self._deciphered(command.data)
                if command.p2 == 0x88
                else pin.read_block(command.data)
            )
        except NotVerifiable:
            shown = ""
        if shown != self.pin:
            self.tries -= 1
            self.facts |= {"PIN failed"}
            raise Refused(0x63C0 | self.tries)
        self.tries = self.profile.tries
        self.facts = self.facts - {"PIN failed"} | {"PIN right"}
        return b""

    def _deciphered(self, data: bytes) -> str:
        key = (
            rsa_keys.key(self.profile.rsa.get("pin") or self.profile.rsa["card"])
            if self.profile.rsa
            else None
        )
        challenge, self.challenge = self.challenge, b""
        if not challenge or key is None:
            raise Refused(0x6985)
        if len(data) != key.size:
            raise Refused(0x6700)
        self.facts.add("enciphered")
        return pin.read_pin_data(key.private(data), challenge)

    def external_authenticate(self, command: Command) -> bytes:
        """EXTERNAL AUTHENTICATE: the issuer's answer, once."""
        self.need("online")
        if "issuer" in self.facts or "issuer failed" in self.facts or not self.profile.aip[0] & 4:
            raise Refused(0x6985)
        if command.p1 or command.p2:
            raise Refused(0x6A86)
        if not 8 <= len(command.data) <= 16:
            raise Refused(0x6700)
        if not self._heard(command.data):
            raise Refused(0x6300)
        return b""

    def _heard(self, data: bytes) -> bool:
        agrees = scheme.issuer_agrees(
            self.profile.cvn, self.keys["ac"], self.data | self.told, self.ac, data
        )
        self.facts.add("issuer" if agrees else "issuer failed")
        return agrees

    def script(self, command: Command) -> bytes:
        """A command of the issuer under secure messaging: PIN, block, unblock."""
        self.need("online", "done")
        how = scheme.HOW[self.profile.cvn]
        head, body, mac = command.raw[:5], command.data[:-MAC], command.data[-MAC:]
        if len(command.data) < MAC or not self.ac or "mac" not in self.keys:
            raise Refused(0x6987)
        if mac != methods.command_mac(
            how, self.keys["mac"], head, body, self.data["9F36"], self.ac
        ):
            self.past.add("script failed")
            raise Refused(0x6988)
        if command.ins == 0x24:
            self._new_pin(command.p2, body)
        else:
            self.state = {0x1E: "application blocked", 0x18: "new", 0x16: "card blocked"}[
                command.ins
            ]
        self.past.add("script")
        self.scripts += 1
        return b""

    def _new_pin(self, p2: int, body: bytes) -> None:
        """PIN CHANGE/UNBLOCK: P2 00 gives the tries back, 02 a new PIN as well (Visa's block)."""
        if p2 not in (0, 2):
            raise Refused(0x6A86)
        if p2 == 2:
            self.pin = scheme.pin_told(self.keys, self.data["9F36"], body)
        self.tries = self.profile.tries
