# SPDX-License-Identifier: MIT
"""A UnionPay card in software that holds electronic cash and speaks the Chinese algorithms (PBOC 3.0).

SM2 signs, SM3 is the hash, SM4 makes the cryptogram. Keys are made up. The card takes the money when it has given its
last record; that a real card does so is from memory.
"""

from __future__ import annotations

from collections.abc import Mapping
from random import Random

from cardlib.crypto import methods

from . import sm2_keys
from .chip import Refused
from .personal import filled, joined, split, tlv
from .rsa_keys import CASH_KEYS

ATR = "3B80800101"  # what a PC/SC reader says of a card without historical bytes
PPSE = b"2PAY.SYS.DDF01"
AID = bytes.fromhex("A000000333010101")
PAN, PSN = "6235489730000218129", "00"
CA, ISSUER, CARD = "UnionPay-like CA", "issuer of electronic cash", "card with electronic cash"
CA_INDEX = "F9"
AIP, AFL = bytes.fromhex("7C00"), bytes.fromhex("10010401")
PDOL = bytes.fromhex("9F66049F02069F03069F1A0295055F2A029A039C019F3704DF6901")
RECORDS = {
    1: ("5A", "5F24", "5F25", "5F28", "5F34", "9F07"),
    2: ("8F", "90", "9F4A"),
    3: ("9F46",),
    4: ("9F69", "9F74"),
}
PLAIN = {
    "50": b"PBOC DEBIT",
    "5A": bytes.fromhex(PAN + "F"),
    "57": bytes.fromhex(PAN + "D3012" + "20100000000F"),
    "5F24": bytes.fromhex("301231"),
    "5F25": bytes.fromhex("250101"),
    "5F28": bytes.fromhex("0156"),
    "5F34": bytes.fromhex(PSN),
    "82": AIP,
    "94": AFL,
    "8F": bytes.fromhex(CA_INDEX),
    "9F07": bytes.fromhex("FF00"),
    "9F38": PDOL,
    "9F4A": bytes.fromhex("82"),
    "9F51": bytes.fromhex("0156"),
    "9F6C": bytes.fromhex("0000"),
    "9F74": b"ECC001",
    "9F77": bytes.fromhex("000000100000"),
}
# Issuer application data: version 1 of the cryptogram; CVR: TC at once, and whether the card signed; the algorithm.
BY_SM4, BY_TRIPLE_DES = bytes.fromhex("0701010390000204"), bytes.fromhex("0701010390000001")
BALANCE_KIND = b"\x01"


class CashCard:
    """A card with so many cents of electronic cash; `seed` is that of its random numbers."""

    def __init__(self, balance: int, seed: int = 0, count: int = 0) -> None:
        self.rng = Random(f"cash card {seed}")
        self.balance, self.count, self.price = balance, count, 0
        self.masters = {use: bytes.fromhex(value) for use, value in CASH_KEYS.items()}
        self.data: dict[str, bytes] = dict(PLAIN)
        self.data["90"] = sm2_keys.issuer_certificate(CA, ISSUER, PAN[:8])
        static = joined(self.data, RECORDS[1]) + AIP
        self.data["9F46"] = sm2_keys.card_certificate(ISSUER, CARD, PAN, static)

    def answer(self, raw: bytes) -> bytes:
        """The answer to a command, status word included."""
        handlers = {
            0xA4: self._select,
            0xA8: self._get_processing_options,
            0xB2: self._read_record,
            0xCA: self._get_data,
        }
        try:
            handler = handlers.get(raw[1])
            if handler is None:
                raise Refused(0x6D00)
            return handler(raw) + b"\x90\x00"
        except Refused as refused:
            return refused.sw.to_bytes(2, "big")

    def _select(self, raw: bytes) -> bytes:
        name = raw[5 : 5 + raw[4]]
        if name == PPSE:
            entry = tlv("61", tlv("4F", AID) + tlv("87", b"\x01"))
            return tlv("6F", tlv("84", PPSE) + tlv("A5", tlv("BF0C", entry)))
        if name != AID:
            raise Refused(0x6A82)
        return tlv("6F", tlv("84", AID) + tlv("A5", joined(self.data, ("50", "9F38"))))

    def _get_processing_options(self, raw: bytes) -> bytes:
        """The whole payment: the card decides, makes its cryptogram and signs (fDDA)."""
        body = raw[7 : 5 + raw[4]]
        values = split(PDOL, body)
        if values is None:
            raise Refused(0x6A80)
        price = int(values["9F02"].hex())
        if price > self.balance:
            raise Refused(0x6985)
        self.count, self.price = self.count + 1, price
        chinese = values["DF69"] == b"\x01"
        answer = {"9F36": self.count.to_bytes(2, "big"), "82": AIP, "9F27": b"\x40"}
        answer["9F10"] = self._issuer_data(answer["9F36"], chinese)
        answer["9F26"] = self._cryptogram(values | answer)
        if chinese:
            self.data["9F69"] = b"\x01" + self.rng.randbytes(4) + self.data["9F6C"]
            message = values["9F37"] + values["9F02"] + values["5F2A"] + self.data["9F69"]
            answer["9F4B"] = sm2_keys.dynamic_signature(CARD, b"\x02" + answer["9F36"], message)
        order = ("82", "94", "9F36", "9F26", "9F27", "9F10", "57", "5F34", "9F6C", "9F4B")
        shown = self.data | answer
        return tlv("77", joined(shown, [tag for tag in order if tag != "9F4B" or chinese]))

    def _issuer_data(self, atc: bytes, chinese: bool) -> bytes:
        """Issuer application data: what the card did, by which algorithm, and what is left."""
        head = BY_SM4 if chinese else BY_TRIPLE_DES
        left = bytes.fromhex(f"{self.balance - self.price:010}")
        method = methods.method(methods.UNIONPAY, head)
        key = methods.card_key_of(method, self.masters["imk-smi"], PAN, PSN)
        mac = methods.balance_mac(method, key, atc, left)
        value = BALANCE_KIND + left + mac
        return head + bytes((len(value),)) + value

    def _cryptogram(self, values: Mapping[str, bytes]) -> bytes:
        method = methods.method(methods.UNIONPAY, values["9F10"])
        key = methods.card_key_of(method, self.masters["imk-ac"], PAN, PSN)
        return methods.compute(method, key, values, values["9F10"])

    def _read_record(self, raw: bytes) -> bytes:
        tags = RECORDS.get(raw[2])
        if raw[3] != 0x14 or tags is None:
            raise Refused(0x6A83)
        if raw[2] == max(RECORDS):  # the last one: the payment is done
            self._take()
        return tlv("70", joined(self.data, tags))

    def _take(self) -> None:
        self.balance, self.price = self.balance - self.price, 0

    def _get_data(self, raw: bytes) -> bytes:
        tag = raw[2:4].hex().upper()
        if tag == "9F79":
            return tlv(tag, bytes.fromhex(f"{self.balance:012}"))
        if tag not in ("9F51", "9F77"):
            raise Refused(0x6A88)
        return tlv(tag, self.data[tag])


class Copy:
    """A card that answers as another one was heard to answer: by name of the command, whatever is asked."""

    def __init__(self, heard: list[tuple[bytes, bytes]]) -> None:
        self.answers = {self._name(command): answer for command, answer in heard}

    def answer(self, raw: bytes) -> bytes:
        """What was heard, or a refusal."""
        return self.answers.get(self._name(raw), b"\x6d\x00")

    def _name(self, command: bytes) -> bytes:
        """What does not change from payment to payment: the values behind GET PROCESSING OPTIONS do."""
        return command[:4] if command[1] == 0xA8 else command


class Till:
    """A terminal that wants to be paid; what it asks and hears goes on the tape."""

    def __init__(self, seed: int, chinese: bool = True) -> None:
        self.rng = Random(f"till {seed}")
        self.indicator = b"\x01" if chinese else b"\x00"
        self.lines: list[str] = []
        self.heard: list[tuple[bytes, bytes]] = []

    def send(self, card: CashCard | Copy, command: str, lost: bool = False) -> bytes:
        """A command and its answer, which may be lost on the way."""
        raw = bytes.fromhex(command)
        answer = card.answer(raw)
        self.lines.append(f"> {raw.hex().upper()}")
        if not lost:
            self.lines.append(f"< {answer.hex().upper()}")
            self.heard.append((raw, answer))
        return answer

    def pay(
        self, card: CashCard | Copy, price: int, day: str, shows: bool = False, torn: bool = False
    ) -> None:
        """One tap; `shows`: the balance is read before and after; `torn`: the last answer is lost."""
        self.lines.append(f"ATR: {ATR}")
        self.send(card, f"00A404000E{PPSE.hex()}00")
        self.send(card, f"00A4040008{AID.hex()}00")
        if shows:
            self.send(card, "80CA9F5100")
            self.send(card, "80CA9F7900")
        values = {
            "9F66": bytes.fromhex("27000080"),
            "9F02": bytes.fromhex(f"{price:012}"),
            "9F1A": bytes.fromhex("0156"),
            "5F2A": bytes.fromhex("0156"),
            "9A": bytes.fromhex(day),
            "9C": b"\0",
            "9F37": self.rng.randbytes(4),
            "DF69": self.indicator,
        }
        body = filled(PDOL, values)
        template = bytes((0x83, len(body))) + body
        self.send(card, f"80A80000{len(template):02X}{template.hex()}00")
        for record in RECORDS:
            self.send(card, f"00B2{record:02X}1400", lost=torn and record == max(RECORDS))
        if shows:
            self.send(card, "80CA9F7900")
