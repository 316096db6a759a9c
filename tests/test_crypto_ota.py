# SPDX-License-Identifier: MIT
"""Secured packets of a SIM: damaged ones first, then published packets with their keys, each with a twin that fails."""

from __future__ import annotations

import tomllib
from typing import Any

import pytest

from cardlib.core.errors import NotVerifiable
from cardlib.crypto import ota
from conftest import ROOT

FILE = ROOT / "tests/vectors/telecom_messages.toml"
PACKETS = tomllib.loads(FILE.read_text("utf-8"))["packet"]
COMMANDS = [row for row in PACKETS if row["direction"] == "command"]
RESPONSES = [row for row in PACKETS if row["direction"] == "response"]
WRONG_ON_PURPOSE = "3DES PoR plain + CC, one bit wrong"
HEADER = 3  # the user data header before a response packet


def opened(row: dict[str, Any], packet: bytes) -> tuple[ota.Opened, ota.Integrity, int]:
    """A packet in clear, with what its checksum is and how it is made."""
    kic = bytes.fromhex(row["kic"])
    if row["direction"] == "command":
        security = ota.security_of(packet)
        return ota.open_command(packet, kic), security.integrity, security.kid
    receipt, cipher = int(row["receipt"], 16), int(row["cipher"], 16)
    integrity = ota.INTEGRITIES[receipt >> 2 & 3]
    security = ota.Security(True, "none", 0, bool(receipt & 0x10), integrity, cipher, cipher)
    return ota.open_response(packet[HEADER:], security, kic), integrity, cipher


def agrees(row: dict[str, Any], packet: bytes, kid: bytes) -> bool:
    """Whether the checksum of a packet is the one that the key makes."""
    try:
        clear, integrity, algorithm = opened(row, packet)
        return ota.checksum(integrity, algorithm, kid, clear.covered) == clear.checksum
    except ota.Unfit:
        return False


CLEAR = bytes.fromhex("00150D00193535B0000000000000000000A40000023F00")
DAMAGED = [
    # a packet, a part of what is said
    (CLEAR[:9], "at least 10 bytes"),
    (CLEAR[:12], "does not fit"),
    (CLEAR[:2] + b"\x0c" + CLEAR[3:], "does not fit"),
    (CLEAR[:2] + b"\xff" + CLEAR[3:], "does not fit"),
    (CLEAR[:15] + b"\x09" + CLEAR[16:], "9 bytes of padding, 7 bytes of data"),
    (bytes(2) + b"\x0d\x04" + CLEAR[4:], "not whole blocks"),
    (bytes(2) + b"\x0d\x04\x00\x33" + CLEAR[6:], "KIc 33"),
]


@pytest.mark.parametrize(("packet", "reason"), DAMAGED)
def test_what_is_damaged_is_refused(packet: bytes, reason: str) -> None:
    with pytest.raises(NotVerifiable, match=reason):
        ota.open_command(packet, bytes(16))


def test_keys_of_a_wrong_length_are_refused() -> None:
    for algorithm, size in ((0x35, 24), (0x39, 16), (0x31, 16), (0x32, 8)):
        with pytest.raises(NotVerifiable):
            ota.deciphered(algorithm, bytes(size), bytes(16))
        with pytest.raises(NotVerifiable):
            ota.checksum("cryptographic checksum", algorithm, bytes(size), bytes(16))


def test_what_is_not_computed_says_so() -> None:
    with pytest.raises(NotVerifiable, match="digital signature"):
        ota.checksum("digital signature", 0x35, bytes(16), b"1")
    with pytest.raises(NotVerifiable, match="KID 33"):
        ota.checksum("cryptographic checksum", 0x33, bytes(16), b"1")


@pytest.mark.parametrize("row", COMMANDS, ids=lambda row: row["name"])
def test_commands(row: dict[str, Any]) -> None:
    packet, fields = bytes.fromhex(row["hex"]), row["fields"]
    security = ota.security_of(packet)
    clear, _, _ = opened(row, packet)
    assert clear.data.hex().upper() == fields["secured_data"]
    assert clear.counter.hex().upper() == fields["CNTR"]
    assert clear.checksum.hex().upper() == fields["CC"]
    assert security.is_ciphered is fields["ciphering"]
    assert security.receipt_is_ciphered is fields["PoR_ciphered"]
    assert (f"{security.kic:02X}", f"{security.kid:02X}") == (fields["KIc"], fields["KID"])


@pytest.mark.parametrize("row", RESPONSES, ids=lambda row: row["name"])
def test_responses(row: dict[str, Any]) -> None:
    fields = row["fields"]
    clear, _, _ = opened(row, bytes.fromhex(row["hex"]))
    done, last = clear.data[0], clear.data[1:3].hex().upper()
    assert (done, last) == (fields["number_of_commands"], fields["last_SW"])
    assert clear.data[3:].hex() == fields["data"]
    assert clear.response.hex().upper() == fields["status"]
    assert clear.checksum.hex().upper() == fields["CC"]


CHECKED = [row for row in PACKETS if row["fields"]["CC"]]


@pytest.mark.parametrize("row", CHECKED, ids=lambda row: row["name"])
def test_checksums(row: dict[str, Any]) -> None:
    packet, kid = bytes.fromhex(row["hex"]), bytes.fromhex(row["kid"])
    assert agrees(row, packet, kid) is (row["name"] != WRONG_ON_PURPOSE)


@pytest.mark.parametrize("row", CHECKED, ids=lambda row: row["name"])
def test_a_changed_byte_or_key_changes_the_verdict(row: dict[str, Any]) -> None:
    packet, kid = bytes.fromhex(row["hex"]), bytes.fromhex(row["kid"])
    other_key = bytes([kid[0] ^ 0x10]) + kid[1:]
    assert not agrees(row, packet, other_key)
    for place in (8 if row["direction"] == "command" else 7, len(packet) - 1):
        changed = bytearray(packet)
        changed[place] ^= 0x02
        assert not agrees(row, bytes(changed), kid)


def test_a_redundancy_check_is_a_crc() -> None:
    assert ota.checksum("redundancy check", 0x05, b"", b"123456789").hex() == "cbf43926"
    assert ota.checksum("redundancy check", 0x05, b"", b"123456788").hex() != "cbf43926"
