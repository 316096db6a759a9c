# SPDX-License-Identifier: MIT
"""A grammar that makes logs as people paste them, over known dialogues, and a judge of how they are read.

    python tests/log_grammar.py --files 1000          the table by feature
    python tests/log_grammar.py --seed 7 --show       one log, what it holds, and what was read
    python tests/log_grammar.py --files 1000 --list   the seeds that were not read whole
    python tests/log_grammar.py --files 1000 --feature "wrapped at 16" --list

Everything follows from the seed. A log's truth is known because the log was made from it.
"""

from __future__ import annotations

import argparse
import random
import sys
from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass, field
from itertools import pairwise
from pathlib import Path

if __name__ == "__main__":
    sys.path[:0] = [
        str(Path(__file__).resolve().parent),
        str(Path(__file__).resolve().parent.parent),
    ]

import log_frames as frames
import log_layouts as layouts
import log_parts as parts
import log_shells as shells
from log_bytes import PLAIN
from log_dialogues import Dialogue, dialogue, joined
from log_judge import Place, TrueExchange, TrueHalf, Truth, Verdict, judge
from log_sheet import Half, HalfKey, Log, Row

__all__ = ["Truth", "Verdict", "generate", "judge", "table", "tally"]

Layout = Callable[[Log], None]
# Each layout with its weight, and whether it has the lines of a log: then other texts can stand around them.
LAYOUTS: dict[str, tuple[Layout, int, bool]] = {
    "marked": (layouts.marked, 38, True),
    "bare": (layouts.bare, 7, True),
    "one line": (layouts.one_line, 8, True),
    "below": (layouts.below, 8, True),
    "dump": (layouts.dump, 7, True),
    "a TLV a line": (layouts.tlv_lines, 6, True),
    "fields": (frames.fields, 4, True),
    "declared": (layouts.declared, 4, True),
    "procedure bytes": (frames.procedure_bytes, 3, True),
    "twins": (frames.twins, 3, True),
    "CSV": (shells.csv, 5, False),
    "JSON": (shells.json, 5, False),
    "XML": (shells.xml, 2, False),
    "table": (shells.table, 3, False),
    "bold": (shells.bold, 3, False),
}
CHOOSY = ("procedure bytes", "twins", "fields", "a TLV a line")
HIDING = ("marked", "below", "bare")
DAMAGED = ("marked", "bare", "one line", "below", "dump", "a TLV a line", "CSV", "table", "bold")
ATRS = [
    "3B 65 00 00 20 63 CB 6F 00", "3B6800000073C84000009000", "3B 8D 01 80 FB A0 00 00 03 97 42 54 46 59 04 01 CF",
    "3B9F96801FC78031E073FE211B63E20701", "3b:f2:18:00:02:c1:0a:31:fe:58:c8:08:74",
]  # fmt: skip
OPENINGS = [
    "Using reader Example Reader 00 00", "card inserted", "connected, protocol T=1", "NFC device opened",
    "$ python read_card.py", "-- session begins --", "Tag discovered: IsoDep, UID 04 A1 B2 C3 D4 E5 80",
]  # fmt: skip
TRUNCATIONS = [" ...", "...", "…", " [...]", " (truncated)", "...(more)"]


def choose_dialogue(rng: random.Random, layout: str) -> tuple[str, Dialogue] | None:
    """A dialogue that the layout can tell; None where no such one is drawn."""
    for _ in range(40):
        name, groups = dialogue(rng)
        if any(first == second for first, second in pairwise(groups)):
            continue  # the same exchange twice running cannot be told from one that is told again
        if layout not in CHOOSY:
            return name, groups
        turns = Log(random.Random(0), name, groups).turns
        if layout == "procedure bytes" and not frames.fits_t0(turns):
            continue
        if layout == "twins" and not frames.fits_twins(turns):
            continue
        if layout == "fields" and any(
            len(turn.command.tokens) > 5 and turn.command.tokens[4] == "00" for turn in turns
        ):
            continue  # an extended length has other fields
        if layout == "a TLV a line" and not any(parts.is_tree(turn.response) for turn in turns):
            continue
        return name, groups
    return None


def hide(log: Log) -> None:
    """Blank bytes of one half, as people do with PINs and card numbers."""
    halves = [half for turn in log.turns for half in (turn.command, turn.response)]
    rooms = {"command": 5, "response": 4}
    long = [half for half in halves if len(half.tokens) >= rooms[half.key[1]] + 7]
    if not long:
        return
    half = log.rng.choice(long)
    room = rooms[half.key[1]]
    size = len(half.tokens)
    start = log.rng.randint(room, size - 6)
    stop = log.rng.randint(start + 2, min(size - 3, start + 12))
    mark = log.choose("XX", "XX", "**", "??")
    half.tokens[start:stop] = [mark] * (stop - start)
    half.original[start:stop] = ["XX"] * (stop - start)
    half.is_hidden = True
    log.features.add(f"hidden bytes: {mark}")


def truncate(log: Log) -> None:
    """Cut a long answer, with a mark behind it."""
    long = [turn.response for turn in log.turns if len(turn.response.tokens) > 20]
    if not long:
        return
    half = log.rng.choice(long)
    half.tokens = half.tokens[: log.rng.randint(8, len(half.tokens) - 6)]
    half.cut = log.rng.choice(TRUNCATIONS)
    log.features.add("truncated answer")


def introduce(log: Log) -> None:
    """An ATR and other lines in front."""
    opening = []
    if log.chance(0.12, "lines in front"):
        opening.append(Row([log.rng.choice(OPENINGS)]))
    if log.chance(0.10, "ATR in front"):
        opening.append(
            Row([log.choose("ATR: ", "Card ATR: ", "[ATR] ", "ATR=") + log.rng.choice(ATRS)])
        )
    log.rows[:0] = opening


def damage(log: Log) -> set[HalfKey]:
    """Damage one line of the log; the halves that stand in it."""
    rows = [row for row in log.rows if any(len(shown.text) > 3 for shown in row.shown)]
    row = log.rng.choice(rows)
    keys = {shown.half for shown in row.shown}
    kinds = ["dropped line"]
    if log.spelling.plain:
        kinds += ["letter", "half a byte", "letter"]
    kind = log.rng.choice(kinds)
    if kind == "dropped line":
        log.rows.remove(row)
    else:
        shown = max(row.shown, key=lambda one: len(one.text))
        shown.text = with_letter(log, shown.text) if kind == "letter" else shown.text[:-1]
    log.features.add(f"damage: {kind}")
    return keys


def with_letter(log: Log, text: str) -> str:
    """The text with a letter O or l in place of a digit."""
    places = [n for n, digit in enumerate(text) if digit in "01" and text[n + 1 : n + 2] != "x"]
    if not places:
        return text[:-1] + "O"
    place = log.rng.choice(places)
    return text[:place] + {"0": "O", "1": "l"}[text[place]] + text[place + 1 :]


def generate(seed: int) -> tuple[str, Truth]:
    """A made-up log and what it holds."""
    rng = random.Random(seed)
    names = list(LAYOUTS)
    layout = rng.choices(names, [weight for _, weight, _ in LAYOUTS.values()])[0]
    chosen = choose_dialogue(rng, layout)
    if chosen is None:
        layout = "marked"
        chosen = choose_dialogue(rng, layout)
        assert chosen is not None
    log = Log(rng, *chosen)
    log.features.add(f"layout: {layout}")
    originals = [(turn.command, turn.response) for turn in log.turns]
    if layout in HIDING and rng.random() < 0.12:
        layouts.choose_spelling(log, PLAIN)
        if layout == "bare" or rng.random() < 0.6:
            hide(log)
        else:
            truncate(log)
    write, _, has_lines = LAYOUTS[layout]
    write(log)
    broken: set[HalfKey] = set()
    if (
        layout in DAMAGED
        and not any(turn.response.cut for turn in log.turns)
        and rng.random() < 0.12
    ):
        broken = damage(log)
    if has_lines:
        introduce(log)
        shells.surround(log)
    shells.trail(log)
    text = "\n".join(row.text for row in log.rows) + "\n"
    truth = Truth(seed, true_exchanges(log, originals, broken), log.features)
    log.features.add(f"exchanges: {size_class(len(truth.exchanges))}")
    return shells.encoded(log, text), truth


def size_class(count: int) -> str:
    return "2 to 4" if count < 5 else "5 to 12" if count < 13 else "13 to 30"


def true_exchanges(
    log: Log, originals: Sequence[tuple[Half, Half]], broken: set[HalfKey]
) -> list[TrueExchange]:
    """What the log holds, exchange by exchange."""
    places: dict[HalfKey, list[Place]] = {}
    for number, row in enumerate(log.rows, 1):
        for shown in row.shown:
            if shown.tokens:
                digits = "".join("XX" if token in ("**", "??") else token for token in shown.tokens)
                places.setdefault(shown.half, []).append(Place(number, digits, shown.text))
    exchanges = []
    number = 0
    for group in log.dialogue:
        wire, is_loose = [], False
        for turn in log.turns[number : number + len(group)]:
            halves = (turn.command, turn.response)
            is_loose = is_loose or any(half.cut or half.key in broken for half in halves)
            command, response = (
                TrueHalf("".join(half.original), places.get(half.key, [])) for half in halves
            )
            wire.append((command, response))
        plain = tuple((command.digits, response.digits) for command, response in wire)
        readings = [list(plain)]
        if len(group) > 1:
            readings.append([joined(plain)])
        if "[SM] twins, answers too" in log.features:
            readings.append([tuple("".join(half.original) for half in originals[number])])  # type: ignore[list-item]
        exchanges.append(TrueExchange(wire, readings, is_loose))
        number += len(group)
    return exchanges


@dataclass
class Tally:
    """How a number of logs were read, by feature."""

    files: int = 0
    whole: int = 0
    false: int = 0
    silent: int = 0
    refused: int = 0
    exchanges: int = 0
    missing: int = 0
    by_feature: dict[str, list[int]] = field(default_factory=dict)  # files, whole, false, silent
    failing: list[tuple[int, str]] = field(default_factory=list)

    def add(self, truth: Truth, verdict: Verdict) -> None:
        self.files += 1
        self.whole += verdict.is_whole
        self.false += bool(verdict.false)
        self.silent += bool(verdict.silent)
        self.refused += bool(verdict.refused)
        self.exchanges += verdict.exchanges
        self.missing += len(verdict.missing)
        for feature in truth.features:
            counts = self.by_feature.setdefault(feature, [0, 0, 0, 0])
            results = (1, verdict.is_whole, bool(verdict.false), bool(verdict.silent))
            for place, result in enumerate(results):
                counts[place] += result
        if not verdict.is_whole or verdict.silent:
            self.failing.append((truth.seed, in_short(verdict)))

    def merge(self, other: Tally) -> None:
        for name in ("files", "whole", "false", "silent", "refused", "exchanges", "missing"):
            setattr(self, name, getattr(self, name) + getattr(other, name))
        for feature, counts in other.by_feature.items():
            mine = self.by_feature.setdefault(feature, [0, 0, 0, 0])
            for place, count in enumerate(counts):
                mine[place] += count
        self.failing += other.failing


def in_short(verdict: Verdict) -> str:
    if verdict.refused:
        return "refused"
    counts = Counter({"missing": len(verdict.missing), "torn": len(verdict.torn)})
    counts.update({"false": len(verdict.false), "silent": len(verdict.silent)})
    return ", ".join(f"{count} {name}" for name, count in counts.items() if count)


def tally(seeds: Iterable[int], feature: str = "") -> Tally:
    """Make the logs of these seeds, read them, and count; only those with the feature, if one is named."""
    result = Tally()
    for seed in seeds:
        text, truth = generate(seed)
        if feature and not any(feature in one for one in truth.features):
            continue
        result.add(truth, judge(text, truth))
    return result


def tally_in_parallel(first: int, files: int, jobs: int, feature: str = "") -> Tally:
    if jobs < 2:
        return tally(range(first, first + files), feature)
    size = 100
    parts = [
        range(start, min(start + size, first + files))
        for start in range(first, first + files, size)
    ]
    result = Tally()
    with ProcessPoolExecutor(jobs) as pool:
        for part in pool.map(tally, parts, [feature] * len(parts)):
            result.merge(part)
    return result


def table(result: Tally) -> str:
    """The share of whole logs by feature, the worst first, and the sums."""
    rows = [f"{'feature':<44}{'files':>7}{'whole %':>9}{'false':>7}{'silent':>8}"]
    by_share = sorted(
        result.by_feature.items(), key=lambda item: (item[1][1] / item[1][0], item[0])
    )
    for feature, (files, whole, false, silent) in by_share:
        rows.append(f"{feature:<44}{files:>7}{100 * whole / files:>9.1f}{false:>7}{silent:>8}")
    files = max(result.files, 1)
    rows.append(
        f"all: {result.files} logs, whole {100 * result.whole / files:.2f} %, "
        f"with a false exchange {100 * result.false / files:.2f} %, "
        f"with a silently lost byte {result.silent}, refused {result.refused}; "
        f"{result.missing} of {result.exchanges} exchanges missing"
    )
    return "\n".join(rows)


def show(seed: int) -> str:
    """One log, its truth, and what was read."""
    text, truth = generate(seed)
    verdict = judge(text, truth)
    lines = [
        text.encode("utf-8", "surrogateescape").decode("utf-8", "replace").replace("\r", "␍"),
        "features:",
    ]
    lines += [f"  {feature}" for feature in sorted(truth.features)]
    lines.append("holds:")
    for number, exchange in enumerate(truth.exchanges):
        state = " (may be lost)" if exchange.is_loose else ""
        for command, response in exchange.wire:
            where = [place.line for half in (command, response) for place in half.places]
            lines.append(f"  {number}{state} lines {where}: {command.digits} | {response.digits}")
    lines.append(f"read as {verdict.format or 'nothing: ' + verdict.refused}:")
    lines += read_rows(text) if verdict.format else []
    lines.append(f"verdict: {'whole' if verdict.is_whole else in_short(verdict)}")
    lines.append(f"  missing: {verdict.missing}  torn: {verdict.torn}")
    lines.append(f"  false: {verdict.false}")
    lines.append(f"  silent: {verdict.silent}")
    return "\n".join(lines)


def read_rows(text: str) -> list[str]:
    from log_judge import cardlib, raw

    capture = cardlib.read_text(text)
    rows = [f"  {raw(one.command)} | {raw(one.response)}" for one in capture.exchanges]
    rows += [f"  ! line {one.unit}: {one.kind}: {one.detail}" for one in capture.problems]
    return rows


def write(text: str) -> None:
    sys.stdout.write(text.encode("utf-8", "replace").decode("utf-8") + "\n")


def main() -> None:
    parser = argparse.ArgumentParser(description="Make logs and see how they are read.")
    parser.add_argument("--files", type=int, default=300)
    parser.add_argument("--first", type=int, default=0, help="the first seed")
    parser.add_argument("--jobs", type=int, default=2)
    parser.add_argument("--seed", type=int, help="one log only")
    parser.add_argument("--show", action="store_true", help="print the log of --seed")
    parser.add_argument(
        "--list", action="store_true", help="list the seeds that were not read whole"
    )
    parser.add_argument(
        "--feature", default="", help="only logs with this feature, or a part of its name"
    )
    given = parser.parse_args()
    if given.seed is not None:
        write(show(given.seed) if given.show else in_short(judge(*generate(given.seed))) or "whole")
        return
    result = tally_in_parallel(given.first, given.files, given.jobs, given.feature)
    if given.list:
        for seed, verdict in result.failing:
            write(f"{seed:>7}  {verdict}")
    write(table(result))


if __name__ == "__main__":
    main()
