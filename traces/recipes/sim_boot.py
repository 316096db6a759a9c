# SPDX-License-Identifier: MIT
"""A phone starts a USIM: GSMTAP-SIM packets in pcapng, each a whole T=0 unit with the stamp of its end."""

from __future__ import annotations

from random import Random

import packets

from traces.makers.personal import tlv as of

SEED = 6
START = 1_773_479_550_000_000_000  # 2026-03-14 09:12:30 UTC
ATR = "3B9F96801FC78031A073BE211367" + b"TRACE01".hex() + "98"
USIM = "A0000000871002FF49FFFF8901000000"
ISIM = "A0000000871004FF49FFFF8901000000"
ICCID = "89882110000000000002"
IMSI = "001010000000001"  # of the network for tests


def tlv(tag: str, value: bytes | str) -> bytes:
    """A data object; a value that is text is hex."""
    return of(tag, bytes.fromhex(value) if isinstance(value, str) else value)


def make() -> bytes:
    """The file."""
    rng, now = Random(SEED), START
    found = []
    whole = [(packets.ATR, bytes.fromhex(ATR)), *((packets.UNIT, unit) for unit in units())]
    for kind, unit in whole:
        found.append((now, kind, unit))
        now += 5_000_000 + len(unit) * 62_000 + rng.randint(0, 4_000_000)
    return packets.pcapng(found)


def units() -> list[bytes]:
    """What goes over the wire, in order."""
    swapped = bytes(int(f"{pair:02X}"[::-1], 16) for pair in bytes.fromhex(ICCID)).hex()
    digits = f"9{IMSI}"
    imsi = "08" + "".join(digits[at + 1] + digits[at] for at in range(0, 16, 2))
    label = tlv("4F", USIM) + tlv("50", b"TestUSIM")
    name = b"Test Operator".hex().ljust(32, "F")
    return [
        *_select("00", "3F00", _fcp("7821", "3F00", tlv("C6", "90014083010183010A"))),
        *_select("00", "2FE2", _fcp("4121", "2FE2", tlv("80", "000A") + tlv("88", "10"))),
        _unit("00B000000A", swapped),
        _unit("801000000C", "FFFFFFFF7F9D00DFBF00001F"),
        *_select("00", "2F05", None),
        *_select("00", "2F00", _fcp("4221002601", "2F00", tlv("80", "0026") + tlv("88", "F0"))),
        _unit("00B2010426", tlv("61", label).hex().ljust(76, "F")),
        *_select(
            "00", USIM, _fcp("7821", "7FF0", tlv("84", USIM) + tlv("C6", "900140830101830181"))
        ),
        _unit("80F2000C00", ""),
        *_select("00", "6F07", _fcp("4121", "6F07", tlv("80", "0009") + tlv("88", "38"))),
        _unit("00B0000009", imsi),
        *_select("00", "6FAD", _fcp("4121", "6FAD", tlv("80", "0004") + tlv("88", "18"))),
        _unit("00B0000004", "00000002"),
        *_select("00", "6F38", _fcp("4121", "6F38", tlv("80", "0005") + tlv("88", "20"))),
        _unit("00B0000005", "0A14000000"),
        *_select("00", "6FCD", None),
        *_select("00", "6F46", _fcp("4121", "6F46", tlv("80", "0011"))),
        _unit("00B0000011", "00" + name),
        _unit("0070000001", "01"),
        *_select("01", ISIM, None),
        *_select(
            "01", USIM, _fcp("7821", "7FF0", tlv("84", USIM) + tlv("C6", "900140830101830181"))
        ),
        *_select("01", "6F31", _fcp("4121", "6F31", tlv("80", "0001") + tlv("88", "90"))),
        _unit("01B0000001", "05"),
        _unit("0070800100", ""),
        _unit("80F2000C00", ""),
    ]


def _fcp(descriptor: str, file: str, more: bytes) -> bytes:
    return tlv(
        "62", tlv("82", descriptor) + tlv("83", file) + tlv("8A", "05") + tlv("8B", "2F0601") + more
    )


def _select(cla: str, name: str, fcp: bytes | None) -> list[bytes]:
    """SELECT by file or application, and GET RESPONSE on the same channel; without FCP the file is not there."""
    by = "0404" if len(name) > 4 else "0004"
    command = bytes.fromhex(f"{cla}A4{by}{len(name) // 2:02X}{name}")
    if fcp is None:
        return [command + b"\x6a\x82"]
    return [
        command + bytes((0x61, len(fcp))),
        bytes.fromhex(f"{cla}C00000{len(fcp):02X}") + fcp + b"\x90\0",
    ]


def _unit(header: str, data: str) -> bytes:
    return bytes.fromhex(header + data + "9000")
