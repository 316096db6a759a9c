# SPDX-License-Identifier: MIT
"""The passport of today in software: opened whole with the terminal's keys, and shut again without each of them."""

from __future__ import annotations

import tomllib
from pathlib import Path

import pytest

import cardlib
from cardlib.core.errors import NotVerifiable
from cardlib.core.model import Capture
from cardlib.road.meaning import halves
from cardlib.road.unlock import NEW_KEYS, in_clear
from cardlib.show.text import text
from conftest import ROOT
from traces.makers.eac import ModernInspection, ModernPassport, private

TRACE = ROOT / "traces" / "passport_pace.card.jsonl"
KEYS = ROOT / "traces" / "makers" / "keyring.toml"
PRIVATE = {
    row["note"]: row["value"]
    for row in tomllib.loads(KEYS.read_text("utf-8"))["key"]
    if row["use"] == "ephemeral"
}
PERSON = ("ERIKSSON", "ANNA", "MARIA", "L898902C", "740812", "ZE184226B")
OPENED_BY_CHIP_AUTHENTICATION = 25  # the first exchange after it


def read(folder: Path, *notes: str) -> Capture:
    """The trace with these private keys of the terminal."""
    path = folder / "keys.toml"
    rows = [f'[[key]]\nuse = "ephemeral"\nvalue = "{PRIVATE[note]}"\n' for note in notes]
    path.write_text("".join(rows), "utf-8")
    return cardlib.read(TRACE, keys=[path])


def faults(capture: Capture, number: int) -> list[str]:
    return [half.error for _, half in halves(capture.exchanges[number])]


def test_a_chip_with_another_zone_refuses_the_token() -> None:
    passport = ModernPassport(5)
    passport.zone = b"L898902C4674081221204159"
    with pytest.raises(NotVerifiable, match="token of the chip"):
        ModernInspection(passport.answer, 6).pace()


def test_without_the_key_of_pace_nothing_opens(tmp_path: Path) -> None:
    capture = read(tmp_path, "terminal, chip authentication")
    assert "none of the private keys given" in faults(capture, 6)[0]
    assert in_clear(capture.exchanges[7]) is capture.exchanges[7]


def test_without_the_key_of_chip_authentication_the_rest_stays_shut(tmp_path: Path) -> None:
    capture = read(tmp_path, "terminal, PACE")
    assert faults(capture, OPENED_BY_CHIP_AUTHENTICATION - 1) == ["", ""]
    for number in range(OPENED_BY_CHIP_AUTHENTICATION, len(capture.exchanges)):
        assert faults(capture, number)[0] == NEW_KEYS


def test_with_both_every_message_is_opened(tmp_path: Path) -> None:
    capture = read(tmp_path, *PRIVATE)
    for exchange in capture.exchanges[7:]:
        assert [half.note for _, half in halves(exchange)] == ["MAC verified", "MAC verified"]
    assert capture.exchanges[-1].context.ef == "0102"


def test_the_private_key_of_the_chip_opens_it_as_well(tmp_path: Path) -> None:
    own = f"{private('passport chip, agreement'):064X}"
    path = tmp_path / "keys.toml"
    rows = [
        f'[[key]]\nuse = "ephemeral"\nvalue = "{value}"\n'
        for value in (PRIVATE["terminal, PACE"], own)
    ]
    path.write_text("".join(rows), "utf-8")
    assert faults(cardlib.read(TRACE, keys=[path]), OPENED_BY_CHIP_AUTHENTICATION) == ["", ""]


def test_the_chip_has_proved_itself_and_nobody_is_named() -> None:
    capture = cardlib.read(TRACE, keys=[KEYS])
    act = next(act for act in cardlib.acts(capture, keys=[KEYS]) if act.kind == "document")
    assert "chip authentication answered" in act.headline
    verdicts = {proof.name: proof.verdict for proof in act.proofs}
    assert verdicts["chip authentication"] == verdicts["active authentication"] == "verified"
    shown = "\n".join(text(exchange, False) for exchange in capture.exchanges)
    for word in PERSON:
        assert word not in shown and word.encode().hex().upper() not in shown


def test_the_inventory_names_what_the_chip_offers_and_what_was_used() -> None:
    found = cardlib.algorithms(TRACE, keys=[KEYS])
    rows = {(row.use.purpose, row.use.algorithm, row.use.bits, row.use.how) for row in found}
    assert rows >= {
        ("PACE", "EC", 256, "used"),
        ("channel of PACE", "AES", 128, "used"),
        ("channel of chip authentication", "AES", 128, "offered"),
        ("chip authentication, the key of the chip", "EC", 256, "offered"),
        ("active authentication, the key of the chip", "EC", 256, "used"),
    }
