# SPDX-License-Identifier: MIT
"""The bank: it checks the cryptogram that came online, decides, answers with its own, and sends scripts."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from cardlib.crypto import methods, pin

from . import scheme
from .personal import tlv
from .profile import Profile

APPROVED, DECLINED = b"00", b"05"
HEADS = {
    "unblock PIN": "84240000",
    "block": "841E0000",
    "unblock": "84180000",
    "block card": "84160000",
}


@dataclass(frozen=True)
class Answer:
    """What comes back: the response code, issuer authentication data (91), script templates (71 before, 72 after)."""

    code: bytes
    authentication: bytes = b""
    scripts: tuple[bytes, ...] = ()
    why: str = ""


class Issuer:
    """The bank of a card: it has the same master keys.

    `refuses` declines whatever is right; `scripts` are what it sends along: "PIN 4711", "unblock PIN", "block",
    "unblock", "block card", once, and before the last cryptogram if "first " stands before; `checks_counter` is
    what not all banks do.
    """

    def __init__(
        self,
        profile: Profile,
        refuses: str = "",
        scripts: Sequence[str] = (),
        checks_counter: bool = False,
    ) -> None:
        self.profile, self.refuses, self.scripts = profile, refuses, tuple(scripts)
        self.keys = scheme.card_keys(profile)
        self.checks_counter, self.last = checks_counter, 0

    def authorise(self, told: Mapping[str, bytes]) -> Answer:
        """Decide on what the terminal sent, by tag."""
        atc = told["9F36"]
        why = self.wrong(told)
        self.last = max(self.last, int.from_bytes(atc, "big"))
        code = DECLINED if why or self.refuses else APPROVED
        if "9F26" not in told:
            return Answer(code, why=why or self.refuses)
        scripts = () if why else tuple(self.script(order, told) for order in self.scripts)
        self.scripts = self.scripts if why else ()
        data = scheme.issuer_answer(self.profile.cvn, self.keys["ac"], told, code)
        return Answer(code, data, scripts, why or self.refuses)

    def wrong(self, told: Mapping[str, bytes]) -> str:
        """What is wrong with the request; empty if nothing."""
        if self.checks_counter and int.from_bytes(told["9F36"], "big") <= self.last:
            return "the transaction counter was seen before"
        if "9F61" in told:
            codes = scheme.cvc3(self.keys["cvc"], told, told["9F6A"])
            return "" if all(told[tag] == code for tag, code in codes.items()) else "CVC3 is wrong"
        wanted = scheme.application_cryptogram(self.profile.cvn, self.keys["ac"], told)
        return "" if told["9F26"] == wanted else "the cryptogram is wrong"

    def script(self, order: str, told: Mapping[str, bytes]) -> bytes:
        """One script (template 71 or 72) with one command: its data enciphered, a MAC of 8 bytes."""
        template, order = (
            ("71" if order.startswith("first ") else "72"),
            order.removeprefix("first "),
        )
        how, atc, ac, data = scheme.HOW[self.profile.cvn], told["9F36"], told["9F26"], b""
        if order.startswith("PIN "):
            block = pin.vis_block(self.keys["ac"], order[4:])
            data = how.encipher(methods.script_key(how, self.keys["enc"], atc, ac), block)
        head = bytes.fromhex(HEADS.get(order, "84240002")) + bytes((len(data) + 8,))
        command = head + data + methods.command_mac(how, self.keys["mac"], head, data, atc, ac)
        return tlv(template, tlv("86", command))
