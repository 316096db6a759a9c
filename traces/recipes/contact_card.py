# SPDX-License-Identifier: MIT
"""What the contact recipes share: a Visa-like card with CVN 10 cryptograms, and the terminal's side of the data."""

from __future__ import annotations

from ciphers import VISA_TEST_KEY, card_key, certificate, des3, key, mac, signed_dynamic, xor
from tape import Tape, filled, tlv

AID = "A0000000031010"
PSE = b"1PAY.SYS.DDF01"
PDOL = "9F1A029F33039F3501"
DDOL = "9F3704"
CDOL1 = "9F02069F03069F1A0295055F2A029A039C019F37049F3403"
CDOL2 = "8A02" + CDOL1 + "9B02"
ATR = "3B650000" + b"TRACE".hex()
SIGNED_BY_CVN10 = ("9F02", "9F03", "9F1A", "95", "5F2A", "9A", "9C", "9F37")

TERMINAL = {
    **{"9F1A": "0276", "9F33": "E0F8C8", "9F35": "22", "5F2A": "0978", "9A": "260314", "9C": "00"},
    **{"9F02": "000000004250", "9F03": "000000000000", "9F37": "5C1A0E77"},
}
CA = key("visa-like test CA", 1984)
ISSUER = key("visa-like test issuer", 1408)
CARD = key("visa-like test card", 1024)


class Card:
    """A card in a terminal: each step writes its exchanges on the tape."""

    def __init__(self, tape: Tape, pan: str, aip: str, atc: str, terminal: dict[str, str]) -> None:
        self.tape, self.pan, self.aip, self.atc = tape, pan, aip, atc
        self.terminal, self.dda = TERMINAL | terminal, bool(bytes.fromhex(aip)[0] & 0x20)
        self.key = card_key(VISA_TEST_KEY, pan, "01")

    def select(self) -> None:
        """The directory that it does not have, then the application."""
        self.tape.ask("00A40400", PSE, sw=0x6A82)
        told = tlv("50", b"TEST CREDIT") + tlv("87", "01") + tlv("9F38", PDOL) + tlv("5F2D", b"ende")
        fci = tlv("84", AID) + tlv("A5", told + tlv("9F11", "01") + tlv("9F12", b"Test Credit"))
        self.tape.ask("00A40400", bytes.fromhex(AID), tlv("6F", fci))

    def start(self, afl: str) -> None:
        """GET PROCESSING OPTIONS, answered in format 1."""
        self.tape.ask("80A80000", tlv("83", filled(PDOL, self.terminal)), tlv("80", self.aip + afl))

    def holder(self) -> bytes:
        return tlv("57", f"{self.pan}D281220112345678") + tlv("5F20", b"CARDHOLDER/TEST")

    def static(self, cvm: str, actions: tuple[str, str, str]) -> bytes:
        """The data that a certificate vouches for; `actions`: the IAC for default, denial, online."""
        dates = tlv("5F25", "250101") + tlv("5F24", "281231") + tlv("9F07", "FF80") + tlv("5A", self.pan)
        verify = tlv("5F34", "01") + tlv("8E", "00" * 8 + cvm)
        codes = b"".join(tlv(tag, value) for tag, value in zip(("9F0D", "9F0E", "9F0F"), actions, strict=True))
        return dates + verify + codes + tlv("5F28", "0276") + (tlv("9F4A", "82") if self.dda else b"")

    def lists(self) -> bytes:
        return tlv("8C", CDOL1) + tlv("8D", CDOL2) + (tlv("9F49", DDOL) if self.dda else b"")

    def record(self, sfi: int, number: int, content: bytes) -> None:
        self.tape.ask(f"00B2{number:02X}{sfi << 3 | 4:02X}", answer=tlv("70", content))

    def certificates(self, sfi: int, static: bytes) -> None:
        """Three records: the exponents and the key's index, the issuer's certificate, the card's."""
        signed = static + bytes.fromhex(self.aip)
        issuer = certificate(CA, f"02{self.pan[:8]}1228000001", ISSUER, 36)
        card = certificate(ISSUER, f"04{self.pan:F<20}1228000002", CARD, 42, signed)
        self.record(sfi, 1, tlv("8F", "F9") + tlv("9F32", "03") + tlv("9F47", "03"))
        self.record(sfi, 2, tlv("90", issuer))
        self.record(sfi, 3, tlv("9F46", card))

    def authenticate(self) -> None:
        """INTERNAL AUTHENTICATE: the card signs the terminal's number (DDA)."""
        asked = filled(DDOL, self.terminal)
        number = self.tape.rng.randbytes(8)
        self.tape.ask("00880000", asked, tlv("80", signed_dynamic(CARD, b"\x08" + number, asked)))

    def all_records(self, cvm: str, actions: tuple[str, str, str]) -> None:
        """What the AFL of a card with DDA names, and the DDA itself."""
        static = self.static(cvm, actions)
        self.record(1, 1, self.holder())
        self.record(2, 1, static)
        self.record(2, 2, self.lists())
        self.certificates(3, static)
        self.authenticate()

    def verify(self, pin: str, sw: int = 0x9000) -> None:
        """The PIN in clear, after the cardholder typed it."""
        self.tape.pause(4200)
        self.tape.ask("00200080", bytes.fromhex(f"24{pin}FFFFFFFFFF"), sw=sw)

    def generate(self, asked: str, dol: str, cid: str, cvr: str, told: dict[str, str]) -> bytes:
        """GENERATE AC; the card answers with a cryptogram over what the terminal told and its own CVR."""
        values = self.terminal | told
        data = "".join(values[tag] for tag in SIGNED_BY_CVN10) + self.aip + self.atc + "03" + cvr
        cryptogram = mac(self.key, bytes.fromhex(data))
        answer = bytes.fromhex(cid + self.atc) + cryptogram + bytes.fromhex("06010A03" + cvr)
        self.tape.ask(f"80AE{asked}00", filled(dol, values), tlv("80", answer))
        return cryptogram

    def issuer_answers(self, cryptogram: bytes, code: bytes) -> None:
        """EXTERNAL AUTHENTICATE with the issuer's cryptogram (Book 2, 8.2.1), after the network's time."""
        self.tape.pause(1350)
        self.tape.ask("00820000", des3(self.key, xor(cryptogram, code + b"\0" * 6)) + code)
