# SPDX-License-Identifier: MIT
"""A passport opened with its keys: every message, the files in it, nobody's name; and what wrong keys must not open."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from passport_sessions import recorded
from test_crypto_messaging import AES_ENC, AES_MAC, PACE

import cardlib
from benchmarks.explained import table
from cardlib.core.model import Capture, Exchange
from cardlib.road.meaning import halves, status
from cardlib.road.meaning import name as name_of
from cardlib.road.unlock import in_clear, opening_of
from cardlib.show.text import text
from conftest import ROOT
from traces.makers.passport import Passport

TRACE = ROOT / "traces" / "passport_read.card.jsonl"
KEYS = ROOT / "traces" / "makers" / "keyring.toml"
PERSON = ("ERIKSSON", "ANNA", "MARIA", "L898902C", "740812", "ZE184226B", "ZENITH", "5550100")
HALVES = [
    half.raw.hex()
    for exchange in cardlib.read(TRACE).exchanges
    for half in (exchange.command, exchange.response)
    if half
]
ZONE = """
[[key]]
use = "mrz"
number = "{number}"
birth = "740812"
expiry = "120415"
"""


def opened(keys: Path = KEYS) -> Capture:
    return cardlib.read(TRACE, keys=[keys])


def key_file(folder: Path, content: str) -> Path:
    path = folder / "keys.toml"
    path.write_text(content, "utf-8")
    return path


def printed(capture: Capture) -> str:
    return "\n".join(text(exchange, False) for exchange in capture.exchanges)


def names(exchange: Exchange) -> list[str]:
    """Without abbreviations."""
    nodes = [node for _, half in halves(exchange) for _, node in half.walk()]
    return [node.name.partition(" (")[0] for node in nodes]


def faults(exchange: Exchange) -> list[str]:
    return [half.error for _, half in halves(exchange)]


def test_every_message_is_opened_and_its_mac_verified() -> None:
    protected = opened().exchanges[3:]
    assert len(protected) == 28
    for exchange in protected:
        opening = opening_of(exchange, exchange.context)
        assert opening and opening.command and opening.response
        assert [half.note for _, half in halves(exchange)] == ["MAC verified", "MAC verified"]
        assert faults(exchange) == ["", ""]


def test_what_is_selected_inside_is_what_is_read() -> None:
    exchanges = opened().exchanges
    assert name_of(exchanges[3]) == "SELECT"
    assert "EF.COM" in names(exchanges[5])
    assert "Machine-readable zone" in names(exchanges[17])
    assert "biometric data" in names(exchanges[27])
    assert exchanges[17].context.ef == "0101"
    assert exchanges[17].context.content.size == 4  # the head of the file, read before


def test_all_bytes_are_explained_and_nobody_is_named() -> None:
    capture = opened()
    total, explained, _, _ = table(capture)
    assert explained / total >= 0.98
    shown = printed(capture)
    for word in PERSON:
        assert word not in shown and word.encode().hex().upper() not in shown
    assert "ERIKSSON" in text(capture.exchanges[17], True)


def test_opened_bytes_say_how_they_were_obtained() -> None:
    derived = {
        node.derived for _, half in halves(opened().exchanges[17]) for _, node in half.walk()
    }
    assert derived == {"", "deciphered: basic access control, 3DES"}


def test_without_keys_the_objects_are_right_and_nothing_is_named() -> None:
    for exchange in cardlib.read(TRACE).exchanges[3:]:
        assert opening_of(exchange, exchange.context) is None
        tags = [node.tag for _, half in halves(exchange) for node in half.children if node.tag]
        assert set(tags) <= {"87", "97", "99", "8E"} and tags[-1] == "8E"
        assert not {"EF.COM", "EF.DG1", "EF.SOD", "Machine-readable zone"} & set(names(exchange))


def test_a_wrong_zone_says_so_and_all_else_is_as_without_keys(tmp_path: Path) -> None:
    wrong = key_file(tmp_path, ZONE.format(number="L898902C4"))
    capture, bare = opened(wrong), cardlib.read(TRACE)
    assert faults(capture.exchanges[2])[0] == "MAC does not verify with the key given"
    for exchange, other in zip(capture.exchanges[3:], bare.exchanges[3:], strict=True):
        assert text(exchange, False) == text(other, False)


@pytest.mark.parametrize("half", [0, 1])
def test_a_changed_bit_is_marked_and_costs_no_neighbour(half: int, tmp_path: Path) -> None:
    lines = TRACE.read_text("utf-8").splitlines()
    command = next(number for number, line in enumerate(lines) if '"0CB00004' in line)
    before, _, mac = lines[command + half].rpartition("8E08")
    other_digit = "1" if mac.startswith("0") else "0"
    lines[command + half] = f"{before}8E08{other_digit}{mac[1:]}"
    path = tmp_path / "changed.card.jsonl"
    path.write_text("\n".join(lines) + "\n", "utf-8")
    capture = cardlib.read(path, keys=[KEYS])
    broken = [e.index for e in capture.exchanges if any(faults(e))]
    assert len(broken) == 1
    assert faults(capture.exchanges[broken[0]])[half] == "MAC does not verify with the key given"
    neighbour = capture.exchanges[broken[0] + 2]
    assert in_clear(neighbour).response != neighbour.response


def test_session_keys_open_what_no_password_can(tmp_path: Path) -> None:
    keys = f"""
[[key]]
use = "session-keys"
cipher = "AES"
enc = "{AES_ENC.hex()}"
mac = "{AES_MAC.hex()}"
"""
    lines = "".join(f"> {command}\n< {answer}\n" for command, _, answer, _ in PACE)
    capture = cardlib.read_text(lines, keys=[key_file(tmp_path, keys)])
    assert "Electronic travel document (ICAO)" in text(capture.exchanges[0], False)
    wrong = key_file(tmp_path, keys.replace(AES_MAC.hex(), AES_ENC.hex()))
    shut = cardlib.read_text(lines, keys=[wrong])
    assert faults(shut.exchanges[0])[0] == "MAC does not verify with the key given"
    assert "travel document" not in text(shut.exchanges[0], False)


def test_a_refusal_inside_is_the_status_of_the_exchange(tmp_path: Path) -> None:
    inspection, lines = recorded(Passport(7), 8)
    inspection.begin()
    inspection.send(bytes.fromhex("00A4020C020103"))
    capture = cardlib.read_text("".join(lines), keys=[KEYS])
    assert (
        status(capture.exchanges[-1])[0].startswith("6A82")
        or "not found" in status(capture.exchanges[-1])[0]
    )


def test_stream_and_read_give_the_same() -> None:
    streamed = [item for item in cardlib.stream(TRACE, keys=[KEYS]) if isinstance(item, Exchange)]
    assert streamed == list(opened().exchanges)


def test_a_report_and_a_redacted_copy_of_what_was_opened_name_nobody(tmp_path: Path) -> None:
    own = tmp_path / "mine.card.jsonl"
    own.write_bytes(TRACE.read_bytes())
    capture = cardlib.read(own, keys=[KEYS])
    page = cardlib.report(capture).page
    cardlib.redact(capture, tmp_path / "given.card.jsonl")
    copy = (tmp_path / "given.card.jsonl").read_text("utf-8")
    for word in PERSON:
        for text_of in (page, copy):
            assert word not in text_of and word.encode().hex().upper() not in text_of
    assert "Machine-readable zone" in page or "EF.DG1" in page


@settings(max_examples=25, deadline=None)
@given(st.integers(0, 61), st.integers(0, 250), st.integers(1, 255))
def test_a_changed_byte_anywhere_raises_nothing(half: int, place: int, change: int) -> None:
    changed = bytearray.fromhex(HALVES[half])
    changed[place % len(changed)] ^= change
    lines = [*HALVES[:half], changed.hex(), *HALVES[half + 1 :]]
    text = "".join(f"{'><'[number % 2]} {line}\n" for number, line in enumerate(lines))
    capture = cardlib.read_text(text, format="hex pairs", keys=[KEYS])
    for exchange in capture.exchanges:
        assert not any("broke" in fault for fault in faults(exchange))
