# SPDX-License-Identifier: MIT
"""Time on the wire against computations by hand, and what a silent capture is taken for."""

from __future__ import annotations

from dataclasses import replace
from functools import reduce
from operator import xor
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from test_core_blocks import CRCS

import cardlib
from cardlib.core.model import Exchange, Frame, Interface, Session
from cardlib.measure.wire import frame_ns, link, sealed, waits_for, wire_ns

ETU = 372 / 3_571_200 * 1e9  # ns: 9600 bit/s


def frame(sender: str, kind: str, data: str) -> Frame:
    return Frame(0, None, sender, kind, bytes.fromhex(data), 0, 0, 0)  # type: ignore[arg-type]


def session(atr: str = "", interface: Interface = "contact", pps: str = "") -> Session:
    frames = (frame("reader", "pps", "FF00FF"), frame("card", "pps", pps)) if pps else ()
    return Session(0, bytes.fromhex(atr), interface, "modelled", frames=frames)


@pytest.mark.parametrize(
    ("atr", "pps", "protocol", "byte_ns", "said"),
    [
        ("3B6500005452414345", "", "T=0", 12 * ETU, "Fi 372, Di 1: no PPS seen"),
        ("", "", "T=0", 12 * ETU, "Fi 372, Di 1: no PPS seen"),
        ("3B1096", "", "T=0", 12 * ETU, "no PPS seen"),  # TA1 is only an offer
        ("3B1096", "FF10967F", "T=0", 12 * 512 / 32 / 3_571_200 * 1e9, "PPS1 96"),
        ("3B90961000", "", "T=0", 12 * 512 / 32 / 3_571_200 * 1e9, "TA1, specific mode"),  # TA2 00
        ("3B90961010", "", "T=0", 12 * ETU, "no PPS"),  # TA2 10: other values, not said which
        ("3B4005", "", "T=0", 17 * ETU, "no PPS"),  # TC1 05: five etu more
        ("3B40FF", "", "T=0", 12 * ETU, "no PPS"),
        ("3B8001", "", "T=1", 12 * ETU, "no PPS"),
        ("3BC0FF0181", "", "T=1", 11 * ETU, "no PPS"),  # TC1 FF: 11 etu with T=1
        ("3B8001", "FF01FE", "T=1", 12 * ETU, "no PPS"),
    ],
)
def test_contact(atr: str, pps: str, protocol: str, byte_ns: float, said: str) -> None:
    found = link(session(atr, pps=pps))
    assert (found.protocol, found.to_card) == (
        protocol,
        pytest.approx(byte_ns),
    ) and said in found.said


@pytest.mark.parametrize(
    ("pps", "to_card", "from_card"),
    [("", 1, 1), ("D01100", 1, 1), ("D01104", 1, 2), ("D0110B", 8, 4), ("D000", 1, 1)],
)
def test_contactless(pps: str, to_card: int, from_card: int) -> None:
    """Nine bits a byte; 106 kbit/s is the carrier by 128; the request of the reader has the divisors."""
    frames = (frame("reader", "pps", pps), frame("card", "pps", "D0")) if pps else ()
    found = link(replace(session("3B8001", "contactless"), frames=frames))
    rates = [9 * 128 / 13.56e6 * 1e9 / divisor for divisor in (to_card, from_card)]
    assert [found.to_card, found.from_card] == pytest.approx(rates)
    assert f"{106 * to_card} and {106 * from_card} kbit/s" in found.said


def test_real_frames_last_as_long_as_computed(real_captures: Path) -> None:
    """Measured by a radio at 100 ns: within 2 bits. Type B, and 212 kbit/s, begin with subcarrier."""
    checked = 0
    for name, bits, before in (
        ("A_106kbps_004", 9, 0),
        ("A_106kbps_212kbps_001", 9, 8),
        ("B_106kbps_002", 10, 14),
    ):
        for one in cardlib.read(real_captures / f"nfc-laboratory/test_NFC-{name}.json").sessions:
            speed = link(
                replace(one, atr=b"\x50") if bits == 10 else one
            )  # this file begins behind the ATQB
            for part in (
                part
                for exchange in one.exchanges
                for part in exchange.frames
                if part.kind == "block"
            ):
                is_card = part.sender == "card"
                bit = (speed.from_card if is_card else speed.to_card) / bits
                computed = frame_ns(replace(part, end_ns=None), speed) + is_card * before * bit
                assert frame_ns(part, speed) == pytest.approx(computed, abs=2 * bit), (name, part)
                checked += 1
    assert checked > 20


def exchange(*frames: Frame) -> Exchange:
    return Exchange(0, 0, None, None, frames=frames)


@pytest.mark.parametrize(
    ("frames", "count"),
    [
        ([("reader", "apdu", "00B2010C00"), ("card", "apdu", "9000")], 5 + 2),
        (
            [("reader", "apdu", "00B2010C02"), ("card", "apdu", "AABB9000")],
            5 + 1 + 2 + 2,
        ),  # the procedure byte
        ([("reader", "apdu", "0020008002AABB"), ("card", "apdu", "9000")], 5 + 1 + 2 + 2),
        ([("reader", "apdu", "00A40400"), ("card", "apdu", "9000")], 5 + 2),  # P3 is sent as 00
    ],
)
def test_bytes_of_t0(frames: list[tuple[str, str, str]], count: int) -> None:
    found = exchange(*(frame(*one) for one in frames))
    assert wire_ns(found, link(session("3B00"))) == pytest.approx(count * 12 * ETU, abs=1)


def test_extra_guard_time_is_for_the_way_to_the_card() -> None:
    found = link(session("3B4005"))
    assert (found.to_card, found.from_card) == (pytest.approx(17 * ETU), pytest.approx(12 * ETU))


def test_bytes_of_blocks() -> None:
    """T=1: three bytes before, one behind; contactless: PCB and CRC; a block says all itself."""
    apdus = exchange(frame("reader", "apdu", "00B2010C00"), frame("card", "apdu", "9000"))
    assert wire_ns(apdus, link(session("3B8001"))) == pytest.approx((5 + 2 + 8) * 12 * ETU, abs=1)
    radio = link(session("3B8001", "contactless"))
    assert wire_ns(apdus, radio) == pytest.approx(
        ((5 + 2 + 6) * 9 + 2) * 128 / 13.56e6 * 1e9, abs=1
    )
    blocks = exchange(frame("reader", "block", "00" * 9))
    assert wire_ns(blocks, link(session("3B8001"))) == pytest.approx(9 * 12 * ETU, abs=1)


@pytest.mark.parametrize(
    ("atr", "interface", "size", "blocks"),
    [
        ("3B8001", "contact", 32, 1),  # IFSC 32 where TA3 is not there
        ("3B8001", "contact", 33, 2),
        ("3BE000008131FE45B1", "contact", 254, 1),  # TA3 FE
        ("3BE000008131FE45B1", "contact", 255, 2),
        ("0578807002", "contactless", 253, 1),  # FSCI 8: 256 bytes with PCB and CRC
        ("0578807002", "contactless", 254, 2),
        ("0272", "contactless", 30, 2),  # FSCI 2: 32
        ("", "contactless", 254, 2),
    ],
)
def test_a_long_command_goes_in_blocks(
    atr: str, interface: Interface, size: int, blocks: int
) -> None:
    """Each block has its own prologue and check, and each but the last one is acknowledged."""
    speed = link(session(atr, interface))
    extra = (2 * blocks - 1) * (speed.around + speed.edges)
    assert frame_ns(frame("reader", "apdu", "00" * size), speed) == pytest.approx(
        (size + extra) * speed.to_card, abs=1
    )


@pytest.mark.parametrize(
    ("sender", "kind", "data", "asks"),
    [
        ("card", "block", "F201", True),
        ("card", "block", "F20191C4", True),  # with CRC
        ("card", "block", "FA0001", True),  # with CID
        ("card", "block", "00C30103C1", True),  # T=1
        ("reader", "block", "F201", False),  # the reader grants it
        ("reader", "block", "00E30103E1", False),
        ("card", "apdu", "F201", False),
        ("card", "block", "", False),
        ("card", "block", "0200A404000C", False),
    ],
)
def test_who_asks_for_more_time(sender: str, kind: str, data: str, asks: bool) -> None:
    assert waits_for(frame(sender, kind, data)) is asks


CHECKS = {**CRCS, "LRC": lambda data: data + bytes((reduce(xor, data),))}


@pytest.mark.parametrize("name", CHECKS)
def test_a_changed_block_of_t1_gets_the_check_that_it_had(name: str) -> None:
    check, new = CHECKS[name], bytes.fromhex("0000026A82")
    old = check(bytes.fromhex("0000029000"))
    blank = new + bytes(len(old) - len(new))
    assert sealed(frame("card", "block", old.hex()), blank) == check(new)
    assert sealed(frame("card", "block", f"{old[:-1].hex()}{old[-1] ^ 1:02X}"), blank) == blank


@given(
    st.binary(max_size=40),
    st.binary(max_size=8),
    st.sampled_from(["contact", "contactless", "unknown"]),
)
def test_any_bytes_give_a_speed(atr: bytes, pps: bytes, interface: Interface) -> None:
    found = link(session(atr.hex(), interface, pps.hex()))
    assert (
        found.to_card > 0 and found.from_card > 0 and found.around + found.edges >= 0 and found.said
    )
