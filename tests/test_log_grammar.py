# SPDX-License-Identifier: MIT
"""Logs that a grammar makes are read whole, and texts that are no dialogue give no exchange."""

from __future__ import annotations

import ast
import os
import re
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path

import pytest
from log_dialogues import BY_HAND, TRACES, joined, shipped, wire_pairs
from log_grammar import generate, table, tally, tally_in_parallel
from log_judge import Place, TrueExchange, TrueHalf, Truth, judge
from noise_texts import MAKERS, noise

import cardlib

FILES, LONG_FILES = 100, 20_000
WHOLE = 0.98  # of the logs
FALSE, SILENT = 0.02, 0.01  # what holds today; 0.005 and none are the aim
NOISE, LONG_NOISE = 50, 2_000
FALSE_NOISE = 0.02  # today; 0.001 is the aim
SELECT = ("00A4040007A000000003101000", "6F108407A0000000031010A50550034142439000")
RECORD = ("00B2010C00", "6A83")
DATA = ("80CA9F3600", "9F360201239000")
MORE = [("00A4040007A0000000031010", "6104"), ("00C0000004", "6F0284009000")]


def test_made_logs_are_read_whole() -> None:
    result = tally(range(FILES))
    assert result.silent <= SILENT * FILES, table(result)
    assert result.whole >= WHOLE * FILES, table(result)
    assert result.false <= FALSE * FILES, table(result)


@pytest.mark.long
def test_many_made_logs_are_read_whole(capsys: pytest.CaptureFixture[str]) -> None:
    result = tally_in_parallel(FILES, LONG_FILES, 2)
    with capsys.disabled():
        sys.stdout.write("\n" + table(result) + "\n")
    assert result.silent <= SILENT * LONG_FILES
    assert result.whole >= WHOLE * LONG_FILES
    assert result.false <= FALSE * LONG_FILES


def exchanges_in(text: str) -> int:
    try:
        return len(cardlib.read_text(text).exchanges)
    except cardlib.CaptureError:
        return 0


def noisy(count: int) -> list[tuple[int, str]]:
    """The made-up texts that give an exchange: seed and kind."""
    texts = [(seed, *noise(seed)) for seed in range(count)]
    return [(seed, kind) for seed, kind, text in texts if exchanges_in(text)]


def test_texts_without_dialogue_give_no_exchange() -> None:
    assert len({noise(seed)[0] for seed in range(3 * NOISE)}) == len(MAKERS)
    assert len(noisy(NOISE)) <= FALSE_NOISE * NOISE


@pytest.mark.long
def test_many_texts_without_dialogue_give_no_exchange() -> None:
    wrong = noisy(LONG_NOISE)
    assert len(wrong) <= FALSE_NOISE * LONG_NOISE, wrong


# What the grammar says a log holds: checked by other means than those that made it.


def digits_in(text: str) -> str:
    """The bytes that a text spells, in hex; "XX" for a hidden one."""
    if re.match(r"b['\"]|bytearray\(", text):
        literal = text.removeprefix("bytearray(")
        literal = literal.removesuffix(")") if literal != text else literal
        return str(ast.literal_eval(literal).hex().upper())
    if re.fullmatch(r"0x[0-9a-f]+", text):
        return text[2:].upper()
    if "0x" in text:
        numbers = re.findall(r"0x([0-9A-Fa-fX?*]{1,2})", text)
        return (
            "".join(f"{number:0>2}" for number in numbers)
            .upper()
            .replace("?", "X")
            .replace("*", "X")
        )
    if text[:1] in "[v":
        return "".join(f"{int(number) % 256:02X}" for number in re.findall(r"-?\d+", text))
    words = re.findall(r"[0-9A-Fa-fX?*]+", text)
    if any(len(word) == 1 for word in words):
        return "".join(f"{word:0>2}" for word in words).upper()
    return "".join(words).upper().replace("?", "X").replace("*", "X")


def lines_of(text: str) -> list[str]:
    raw = text.encode("utf-8", "surrogateescape")
    codec = "utf-16" if raw.startswith((b"\xff\xfe", b"\xfe\xff")) else "utf-8-sig"
    return raw.decode(codec).replace("\r\n", "\n").split("\n")


@pytest.mark.parametrize("start", range(0, 1000, 250))
def test_truth_stands_in_the_text(start: int) -> None:
    for seed in range(start, start + 250):
        text, truth = generate(seed)
        lines = lines_of(text)
        for exchange in truth.exchanges:
            for half in exchange.halves:
                pieces = [digits_in(place.text) for place in half.places]
                for place in half.places:
                    assert place.text in lines[place.line - 1], (seed, place)
                if exchange.is_loose:
                    continue
                if "status: first" in truth.features:
                    pieces = pieces[1:] + pieces[:1] if half is not exchange.wire[0][0] else pieces
                    assert sorted("".join(pieces)) == sorted(half.digits), (seed, half)
                    continue
                assert "".join(pieces) == half.digits, (seed, half, truth.features)


def test_a_log_follows_from_its_seed() -> None:
    code = "import log_grammar; print(ascii([log_grammar.generate(seed)[0] for seed in range(40)]))"
    paths = os.pathsep.join([str(Path(__file__).parent), str(TRACES.parent)])
    environment = os.environ | {"PYTHONHASHSEED": "7", "PYTHONPATH": paths}
    run = subprocess.run(
        [sys.executable, "-c", code], env=environment, capture_output=True, check=True
    )
    assert run.stdout.decode().strip() == ascii([generate(seed)[0] for seed in range(40)])


def test_every_layout_and_most_features_occur() -> None:
    features: dict[str, int] = {}
    for seed in range(1500):
        for feature in generate(seed)[1].features:
            features[feature] = features.get(feature, 0) + 1
    kinds = {feature.split(":")[0] for feature in features}
    assert sum(feature.startswith("layout:") for feature in features) == 15
    assert {
        "damage",
        "hidden bytes",
        "truncated answer",
        "[SM] twins",
        "ATR in front",
    } <= kinds | set(features)
    assert len([feature for feature in features if feature.startswith("words:")]) > 20
    assert len([feature for feature in features if feature.startswith(("prefix:", "stamp:"))]) > 50


def test_dialogues_are_joined_as_the_library_joins() -> None:
    for path in sorted(TRACES.glob("*.card.jsonl")):
        for exchange in cardlib.read(path).exchanges:
            if exchange.command and exchange.response:
                halves = (exchange.command.raw.hex().upper(), exchange.response.raw.hex().upper())
                assert joined(wire_pairs(exchange)) == halves, path.name
    assert set(shipped()) >= {"EMV", "SIM"}


@pytest.mark.parametrize("name", BY_HAND)
def test_dialogues_by_hand_are_well_formed(name: str) -> None:
    text = "".join(
        f"> {command}\n< {answer}\n" for group in BY_HAND[name] for command, answer in group
    )
    capture = cardlib.read_text(text)
    assert not capture.problems
    read = [(one.command, one.response) for one in capture.exchanges]
    assert all(command and not command.error for command, _ in read)
    assert all(answer and answer.sw is not None for _, answer in read)
    pairs = [(c.raw.hex().upper(), r.raw.hex().upper()) for c, r in read if c and r]
    assert pairs == [joined(group) for group in BY_HAND[name]]


# The judge, on logs whose reading is certain.


def written(*pairs: tuple[str, str]) -> str:
    return "".join(f"> {command}\n< {answer}\n" for command, answer in pairs)


def truth_of(*groups: Sequence[tuple[str, str]], loose: Sequence[int] = ()) -> Truth:
    """The truth of a log with a half on each line."""
    exchanges = []
    line = 0
    for number, group in enumerate(groups):
        wire = []
        for pair in group:
            halves = [
                TrueHalf(digits, [Place(line + side + 1, digits, digits)])
                for side, digits in enumerate(pair)
            ]
            line += 2
            wire.append((halves[0], halves[1]))
        readings = [list(group)]
        if len(group) > 1:
            readings.append([joined(tuple(group))])
        exchanges.append(TrueExchange(wire, readings, number in loose))
    return Truth(0, exchanges, set())


def test_judge_finds_all_whole() -> None:
    verdict = judge(written(SELECT, RECORD, DATA), truth_of([SELECT], [RECORD], [DATA]))
    assert verdict.is_whole and not verdict.silent
    assert verdict.exchanges == 3


def test_judge_takes_a_joined_exchange_for_its_pairs() -> None:
    assert judge(written(*MORE, DATA), truth_of(MORE, [DATA])).is_whole
    apart = truth_of(MORE, [DATA])
    apart.exchanges[0].readings = [MORE]
    assert not judge(written(*MORE, DATA), apart).is_whole


def test_judge_finds_an_exchange_that_is_not_there() -> None:
    verdict = judge(written(SELECT, RECORD, DATA), truth_of([SELECT], [DATA]))
    assert verdict.false == [RECORD]
    assert not verdict.is_whole


def test_judge_finds_an_exchange_read_twice() -> None:
    verdict = judge(written(SELECT, RECORD, RECORD), truth_of([SELECT], [RECORD]))
    assert verdict.false == [RECORD]


def test_judge_finds_what_is_silently_lost() -> None:
    verdict = judge(written(SELECT, DATA), truth_of([SELECT], [RECORD], [DATA]))
    assert verdict.missing == [1]
    assert [place.digits for place in verdict.silent] == list(RECORD)


def test_judge_finds_a_changed_order() -> None:
    assert not judge(written(RECORD, SELECT), truth_of([SELECT], [RECORD])).is_whole


def test_judge_finds_a_torn_exchange() -> None:
    text = written(SELECT) + "> 00B2010C00\n> 80CA9F3600\n< 9F360201239000\n"
    verdict = judge(text, truth_of([SELECT], [RECORD], [DATA]))
    assert verdict.torn == [("00B2010C00", None)]
    assert verdict.missing == [1]


def test_judge_knows_hidden_bytes() -> None:
    hidden = ("00A4040007A0XXXX0003101000", SELECT[1])
    assert judge(written(SELECT), truth_of([hidden])).is_whole
    shorter = ("00A4040007A0XXXX00031010", SELECT[1])
    assert not judge(written(SELECT), truth_of([shorter])).is_whole


def test_judge_lets_a_damaged_exchange_be_lost_if_it_is_said() -> None:
    text = written(SELECT) + "> 00B2010CO0\n< 6A83\n" + written(DATA)
    verdict = judge(text, truth_of([SELECT], [RECORD], [DATA], loose=[1]))
    assert verdict.is_whole
    assert not verdict.silent


def test_judge_does_not_let_a_damaged_exchange_cost_its_neighbour() -> None:
    text = written(SELECT) + "> 00B2010CO0\n" + written(DATA)
    verdict = judge(text, truth_of([SELECT], [DATA], [RECORD], loose=[0]))
    assert verdict.missing == [2]


def test_judge_takes_a_refusal_for_no_silent_loss() -> None:
    verdict = judge("nothing here\n", truth_of([SELECT]))
    assert verdict.refused
    assert verdict.missing == [0]
    assert not verdict.silent and not verdict.is_whole
