# SPDX-License-Identifier: MIT
"""Sessions of MIFARE DESFire opened with keys: MACs that verify or not, cryptograms, wrong keys, missing parts."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from chip_captures import desfire
from hypothesis import given
from hypothesis import strategies as st
from test_laws import check_tiles

import cardlib
from cardlib import Capture, Exchange
from cardlib.apps.desfire_messaging import opened
from cardlib.core.model import Node
from cardlib.core.radio_crc import crc_of
from cardlib.crypto.desfire import Ev1, Ev2, crc32

h = bytes.fromhex
WRONG = "MAC does not verify with the key given"
OWN_KEY = "10182028303840485058606870788088"
# An AES session of an EV1 card, printed by a reader library (PN532 driver of ElmueSoft), from its authentication on
AUTHENTICATED = (
    "AA01",
    "AFB351CB2465D4F33AC627FD6E87A168F2",
    "AF044B6CAC343A0865895149649CA8DDE1F5AC4EC67BD208900AF02F049E05F0B0",
    "00A2EE144B1012FBEB7B2F11132D95A454",
)
CREATED = ("CD05001100500000", "00A75316AD1596B953")
LISTED = ("6F", "00052D5FF67FFEC9D2D3")
SETTINGS = ("F505", "00000011005000002AAC7517024E09DC")
# NXP AN12196, 5.6 and tables 17 and 18: an EV2 session with the key of delivery
EV2 = (
    "710000",
    "AFA04C124213C186F22399D33AC2A30215",
    "AF35C3E05A752E0144BAC0DE51C1F22C56B34408A23D8AEA266CAB947EA8E0118D",
    "003FA64DB5446D1F34CD6EA311167F5E4985B89690C04A05F17FA7AB2F08120663",
)
WRITTEN = (
    "8D02000000800000421C73A27D827658AF481FDFF20A5025B559D0E3AA21E58D347F343CFFC768BFE596C706BC"
    "00F2176781D4B0242642A0FF5A42C461AAF894D9A1284B8C76BCFA658ACD40555D362E08DB15CF421B51283F9064"
    "BCBE20E96CAE545B407C9D651A3315B27373772E5DA2367D2064AE054AF996C6F1F669170FA88CE8C4E3A4A7BBBE"
    "F0FD971FF532C3A802AF745660F2B4D1D9A8499661EBF3",
    "00FC222E5F7A542452",
)
CHANGED = ("5F0261B6D97903566E84C3AE5274467E89EAD799B7C1A0EF7A04", "0057BFF87B1241E93D")


@pytest.fixture
def key(tmp_path: Path) -> Path:
    return key_file(tmp_path, OWN_KEY)


def key_file(folder: Path, value: str, more: str = "") -> Path:
    path = folder / f"{value[:6]}{len(more)}.toml"
    path.write_text(f'[[key]]\nuse = "desfire"\nvalue = "{value}"\n{more}')
    return path


def opened_with(key: Path | None, *halves: str) -> list[Exchange]:
    """The exchanges of a dialogue, read with a file of keys."""
    lines = "".join(
        f"{'<' if frame.sender == 'card' else '>'} {frame.data.hex()}\n"
        for exchange in desfire(*halves).exchanges
        for frame in exchange.frames
    )
    return list(cardlib.read_text(lines, keys=[key] if key else ()).exchanges)


def marks(exchange: Exchange) -> list[str]:
    """What is noted or wrong, with the name of the field."""
    root = cardlib.decode(exchange)
    return [
        f"{node.name}: {node.error or node.note}"
        for _, node in root.walk()
        if node.error or node.note
    ]


def fields(exchange: Exchange) -> dict[str, Node]:
    return {node.name: node for _, node in cardlib.decode(exchange).walk()}


@pytest.mark.parametrize(
    "halves",
    [
        (*AUTHENTICATED[:2], "AF", "00"),
        (*AUTHENTICATED[:2], "AF0102", "00A2EE"),
        ("AF", "00"),
        (*AUTHENTICATED, "AF", "00"),
        (*AUTHENTICATED, "AF5A", "005A"),
        (*AUTHENTICATED, "BD", "00"),
        (*AUTHENTICATED, "3D", "00A7"),
        (*AUTHENTICATED, "3D05", "AF", "AF", "00"),
        (*AUTHENTICATED, "BD05000000300000", "AF00", "AF", "0000"),
        (*EV2, "BD", "00" + "11" * 16),
        (*EV2, "F5", "00" + "11" * 7),
    ],
)
def test_half_a_dialogue_breaks_nothing(key: Path, halves: tuple[str, ...]) -> None:
    for exchange in opened_with(key, *halves):
        assert not cardlib.decode(exchange).error
        assert "verified" not in "".join(marks(exchange)[1:])


def test_every_answer_of_an_ev1_session_verifies(key: Path) -> None:
    exchanges = opened_with(key, *AUTHENTICATED, *CREATED, *LISTED, *SETTINGS)
    assert marks(exchanges[1]) == ["Proof of the card: verified with the key given"]
    for exchange in exchanges[2:]:
        assert marks(exchange) == ["MAC: MAC verified"]
    assert fields(exchanges[3])["file"].text == "5"
    assert "file" in fields(exchanges[4])


def test_a_wrong_key_is_said_in_one_line(tmp_path: Path) -> None:
    wrong = key_file(tmp_path, "11" + OWN_KEY[2:])
    exchanges = opened_with(wrong, *AUTHENTICATED, *CREATED, *LISTED)
    assert marks(exchanges[1]) == [f"Proof of the card: {WRONG}"]
    assert [mark for exchange in exchanges[2:] for mark in marks(exchange)] == []
    other = key_file(tmp_path, OWN_KEY, 'index = "02"\n')
    assert marks(opened_with(other, *AUTHENTICATED)[1]) == []


def test_without_keys_a_mac_is_a_mac_and_no_file() -> None:
    created, listed = opened_with(None, *AUTHENTICATED, *CREATED, *LISTED)[2:]
    assert list(fields(created))[-2:] == ["MAC", "SW"]
    assert [node.text for _, node in cardlib.decode(listed).walk() if node.name == "file"] == ["5"]


def test_what_was_changed_does_not_verify_and_ends_the_check(key: Path) -> None:
    changed = CREATED[1][:-1] + "2"
    exchanges = opened_with(key, *AUTHENTICATED, CREATED[0], changed, *LISTED)
    assert marks(exchanges[2]) == [f"MAC: {WRONG}"]
    assert marks(exchanges[3]) == []
    missing = opened_with(key, *AUTHENTICATED, *LISTED)
    assert WRONG in marks(missing[2])[0]


def test_a_command_without_end_is_not_kept() -> None:
    """Each part would hold all parts before it."""
    parts = ["AF", "AF" + "5A" * 59] * 400
    exchanges = opened_with(None, *EV2, "BD02000000000000", "AF" + "5A" * 59, *parts)
    kept = [len(exchange.context.state.answered) for exchange in exchanges[4:]]
    assert max(kept) <= 16_384 and kept[-1] == 0
    assert exchanges[-1].context.state.session is None


def enciphered(session: Ev1, command: bytes, content: bytes) -> tuple[bytes, Ev1]:
    """The answer of a card to a read in clear, enciphered."""
    _, state = session.mac(command)
    plain = content + crc32(content + b"\0")
    return state.encipher(plain + bytes(-len(plain) % 16))


def test_an_enciphered_file_of_ev1_is_read_below_its_cryptogram(key: Path) -> None:
    session = Ev1("AES", h("40E7D271626FFBD49C530E3D304F5B17"))
    command, content = h("BD05000000200000"), bytes(range(32))
    answer, _ = enciphered(session, command, content)
    halves = (*AUTHENTICATED, command.hex(), "00" + answer.hex())
    exchange = opened_with(key, *halves)[2]
    found = fields(exchange)
    assert found["content of the file"].value == content
    assert found["in clear"].derived == "deciphered: the key given"
    assert found["check sum and padding"].value[:4] == crc32(content + b"\0")
    spoilt = bytes([answer[0] ^ 1]) + answer[1:]
    (mark,) = marks(opened_with(key, *AUTHENTICATED, command.hex(), "00" + spoilt.hex())[2])
    assert mark.endswith(WRONG)
    closed = fields(opened_with(None, *halves)[2])
    assert "in clear" not in closed


def test_an_enciphered_amount_is_no_amount_without_the_key(key: Path) -> None:
    session = Ev1("AES", h("40E7D271626FFBD49C530E3D304F5B17"))
    head, amount = h("DC01"), h("F4010000")
    plain = amount + crc32(head + amount) + bytes(8)
    cryptogram, state = session.encipher(plain)
    mac, _ = state.mac(b"\0")
    halves = (*AUTHENTICATED, (head + cryptogram).hex(), "00" + mac.hex())
    without = fields(opened_with(None, *halves)[2])
    assert "amount" not in without and "amount, enciphered" in without
    assert fields(opened_with(key, *halves)[2])["amount"].text == "500"


def test_a_session_of_ev2_with_the_key_of_delivery() -> None:
    """No key is needed: the one of delivery is published."""
    _, proved, written, changed = opened_with(None, *EV2, *WRITTEN, *CHANGED)
    (mark,) = marks(proved)
    assert mark.endswith(": verified with the delivery key of NXP, zeros")
    assert marks(written) == ["MAC: MAC verified", "MAC: MAC verified"]
    assert b"choose.url.com/ntag424?e=" in fields(written)["content"].value
    assert marks(changed) == ["MAC: MAC verified", "MAC: MAC verified"]
    again = opened_with(None, *EV2, *CHANGED)[2]
    assert WRONG in marks(again)[0]


def test_a_read_without_a_length_stays_closed_in_ev2() -> None:
    session = Ev2(bytes(16), b"\1" * 16, h("9D00C4DF"))
    answer = session.encipher(b"text", answer=True)
    answer += session.mac(0, answer, answer=True)

    def command(length: str) -> bytes:
        data = h(f"02000000{length}")
        return b"\xad" + data + session.mac(0xAD, data)

    _, closed, after = opened(session, command("000000"), answer)
    assert (closed.note, closed.plain) == ("MAC verified", None)
    assert isinstance(after, Ev2) and after.counter == 1
    _, half, _ = opened(session, command("040000"), answer)
    assert half.plain == b"text"


def native(*halves: str) -> Capture:
    """The same commands and answers in blocks of ISO/IEC 14443-4, without the frame of an APDU."""
    rows = ['{"card_capture": 1}', '{"session": 0, "interface": "contactless", "clock": "rf"}']
    rows.append('{"t": null, "from": "card", "kind": "ats", "data": "0578807002"}')
    for place, half in enumerate(halves):
        sender = "card" if place % 2 else "reader"
        block = bytes([2 | place // 2 & 1]) + h(half)
        data = (block + crc_of("A", block)).hex()
        rows.append(json.dumps({"t": None, "from": sender, "kind": "block", "data": data}))
    return cardlib.read_text("\n".join(rows))


def test_native_commands_are_opened_alike() -> None:
    zeros = (
        "AA00",
        "AFB969FDFE56FD91FC9DE6F6F213B8FD1E",
        "AF36AAD7DF6E436BA08D18613830A70D5AD43E3D3F4A8D47541EEE623A934E4774",
        "00800DB680BC146BD121D6578F2D2E2059",
    )
    session = Ev1("AES", h("F44B26F5C05DDD7110772281C4D066E8"))
    answer, _ = enciphered(session, h("BD05000000040000"), b"ride")
    exchange = native(*zeros, "BD05000000040000", "00" + answer.hex()).exchanges[2]
    assert fields(exchange)["content of the file"].value == b"ride"


HALVES = st.binary(max_size=40)
CODES = [
    bytes([code])
    for code in (0xAF, 0xBD, 0x3D, 0x6C, 0xDC, 0xC4, 0x5F, 0x5A, 0xAA, 0x71, 0x77, 0x99)
]
STATUS = [b"\x00", b"\xaf", b"\xae"]


@given(st.lists(st.tuples(st.sampled_from(CODES), HALVES, st.sampled_from(STATUS), HALVES)))
def test_anything_may_follow_an_authentication(
    steps: list[tuple[bytes, bytes, bytes, bytes]],
) -> None:
    """Whatever comes, nothing breaks, and nothing that was made up verifies."""
    halves: list[str] = list(EV2)
    for code, data, answer_status, answer in steps:
        halves += [(code + data).hex(), (answer_status + answer).hex()]
    for exchange in opened_with(None, *halves)[2:]:
        root = cardlib.decode(exchange)
        assert not root.error
        for half in root.children:
            check_tiles(half)
        assert "verified" not in "".join(marks(exchange))
