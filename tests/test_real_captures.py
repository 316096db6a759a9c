# SPDX-License-Identifier: MIT
"""The real captures hold what a person counted in them by hand."""

from __future__ import annotations

from collections import Counter
from pathlib import Path
from typing import Any

import pytest
from test_laws import Bag, bag, mutate

import cardlib
from benchmarks.explained import table
from cardlib.apps.files import place_of
from cardlib.core.model import Capture, Exchange
from cardlib.show.text import rows
from conftest import captures_folder

pytestmark = (
    pytest.mark.no_cover
)  # much of the same: measuring its coverage takes longer than the tests

SIM = "gsmtap/usim_boot.pcapng"
DEVNIED = {
    "VisaCardPpse": (34, 3),
    "VisaCardPse": (27, 0),
    "MasterCardPpse": (12, 0),
    "InteractPpse": (6, 1),
}
DEVNIED["LockedCard"] = (64, 61)
NFSEE = {
    "beijing": 2,
    "chongqing": 4,
    "mastercard": 4,
    "resident-id": 3,
    "shenzhen": 2,
    "t-union": 2,
}
NFSEE |= {"tsinghua": 5, "visa": 3, "wuhan": 1}
EMV = {"amex-cda-in": 11, "amex-msd-mobile": 11, "contact-mastercard-in": 16, "contact-visa-in": 16}
TEXTS = [*(f"emv-bertlv/{name}" for name in EMV), *(f"devnied-emv/{name}" for name in DEVNIED)]
TEXTS += [f"nfsee/{name}" for name in NFSEE]
READABLE = [SIM, *(f"{name}.txt" for name in TEXTS)]


def emv(real_captures: Path, name: str) -> Capture:
    return cardlib.read(real_captures / f"emv-bertlv/{name}.txt")


def named_values(exchange: Exchange) -> list[str]:
    """The tags that a DOL gave to the values in a command."""
    command = cardlib.decode(exchange).children[0]
    return [
        node.tag
        for path, node in command.walk()
        if node.tag and path in (node.tag, f"83/{node.tag}") and path != "83"
    ]


def test_sim_boot_is_counted(real_captures: Path) -> None:
    capture = cardlib.read(real_captures / SIM)
    frames = [frame for s in capture.sessions for e in s.exchanges for frame in e.frames]
    frames += [frame for s in capture.sessions for frame in s.frames]
    assert Counter(frame.kind for frame in frames) == {"atr": 25, "tpdu": 932}
    assert sorted(frame.index for frame in frames) == list(range(957))
    assert (capture.format, len(capture.sessions), len(capture.exchanges)) == (
        "GSMTAP-SIM",
        25,
        657,
    )
    assert Counter(len(exchange.frames) for exchange in capture.exchanges) == {1: 382, 2: 275}
    assert all(exchange.command and exchange.command.ins != 0xC0 for exchange in capture.exchanges)
    ends = Counter(exchange.response.sw for exchange in capture.exchanges if exchange.response)
    assert (ends[0x9000], ends[0x6A82]) == (608, 38)
    assert capture.problems == ()


def test_sim_boot_is_explained_and_shows_no_personal_number(real_captures: Path) -> None:
    capture = cardlib.read(real_captures / SIM)
    total, explained, _, _ = table(capture)
    assert explained / total > 0.98
    asked = [exchange for exchange in capture.exchanges if exchange.command]
    codes = Counter(exchange.command.ins for exchange in asked if exchange.command)
    # 186 in the list of another program: these, and 20 searches
    assert [codes[ins] for ins in (0xB0, 0xB2, 0xD6, 0xDC, 0xA2)] == [66, 95, 3, 2, 20]
    places = [place_of(e.context, e.command) for e in asked if e.command]
    assert sum(place is not None for place in places) == 166
    text = "\n".join(rows(capture, False, 10_000, True, 400))
    personal = [
        node.text
        for exchange in capture.exchanges
        for _, node in cardlib.decode(exchange).walk()
        if node.fact.sensitive in ("imsi", "phone", "iccid") and len(node.text) > 6
    ]
    digits = {value for value in personal if value.isdecimal()}
    assert digits and not [value for value in digits if value in text]


def test_sim_boot_times_are_of_the_host_and_tell_no_durations(real_captures: Path) -> None:
    capture = cardlib.read(real_captures / SIM)
    assert {session.clock for session in capture.sessions} == {"host"}
    assert all(
        exchange.duration_ns is None and exchange.start_ns is None for exchange in capture.exchanges
    )
    stamps = [
        frame.time_ns or 0
        for s in capture.sessions
        for f in (s.frames, *(e.frames for e in s.exchanges))
        for frame in f
    ]
    assert round((max(stamps) - min(stamps)) / 1e9, 4) == 281.1176


def damage(real_captures: Path, tmp_path: Path, seeds: range) -> Counter[int]:
    """How many exchanges differ after one mutation, for many: the larger of those lost and those new."""
    data = (real_captures / SIM).read_bytes()
    whole, file = bag(cardlib.read(real_captures / SIM)), tmp_path / "mutated"
    found: Counter[int] = Counter()
    for seed in seeds:
        file.write_bytes(mutate(data, seed))
        capture = cardlib.read(file)
        assert capture.coverage.total == file.stat().st_size, seed
        after = bag(capture)
        worst = max((whole - after).total(), (after - whole).total())
        assert worst <= 2, (seed, worst)
        found[worst] += 1
    return found


def test_one_damaged_place_costs_two_exchanges_at_most(real_captures: Path, tmp_path: Path) -> None:
    assert damage(real_captures, tmp_path, range(12)).total() == 12


@pytest.mark.long
def test_one_damaged_place_costs_two_exchanges_at_most_often(
    real_captures: Path, tmp_path: Path
) -> None:
    assert damage(real_captures, tmp_path, range(1000, 6000)).total() == 5000


@pytest.fixture(scope="module")
def beginning(real_captures: Path, tmp_path_factory: pytest.TempPathFactory) -> Bag:
    """The exchanges of the first 9000 bytes."""
    file = tmp_path_factory.mktemp("beginning") / "whole"
    file.write_bytes((real_captures / SIM).read_bytes()[:9000])
    return bag(cardlib.read(file))


def damaged_at(place: int) -> Any:
    """A place, in every run or in the long one."""
    return pytest.param(place, marks=[] if place % 12 == 0 else [pytest.mark.long])


@pytest.mark.parametrize("place", [damaged_at(place) for place in range(0, 420, 3)])
def test_damage_at_the_beginning_hides_nothing(
    real_captures: Path, tmp_path: Path, beginning: Bag, place: int
) -> None:
    data, file = bytearray((real_captures / SIM).read_bytes()[:9000]), tmp_path / "mutated"
    for changed in (
        data[:place] + data[place + 3 :],
        data[:place] + b"\xff" * 16 + data[place + 16 :],
    ):
        file.write_bytes(changed)
        after = bag(cardlib.read(file))
        assert max((beginning - after).total(), (after - beginning).total()) <= 2


@pytest.mark.parametrize("step", [57, pytest.param(21, marks=pytest.mark.long)])
def test_cut_file_keeps_what_stands_before_the_cut(
    real_captures: Path, step: int, tmp_path: Path
) -> None:
    data, file = (real_captures / SIM).read_bytes(), tmp_path / "cut"
    whole = [
        exchange.response.raw
        for exchange in cardlib.read(real_captures / SIM).exchanges
        if exchange.response
    ]
    for stop in range(len(data) // 2, len(data) // 2 + 400, step):
        file.write_bytes(data[:stop])
        capture = cardlib.read(file)
        found = [exchange.response.raw for exchange in capture.exchanges if exchange.response]
        assert found[:-1] == whole[: len(found) - 1] and len(found) > 300
        assert len(capture.problems) <= 1 and capture.coverage.total == stop


@pytest.mark.parametrize(("name", "count"), EMV.items())
def test_emv_dialogues_are_counted(real_captures: Path, name: str, count: int) -> None:
    assert len(emv(real_captures, name).exchanges) == count


def test_answer_that_is_not_there_makes_the_state_unknown(real_captures: Path) -> None:
    exchanges = emv(real_captures, "contact-mastercard-in").exchanges
    gpo = next(
        exchange for exchange in exchanges if exchange.command and exchange.command.ins == 0xA8
    )
    assert gpo.response is None
    assert exchanges[gpo.index + 1].context.how == "unknown"


def test_answer_without_a_legal_status_word_is_an_answer(real_captures: Path) -> None:
    found = [
        e.response
        for e in emv(real_captures, "contact-visa-in").exchanges
        if e.response and e.response.sw is None
    ]
    assert [response.raw.hex() for response in found] == ["00000000"]


@pytest.mark.parametrize(
    ("name", "ins", "counts"),
    [
        ("amex-cda-in", 0xA8, [1]),
        ("amex-cda-in", 0xAE, [8]),
        ("contact-mastercard-in", 0xAE, [12, 5]),
        ("contact-visa-in", 0xAE, [8, 9]),
    ],
)
def test_values_of_a_dol_are_named(
    real_captures: Path, name: str, ins: int, counts: list[int]
) -> None:
    found = [
        named_values(e)
        for e in emv(real_captures, name).exchanges
        if e.command and e.command.ins == ins
    ]
    assert [len(tags) for tags in found] == counts


@pytest.mark.parametrize("name", DEVNIED)
def test_contactless_reader_logs_are_counted(real_captures: Path, name: str) -> None:
    capture = cardlib.read(real_captures / f"devnied-emv/{name}.txt")
    missing = sum(exchange.command is None for exchange in capture.exchanges)
    assert (len(capture.exchanges), missing) == DEVNIED[name]


@pytest.mark.parametrize("name", NFSEE)
def test_transport_cards_are_counted(real_captures: Path, name: str) -> None:
    capture = cardlib.read(real_captures / f"nfsee/{name}.txt")
    assert (len(capture.exchanges), capture.problems) == (NFSEE[name], ())


def test_byte_after_the_status_word_is_extra(real_captures: Path) -> None:
    for exchange in cardlib.read(real_captures / "nfsee/resident-id.txt").exchanges:
        assert exchange.response
        assert (exchange.response.sw, exchange.response.extra) == (0x9000, b"\0")


def unnamed(capture: Capture) -> set[str]:
    """Tags of TLV objects that no dictionary has a row for."""
    nodes = (node for exchange in capture.exchanges for _, node in cardlib.decode(exchange).walk())
    return {node.tag for node in nodes if node.tag and not node.fact.known}


# Without a row, for a reason: the issuer's own tag; MSD tags of Mastercard, which this edited file gives to Interac.
# DF61 in a FCI is the issuer's; the object of that tag in kernel 2 is the terminal's own and never sent.
NO_ROW = {"contact-mastercard-in": {"DF4F"}, "MasterCardPpse": {"DF61"}}
NO_ROW["InteractPpse"] = {"9F62", "9F63", "9F64", "9F65", "9F66", "9F67", "9F6B", "9F6C", "9F6E"}


@pytest.mark.parametrize("name", TEXTS)
def test_every_tag_has_a_row(real_captures: Path, name: str) -> None:
    assert unnamed(cardlib.read(real_captures / f"{name}.txt")) == NO_ROW.get(
        name.split("/")[1], set()
    )


def test_answer_to_select_is_in_the_terms_of_what_it_selected(real_captures: Path) -> None:
    first = emv(real_captures, "amex-cda-in").exchanges[0]
    assert first.context.application == "iso7816"
    assert "Application priority indicator" in {
        node.name for _, node in cardlib.decode(first).walk()
    }


def test_list_of_readable_captures_is_complete(real_captures: Path) -> None:
    folders = ("emv-bertlv", "devnied-emv", "nfsee", "gsmtap")
    there = {
        file.relative_to(real_captures).as_posix()
        for name in folders
        for file in (real_captures / name).iterdir()
    }
    assert there == set(READABLE)
    assert captures_folder() == real_captures
