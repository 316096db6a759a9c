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
from captures import trace

import cardlib
from cardlib.acts.emv.proofs import proofs
from cardlib.core.codec import to_hex
from cardlib.crypto.keyring import keyring

ROOT = Path(__file__).resolve().parent.parent
TRACES = ROOT / "traces"
KEYRING = TRACES / "makers" / "keyring.toml"
INDEX: dict[str, dict[str, Any]] = tomllib.loads((TRACES / "traces.toml").read_text("utf-8"))
NAMES = sorted(INDEX)
FACTS: dict[str, dict[str, Any]] = tomllib.loads(
    (ROOT / "tests/facts/traces.toml").read_text("utf-8")
)
GOLDENS = sorted(path.stem for path in (ROOT / "tests" / "golden").glob("*.txt"))
TEST_CARDS = {
    "4761739001010119",
    "4761739001010010",
    "4761730000000011",
    "4761340000000050",
    "5413330089600044",
    "6235489730000218129",
}
TEST_SIMS = {  # the EID of published test data, and the number of a made-up profile
    "89049032123451234512345678901235",
    "98881201000000001010",
}
PROVED = {  # how many proofs verify; of a mag-stripe mode payment and of a log there is none yet
    **{
        "contact_purchase": 6,
        "contact_wrong_pin": 4,
        "contact_sda": 3,
        "contact_cda": 9,
        "contact_enciphered_pin": 7,
    },
    **{
        "contact_online_declined": 6,
        "contact_offline_declined": 4,
        "contact_pin_blocked": 8,
        "contact_script": 13,
    },
    **{
        "contact_card_blocked": 7,
        "contact_expired": 4,
        "contact_log": 0,
        "no_oda": 1,
        "contactless_tap": 5,
    },
    **{
        "tap_mastercard_high": 5,
        "tap_visa_low": 4,
        "tap_visa_high": 1,
        "tap_mag_stripe": 0,
        "tap_wallet": 1,
    },
    **{
        "tap_two_purchases": 2,
        "tap_relay_near": 5,
        "attack_no_pin": 6,
        "attack_cvm_list": 5,
        "attack_ctq": 1,
    },
    **{"attack_brand": 0, "attack_offline_type": 4, "attack_relay": 3, "attack_repeated_number": 2},
    **{
        "attack_old_counter": 2,
        "contact_unblocked_pin": 19,
        "contact_velocity": 16,
        "tap_track_1": 0,
    },
}
UNPROVED = {
    ("contact_cda", "enciphered PIN", "not checkable"),  # without the card's private key
    ("contact_enciphered_pin", "enciphered PIN", "not checkable"),
    ("contact_unblocked_pin", "enciphered PIN", "not checkable"),
    (
        "attack_cvm_list",
        "card certificate",
        "failed",
    ),  # the list on the way is not the one that was signed
    ("attack_brand", "issuer certificate", "failed"),  # the certificate of another scheme
    ("attack_brand", "card certificate", "not checkable"),
    (
        "attack_brand",
        "cryptogram ARQC",
        "not checkable",
    ),  # it is no cryptogram of the application that was selected
}
SEVERITIES = {rule.id: rule.severity for rule in cardlib.RULES}
# Findings that matter less than their rule says, and why; E97 always: every trace is of a test card.
MILDER = {
    ("E01", "tap_wallet.card.jsonl"),  # a token, always asked online
    ("E60", "tap_wallet.card.jsonl"),  # a token in place of the number
    *(
        ("E64", f"{name}.card.jsonl")  # the card cannot do it: nobody switched it off
        for name in ("contactless_tap", "recorded_tap", "tap_mastercard_high")
    ),
    ("E64", "recorded_tap.pcscd.log"),
}
KEYS = {"what", "made", "kind", "licence", "sha256", "format", "exchanges", "facts", "findings"}
OPTIONAL = {"seed", "problems", "transactions", "same_as", "honest"}


@pytest.fixture
def recipe(monkeypatch: pytest.MonkeyPatch) -> Callable[[str], ModuleType]:
    """Import a module of traces/recipes, which is no package."""
    monkeypatch.syspath_prepend(str(TRACES / "recipes"))
    return importlib.import_module


def halves(name: str) -> list[tuple[bytes | None, bytes | None]]:
    """What was asked and answered."""
    exchanges = trace(name).exchanges
    return [
        (e.command.raw if e.command else None, e.response.raw if e.response else None)
        for e in exchanges
    ]


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
    row, capture = INDEX[name], trace(name)
    assert capture.format.partition(":")[0] == row["format"]
    assert len(capture.exchanges) == row["exchanges"]
    assert len(capture.problems) == row.get("problems", 0)
    assert capture.coverage.total == (TRACES / name).stat().st_size


@pytest.mark.parametrize("name", NAMES)
def test_the_facts_are_found(name: str) -> None:
    capture = trace(name)
    for tag, value in INDEX[name]["facts"]:
        found = {to_hex(hit.node.value) for hit in cardlib.find(capture, tag) if hit.node}
        assert value in found, tag


@pytest.mark.parametrize("name", NAMES)
def test_exactly_the_listed_findings_fail(name: str) -> None:
    found = [one for one in cardlib.check(TRACES / name, keys=[KEYRING]) if one.verdict == "fail"]
    failed = Counter(one.rule for one in found)
    assert failed == Counter(row["rule"] for row in INDEX[name]["findings"])
    assert all(one.detail and (one.evidence or one.rule == "X0") for one in found)
    milder = {one.rule: one.severity for one in found if one.severity != SEVERITIES[one.rule]}
    assert milder == {rule: "info" for rule in failed if rule == "E97" or (rule, name) in MILDER}


@pytest.mark.parametrize("name", NAMES)
def test_the_payment_ends_as_listed(name: str) -> None:
    outcomes = [one.outcome for one in cardlib.transactions(trace(name))]
    assert outcomes == INDEX[name].get("transactions", [])


@pytest.mark.parametrize("name", NAMES)
def test_card_numbers_are_those_of_test_cards(name: str) -> None:
    found = {value.rstrip("F") for value in objects_in(name, "5A")}
    tracks = {value.split("D")[0] for value in objects_in(name, "57")}
    assert found | tracks <= TEST_CARDS | TEST_SIMS


def objects_in(name: str, tag: str) -> set[str]:
    """The values of all objects with a tag; the same bytes elsewhere are none."""
    hits = cardlib.find(trace(name), tag)
    return {to_hex(hit.node.value) for hit in hits if hit.node and hit.node.tag == tag}


@pytest.mark.parametrize("name", [name for name in NAMES if "same_as" in INDEX[name]])
def test_a_spelling_holds_the_same_session(name: str) -> None:
    assert halves(name) == halves(INDEX[name]["same_as"])


@pytest.mark.parametrize("name", GOLDENS)
def test_a_trace_prints_as_its_golden(name: str, recipe: Callable[[str], Any]) -> None:
    golden = (ROOT / "tests" / "golden" / f"{name}.txt").read_bytes().decode()
    assert recipe("golden").printed(name) == golden, f"make it again: make golden TRACE={name}"
    assert not any(word in golden for word in ("Traceback", "Error:", "object at", "decoder of"))


def test_goldens_are_those_of_the_recipe(recipe: Callable[[str], Any]) -> None:
    assert sorted(recipe("golden").TRACES) == GOLDENS
    assert {path.stem for path in (ROOT / "tests" / "golden").iterdir()} == set(GOLDENS)


def test_only_the_chosen_traces_have_a_golden(
    recipe: Callable[[str], Any], capsys: pytest.CaptureFixture[str]
) -> None:
    assert recipe("golden").main(["contact_log.card.jsonl"]) == 1
    assert "contact_log.card.jsonl has no golden print" in capsys.readouterr().err


def test_every_trace_has_a_golden_or_facts() -> None:
    spellings = {name for name in NAMES if "same_as" in INDEX[name]}
    assert {*FACTS, *GOLDENS} == set(NAMES) - spellings and not FACTS.keys() & set(GOLDENS)


@pytest.mark.parametrize("name", FACTS)
def test_a_trace_is_headed_and_answered_as_the_facts_say(name: str) -> None:
    capture = trace(name)
    headlines = [payment.headline for payment in cardlib.transactions(capture)]
    assert len(headlines) == len(FACTS[name]["headlines"])
    for headline, beginning in zip(headlines, FACTS[name]["headlines"], strict=True):
        assert headline.startswith(beginning)
    words = [e.response.sw for e in capture.exchanges if e.response]
    statuses = Counter(f"{word:04X}" for word in words if word is not None)  # none of a chip
    assert statuses == FACTS[name]["statuses"]


@pytest.mark.parametrize("name", FACTS)
def test_elements_mean_what_the_facts_say(name: str) -> None:
    exchanges = trace(name).exchanges
    for number, place, element, meaning in FACTS[name]["elements"]:
        tag = place.split("/")[-1]
        hits = [
            hit for hit in cardlib.find(exchanges[number : number + 1], tag) if hit.path == place
        ]
        assert (element, meaning) in {(hit.node.name, hit.node.text) for hit in hits if hit.node}


@pytest.mark.parametrize("name", [name for name in NAMES if "same_as" in INDEX[name]])
def test_a_spelling_has_the_headlines_of_its_original(name: str) -> None:
    original = cardlib.transactions(trace(INDEX[name]["same_as"]))
    headlines = [payment.headline for payment in cardlib.transactions(trace(name))]
    assert headlines == [payment.headline for payment in original]


def test_recorded_traces_have_the_clock_of_the_computer() -> None:
    recorded = [name for name in NAMES if INDEX[name]["kind"] == "recorded"]
    assert len(recorded) >= 2 and not any("seed" in INDEX[name] for name in recorded)
    for name in recorded:
        assert {session.clock for session in trace(name).sessions} == {"host"}


@pytest.mark.parametrize(
    ("model", "recorded", "count"),
    [
        ("contact_purchase", "recorded_purchase", 27),
        ("contact_cda", "recorded_cda", 15),
        ("contactless_tap", "recorded_tap", 8),
    ],
)
def test_a_recorded_card_really_waited(model: str, recorded: str, count: int) -> None:
    """Answers took as long as the card was told, and not much longer; recorder and daemon agree to a millisecond."""
    names = (f"{model}.card.jsonl", f"{recorded}.card.jsonl", f"{recorded}.pcscd.log")
    told, far, near = ([b - a for a, b in waits(name)] for name in names)
    assert len(told) == len(far) == len(near) == count
    for model_ns, recorder, daemon in zip(told, far, near, strict=True):
        assert model_ns < daemon < recorder < daemon + 1_000_000 < model_ns + 10_000_000


def waits(name: str) -> list[tuple[int, int]]:
    """When each command was sent and when its answer was there."""
    frames = [f for e in trace(name).exchanges for f in e.frames if f.time_ns is not None]
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


def test_times_are_of_the_model() -> None:
    capture = trace("contact_purchase.card.jsonl")
    assert capture.sessions[0].clock == "modelled"
    for exchange in capture.exchanges:
        on_the_wire = (
            sum(len(frame.data) for frame in exchange.frames) * 1_250_000
        )  # 12 bits at 9600 bit/s
        assert exchange.duration_ns and exchange.duration_ns > on_the_wire


@pytest.mark.parametrize("name", NAMES)
def test_nearly_every_byte_is_explained(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.syspath_prepend(str(ROOT / "benchmarks"))
    explained = importlib.import_module("explained")
    rows = [
        row
        for exchange in cardlib.read(TRACES / name, keys=[KEYRING]).exchanges
        for row in explained.leaves(exchange)
    ]
    share = sum(known for *_, known in rows) / sum(size for *_, size, _ in rows)
    assert share >= 0.98, share


@pytest.mark.parametrize(("name", "count"), PROVED.items())
def test_what_a_payment_claims_is_computed_again(name: str, count: int) -> None:
    """Certificates, signatures, cryptograms, answers and scripts, with the keys that are written down."""
    keys = keyring([TRACES / "makers" / "keyring.toml"])
    payments = cardlib.transactions(trace(f"{name}.card.jsonl"))
    found = [proof for payment in payments for proof in proofs(payment, keys)]
    assert sum(proof.verdict == "verified" for proof in found) == count
    others = {(name, proof.name, proof.verdict) for proof in found if proof.verdict != "verified"}
    assert others == {row for row in UNPROVED if row[0] == name}


SEEN = {  # by which finding each attack differs from its honest twin
    **{"attack_no_pin": {"E30"}, "attack_cvm_list": {"E06", "E33"}, "attack_ctq": {"E45", "E50"}},
    **{
        "attack_brand": {"E06", "E09", "E10"},
        "attack_offline_type": {"E88"},
        "attack_relay": {"E65"},
    },
    **{"attack_repeated_number": {"E80"}, "attack_old_counter": {"E84"}},
    **{
        "attack_default_keys": {"G01", "G04", "G06", "G07", "G11"},
        "attack_clear_keys": {"G04", "G06", "G13", "G14"},
    },
    **{
        "attack_piv_guess": {"V05"},
        "attack_piv_borrowed": {"V10"},
        "attack_piv_signs_on": {"V12"},
        "attack_openpgp_factory": {"V02"},
        "attack_fido_copy": {"V11"},
    },
    **{"attack_purse_replay": {"P04", "P05", "P08"}, "attack_union_ride": {"P10"}},
    "attack_cash_copy": {"E06", "E73", "E83", "E104", "P01", "P02", "P03"},
    **{
        "attack_desfire_open": {"M08", "M09", "M10", "M22", "M26"},
        "attack_ntag_copy": {"M06", "M15", "M27", "M28"},
        "attack_classic_keys": {"M02", "M04", "M05", "M16", "M20"},
        "attack_door_number": {"M29"},
        "attack_sle4442_code": {"M17", "M19"},
        "attack_felica_written": {"M31", "M32"},
        "attack_calypso_open": {"M33", "M34"},
        "attack_passport_copy": {"I20"},
        "attack_passport_downgrade": {"I15"},
        "attack_passport_nonce": {"I05"},
        "passport_not_asked": {"I19"},
    },
    "attack_usim_replay": {"S04", "S20"},
    "attack_usim_2g": {"S01"},
    "usim_no_pin": {"S07"},
    "attack_usim_series": {"S20"},
    "attack_toolkit_silent": {"S08", "S11", "S12", "S13"},
    "attack_ota_open": {"S08", "S11"},
    "attack_esim_segment": {"S32"},
    "attack_esim_server": {"S32"},
}


def test_an_attack_stands_beside_its_honest_trace_and_is_found() -> None:
    pairs = {name: row["honest"] for name, row in INDEX.items() if "honest" in row}
    assert {name.split(".")[0] for name in pairs} == SEEN.keys()
    for name, honest in pairs.items():
        assert "honest" not in INDEX[honest] and halves(name) != halves(honest)
        mine, theirs = (
            {row["rule"] for row in INDEX[which]["findings"]} for which in (name, honest)
        )
        assert mine - theirs >= SEEN[name.split(".")[0]], name


def test_no_helper_of_the_tests_hides_a_recipe() -> None:
    """Both are imported by their bare name: of two with one name, the first that is loaded would be both."""
    recipes = {file.name for file in (TRACES / "recipes").glob("*.py")}
    assert "passports.py" in recipes
    assert recipes & {file.name for file in Path(__file__).parent.glob("*.py")} == set()


def test_each_modelled_trace_is_a_story_or_has_a_recipe(recipe: Callable[[str], Any]) -> None:
    told = {f"{name}.card.jsonl" for name in recipe("stories").STORIES}
    own = {name for name in NAMES if INDEX[name]["kind"] == "modelled" and name not in told}
    assert own == {
        *(f"contact_purchase.{end}" for end in ("pcscd.log", "pyscard.txt", "hex.txt")),
        "damaged.log",
        "sim_boot.pcapng",
        *recipe("purses").MAKERS,
        *recipe("cash").MAKERS,
        *recipe("passports").MAKERS,
        *recipe("bureaus").MAKERS,
        *recipe("chips").MAKERS,
        *recipe("tokens").MAKERS,
        *recipe("sims").MAKERS,
        *recipe("esims").MAKERS,
    }
    assert len(told) >= 24
