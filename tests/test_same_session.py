# SPDX-License-Identifier: MIT
"""The same session in each format of packets and records that can carry one: it decodes to the same exchanges."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from test_formats_ccid import ATR_T1, message, t1, usbmon, usbpcap
from test_formats_ccid import session as power_up
from test_formats_gsmtap import ethernet, ip4, tap, udp
from test_formats_iso14443 import frame as pseudo
from test_formats_nfclab import row, text
from test_formats_pcap import packet_file, section_file
from test_formats_proxmark3 import record
from test_formats_radio import crc_a

import cardlib
from conftest import SESSION

ATR = bytes.fromhex("3B6500002063CB6F00")
PAIRS = [(bytes.fromhex(asked), bytes.fromhex(told)) for asked, told in SESSION]
HALVES = [half for pair in PAIRS for half in pair]
AIR = [b"\x26", b"\x44\0", crc_a(b"\xe0\x80"), crc_a(b"\2\x70")]
AIR += [crc_a(bytes([2 + at // 2 % 2]) + half) for at, half in enumerate(HALVES)]


def ccid(atr: bytes, halves: list[bytes]) -> list[bytes]:
    rows = [message(0x80 if at % 2 else 0x6F, half, at) for at, half in enumerate(halves)]
    return [*power_up(atr)[:4], *rows]


def in_blocks(size: int) -> Iterator[bytes]:
    """The session in blocks of T=1 with at most `size` bytes each, of which all but the last ask for the next."""
    numbers = [0, 0]
    for at, half in enumerate(HALVES):
        side, parts = at % 2, [half[i : i + size] for i in range(0, len(half), size)]
        for number, part in enumerate(parts):
            more = number + 1 < len(parts)
            yield t1(f"00{numbers[side] << 6 | more << 5:02X}{len(part):02X}{part.hex()}")
            numbers[side] ^= 1
            if more:
                yield t1(f"00{0x80 | numbers[side] << 4:02X}00")


def units() -> Iterator[bytes]:
    """The session in units of T=0: a command with data both ways takes two (ISO/IEC 7816-3, 12.2)."""
    for asked, told in PAIRS:
        if len(asked) > 5:
            data = told[:-2]
            yield asked[:-1] + bytes((0x61, len(data)))
            yield bytes((asked[0], 0xC0, 0, 0, len(data))) + told
        else:
            yield asked[:4] + bytes([len(told) - 2 if len(told) > 2 else asked[4]]) + told


FILES = {
    "USB CCID": section_file([usbmon(one) for one in ccid(ATR, HALVES)], link=220),
    "USB CCID of USBPcap": packet_file([usbpcap(one) for one in ccid(ATR, HALVES)], link=249),
    "USB CCID, blocks of T=1": section_file(
        [usbmon(one) for one in ccid(ATR_T1, list(in_blocks(254)))], link=220
    ),
    "USB CCID, chained blocks": section_file(
        [usbmon(one) for one in ccid(ATR_T1, list(in_blocks(7)))], link=220
    ),
    "ISO 14443 pcap": packet_file(
        [pseudo(0xFF if at % 2 else 0xFE, one) for at, one in enumerate(AIR)], link=264
    ),
    "nfc-laboratory": text([row(at, one, at % 2 == 1) for at, one in enumerate(AIR)]),
    "Proxmark3 trace": b"".join(
        record(1000 + 90_000 * at, one, at % 2 == 1) for at, one in enumerate(AIR)
    ),
    "GSMTAP-SIM": section_file(
        [ethernet(ip4(udp(one))) for one in (tap(ATR, 1), *map(tap, units()))]
    ),
}


@pytest.mark.parametrize("name", FILES)
def test_same_session_is_the_same_in_every_format_of_packets(name: str, tmp_path: Path) -> None:
    (tmp_path / "file").write_bytes(FILES[name])
    capture = cardlib.read(tmp_path / "file")
    found = [
        (e.command.raw if e.command else b"", e.response.raw if e.response else b"")
        for e in capture.exchanges
    ]
    if name == "GSMTAP-SIM":  # T=0 has no Le behind data, and one that is the length of the answer
        assert [tell for _, tell in found] == [tell for _, tell in PAIRS]
        assert [ask[:4] for ask, _ in found] == [ask[:4] for ask, _ in PAIRS] and found[0][
            0
        ] == PAIRS[0][0][:-1]
    else:
        assert found == PAIRS
    assert capture.format.startswith(name.split(",")[0].split(" of ")[0]) and capture.problems == ()
    assert len(capture.sessions) == 1 and "resolution" in dict(capture.sessions[0].meta)
