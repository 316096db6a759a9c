# SPDX-License-Identifier: MIT
"""The keys that proofs may use: of schemes (public), of test cards (published), and the caller's.

A file of keys is TOML:

    [[key]]
    use = "imk-ac"          # of an issuer: imk-ac, imk-smi, imk-smc; of a card: mk-ac, mk-smi,
                            # mk-smc; session; ca-public; of a purse: imk-load, imk-purchase,
                            # imk-tac, mk-load, mk-purchase, mk-tac; of a SIM: milenage, tuak
    rid = "A000000003"      # rid, iin and pan say for which cards it is, all three may be left out
    value = "..."           # 16 bytes in hex; ca-public has modulus, exponent and index instead,
                            # ca-sm2 its point (x and y) and index; milenage has K here, and op or
                            # opc; tuak K, and top or topc, and perhaps iterations
    kcv = "08D7B4"          # checked where it is given; so is `check`, the SHA-1 of a ca-public
    note = "our test issuer"

    [[key]]
    use = "ota-kic"         # of secured packets to a SIM: ciphering; ota-kid: checksums
    index = "03"            # the key set, any where it is left out
    value = "..."           # 8, 16, 24 or 32 bytes

    [[key]]
    use = "bsp"             # of a profile download: what its segments are opened with, 48 bytes
    value = "..."           # the first chaining value, the key for ciphering, that for MACs

    [[key]]
    use = "mrz"             # of a travel document: what its keys are made of
    number = "L898902C<"    # the document number, then birth and expiry as YYMMDD
    birth = "690806"
    expiry = "940623"

    [[key]]
    use = "session-keys"    # of secure messaging, from the log of a terminal
    cipher = "AES"          # or 3DES
    enc = "..."
    mac = "..."
    ssc = "..."             # the counter before the first protected command; zeros if left out

    [[key]]
    use = "ephemeral"       # the private key of one side of an agreement: of PACE, its second one; of
    value = "..."           # chip authentication

    [[key]]
    use = "csca"            # the certificate of a country that signs passports, in DER
    value = "..."

    [[key]]
    use = "cvca"            # the certificate of a country that terminals are certified under: 7F21...
    value = "..."

    [[key]]
    use = "scp"             # of a security domain: for enc, mac and dek alike; scp-enc, scp-mac and
    value = "..."           # scp-dek are one of them; 16, 24 or 32 bytes
    index = "30"            # the key version; any where it is left out
    derive = "kdf3"         # a master key: emv, visa2 or kdf3 make the card's keys of it

    [[key]]
    use = "classic"         # of a sector of a MIFARE Classic: 6 bytes, key A or B
    use = "desfire"         # of a MIFARE DESFire: AES or triple DES, 16 or 24 bytes
    value = "..."
    index = "00"            # the number of the key; any where it is left out

No key is ever shown: a Key prints without its value, an error names the row and not its content.
"""

from __future__ import annotations

import functools
from collections.abc import Iterable, Sequence
from dataclasses import field
from datetime import date
from os import PathLike
from pathlib import Path
from typing import Any, Literal, get_args

from ..core.codec import to_hex
from ..core.errors import DictionaryError, NotVerifiable
from ..core.model import record
from ..core.registers import parse
from . import rsa
from .key_rows import channel_of, compact, hex_of, operator_of, value_of
from .messaging import Channel

FOLDER = Path(__file__).parent
TABLES = ("ca_keys.toml", "test_keys.toml")
KeyUse = Literal[
    "imk-ac",
    "imk-smi",
    "imk-smc",
    "mk-ac",
    "mk-smi",
    "mk-smc",
    "session",
    "ca-public",
    "ca-sm2",
    "imk-load",
    "imk-purchase",
    "imk-tac",
    "mk-load",
    "mk-purchase",
    "mk-tac",
    "milenage",
    "tuak",
    "ota-kic",
    "ota-kid",
    "bsp",
    "mrz",
    "session-keys",
    "ephemeral",
    "csca",
    "cvca",
    "scp",
    "scp-enc",
    "scp-mac",
    "scp-dek",
    "desfire",
    "classic",
]
_USES: tuple[str, ...] = get_args(KeyUse)


@record
class Key:
    """A key and for which cards it is; `value` is the secret, or the modulus of a public key.

    Of a SIM, `operator` is OP, OPc, TOP or TOPc; `is_derived` says that it is OPc or TOPc.
    """

    use: KeyUse
    value: bytes = field(repr=False)
    rid: str = ""
    iin: str = ""
    pan: str = ""
    note: str = ""
    index: str = ""
    exponent: bytes = b""
    expires: date | None = None
    published: bool = False
    operator: bytes = field(default=b"", repr=False)
    is_derived: bool = False
    iterations: int = 1
    channel: Channel | None = field(default=None, repr=False)
    derive: str = ""

    @property
    def public(self) -> rsa.PublicKey:
        """The key of a scheme as RSA takes it."""
        return rsa.PublicKey(self.value, self.exponent)


def load_keys(path: str | PathLike[str], published: bool = False) -> tuple[Key, ...]:
    """The keys of a file, all checked.

    A wrong row is one DictionaryError that says which row and why.
    """
    rows = parse(Path(path)).get("key")
    if not isinstance(rows, list) or not rows:
        raise DictionaryError("holds no [[key]]", str(path))
    keys = []
    for number, row in enumerate(rows, 1):
        try:
            keys.append(_key(row, published))
        except (DictionaryError, NotVerifiable) as error:
            raise DictionaryError(error.reason, str(path), f"key {number}") from None
    return tuple(keys)


def _key(row: Any, published: bool) -> Key:
    if not isinstance(row, dict) or row.get("use") not in _USES:
        raise DictionaryError(f"use must be one of {', '.join(_USES)}")
    value = value_of(row)
    return Key(
        use=row["use"],
        value=value,
        rid=compact(row, "rid"),
        iin=compact(row, "iin"),
        pan=compact(row, "pan"),
        note=row.get("note", ""),
        index=to_hex(hex_of(row, "index")),
        exponent=hex_of(row, "exponent"),
        expires=row.get("expires"),
        published=published,
        operator=operator_of(row),
        is_derived="opc" in row or "topc" in row,
        iterations=int(row.get("iterations", "1")),
        channel=channel_of(row),
        derive=row.get("derive", ""),
    )


@functools.cache
def shipped() -> tuple[Key, ...]:
    """The public keys of schemes, and the published keys of test cards."""
    keys: list[Key] = []
    for name in TABLES:
        keys.extend(load_keys(FOLDER / name, published=True))
    return tuple(keys)


def keyring(paths: Iterable[str | PathLike[str]] = ()) -> tuple[Key, ...]:
    """The keys of these files, then the shipped ones: they are tried in this order."""
    keys: list[Key] = []
    for path in paths:
        keys.extend(load_keys(path))
    return (*keys, *shipped())


def fitting(
    keys: Sequence[Key],
    *uses: KeyUse,
    rid: str = "",
    pan: str = "",
    index: str = "",
) -> list[Key]:
    """The keys of these uses that are for this card, in order.

    What a key does not say fits every card.
    """
    candidates = (key for key in keys if key.use in uses and key.index == index)
    return [key for key in candidates if _is_for(key, rid, pan)]


def _is_for(key: Key, rid: str, pan: str) -> bool:
    rid_fits = key.rid in ("", rid)
    pan_fits = key.pan in ("", pan)
    return rid_fits and pan_fits and pan.startswith(key.iin)
