# SPDX-License-Identifier: MIT
"""RSA keys that follow from a seed, and what they sign (EMV 4.4 Book 2, 5 and 6).

`python traces/makers/rsa_keys.py` makes keys.toml again: name and length are the seed, the primes the same everywhere.
Keys for teaching: whoever reads this has the private halves.
"""

from __future__ import annotations

import hashlib
import sys
import tomllib
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache, lru_cache
from pathlib import Path
from random import Random

FILE = Path(__file__).with_name("keys.toml")
# Master keys of the purses of makers/purse.py.
PURSE_KEYS = {
    "imk-load": "4C4F41444D41535445524C4F41444D41",
    "imk-purchase": "5055524348415345504D415354455221",
    "imk-tac": "5441434D41535445525441434D415354",
}
UNIONPAY = "A000000333"
CASH_CA = (  # the point of the CA of makers/pboc.py, whose private half is in makers/sm2_keys.py
    "369F79F8C25C16455DB5CF8781F874AF4FF3E608D2155AA4BE51899CCE276C1B"
    "62ADF674A328781966E16D8CE26D581555B87B38C2ABBC7CE24AD300E79BFA01"
)
CASH_KEYS = {  # of makers/pboc.py: of cryptograms, and of the MAC of the balance
    "imk-ac": "434153482043415244204B455920414B",
    "imk-smi": "434153482043415244204B4559204D4B",
}
BUREAU_KEY = (
    "425552454155204D4153544552204B59"  # of makers/bureau.py: the keys of its cards come from it
)
DESFIRE_KEY = "50415353204D4144452055502041455C"  # of the made-up pass, key 1
# Private keys of the terminal of makers/eac.py, on brainpoolP256r1: the same in every trace.
TERMINAL_KEYS = {
    "terminal, PACE": "366796452E1275CE8937530D1480C61C93149F2BED8E8D5B70ECD22D79A40FA6",
    "terminal, chip authentication": (
        "18DA946ED256E8C6F56CA3D4CE93B719C2134E704B1C6D0003FC1281625B2BBF"
    ),
}
SIM_KEYS = (  # of makers/uicc.py: K and OPc, made up
    "5354414E4420494E20464F52204B2121",
    "5354414E4420494E20464F52204F5043",
)
OTA_KEYS = {  # of makers/ota.py: key set 1
    "ota-kic": "4F5441204B496320666F722063617264",
    "ota-kid": "4F5441204B494420666F722063617264",
}
# What the segments of makers/smdp.py are opened with: it follows from both one-time keys and the EID.
DOWNLOAD_KEYS = (
    "AEB026005DDD961C360591829A79BB78"
    "9E109D969CCEE511DEE8006A7397125D"
    "553B901BA0AC6A3A8228C13CC61BF669"
)
RING = Path(__file__).with_name("keyring.toml")  # for whoever checks the traces
SCRIPTS = "2315208C9110AD402315208C9110AD40"  # as in the profiles
OTHER_SCRIPTS = "9E15204313F7318ACB79B90BD986AD29"
KEYS = {
    **{"Visa-like CA": 1984, "Mastercard-like CA": 1984, "rogue CA": 1984},
    **{"Visa-like issuer": 1408, "Mastercard-like issuer": 1408},
    **{"Visa-like card": 1024, "Mastercard-like card": 1024, "Visa-like PIN": 1024},
    **{"country signer": 2048, "document signer": 2048, "passport chip": 1024},
    **{"token authority": 2048, "token": 2048},
}
EXPONENT = 3


@dataclass(frozen=True)
class Key:
    """An RSA key with exponent 3."""

    name: str
    n: int
    d: int

    @property
    def size(self) -> int:
        return (self.n.bit_length() + 7) // 8

    @property
    def modulus(self) -> bytes:
        return self.n.to_bytes(self.size, "big")

    def private(self, message: bytes) -> bytes:
        """The private operation: it signs, and it deciphers."""
        return pow(int.from_bytes(message, "big"), self.d, self.n).to_bytes(self.size, "big")

    def sign(self, body: bytes, more: bytes = b"") -> bytes:
        """Header, body, the SHA-1 of body and of what is not sent along, trailer (Book 2, A2.1)."""
        digest = hashlib.sha1(body + more, usedforsecurity=False).digest()
        return self.private(b"\x6a" + body + digest + b"\xbc")


@lru_cache(maxsize=512)
def certificate(signer: Key, head: bytes, owner: Key, more: bytes = b"") -> tuple[bytes, bytes]:
    """A certificate of a public key, and the rest of the modulus that had no room (Book 2, tables 6 and 14).

    `head` is format, owner, expiry and serial number; `more` the static data that are vouched for.
    """
    body = head + bytes((1, 1, owner.size, 1))
    room = signer.size - 22 - len(body)
    shown, rest = owner.modulus[:room].ljust(room, b"\xbb"), owner.modulus[room:]
    return signer.sign(body + shown, rest + bytes((EXPONENT,)) + more), rest


def signed_static(issuer: Key, code: bytes, static: bytes) -> bytes:
    """Signed static application data, with a data authentication code of 2 bytes (as recovered: Book 2, table 7)."""
    return issuer.sign((b"\x03\x01" + code).ljust(issuer.size - 22, b"\xbb"), static)


def signed_dynamic(card: Key, dynamic: bytes, asked: bytes) -> bytes:
    """Signed dynamic application data over what the terminal sent (as recovered: Book 2, tables 17 and 19)."""
    return card.sign((bytes((5, 1, len(dynamic))) + dynamic).ljust(card.size - 22, b"\xbb"), asked)


@cache
def key(name: str) -> Key:
    """A key by its name in keys.toml."""
    row = tomllib.loads(FILE.read_text("utf-8"))[name]
    return Key(name, int(row["modulus"], 16), int(row["private"], 16))


def make(name: str) -> Key:
    """The key of a name, from two primes that leave 2 when they are divided by 3."""
    bits = KEYS[name]
    rng = Random(f"cardlib test key {name} {bits}")
    p, q = _prime(rng, bits // 2), _prime(rng, bits // 2)
    return Key(name, p * q, pow(EXPONENT, -1, (p - 1) * (q - 1)))


def _prime(rng: Random, bits: int) -> int:
    small = [n for n in range(3, 2000, 2) if all(n % m for m in range(3, 45, 2) if m < n)]
    while True:
        n = rng.getrandbits(bits) | 3 << (bits - 2) | 1
        if (
            n % EXPONENT == 2
            and all(n % m for m in small)
            and all(_passes(n, rng.randrange(2, n)) for _ in range(20))
        ):
            return n


def _passes(n: int, base: int) -> bool:
    """Whether n passes one round of Miller and Rabin."""
    twos = ((n - 1) & (1 - n)).bit_length() - 1
    x = pow(base, n >> twos, n)
    return x in (1, n - 1) or any((x := x * x % n) == n - 1 for _ in range(twos - 1))


def _rows() -> Iterator[str]:
    yield "# Keys of the made-up cards, with their private halves: for teaching, never for money. Made by rsa_keys.py."
    for made in map(make, KEYS):
        yield f'\n["{made.name}"]\nmodulus = "{made.n:0{2 * made.size}X}"\nprivate = "{made.d:0{2 * made.size}X}"'


def _ring() -> Iterator[str]:
    yield "# To check the traces with, beside the shipped keys: cardlib.crypto.keyring.load_keys. Made by rsa_keys.py."
    for rid, name in (("A000000003", "Visa-like CA"), ("A000000004", "Mastercard-like CA")):
        yield f'\n[[key]]\nuse = "ca-public"\nrid = "{rid}"\nindex = "F9"\nnote = "{name}"'
        yield f'exponent = "03"\nmodulus = "{make(name).n:X}"'
    for use in ("imk-smi", "imk-smc"):
        yield f'\n[[key]]\nuse = "{use}"\nrid = "A000000003"\nnote = "scripts of the Visa-like cards"'
        yield f'value = "{SCRIPTS}"'
    yield '\n[[key]]\nuse = "imk-smi"\nrid = "A000000004"\nnote = "scripts of the Mastercard-like cards"'
    yield f'value = "{OTHER_SCRIPTS}"'
    yield f'\n[[key]]\nuse = "ca-sm2"\nrid = "{UNIONPAY}"\nindex = "F9"\nnote = "UnionPay-like CA"'
    yield f'point = "{CASH_CA}"'
    for use, value in CASH_KEYS.items():
        yield f'\n[[key]]\nuse = "{use}"\nrid = "{UNIONPAY}"\nnote = "made-up issuer of electronic cash"'
        yield f'value = "{value}"'
    yield '\n[[key]]\nuse = "mrz"\nnote = "the specimen of ICAO Doc 9303"'
    yield 'number = "L898902C3"\nbirth = "740812"\nexpiry = "120415"'
    for note, value in TERMINAL_KEYS.items():
        yield f'\n[[key]]\nuse = "ephemeral"\nnote = "{note}"\nvalue = "{value}"'
    for use, value in PURSE_KEYS.items():
        yield f'\n[[key]]\nuse = "{use}"\nnote = "made-up issuer of purses"\nvalue = "{value}"'
    key, opc = SIM_KEYS
    yield f'\n[[key]]\nuse = "milenage"\nnote = "made-up SIM"\nvalue = "{key}"\nopc = "{opc}"'
    for use, value in OTA_KEYS.items():
        yield f'\n[[key]]\nuse = "{use}"\nindex = "01"\nnote = "made-up operator"\nvalue = "{value}"'
    yield f'\n[[key]]\nuse = "bsp"\nnote = "made-up profile download"\nvalue = "{DOWNLOAD_KEYS}"'
    for method in ("kdf3", "emv"):
        yield f'\n[[key]]\nuse = "scp"\nderive = "{method}"\nnote = "made-up bureau"'
        yield f'value = "{BUREAU_KEY}"'
    yield '\n[[key]]\nuse = "desfire"\nindex = "01"\nnote = "made-up pass"'
    yield f'value = "{DESFIRE_KEY}"'


if __name__ == "__main__":
    for path, rows in ((FILE, _rows()), (RING, _ring())):
        path.write_text("\n".join(rows) + "\n", "utf-8")
    sys.exit(0)
