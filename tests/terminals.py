# SPDX-License-Identifier: MIT
"""Terminal authentication as it stands on the wire, from the worked example of BSI."""

from __future__ import annotations

import tomllib
from pathlib import Path

from cardlib.core.secure import objects_of, written
from conftest import ROOT

VECTORS = tomllib.loads((ROOT / "tests/vectors/icao.toml").read_text("utf-8"))
EXAMPLE = {name: bytes.fromhex(value) for name, value in VECTORS["terminal_authentication"].items()}
COUNTRY, VERIFIER, TERMINAL = b"DECVCAAT00001", b"DETESTDVDE019", b"DETESTATDE019"
ALGORITHM = bytes.fromhex("04007F00070202020205")


def command(header: str, data: bytes) -> str:
    """A command with its data, in hex."""
    size = f"{len(data):02X}"
    if len(data) > 0xFF:
        size = f"00{len(data):04X}"
    return header + size + data.hex().upper()


def chain(verifier: bytes = b"", terminal: bytes = b"") -> list[str]:
    """Both certificates, each below the one that is named before it."""
    lines = []
    certificates = (
        (COUNTRY, verifier or EXAMPLE["verifier"]),
        (VERIFIER, terminal or EXAMPLE["terminal"]),
    )
    for authority, certificate in certificates:
        inner = objects_of(certificate)[0].value
        lines += [command("002281B6", written("83", authority)), "9000"]
        lines += [command("002A00BE", inner), "9000"]
    return lines


def proof(signature: bytes = b"", answer: str = "9000", key: bytes = b"") -> list[str]:
    """The chip is named by its key of PACE; then the random number and the signature."""
    chip_key = b"\x04" + EXAMPLE["chip_name"] + bytes(32)
    public = key or EXAMPLE["terminal_key"]
    template = written("80", ALGORITHM) + written("83", TERMINAL) + written("91", public)
    agreed = written("7C", written("84", chip_key))
    return [
        *("10860000047C02830000", agreed.hex() + "9000"),
        *(command("002281A4", template), "9000"),
        *("0084000008", EXAMPLE["challenge"].hex() + "9000"),
        *(command("00820000", signature or EXAMPLE["signature"]), answer),
    ]


def root_file(folder: Path) -> Path:
    """A file of keys with the certificate of the country."""
    path = folder / "country.toml"
    path.write_text(f'[[key]]\nuse = "cvca"\nvalue = "{EXAMPLE["country"].hex()}"\n', "utf-8")
    return path
