# SPDX-License-Identifier: MIT
"""A passport read as an act: how it was opened, what was read, what it proves; and what a forged one does not."""

from __future__ import annotations

from pathlib import Path

import pytest
from passport_sessions import recorded

import cardlib
from cardlib.acts import Act
from cardlib.core.model import Capture
from conftest import ROOT
from traces.makers import der
from traces.makers.passport import COM, SOD, Passport, files
from traces.makers.rsa_keys import key

TRACE = ROOT / "traces" / "passport_read.card.jsonl"
KEYS = ROOT / "traces" / "makers" / "keyring.toml"
FACE, ZONE, KEY = 0x0102, 0x0101, 0x010F


def read_passport(content: dict[int, bytes], *groups: int, challenge: bool = False) -> Capture:
    """A dialogue with a passport that has these files."""
    inspection, lines = recorded(Passport(5, content), 6)
    inspection.begin()
    for file in groups:
        inspection.read(file)
    if challenge:
        inspection.challenge()
    return cardlib.read_text("".join(lines), keys=[KEYS])


def act_of(capture: Capture, keys: Path = KEYS) -> Act:
    [act] = cardlib.acts(capture, keys=[keys])
    assert act.kind == "document"
    return act


def verdicts(act: Act) -> dict[str, str]:
    return {proof.name: proof.verdict for proof in act.proofs}


def test_the_trace() -> None:
    act = act_of(cardlib.read(TRACE, keys=[KEYS]))
    assert act.headline == (
        "Electronic travel document (ICAO): opened with basic access control; "
        "COM, SOD, DG1, DG11, DG15, DG2 read; active authentication answered; 0.78 s"
    )
    assert verdicts(act) == {
        "hash of DG1": "verified",
        "hash of DG11": "verified",
        "hash of DG15": "verified",
        "hash of DG2": "verified",
        "signature of the document signer": "verified",
        "certificate of the document signer": "not checkable",
        "active authentication": "verified",
    }
    reading = next(step for step in act.steps if step.name == "reading")
    assert [statement.text.partition(",")[0] for statement in reading.said] == [
        "EF.COM: 24 bytes",
        "EF.SOD: 1381 bytes",
        "EF.DG1: 93 bytes",
        "EF.DG11: 92 bytes",
        "EF.DG15: 163 bytes",
        "EF.DG2: 694 bytes",
    ]


def test_without_keys_it_says_what_it_can() -> None:
    [act] = cardlib.acts(cardlib.read(TRACE))
    assert "opened with basic access control; 28 commands under secure messaging, not opened" in (
        act.headline
    )
    assert act.proofs == ()


def test_a_changed_face_fails_and_nothing_else_does() -> None:
    content = files()
    content[FACE] = content[FACE][:-10] + b"\0" + content[FACE][-9:]
    act = act_of(read_passport(content, SOD, ZONE, FACE))
    assert verdicts(act)["hash of DG2"] == "failed"
    assert verdicts(act)["hash of DG1"] == "verified"
    assert verdicts(act)["signature of the document signer"] == "verified"


def test_a_chip_without_the_private_key_fails() -> None:
    content = files()
    content[KEY] = content[KEY].replace(key("passport chip").modulus, key("Visa-like card").modulus)
    act = act_of(read_passport(content, SOD, KEY, challenge=True))
    assert verdicts(act)["active authentication"] == "failed"
    assert verdicts(act)["hash of DG15"] == "failed"


def test_what_was_not_read_is_not_checked() -> None:
    act = act_of(read_passport(files(), COM, ZONE, challenge=True))
    assert verdicts(act) == {"active authentication": "not checkable"}


def test_a_group_without_a_hash_is_said() -> None:
    content = files() | {0x010C: bytes.fromhex("6C0A5C025F195F19034F4646")}
    act = act_of(read_passport(content, SOD, 0x010C))
    assert verdicts(act)["hash of DG12"] == "not checkable"


@pytest.mark.parametrize(
    ("signer", "verdict"), [("country signer", "verified"), ("rogue CA", "failed")]
)
def test_the_certificate_of_a_country(signer: str, verdict: str, tmp_path: Path) -> None:
    name = der.name("UT", "Utopia CSCA")
    certificate = der.certificate(key(signer), name, key(signer), name, 1)
    keys = tmp_path / "keys.toml"
    own = f'\n[[key]]\nuse = "csca"\nvalue = "{certificate.hex()}"\n'
    keys.write_text(KEYS.read_text("utf-8") + own, "utf-8")
    act = act_of(cardlib.read(TRACE, keys=[keys]), keys)
    assert verdicts(act)["certificate of the document signer"] == verdict


def test_a_wrong_zone_is_refused_by_the_chip() -> None:
    passport = Passport(5)
    passport.zone = b"L898902C4674081221204159"
    inspection, lines = recorded(passport, 6)
    assert not inspection.begin()
    [act] = cardlib.acts(cardlib.read_text("".join(lines), keys=[KEYS]))
    assert "not opened with basic access control" in act.headline


def test_security_object_that_is_damaged_is_said() -> None:
    content = files()
    content[SOD] = bytes.fromhex("770A30083006020100020100")
    act = act_of(read_passport(content, SOD, ZONE))
    assert verdicts(act) == {"hashes of the data groups": "not checkable"}
