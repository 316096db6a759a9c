# SPDX-License-Identifier: MIT
"""The investigations: bad input costs a line, a solver that reads captures alone finds the verdict, check alone not."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable
from pathlib import Path
from statistics import median
from typing import Any

import pytest

import cardlib
from investigations import CASES, NAMES, engine, judged, made, opened, write
from investigations import __main__ as command
from investigations import hint as give_hint
from investigations import verdict as judge

KEYS = [Path(__file__).resolve().parent.parent / "traces" / "makers" / "keyring.toml"]
SEEDS = ("class", "anna")
UPPER = ("advanced", "expert")
Verdict = dict[str, Any]
SOLVED = [name for name in NAMES if name != "ninth"]

each = pytest.mark.parametrize("name", SOLVED)


@pytest.fixture(scope="module")
def folders(tmp_path_factory: pytest.TempPathFactory) -> dict[tuple[str, str], Path]:
    """A folder of each case for each seed."""
    place = tmp_path_factory.mktemp("cases")
    return {
        (name, seed): write(name, seed, place / f"{name}-{seed}")
        for name in SOLVED
        for seed in SEEDS
    }


def captures(folder: Path, **options: Any) -> dict[str, cardlib.Capture]:
    """The captures of a folder, by their names."""
    own = (engine.LETTER, engine.SEED, engine.HINTS)
    return {
        path.name: cardlib.read(path, **options)
        for path in sorted(folder.iterdir())
        if path.name not in own
    }


def with_ins(capture: cardlib.Capture, ins: int) -> list[cardlib.Exchange]:
    return [e for e in capture.exchanges if e.command and e.response and e.command.ins == ins]


# ---------------------------------------------------------------- what is malformed


@pytest.mark.parametrize(
    ("call", "said"),
    [
        ({"folder": "nowhere"}, "no verdict: [Errno 2]"),
        ({"evidence": ["here"]}, "no verdict: a place is"),
        ({"evidence": [("f", "12", "response", 0, 2)]}, "no verdict: in a place, exchange and"),
        ({"evidence": [("f", 12, "answer", 0, 2)]}, "no verdict: the side of a place"),
        ({"evidence": 5}, "no verdict: 'int' object is not iterable"),
        ({"culprit": 3}, "no verdict: 'int' object is not iterable"),
        ({"excluded": ["till 2"]}, "no verdict: 'list' object has no attribute"),
        ({"cannot_say": 7}, "no verdict: 'int' object is not iterable"),
    ],
)
def test_a_verdict_that_is_none_gets_a_line(
    call: Verdict, said: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert judge(**({"folder": "purse", "culprit": "session 1"} | call)) is None
    out = capsys.readouterr().out
    assert out.startswith(said) and out.count("\n") == 1


@pytest.mark.parametrize("seed", ["", "a b", "../x", "x" * 41])
def test_a_seed_that_is_no_name_is_refused(seed: str) -> None:
    with pytest.raises(ValueError, match="a seed is"):
        made("purse", seed)


def test_the_command_says_what_is_missing(capsys: pytest.CaptureFixture[str]) -> None:
    for words in ([], ["nobody"], ["purse", "a b"], ["purse"]):  # the last one exists already
        assert command.main(words) == 2
        assert capsys.readouterr().out.count("\n") == 1


# ---------------------------------------------------------------- solvers, which know the captures alone


def solve_wedge(folder: Path) -> Verdict:
    """Where VERIFY was answered 9000 and the card's own byte says that no PIN came."""
    found: dict[str, list[Any]] = defaultdict(list)
    cleared: dict[str, list[Any]] = defaultdict(list)
    pauses: dict[str, list[float]] = defaultdict(list)
    mistyped = []
    for name, capture in captures(folder).items():
        till = f"till {name[1]}"
        pauses[till] += [e.duration_ns for e in with_ins(capture, 0xB2) if e.duration_ns]
        pins = with_ins(capture, 0x20)
        place = (name, pins[-1].index, "response", 0, 2)
        own = [e.response.raw for e in with_ins(capture, 0xAE) if e.response]
        state = own[0][own[0].index(b"\x4cYR\x03") + 6]
        (found if state == 0x80 else cleared)[till].append(place)
        if len(pins) > 1:
            mistyped = [place]
    [guilty] = found
    slow = max(pauses, key=lambda till: median(pauses[till] or [0]))
    leads = {till: places for till, places in cleared.items() if till != guilty}
    leads |= {"slow reader": cleared[slow], "wrong PIN": mistyped}
    return {
        "culprit": guilty,
        "mechanism": "a device answers VERIFY with 9000, and the PIN does not reach the card",
        "evidence": found[guilty],
        "excluded": leads,
        "cannot_say": ["who did it"],
    }


def solve_purse(folder: Path) -> Verdict:
    """The balance and the counter that a session begins with and an earlier one began with, too."""
    seen: dict[tuple[str, bytes], Any] = {}
    times: dict[str, list[Any]] = defaultdict(list)
    answer: Verdict = {"excluded": {}}
    for name, capture in captures(folder).items():
        first = with_ins(capture, 0xA4)[0]
        purse = first.response.raw.hex()[-44:-24] if first.response else ""
        begun = next(e for e in with_ins(capture, 0x50) if e.command and e.command.p1 == 1)
        state = begun.response.raw[:6] if begun.response else b""
        place = (name, begun.index, "response", 0, 6)
        if (purse, state) in seen:
            answer |= {
                "culprit": f"session {name[1]}",
                "evidence": [place, seen[purse, state]],
            }
        seen[purse, state] = place
        [debit] = [e for e in capture.exchanges if e.command and e.command.ins == 0x54]
        assert debit.command
        times[debit.command.data[4:11].hex()].append((name, debit.index, "command", 0, 10))
        if with_ins(capture, 0x52):
            answer["excluded"]["load"] = [(name, with_ins(capture, 0x52)[0].index, "command", 0, 5)]
        if debit.response is None:
            proof = with_ins(capture, 0x5A)[0]
            answer["excluded"]["lost answer"] = [(name, proof.index, "response", 0, 4)]
    answer["excluded"]["same second"] = next(
        [(file, index - 1, "command", 0, 5) for file, index, *_ in places]
        for places in times.values()
        if len(places) > 1
    )
    return answer | {"mechanism": "an old state of the chip was brought back", "cannot_say": "who"}


def solve_car_park(folder: Path) -> Verdict:
    """The challenge that came in two captures; refusals after which the network did better."""
    heard: dict[bytes, Any] = {}
    answer: Verdict = {"excluded": {}}
    for name, capture in captures(folder).items():
        asked = with_ins(capture, 0x88)
        for e in asked:
            assert e.command and e.response
            place = (name, e.index, "command", 6, 22)
            rand = e.command.raw[6:22]
            if rand in heard and heard[rand][0] != name and "culprit" not in answer:
                answer |= {"culprit": name[:2], "evidence": [place, heard[rand]]}
            heard.setdefault(rand, place)
        told = [(e.response.raw[:1] if e.response else b"").hex() for e in asked]
        for lead, pattern in (("out of step", ["dc", "db"]), ("bad radio", ["98", "db"])):
            if told == pattern:
                answer["excluded"][lead] = [(name, asked[1].index, "response", 0, 1)]
        for e in with_ins(capture, 0x20):
            assert e.command and e.response
            if e.command.data and e.response.raw[:1] == b"\x63":
                answer["excluded"]["wrong PIN"] = [(name, e.index, "response", 0, 2)]
    return answer | {"mechanism": "a challenge was played back", "cannot_say": ["her identity"]}


def solve_passports(folder: Path) -> Verdict:
    """The proofs of each reading; the slow one by its times, the old way by EXTERNAL AUTHENTICATE."""
    culprits, evidence, excluded = [], [], {}
    pace: dict[str, Any] = {}
    for name, capture in captures(folder, keys=KEYS).items():
        proofs = {p.name: p.verdict for p in cardlib.acts(capture)[-1].proofs}
        asked = with_ins(capture, 0x88)
        last = with_ins(capture, 0xB0)[-1]
        if proofs.get("active authentication") == "failed":
            culprits.append(f"{name[2]}: copy")
            evidence.append((name, asked[0].index, "response", 0, 9))
        if proofs.get("hash of DG2") == "failed":
            culprits.append(f"{name[2]}: photograph")
            evidence.append((name, last.index, "response", 0, 9))
        if with_ins(capture, 0x82):
            excluded["old way"] = [(name, asked[0].index, "response", 0, 9)]
        elif asked:
            pace[name] = (
                median(e.duration_ns or 0 for e in with_ins(capture, 0xB0)),
                asked[0].index,
            )
    slow = max(pace, key=lambda name: pace[name][0])
    excluded["slow chip"] = [(slow, pace[slow][1], "response", 0, 9)]
    return {
        "culprit": culprits,
        "mechanism": "the hash of DG2 is not that of EF.SOD; the other has not the chip's active authentication key",
        "evidence": evidence,
        "excluded": excluded,
        "cannot_say": ["whether the country issued it: no CSCA"],
    }


def solve_batch(folder: Path) -> Verdict:
    """The time of each card, and the check values in clear."""
    slow, evidence, culprits = [], [], []
    values: dict[bytes, Any] = {}
    took: dict[int, int] = {}
    for name, capture in captures(folder).items():
        number = int(name[5:7])
        took[number] = sum(e.duration_ns or 0 for e in capture.exchanges)
        for e in with_ins(capture, 0xE2):
            assert e.command
            at = e.command.raw.find(b"\x90\x00\x09")
            if at < 0:
                continue
            place = (name, e.index, "command", at, at + 12)
            value = e.command.raw[at + 3 : at + 12]
            if value in values:
                culprits += [f"card {values[value][0]}", f"card {number}"]
                evidence += [values[value][1], place]
            values.setdefault(value, (number, place))
    usual = median(took.values())
    slow = [number for number, ns in took.items() if ns > 1.3 * min(took.values())]
    assert usual and slow == list(range(slow[0], 41))
    files = {int(path.name[5:7]): path.name for path in folder.glob("card_*")}
    bad_reader = [(files[2], 1, "command", 0, 5)]
    return {
        "culprit": [f"from card {slow[0]}", *culprits],
        "mechanism": "PPS was not echoed, so 9600 bit/s; and two cards have the same key (KCV)",
        "evidence": evidence,
        "excluded": {"bad reader": bad_reader, "keys of the day": [(files[1], 1, "command", 0, 5)]},
        "cannot_say": ["why, and who"],
    }


SOLVERS: dict[str, Callable[[Path], Verdict]] = {
    "wedge": solve_wedge,
    "purse": solve_purse,
    "car_park": solve_car_park,
    "passports": solve_passports,
    "batch": solve_batch,
}


@pytest.mark.parametrize("seed", SEEDS)
@each
def test_a_solver_finds_the_verdict_in_the_captures(
    name: str, seed: str, folders: dict[tuple[str, str], Path]
) -> None:
    folder = folders[name, seed]
    score = judge(folder, **SOLVERS[name](folder))
    assert score is not None and score.points == score.most, str(score)


# ---------------------------------------------------------------- what is fair


@each
def test_a_false_accusation_and_a_hint_cost_a_point(
    name: str, folders: dict[tuple[str, str], Path], capsys: pytest.CaptureFixture[str]
) -> None:
    folder = folders[name, "anna"]
    found = SOLVERS[name](folder)
    names = found["culprit"] if isinstance(found["culprit"], list) else [found["culprit"]]
    right = judge(folder, **found)
    wrong = judge(folder, **(found | {"culprit": [*names, "somebody else"]}))
    assert right and wrong and right.points - wrong.points == 1
    give_hint(folder)
    assert capsys.readouterr().out.splitlines()[-1].startswith("hint 1 of 3 (a point each): ")
    helped = judge(folder, **found)
    assert helped and right.points - helped.points == 1
    (folder / engine.HINTS).unlink()


@each
def test_nothing_and_everything_are_no_verdict(
    name: str, folders: dict[tuple[str, str], Path]
) -> None:
    case = opened(folders[name, "class"])
    assert case.truth
    nothing = judged(case, [], "", [], {}, [])
    assert nothing.points == 0
    everybody = [f"till {n}" for n in range(1, 4)] + [f"session {n}" for n in range(1, 10)]
    everybody += [f"c{n}" for n in range(1, 7)] + [f"card {n}" for n in range(1, 41)]
    everybody += [f"{letter}: {what}" for letter in "ABC" for what in ("copy", "photograph")]
    assert judged(case, everybody, "", [], {}, []).points < 0


@each
def test_a_seed_makes_a_case_of_its_own_and_always_the_same(name: str) -> None:
    again = made(name, "class"), made(name, "anna")
    assert again[0].files != again[1].files
    shipped = CASES / f"{name}-class"
    assert {path.name for path in shipped.iterdir()} - {engine.HINTS} == {
        engine.LETTER,
        engine.SEED,
        *again[0].files,
    }
    assert all((shipped / file).read_bytes() == data for file, data in again[0].files.items())
    assert (shipped / engine.LETTER).read_text("utf-8") == again[0].letter


@each
def test_who_did_it_depends_on_the_seed_and_stands_in_no_file(name: str) -> None:
    seen = set()
    for seed in ("class", "anna", "ben"):
        case = made(name, seed)
        assert case.truth
        seen.add(case.truth.culprits)
        for group in case.truth.evidence:
            assert group and all(file in case.files for file, *_ in group)
        assert all(case.truth.excluded.values())
    assert len(seen) > 1


@pytest.mark.parametrize("name", [name for name in SOLVED if made(name).level in UPPER])
def test_check_alone_does_not_solve_the_upper_levels(
    name: str, folders: dict[tuple[str, str], Path]
) -> None:
    """No rule fails only in the captures of the culprits, alone or together."""
    folder = folders[name, "class"]
    truth = opened(folder).truth
    assert truth
    guilty = {file for group in truth.evidence for file, *_ in group}
    everything = captures(folder)
    others = [file for file in everything if file not in guilty][::5]
    read = {file: everything[file] for file in (*sorted(guilty), *others)}
    failing = {
        file: {f.rule for f in cardlib.check(capture) if f.verdict == "fail"}
        for file, capture in read.items()
    }
    innocent = set.union(*(rules for file, rules in failing.items() if file not in guilty))
    assert all(rules <= innocent for file, rules in failing.items() if file in guilty)
    together = [f for f in cardlib.check(list(read.values())) if f.verdict == "fail"]
    for finding in together:
        cited = {Path(place.file).name for place in finding.evidence if place.file}
        assert not cited or not cited <= guilty or finding.rule in innocent, finding


def test_there_are_six_of_four_families_at_four_levels() -> None:
    cases = [made(name) for name in NAMES]
    assert [case.level for case in cases] == [
        *("novice", "apprentice", "apprentice", "advanced", "expert", "expert")
    ]
    for name, case in zip(NAMES, cases, strict=True):
        endings = {file.partition(".")[2] for file in case.files}
        assert len(case.hints) == 3 and case.letter.startswith("# ")
        assert len(endings) > 1 or name == "ninth"


def test_nobody_knows_the_last_one(capsys: pytest.CaptureFixture[str]) -> None:
    score = judge("ninth", culprit="TCP")
    assert score is not None and score.most == 0
    assert "nobody knows" in capsys.readouterr().out
