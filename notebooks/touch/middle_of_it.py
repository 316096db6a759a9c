# SPDX-License-Identifier: MIT
"""Between card and terminal: which flipped bit is noticed by whom, and a game for two."""

from __future__ import annotations

import io
import json
from functools import cache
from pathlib import Path

import cardlib
from cardlib.formats import card_jsonl
from traces.makers import middle, rsa_keys
from traces.makers.card import Card
from traces.makers.issuer import Issuer
from traces.makers.profile import load
from traces.makers.reader import Result, Settings
from traces.makers.terminal import Terminal
from traces.makers.times import Tape, Transmit

from .engine import STYLE, Lines, Touch, escape_lines, from_hex

TRACES = Path(__file__).resolve().parent.parent.parent / "traces"
KEYS = [TRACES / "makers" / "keyring.toml"]
NOBODY, ISSUER, TERMINAL = ".", "i", "T"
OF_ISSUER = ("cryptogram", "issuer's answer")


@cache
def _honest(name: str) -> tuple[str, tuple[tuple[str, str], ...]]:
    text = (TRACES / f"{name}.card.jsonl").read_text("utf-8")
    return text, _verdicts(text)


def _verdicts(text: str) -> tuple[tuple[str, str], ...]:
    payments = cardlib.transactions(cardlib.read_text(text), keys=KEYS)
    if not payments:
        return ()
    return tuple((proof.name, proof.verdict) for proof in cardlib.proofs(payments[0]))


def who_notices(name: str, raw: str, place: int, bit: int) -> str:
    """Who notices a flipped bit: the terminal with public keys, the issuer with the card's, or nobody."""
    text, honest = _honest(name)
    data = bytearray.fromhex(raw)
    data[place] ^= 1 << (bit - 1)
    found = _verdicts(text.replace(raw, data.hex().upper(), 1))
    if found == honest:
        return NOBODY
    if len(found) != len(honest):
        return TERMINAL
    changed = [before[0] for before, after in zip(honest, found, strict=True) if before != after]
    if all(proof.startswith(OF_ISSUER) for proof in changed):
        return ISSUER
    return TERMINAL


def _flip(trace: str, side: str, byte: int, bit: int) -> Lines:
    raw = _halves(trace)[side]
    place = byte % (len(raw) // 2)
    who = {NOBODY: "nobody notices", ISSUER: "the issuer notices", TERMINAL: "the terminal notices"}
    value = int(raw[2 * place : 2 * place + 2], 16)
    outcome = who[who_notices(trace, raw, place, bit)]
    return [f"byte {place} of the {side}: {value:02X} becomes {value ^ 1 << bit - 1:02X}: {outcome}"]


@cache
def _halves(name: str) -> dict[str, str]:
    """The first GENERATE AC of a trace, as it stands in its file."""
    text = _honest(name)[0]
    rows = [row for row in map(json.loads, text.splitlines()) if row.get("kind") == "apdu"]
    at = next(at for at, row in enumerate(rows) if row["data"].startswith("80AE"))
    answers = [row["data"] for row in rows[at + 1 :] if row["from"] == "card" and len(row["data"]) > 4]
    return {"command": rows[at]["data"], "response": answers[0]}


def notice_map(trace: str = "contact_purchase") -> Lines:
    """A mark for each byte of GENERATE AC whose lowest bit is flipped."""
    return list(_map(trace))


@cache
def _map(trace: str) -> Lines:
    lines = ["T the terminal notices, i the issuer, . nobody"]
    for side, raw in _halves(trace).items():
        marks = "".join(who_notices(trace, raw, place, 1) for place in range(len(raw) // 2))
        lines += [f"{side:9}{marks[at : at + 64]}" for at in range(0, len(marks), 64)]
    return lines


class _Flip(Touch):
    """Beside the single flip, the map of all."""

    def __repr__(self) -> str:
        return "\n".join([super().__repr__(), *notice_map()])

    def _repr_html_(self) -> str:
        return f'{super()._repr_html_()}<pre style="{STYLE}">{escape_lines(notice_map())}</pre>'


def flip_a_bit() -> Touch:
    """Flip a bit of GENERATE AC and see who notices."""
    controls = {
        "trace": ["contact_purchase", "contact_cda"],
        "side": ["command", "response"],
        "byte": (0, 63, 10),
        "bit": (1, 8, 1),
    }
    examples = [{"side": "command", "byte": 10}, {"side": "command", "byte": 34}, {"side": "response", "byte": 2}]
    return _Flip("Flip a bit of GENERATE AC: who notices?", controls, _flip, examples)


# ---------------------------------------------------------------- the game for two

INSTRUCTIONS = {"SELECT": 0xA4, "GPO": 0xA8, "READ": 0xB2, "VERIFY": 0x20, "AC": 0xAE, "DDA": 0x88, "ISSUER": 0x82}
NEEDED = {"answer": 1, "change": 2, "delay": 1}
Rules = list[tuple[int, str, list[str]]]
HELP = "write rules such as: VERIFY answer 9000; AC change 9F36 0099; READ delay 40"


def _rules(text: str) -> Rules:
    """The rules of the player in the middle; ValueError says what is wrong with one."""
    rules: Rules = []
    for part in text.split(";"):
        words = part.split()
        if not words:
            continue
        name, *rest = words
        instruction = INSTRUCTIONS.get(name.upper())
        if instruction is None or not rest or rest[0] not in NEEDED:
            names = ", ".join(INSTRUCTIONS)
            raise ValueError(f"{part[:30]!r}: {HELP}; names are {names}")
        what, *values = rest
        if len(values) != NEEDED[what]:
            raise ValueError(f"{part[:30]!r} needs {NEEDED[what]} words behind {what}")
        rules.append((instruction, what, values))
    return rules


def _attacker(rules: Rules, tape: Tape) -> middle.Attack:
    def attack(card: Transmit) -> Transmit:
        def transmit(command: bytes) -> bytes:
            mine = [(what, words) for ins, what, words in rules if command[1] == ins]
            for what, words in mine:
                if what == "delay":
                    tape.wait(min(int(words[0]), 60_000))
                if what == "answer":
                    return from_hex(words[0])
            answer = card(command)
            for what, words in mine:
                if what == "change":
                    answer = middle.changed(answer, words[0].upper(), from_hex(words[1]))
            return answer

        return transmit

    return attack


def play(rules: str = "", seed: int = 7, out: Path | str | None = None) -> Lines:
    """One payment with somebody in the middle; `out` is a new capture for the neighbour, who must find it."""
    attack = _rules(rules)
    profile = load("mastercard_contact")
    tape = Tape("a game", seed, profile.protocol)
    result = _paid(Card(profile, seed), tape, attack, seed)
    text = io.StringIO(newline="")
    card_jsonl.write(text, tape.items)
    capture = text.getvalue()
    if out is not None:
        with Path(out).open("x", encoding="utf-8", newline="\n") as file:
            file.write(capture)
    outcome = f"the terminal: {result.outcome}"
    if result.why:
        reason = result.why.partition(":")[0]
        outcome += f", because of {reason}"
    failing = set()
    for finding in cardlib.check(cardlib.read_text(capture)):
        if finding.verdict == "fail":
            failing.add(finding.rule)
    passed_ms = tape.now // 1_000_000
    return [
        outcome,
        f"TVR {result.tvr.hex().upper()}, after {passed_ms} ms",
        f"what fails in the capture: {' '.join(sorted(failing))}",
    ]


def _paid(card: Card, tape: Tape, rules: Rules, seed: int) -> Result:
    """The payment, on the tape."""
    profile = card.profile
    shop = Settings({"A000000004F9": rsa_keys.key("Mastercard-like CA").modulus})
    is_t0 = profile.protocol == "T=0"
    pins = [profile.pin]
    terminal = Terminal(bytes, shop, Issuer(profile), pins, seed, is_t0, tape.wait, tape.took)
    tape.power_on(card.power_on())
    terminal.transmit = tape.over(card.answer, _attacker(rules, tape))
    return terminal.pay(4200)


def in_the_middle() -> Touch:
    """A game for two: one plays the device in between, the other gets the capture."""
    examples = [
        {"rules": ""},
        {"rules": "VERIFY answer 9000"},
        {"rules": "AC change 9F36 0099"},
        {"rules": "READ delay 200"},
    ]
    return Touch("Somebody in the middle", {"rules": "VERIFY answer 9000", "seed": (1, 99, 7)}, play, examples)
