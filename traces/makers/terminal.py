# SPDX-License-Identifier: MIT
"""A terminal over `transmit(bytes) -> bytes`: a payment in the slot, to the last cryptogram (EMV 4.4 Book 3, 10).

It believes nothing that it can check: what fails is noted in the TVR, and weighed by the action codes.
"""

from __future__ import annotations

from cardlib.core.tlv import first, scan
from cardlib.crypto import oda, pin, rsa

from .issuer import Answer
from .personal import filled
from .reader import Ended, Reader, wrong

AAC, TC, ARQC = 0x00, 0x40, 0x80
RANK = {AAC: 0, ARQC: 1, TC: 2, 0xC0: 3}
METHODS = {
    1: 0x80,
    2: 0x40,
    3: 0xA0,
    4: 0x10,
    5: 0x30,
    0x1E: 0x20,
    0x1F: 0x08,
}  # CVM: bits of 9F33 byte 2 it needs


class Terminal(Reader):
    """One terminal, one card in the slot."""

    def run(self) -> str:
        """The steps of a contact transaction."""
        self.select()
        self.initiate()
        self.read()
        self.authenticate()
        self.restrict()
        self.verify_holder()
        self.risk()
        return self.decide()

    # ------------------------------------------------------------ restrictions, holder, risk

    def restrict(self) -> None:
        """Version, dates and usage (Book 3, 10.4)."""
        if self.data.get("9F08", self.data["9F09"]) != self.data["9F09"]:
            self.note("version")
        if self.data["5F24"] < self.data["9A"]:
            self.note("expired")
        if self.data.get("5F25", b"") > self.data["9A"]:
            self.note("not yet")
        usage = self.data.get("9F07", b"\xff\xff")
        home = self.data.get("5F28", self.data["9F1A"]) == self.data["9F1A"]
        if not usage[0] & (0x20 if home else 0x10) or not usage[0] & 1:
            self.note("service")

    def verify_holder(self) -> None:
        """The rules of the CVM list, one after the other (Book 3, 10.5)."""
        self.data["9F34"] = b"\x3f\0\0"
        rules = self.data.get("8E", b"")
        if not self.has(0x10) or len(rules) < 10:
            return
        self.notes.add("did verified")
        for at in range(8, len(rules) - 1, 2):
            code, condition = rules[at], rules[at + 1]
            if not self._applies(condition, code, rules):
                continue
            result = self._method(code & 0x3F)
            self.data["9F34"] = bytes((code, condition, result))
            if result != 1:
                return
            if not code & 0x40:
                break
        else:
            if self.data["9F34"][0] == 0x3F:
                self.data["9F34"] = b"\x3f\0\1"
        self.note("not verified")

    def _applies(self, condition: int, code: int, rules: bytes) -> bool:
        """Whether a rule is for this purchase and this terminal (Book 3, C3)."""
        amount = int(self.data["9F02"].hex())
        x, y = int.from_bytes(rules[:4], "big"), int.from_bytes(rules[4:8], "big")
        by = {6: amount < x, 7: amount > x, 8: amount < y, 9: amount > y}
        if condition == 3:
            return bool(self.data["9F33"][1] & METHODS.get(code & 0x3F, 0))
        return condition in (0, 2) or by.get(condition, False)

    def _method(self, method: int) -> int:
        """Do it: 0 unknown, 1 failed, 2 successful."""
        if method in (1, 3, 4, 5):
            result = self._pin(enciphered=method in (4, 5))
            return (
                0 if result == 2 and method in (3, 5) else result
            )  # with a signature nobody knows
        if method == 2:
            self.note("PIN online")
        if method not in METHODS:
            if method:
                self.note("unknown CVM")
            return 1
        return 2 if method == 0x1F else 0

    def _pin(self, enciphered: bool) -> int:
        """Ask for the PIN until the card takes it, has no more tries, or the holder gives up."""
        body, _ = self.send("80CA9F17")
        tries = first(body, "9F17").get("9F17", b"\3")[0]
        while tries:
            typed = next(self.pins, None)
            self.wait(6000 if typed is None else 4200)
            if typed is None:
                self.note("no PIN entered")
                return 1
            sw = self._show(typed, enciphered)
            if sw == 0x9000:
                return 2
            if sw & 0xFFF0 != 0x63C0:
                break
            tries = sw & 0xF
        self.note("tries")
        return 1

    def _show(self, typed: str, enciphered: bool) -> int:
        """VERIFY; enciphered with the card's key for PINs, or its key for signatures (Book 2, 7)."""
        if not enciphered:
            return self.send("00200080", pin.block2(typed), answer=False)[1]
        key = self._pin_key() or self.key
        challenge, sw = self.send("00840000")
        if key is None or sw != 0x9000:
            return 0x6985
        data = pin.plain_pin_data(typed, challenge, self.rng.randbytes(len(key.modulus) - 17))
        return self.send("00200088", rsa.recover(key, data), answer=False)[1]

    def _pin_key(self) -> rsa.PublicKey | None:
        if "9F2D" not in self.data:
            return None
        issuer = self.issuer_key()[1]
        rest = self.data.get("9F2F", b"")
        return (
            issuer
            and oda.card_certificate(
                issuer, self.data["9F2D"], rest, self.data["9F2E"], b"", self.pan
            )[1]
        )

    def risk(self) -> None:
        """Terminal risk management: floor limit, random selection, velocity checking (Book 3, 10.6)."""
        self.notes.add("did risk")
        amount, floor = int(self.data["9F02"].hex()), self.settings.floor
        if amount >= floor:
            self.note("floor")
        elif self.settings.chosen and self.rng.randint(1, 99) <= self._share(amount):
            self.note("chosen")
        if "9F14" in self.data and "9F23" in self.data:
            self._velocity(self.data["9F14"][0], self.data["9F23"][0])

    def _share(self, amount: int) -> int:
        """How many of a hundred such purchases go online by chance: more, the nearer to the floor limit (10.6.2)."""
        threshold, least, most = self.settings.chosen
        above = max(0, amount - threshold)
        return least + (most - least) * above // (self.settings.floor - threshold)

    def _velocity(self, lower: int, upper: int) -> None:
        """How often in a row the card has done without its issuer (10.6.3)."""
        atc, last = (
            first(self.send(f"80CA{tag}")[0], tag).get(tag, b"") for tag in ("9F36", "9F13")
        )
        apart = int.from_bytes(atc, "big") - int.from_bytes(last, "big")
        unknown = not atc or not last or apart <= 0
        self.note(
            *["lower limit"] * (unknown or apart > lower),
            *["upper limit"] * (unknown or apart > upper),
        )
        self.note(*["new card"] * (last == b"\0\0"))

    # ------------------------------------------------------------ cryptograms

    def matches(self, kind: int, iac: str) -> bool:
        """Whether a bit of the TVR is one that issuer or acquirer named (default 0, denial 1, online 2)."""
        issuer = self.data.get(iac, bytes(5) if kind == 1 else b"\xff" * 5)
        acquirer = bytes.fromhex(self.settings.tac[kind])
        return any(
            noted & (one | two) for noted, one, two in zip(self.tvr, issuer, acquirer, strict=False)
        )

    def wanted(self) -> int:
        """Terminal action analysis (Book 3, 10.7)."""
        if self.matches(1, "9F0E"):
            return AAC
        if self.settings.online:
            return ARQC if self.matches(2, "9F0F") else TC
        return AAC if self.matches(0, "9F0D") else TC

    def decide(self) -> str:
        """The first cryptogram, the issuer, the second."""
        kind = self.generate(self.wanted(), "8C")
        if kind == AAC:
            return "declined offline"
        if kind == TC:
            return "approved offline"
        answer = self.ask_issuer()
        self.tell_card(answer)
        approved = answer.code == b"00"
        self.run_scripts(answer, 0x71)
        kind = self.generate(TC if approved else AAC, "8D")
        self.run_scripts(answer, 0x72)
        if kind == TC and approved:
            return "approved online"
        return (
            "declined online" if not approved else "declined by the card after the online decision"
        )

    def generate(self, wanted: int, dol: str) -> int:
        """GENERATE AC, with CDA where it was chosen and still can succeed; the type of the cryptogram."""
        self.data["9B"] = self.tsi
        asked = filled(self.data[dol], self.data)
        cda = self.cda and wanted != AAC and self.key is not None and "CDA failed" not in self.notes
        self.said += asked
        body, sw = self.send(f"80AE{wanted | 0x10 * cda:02X}00", asked)
        if sw != 0x9000:
            raise Ended(f"not accepted: GENERATE AC was answered {sw:04X}")
        self.notes.add("did card")
        fresh = self._answered(body)
        kind = fresh["9F27"][0] & 0xC0
        if RANK[kind] > RANK[wanted]:
            raise Ended("not accepted: the card answers more than it was asked for")
        failed = self._combined(body, fresh) if cda and kind != AAC else ""
        self.data |= fresh
        if failed:
            self.note("CDA failed")
            if kind == ARQC and "8D" in self.data:
                self.send("80AE0000", filled(self.data["8D"], self.data))
            raise Ended(f"declined offline: {failed}")
        return kind

    def _answered(self, body: bytes) -> dict[str, bytes]:
        """The cryptogram and what goes with it, from either format."""
        if body[:1] == b"\x80":
            value = first(body, "80").get("80", b"")
            parts = {"9F27": value[:1], "9F36": value[1:3], "9F26": value[3:11], "9F10": value[11:]}
        else:
            parts = first(body, "9F27", "9F36", "9F26", "9F10", "9F4B")
        if not parts.get("9F27") or len(parts.get("9F36", b"")) != 2:
            raise Ended("not accepted: the card's answer cannot be read")
        return parts

    def _combined(self, body: bytes, fresh: dict[str, bytes]) -> str:
        """What is wrong with CDA; the cryptogram is taken out of the signature (Book 2, 6.6.2)."""
        failed = self.signature(fresh.get("9F4B", b""), self.data["9F37"], "CDA")
        if failed:
            return failed
        inner = first(body, "77").get("77", b"")
        signed = next((r for r in scan(inner) if r[0] == "9F4B"), None)
        shown = inner[: signed[2]] + inner[signed[4] :] if signed else inner
        fresh["9F26"] = oda.combined(self.dynamic)["cryptogram"]
        return wrong(oda.transaction_data(self.dynamic, fresh["9F27"], self.said + shown))

    def ask_issuer(self) -> Answer:
        """Online: what the issuer decides; without a line the terminal decides alone (Y3, Z3)."""
        self.wait(1350)
        if self.issuer is None:
            return Answer(b"Z3" if self.matches(0, "9F0D") else b"Y3")
        answer = self.issuer.authorise(self.data)
        self.data |= {"8A": answer.code, "91": answer.authentication}
        return answer

    def tell_card(self, answer: Answer) -> None:
        """EXTERNAL AUTHENTICATE, where the AIP asks for it; else the answer goes with the second GENERATE AC."""
        self.data["8A"] = answer.code
        if not answer.authentication:
            return
        self.notes.add("did issuer")
        if (
            self.has(0x04)
            and self.send("00820000", answer.authentication, answer=False)[1] != 0x9000
        ):
            self.note("issuer")

    def run_scripts(self, answer: Answer, template: int) -> None:
        """Scripts before (71) or after (72) the last cryptogram: each command goes to the card as it is (10.10)."""
        for script in answer.scripts:
            for tag, _, _, start, stop, _ in scan(script) if script[0] == template else ():
                self.notes.add("did script")
                if tag == "86" and self.transmit(script[start:stop])[-2] not in (0x90, 0x62, 0x63):
                    self.note("script before" if template == 0x71 else "script after")
                    break
