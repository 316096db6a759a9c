# SPDX-License-Identifier: MIT
"""What every terminal does with a card: commands, selection, records, and offline data authentication (EMV 4.4)."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from random import Random

from cardlib.apps.emv import parse_afl
from cardlib.core.codec import parse_date, to_hex
from cardlib.core.errors import NotVerifiable
from cardlib.core.model import Proof
from cardlib.core.tlv import first, scan
from cardlib.crypto import oda, rsa

from .issuer import Issuer
from .personal import filled
from .times import Transmit

PARTS = 64  # of one answer
PSE = b"1PAY.SYS.DDF01"
# What the TVR notes: (byte, bit), counted from 0 (EMV Book 3, C5)
TVR = {
    **{
        "not authenticated": (0, 0x80),
        "SDA failed": (0, 0x40),
        "data missing": (0, 0x20),
        "DDA failed": (0, 0x08),
    },
    **{
        "CDA failed": (0, 0x04),
        "SDA chosen": (0, 0x02),
        "version": (1, 0x80),
        "expired": (1, 0x40),
    },
    **{
        "not yet": (1, 0x20),
        "service": (1, 0x10),
        "not verified": (2, 0x80),
        "unknown CVM": (2, 0x40),
    },
    **{
        "tries": (2, 0x20),
        "no PIN entered": (2, 0x08),
        "PIN online": (2, 0x04),
        "floor": (3, 0x80),
    },
    **{
        "new card": (1, 0x08),
        "lower limit": (3, 0x40),
        "upper limit": (3, 0x20),
        "chosen": (3, 0x10),
    },
    **{"issuer": (4, 0x40), "script before": (4, 0x20), "script after": (4, 0x10)},
    **{"relay threshold": (4, 0x08), "relay limit": (4, 0x04), "relay done": (4, 0x02)},
}
TSI = {
    "authenticated": 0x80,
    "verified": 0x40,
    "card": 0x20,
    "issuer": 0x10,
    "risk": 0x08,
    "script": 0x04,
}


class Ended(Exception):
    """The transaction ends here: "how: why"."""


def wrong(proof: Proof) -> str:
    """What is wrong with a signature or certificate; empty if nothing."""
    return "" if proof.verdict == "verified" else f"{proof.name}: {proof.reason}"


@dataclass
class Settings:
    """A shop's terminal: what it is, what it decides by, which keys of CAs it trusts (RID and index: modulus)."""

    trusted: Mapping[str, bytes]
    aids: Sequence[str] = ("A0000000031010", "A0000000041010")
    data: dict[str, str] = field(
        default_factory=lambda: {
            **{
                "9F1A": "0276",
                "9F33": "E0F8C8",
                "9F35": "22",
                "5F2A": "0978",
                "9A": "260314",
                "9C": "00",
            },
            **{
                "9F40": "6000F0A001",
                "9F09": "0002",
                "9F15": "5411",
                "9F1E": "3030303030303031",
                "9F45": "0000",
            },
        }
    )
    floor: int = 1000
    chosen: Sequence[
        int
    ] = ()  # by chance to go online: threshold in cents, percentage below it, percentage at the floor
    cvm_limit: int = 5000  # contactless
    oda_online: bool = (
        False  # Visa-like: whether a signature is wanted when the issuer is asked, too
    )
    tac: tuple[str, str, str] = (
        "DC4000A800",
        "0010000000",
        "DC4004F800",
    )  # default, denial, online
    online: bool = True


@dataclass
class Result:
    """How it ended, what the terminal had noted, and what it knows."""

    outcome: str
    why: str
    tvr: bytes
    data: dict[str, bytes]


class Reader(ABC):
    """One terminal, one card in the slot. `pins` are what the holder types, one after the other; `t0` is the protocol.

    `wait` passes the time of people and networks, `took` tells how long the last command took, in nanoseconds.
    """

    def __init__(
        self,
        transmit: Transmit,
        settings: Settings,
        issuer: Issuer | None = None,
        pins: Sequence[str] = (),
        seed: int = 0,
        t0: bool = False,
        wait: Callable[[int], None] = lambda ms: None,
        took: Callable[[], int] = lambda: 0,
    ) -> None:
        self.transmit, self.settings, self.issuer = transmit, settings, issuer
        self.t0 = t0
        self.pins, self.rng = iter(pins), Random(f"terminal {seed}")
        self.wait, self.took = wait, took
        self._begin()

    def _begin(self) -> None:
        """Forget the transaction before."""
        self.notes: set[str] = set()
        self.data: dict[str, bytes] = {}
        self.static = self.said = self.dynamic = b""
        self.failed, self.cda = "", False
        self.key: rsa.PublicKey | None = None

    # ------------------------------------------------------------ the whole

    def pay(self, cents: int, un: str = "") -> Result:
        """A purchase; the numbers of the terminal follow from its seed where `un` does not give one."""
        self._begin()
        self.data = {tag: bytes.fromhex(value) for tag, value in self.settings.data.items()}
        self.data |= {"9F02": bytes.fromhex(f"{cents:012}"), "9F03": bytes(6), "95": bytes(5)}
        self.data["9F37"] = bytes.fromhex(un) if un else self.rng.randbytes(4)
        try:
            outcome, why = self.run(), self.failed
        except Ended as ended:
            outcome, _, why = str(ended).partition(": ")
        except (LookupError, ValueError, NotVerifiable):
            outcome, why = "not accepted", "the card's data make no sense"
        return Result(outcome, why, self.tvr, dict(self.data))

    @abstractmethod
    def run(self) -> str:
        """The steps of this kind of terminal; how it ended."""

    # ------------------------------------------------------------ commands

    def send(self, header: str, data: bytes = b"", answer: bool = True) -> tuple[bytes, int]:
        """A command; over T=0 what 61XX and 6CXX ask for is done. The data and the status word."""
        command = bytes.fromhex(header) + (bytes((len(data),)) + data if data else b"")
        raw, body = (
            self.transmit(command if data and (self.t0 or not answer) else command + b"\0"),
            b"",
        )
        for _ in range(PARTS):
            if len(raw) < 2:
                raise Ended("not accepted: no answer")
            if raw[-2] == 0x6C:
                raw = self.transmit(command + raw[-1:])
            elif raw[-2] == 0x61 and self.t0:
                body += raw[:-2]
                raw = self.transmit(b"\0\xc0\0\0" + raw[-1:])
            else:
                return body + raw[:-2], raw[-2] << 8 | raw[-1]
        raise Ended("not accepted: an answer without end")

    def note(self, *names: str) -> None:
        """Put something into the TVR; the terminal's copy of it follows."""
        self.notes |= set(names)
        self.data["95"] = self.tvr

    @property
    def tvr(self) -> bytes:
        value = bytearray(5)
        for name in self.notes & TVR.keys():
            value[TVR[name][0]] |= TVR[name][1]
        return bytes(value)

    @property
    def tsi(self) -> bytes:
        return bytes((sum(bit for name, bit in TSI.items() if f"did {name}" in self.notes), 0))

    def has(self, bit: int, tag: str = "82", byte: int = 0) -> bool:
        """Whether a bit of the AIP (or of another element) is set."""
        return bool(self.data.get(tag, b"\0\0\0\0\0")[byte] & bit)

    def learn(self, body: bytes) -> None:
        """Keep the data elements of an answer; the first of a tag counts."""
        for tag, _, _, start, stop, error in scan(body):
            if error and not error.startswith("note"):
                raise Ended("not accepted: the card's data cannot be read")
            self.data.setdefault(tag, body[start:stop])

    # ------------------------------------------------------------ selection and data

    def select(self) -> None:
        """The directory, or one application after the other (Book 1, 12)."""
        body, sw = self.send("00A40400", PSE)
        if sw == 0x6A81:
            raise Ended("not accepted: the card is blocked")
        names = list(self._listed(body)) if sw == 0x9000 else list(self.settings.aids)
        blocked = False
        for aid in names:
            body, sw = self.send("00A40400", bytes.fromhex(aid))
            if sw == 0x9000:
                self.learn(body)
                self.data["9F06"] = self.data["84"]
                return
            blocked = blocked or sw == 0x6283
        raise Ended(
            f"not accepted: {'the application is blocked' if blocked else 'no application in common'}"
        )

    def _listed(self, body: bytes) -> Iterator[str]:
        """The applications in the payment system environment."""
        sfi = first(body, "88").get("88", b"\1")[0]
        for number in range(1, 11):
            record, sw = self.send(f"00B2{number:02X}{sfi << 3 | 4:02X}")
            if sw != 0x9000:
                return
            yield from self.known(record)

    def known(self, body: bytes) -> Iterator[str]:
        """The applications of a directory that this terminal has too."""
        names = (
            to_hex(body[start:stop]) for tag, _, _, start, stop, _ in scan(body) if tag == "4F"
        )
        return (name for name in names if name in self.settings.aids)

    def initiate(self) -> None:
        """GET PROCESSING OPTIONS."""
        self.said = filled(self.data.get("9F38", b""), self.data)
        body, sw = self.send("80A80000", bytes((0x83, len(self.said))) + self.said)
        if sw != 0x9000:
            raise Ended(f"not accepted: GET PROCESSING OPTIONS was answered {sw:04X}")
        if body[:1] == b"\x80":
            value = first(body, "80").get("80", b"")
            self.data |= {"82": value[:2], "94": value[2:]}
        else:
            self.learn(body)

    def read(self) -> None:
        """The records that the AFL names, and which of them are signed (Book 3, 10.2 and 10.3)."""
        for entry in parse_afl(self.data.get("94", b"")):
            for number in range(entry.first, entry.last + 1):
                body, sw = self.send(f"00B2{number:02X}{entry.sfi << 3 | 4:02X}")
                inner = first(body, "70").get("70")
                if sw != 0x9000 or inner is None:
                    raise Ended(
                        f"not accepted: record {number} of SFI {entry.sfi} was answered {sw:04X}"
                    )
                self.learn(body)
                if number < entry.first + entry.signed:
                    self.static += inner if entry.sfi <= 10 else body
        for tag in self.needed():
            if tag not in self.data:
                raise Ended(f"not accepted: the card has no {tag}")
        if self.data.get("9F4A") == b"\x82":
            self.static += self.data["82"]

    def needed(self) -> tuple[str, ...]:
        """Without these there is no transaction (Book 3, 7.2)."""
        return ("5A", "5F24", "8C", "8D")

    # ------------------------------------------------------------ authentication

    def authenticate(self) -> None:
        """Offline data authentication, the best that both can (Book 3, 10.3); CDA ends with GENERATE AC."""
        can = self.data["9F33"][2]
        if self.has(1) and can & 0x08:
            name, self.failed, self.cda = "CDA failed", self.card_key(), True
        elif self.has(0x20) and can & 0x40:
            name, self.failed = "DDA failed", self.card_key() or self._dda()
        elif self.has(0x40) and can & 0x80:
            self.note("SDA chosen")
            name, self.failed = "SDA failed", self._sda()
        else:
            return self.note("not authenticated")
        self.note("did authenticated", *([name] if self.failed else []))

    def issuer_key(self) -> tuple[str, rsa.PublicKey | None]:
        """The issuer's key from its certificate; what is wrong with it, if anything."""
        modulus = self.settings.trusted.get(
            to_hex(self.data["9F06"][:5]) + to_hex(self.data.get("8F", b""))
        )
        if modulus is None:
            return "no key of this CA", None
        certificate, rest, exponent = (self.data.get(tag, b"") for tag in ("90", "92", "9F32"))
        proof, key = oda.issuer_certificate(
            rsa.PublicKey(modulus), certificate, rest, exponent, self.pan, self.today
        )
        return wrong(proof), key

    def card_key(self) -> str:
        """The card's key by its certificates, kept for later; what is wrong with it, if anything."""
        failed, issuer = self.issuer_key()
        if failed or issuer is None:
            return failed
        certificate, rest, exponent = (self.data.get(tag, b"") for tag in ("9F46", "9F48", "9F47"))
        proof, self.key = oda.card_certificate(
            issuer, certificate, rest, exponent, self.static, self.pan, self.today
        )
        return wrong(proof)

    def _sda(self) -> str:
        failed, issuer = self.issuer_key()
        if failed or issuer is None:
            return failed
        proof = oda.static_data(issuer, self.data.get("93", b""), self.static)
        self.data["9F45"] = dict(proof.facts).get("data authentication code", bytes(2))
        return wrong(proof)

    def _dda(self) -> str:
        """INTERNAL AUTHENTICATE."""
        asked = filled(self.data.get("9F49", b"\x9f\x37\4"), self.data)
        body, _ = self.send("00880000", asked)
        signed = first(body, "80", "9F4B")
        return self.signature(signed.get("9F4B", signed.get("80", b"")), asked)

    def signature(self, signed: bytes, asked: bytes, name: str = "DDA") -> str:
        """What is wrong with a dynamic signature; what it holds is kept."""
        if self.key is None:
            return "no key of the card"
        proof, self.dynamic = oda.dynamic_data(self.key, signed, asked, name)
        self.data["9F4C"] = self.dynamic[1 : 1 + self.dynamic[0]] if self.dynamic else b""
        return wrong(proof)

    @property
    def pan(self) -> str:
        return to_hex(self.data.get("5A", b"")).rstrip("F")

    @property
    def today(self) -> date | None:
        return parse_date(self.data["9A"])
