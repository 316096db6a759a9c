# SPDX-License-Identifier: MIT
"""The act of card management: what is none, refusals and closed channels first, then whole personalisations."""

from __future__ import annotations

from pathlib import Path

from managed import WARES, Session, captured, default, lines, profile, words

import cardlib
from cardlib.acts import acts
from cardlib.acts.management import KIND, level_words
from conftest import ROOT
from traces.makers.bureau import Bureau

KEYRING = ROOT / "traces" / "makers" / "keyring.toml"
ISD = ["00A4040008A000000151000000", "6F108408A000000151000000A5049F6501FF9000"]


def headline(*wire: str) -> str:
    (act,) = acts(captured(list(wire)))
    return act.headline


def test_what_is_no_card_management() -> None:
    (asked,) = acts(captured([*ISD, "80CA00C100", "C10300001E9000"]))
    assert asked.kind == "plain"
    (payment,) = acts(captured(["00A4040007A0000000041010", "9000"]))
    assert payment.kind != KIND


def test_refusals_are_said() -> None:
    refused = Session(profile())
    refused.bureau.authenticate(1, spoiled=True)
    assert "SCP03 not opened" in headline(*refused.lines)
    text = headline(*ISD, "80E40080074F05F001020304", "6A88")
    assert "DELETE refused: referenced data not found" in text
    begun = [*Session(profile()).lines, "8050000008A7C3910B5D2E4F6800", "6982"]
    assert "opened" not in headline(*begun)
    cut = lines(Bureau.registry, default(), 1)[:4]
    assert "SCP02 begun and not opened" in headline(*cut)


def test_levels_in_words() -> None:
    assert level_words(0) == "without protection"
    assert level_words(0x13) == "C-MAC and command encryption and R-MAC"


def test_a_channel_that_stays_closed() -> None:
    text = headline(*lines(lambda bureau: bureau.personalise(WARES), profile(), 3))
    assert "SCP03 opened, C-MAC and command encryption" in text
    assert "data stored in 6 commands" in text and "data grouping" not in text


def test_a_personalisation_of_the_made_up_bureau() -> None:
    capture = cardlib.read(ROOT / "traces" / "bureau_scp03.card.jsonl", keys=[KEYRING])
    (act,) = acts(capture)
    assert act.kind == KIND and act.application == "globalplatform"
    for part in (
        "with made-up bureau",
        "code of 427 bytes loaded in 3 blocks",
        "F0434152444C494201 installed",
        "148 bytes of data stored in 6 commands, 6 data groupings",
        "card set to INITIALIZED, then SECURED",
    ):
        assert part in act.headline
    titles = [step.name for step in act.steps]
    assert titles[2:8] == [
        "secure channel",
        "applications",
        "code",
        "applications",
        "data of an application",
        "life cycle",
    ]
    shown = [exchange.index for step in act.steps for exchange in step.exchanges]
    assert shown == list(range(23))
    assert "data groupings 0101, 9102, 8000, 9000, 8010, 9010" in words(act)


def test_the_act_says_which_keys_opened_and_how_the_card_was_left() -> None:
    (act,) = cardlib.acts(ROOT / "traces" / "attack_default_keys.card.jsonl")
    assert "with published default key 404142...4F" in act.headline
    assert "life cycle OP_READY" in act.headline


def test_no_key_is_in_the_text(tmp_path: Path) -> None:
    (act,) = acts(captured(lines(lambda bureau: bureau.personalise(WARES), default(), 3)))
    assert WARES.keys[:16].hex().upper() not in words(act)
