# SPDX-License-Identifier: MIT
"""The shipped traces: made again they are the same, and what traces.toml says about them is found in them."""

from __future__ import annotations

import hashlib
import importlib
import subprocess
import sys
import tomllib
from collections import Counter
from collections.abc import Callable
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest

import cardlib
from cardlib.codec import to_hex

ROOT = Path(__file__).resolve().parent.parent
TRACES = ROOT / "traces"
INDEX: dict[str, dict[str, Any]] = tomllib.loads((TRACES / "traces.toml").read_text("utf-8"))
NAMES = sorted(INDEX)
TEST_CARDS = {"4761739001010119", "4761340000000050", "5413330089600044"}
KEYS = {"what", "made", "kind", "licence", "sha256", "format", "exchanges", "facts", "findings"}
OPTIONAL = {"seed", "problems", "transaction", "same_as"}


@pytest.fixture
def recipe(monkeypatch: pytest.MonkeyPatch) -> Callable[[str], ModuleType]:
    """Import a module of traces/recipes, which is no package."""
    monkeypatch.syspath_prepend(str(TRACES / "recipes"))
    return importlib.import_module


def halves(name: str) -> list[tuple[bytes | None, bytes | None]]:
    """What was asked and answered."""
    exchanges = cardlib.read(TRACES / name).exchanges
    return [(e.command.raw if e.command else None, e.response.raw if e.response else None) for e in exchanges]


def test_the_index_names_every_trace_and_nothing_else() -> None:
    files = {path.name for path in TRACES.iterdir() if path.is_file()}
    assert files == {*INDEX, "traces.toml"}


def test_traces_made_again_are_the_same() -> None:
    command = [sys.executable, str(TRACES / "recipes" / "build.py"), "--check"]
    made = subprocess.run(command, capture_output=True, text=True, check=False)
    assert made.returncode == 0, made.stdout + made.stderr


@pytest.mark.parametrize("name", NAMES)
def test_the_index_row_is_complete(name: str) -> None:
    row = INDEX[name]
    assert set(row) >= KEYS and set(row) <= KEYS | OPTIONAL
    assert row["kind"] in ("modelled", "recorded") and row["licence"] == "CC BY 4.0"
    assert hashlib.sha256((TRACES / name).read_bytes()).hexdigest() == row["sha256"]


@pytest.mark.parametrize("name", NAMES)
def test_every_byte_of_a_trace_is_accounted_for(name: str) -> None:
    row, capture = INDEX[name], cardlib.read(TRACES / name)
    assert capture.format == row["format"]
    assert len(capture.exchanges) == row["exchanges"]
    assert len(capture.problems) == row.get("problems", 0)
    assert capture.coverage.total == (TRACES / name).stat().st_size


@pytest.mark.parametrize("name", NAMES)
def test_the_facts_are_found(name: str) -> None:
    capture = cardlib.read(TRACES / name)
    for tag, value in INDEX[name]["facts"]:
        found = {to_hex(hit.node.value) for hit in cardlib.find(capture, tag) if hit.node}
        assert value in found, tag


@pytest.mark.parametrize("name", NAMES)
def test_exactly_the_listed_findings_fail(name: str) -> None:
    failed = [one.rule for one in cardlib.check(TRACES / name) if one.verdict == "fail"]
    assert Counter(failed) == Counter(row["rule"] for row in INDEX[name]["findings"])


@pytest.mark.parametrize("name", NAMES)
def test_the_payment_ends_as_listed(name: str) -> None:
    outcomes = [one.outcome for one in cardlib.transactions(TRACES / name)]
    assert outcomes == ([INDEX[name]["transaction"]] if "transaction" in INDEX[name] else [])


@pytest.mark.parametrize("name", NAMES)
def test_card_numbers_are_those_of_test_cards(name: str) -> None:
    found = {to_hex(hit.node.value).rstrip("F") for hit in cardlib.find(TRACES / name, "5A") if hit.node}
    tracks = {to_hex(hit.node.value).split("D")[0] for hit in cardlib.find(TRACES / name, "57") if hit.node}
    assert found | tracks <= TEST_CARDS


@pytest.mark.parametrize("name", [name for name in NAMES if "same_as" in INDEX[name]])
def test_a_spelling_holds_the_same_session(name: str) -> None:
    assert halves(name) == halves(INDEX[name]["same_as"])


@pytest.mark.parametrize("name", NAMES)
def test_a_trace_prints_as_its_golden(name: str, recipe: Callable[[str], Any]) -> None:
    golden = (ROOT / "tests" / "golden" / f"{name}.txt").read_bytes().decode()
    assert recipe("golden").printed(name) == golden, f"make it again: python traces/recipes/golden.py {name}"
    assert not any(word in golden for word in ("Traceback", "Error:", "object at", "decoder of"))


def test_goldens_belong_to_traces() -> None:
    assert {path.name for path in (ROOT / "tests" / "golden").iterdir()} == {f"{name}.txt" for name in NAMES}


def test_recorded_traces_have_the_clock_of_the_computer() -> None:
    recorded = [name for name in NAMES if INDEX[name]["kind"] == "recorded"]
    assert len(recorded) >= 2 and not any("seed" in INDEX[name] for name in recorded)
    for name in recorded:
        assert {session.clock for session in cardlib.read(TRACES / name).sessions} == {"host"}


def test_a_recorded_card_really_waited() -> None:
    """Answers took as long as the card was told, and not much longer; recorder and daemon agree to a millisecond."""
    told, far, near = (
        [b - a for a, b in waits(name)]
        for name in ("contact_purchase.card.jsonl", "recorded_purchase.card.jsonl", "recorded_purchase.pcscd.log")
    )
    assert len(told) == len(far) == len(near) == 27
    for model, recorder, daemon in zip(told, far, near, strict=True):
        assert model < daemon < recorder < daemon + 1_000_000 < model + 10_000_000


def waits(name: str) -> list[tuple[int, int]]:
    """When each command was sent and when its answer was there."""
    frames = [f for e in cardlib.read(TRACES / name).exchanges for f in e.frames if f.time_ns is not None]
    times = [frame.time_ns or 0 for frame in frames]
    return list(zip(times[::2], times[1::2], strict=True))


def test_a_thinned_log_keeps_its_time(recipe: Callable[[str], Any]) -> None:
    log = "00000005 APDU: 00 A4 \n00000007 winscard.c:1() x\n00000011 SW: 90 00 \n00000002 y\n"
    assert recipe("record").thinned(log) == "00000005 APDU: 00 A4 \n00000018 SW: 90 00 \n"


def test_a_spoiled_recording_is_told(recipe: Callable[[str], Any]) -> None:
    build, index = recipe("build"), (TRACES / "traces.toml").read_text("utf-8")
    assert build.spoiled(index) == []
    sums = INDEX["opensc_detects.pcscd.log"]["sha256"]
    assert build.spoiled(index.replace(sums, "0" * 64)) == ["opensc_detects.pcscd.log"]


def test_times_are_of_the_model(recipe: Callable[[str], Any]) -> None:
    capture = cardlib.read(TRACES / "contact_purchase.card.jsonl")
    assert capture.sessions[0].clock == "modelled"
    for exchange in capture.exchanges:
        on_the_wire = sum(len(frame.data) for frame in exchange.frames) * recipe("tape").CONTACT_BYTE
        assert exchange.duration_ns and exchange.duration_ns > on_the_wire


def test_cryptograms_are_those_of_real_test_cards(recipe: Callable[[str], Any]) -> None:
    """Two cryptograms of public traces (emv-bertlv: contact-visa, contact-mastercard), computed again."""
    ciphers = recipe("ciphers")
    card = ciphers.card_key(ciphers.VISA_TEST_KEY, "4761340000000050", "00")
    told = "000000001000 000000000000 0036 8000008000 0036 120316 00 D3173A1F 1C00 0029 03A4B800"
    assert ciphers.mac(card, bytes.fromhex(told)).hex().upper() == "7CB3BA090724C524"
    card = ciphers.card_key(ciphers.MASTERCARD_TEST_KEY, "5413330089600044", "01")
    session = ciphers.session_key(card, bytes.fromhex("0041"), bytes.fromhex("8221F601"))
    told = "000000001000 000000000000 0002 8000008000 0036 120316 00 8221F601 5900 0041 A00009248400"
    assert ciphers.mac(session, bytes.fromhex(told), b"\x80").hex().upper() == "4573436B1E4B95DD"


def value(name: str, tag: str, holding: str = "") -> bytes:
    """The first data element with that tag, and with that other one in it."""
    nodes = (hit.node for hit in cardlib.find(TRACES / name, tag) if hit.node)
    return next(node.value for node in nodes if not holding or node.find(holding))


def sha1(data: bytes) -> bytes:
    return hashlib.sha1(data, usedforsecurity=False).digest()


def opened(modulus: bytes, signed: bytes, more: bytes) -> bytes:
    """Open what an RSA key of exponent 3 signed, check its hash, return what lies between (Book 2, 5.3, 6.3, 6.4)."""
    raw = pow(int.from_bytes(signed, "big"), 3, int.from_bytes(modulus, "big")).to_bytes(len(modulus), "big")
    assert raw[0] == 0x6A and raw[-1] == 0xBC
    assert raw[-21:-1] == sha1(raw[1:-21] + more)
    return raw[1:-21]


def card_modulus(name: str, authority: bytes, pan: str) -> bytes:
    """The card's public key, by its certificates, from that of the certification authority."""
    issuer = opened(authority, value(name, "90"), b"\3")[14:].rstrip(b"\xbb")
    static = value(name, "70", holding="5A")
    body = opened(issuer, value(name, "9F46"), b"\3" + static + value(name, "82"))
    assert body[1:11].hex().upper().rstrip("F") == pan
    return body[20:].rstrip(b"\xbb")


def test_the_purchase_can_be_authenticated(recipe: Callable[[str], Any]) -> None:
    """DDA: certificates, static data and the signature over the terminal's number."""
    name, card = "contact_purchase.card.jsonl", recipe("contact_card")
    modulus = card_modulus(name, card.CA.modulus, "4761739001010119")
    assert modulus == card.CARD.modulus
    assert opened(modulus, value(name, "9F4B"), value(name, "9F37"))[:2] == b"\5\1"


def test_the_tap_can_be_authenticated(recipe: Callable[[str], Any]) -> None:
    """CDA: the signature holds the type of the cryptogram and a hash of all that was said."""
    name, tap = "contactless_tap.card.jsonl", recipe("contactless_tap")
    modulus = card_modulus(name, tap.CA.modulus, "5413330089600044")
    body = opened(modulus, value(name, "9F4B"), value(name, "9F37"))
    last = cardlib.read(TRACES / name).exchanges[-1]
    assert last.command and last.response
    parts = last.response.data[3:].split(bytes.fromhex("9F4B8180") + value(name, "9F4B"))
    said = sha1(last.command.data + b"".join(parts))
    assert body[3 : 3 + body[2]][9:10] == value(name, "9F27")
    assert body[3 : 3 + body[2]][18:] == said
