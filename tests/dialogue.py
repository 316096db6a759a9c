# SPDX-License-Identifier: MIT
"""A payment of a few lines, changed where a test wants it: the same dialogue, once with a fault and once without.

`payment()` alone is a sound purchase with a contact card: DDA offered, signed records, plaintext PIN, asked online,
approved. Every argument changes one thing. Cryptograms and certificates are not real here (tests of rules that check
them bring their own).
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import replace
from types import MappingProxyType

import cardlib
from cardlib import Capture, Finding
from cardlib.rules import RULES, Given
from cardlib.rules import check as apply

VISA, MASTERCARD, UNIONPAY = "A0000000031010", "A0000000041010", "A000000333010101"
PAN = "4761739001010119"
TERMINAL = {
    "9F02": "000000004250",
    "9F03": "000000000000",
    "9F1A": "0276",
    "95": "0000008000",
    "5F2A": "0978",
    "9A": "260314",
    "9C": "00",
    "9F37": "5C1A0E77",
    "9F34": "410302",
    "9F33": "E0F8C8",
    "9F35": "22",
    "9F66": "36204000",
    "8A": "3030",
    "9F15": "5411",
    "9F39": "05",
    "9F21": "120000",
    "91": "A443CC3AC233F5093030",
}
CDOL1 = "9F02 9F03 9F1A 95 5F2A 9A 9C 9F37 9F34 9F33 9F35"
CARD = {
    "57": "4761739001010119D30122010000000000000F",
    "5A": PAN,
    "5F34": "01",
    "5F24": "301231",
    "5F25": "200101",
    "5F28": "0276",
    "9F07": "FF00",
    "9F08": "0096",
    "9F42": "0978",
    "8E": "000000000000000041031E031F00",
    "9F0D": "B040848000",
    "9F0E": "0010000000",
    "9F0F": "B060848000",
    "9F4A": "82",
    "9F49": "9F3704",
}
FIRST = {"9F27": "80", "9F36": "0012", "9F26": "2FA9C4AD8F8B4D41", "9F10": "06010A03A40002"}
SECOND = {"9F27": "40", "9F36": "0012", "9F26": "CAEE2E96935692EF", "9F10": "06010A03640002"}
PIN = ("0020008008241234FFFFFFFFFF", "9000")
Changes = Mapping[str, str | None]
NONE: Changes = MappingProxyType({})
NO_VALUES: Mapping[str, str] = MappingProxyType({})


def tlv(tag: str, value: str) -> str:
    size = len(value) // 2
    length = f"{size:02X}" if size < 128 else f"81{size:02X}" if size < 256 else f"82{size:04X}"
    return f"{tag}{length}{value}"


def joined(values: Mapping[str, str]) -> str:
    return "".join(tlv(tag, value) for tag, value in values.items())


def template(tag: str, values: Mapping[str, str]) -> str:
    return tlv(tag, joined(values))


def dol(tags: str, terminal: Mapping[str, str]) -> str:
    """A data object list for these tags, separated by blanks."""
    return "".join(f"{tag}{len(terminal[tag]) // 2:02X}" for tag in tags.split())


def with_data(header: str, data: str, le: str = "") -> str:
    return f"{header}{len(data) // 2:02X}{data}{le}"


def changed(base: Mapping[str, str], changes: Changes) -> dict[str, str]:
    """The same with other values; None takes one out."""
    return {tag: value for tag, value in {**base, **changes}.items() if value is not None}


def lines(
    aid: str = VISA,
    terminal: Changes = NONE,
    card: Changes = NONE,
    unsigned: Changes = NONE,
    aip: str | None = "3C00",
    pdol: str = "",
    options: Mapping[str, str] = NO_VALUES,
    cdol1: str | None = CDOL1,
    before: Sequence[str] = PIN,
    ask: str | None = "80",
    first: Changes = NONE,
    between: Sequence[str] = (with_data("00820000", TERMINAL["91"]), "9000"),
    ask2: str | None = "40",
    second: Changes = NONE,
    after: Sequence[str] = (),
    fci: Mapping[str, str] = NO_VALUES,
) -> list[str]:
    """Commands and answers in turn.

    terminal, card: values to change (None: to leave out); unsigned: data elements in a record of their own that the
    AFL does not mark as signed; options: what the answer to GET PROCESSING OPTIONS holds besides AIP and AFL;
    before, between, after: raw lines before the first GENERATE AC, before the second, at the end;
    ask, ask2: P1 of GENERATE AC, None for no such command.
    """
    given, held = changed(TERMINAL, terminal), changed(CARD, card)
    if cdol1 is not None:
        held |= {"8C": dol(cdol1, given), "8D": dol(f"8A {cdol1}", given)}
    inner = ({"9F38": dol(pdol, given)} if pdol else {}) | dict(fci)
    found = [
        with_data("00A40400", aid, "00"),
        template("6F", {"84": aid, "A5": joined(inner)}) + "9000",
    ]
    asked = tlv("83", "".join(given[tag] for tag in pdol.split()))
    if aip is not None:
        afl = "08010101" + ("10010100" if unsigned else "")
        found += [
            with_data("80A80000", asked, "00"),
            template("77", {"82": aip, "94": afl, **options}) + "9000",
        ]
    if held:
        found += ["00B2010C00", template("70", held) + "9000"]
    if unsigned:
        found += ["00B2011400", template("70", changed({}, unsigned)) + "9000"]
    found += before
    values = "".join(given[tag] for tag in (cdol1 or "").split())
    if ask is not None:
        found += [
            with_data(f"80AE{ask}00", values, "00"),
            template("77", changed(FIRST, first)) + "9000",
        ]
    found += between
    if ask2 is not None:
        online = with_data(f"80AE{ask2}00", given["8A"] + values, "00")
        found += [online, template("77", changed(SECOND, second)) + "9000"]
    return [*found, *after]


def captured(dialogue: Sequence[str], name: str = "") -> Capture:
    """A capture of commands and answers in turn; an empty line is a half that is missing.

    It is written in the project's own format: a pasted text would be learned line by line, each time.
    """
    rows: list[dict[str, object]] = [{"card_capture": 1}]
    for place, line in enumerate(dialogue):
        if line:
            sender = ("reader", "card")[place % 2]
            rows.append({"from": sender, "kind": "apdu", "data": line})
    text = "".join(f"{json.dumps(row)}\n" for row in rows)
    read = cardlib.read_text(text, format="card.jsonl")
    return replace(read, path=name) if name else read


def payment(**changes: object) -> Capture:
    """A capture of one payment; for the arguments see `lines`."""
    return captured(lines(**changes))  # type: ignore[arg-type]


def contactless(**changes: object) -> Capture:
    """A payment whose cryptogram comes with the answer to GET PROCESSING OPTIONS, as Visa's does."""
    base: dict[str, object] = {
        "pdol": "9F66 9F02 9F03 9F1A 95 5F2A 9A 9C 9F37",
        "aip": "2000",
        "cdol1": None,
    }
    base |= {"ask": None, "ask2": None, "before": (), "between": ()}
    options = {
        "57": CARD["57"],
        "9F10": "06011203A00000",
        "9F26": FIRST["9F26"],
        "9F27": "80",
        "9F36": "0012",
    }
    options |= {"9F6C": "0000", "9F6E": "20700000"}
    extra = changes.pop("options", {})
    base["options"] = changed(options, extra)  # type: ignore[arg-type]
    return captured(lines(**(base | changes)))  # type: ignore[arg-type]


def judged(rule: str, *captures: Capture, **given: object) -> list[Finding]:
    """What one rule says of a capture, or of several."""
    chosen = [one for one in RULES if one.id == rule]
    assert chosen, f"no rule {rule}"
    known = Given(**given)  # type: ignore[arg-type]
    return apply(captures[0] if len(captures) == 1 else list(captures), chosen, known)


def evidence(finding: Finding, *captures: Capture) -> list[str]:
    """The bytes that a finding points at, in hex."""
    found = []
    for place in finding.evidence:
        capture = next(one for one in captures if len(captures) == 1 or one.path == place.file)
        exchange = capture.exchanges[place.exchange]
        half = exchange.command if place.side == "command" else exchange.response
        assert half is not None and 0 <= place.start < place.stop <= len(half.raw), place
        found.append(half.raw[place.start : place.stop].hex().upper())
    return found


def fails_and_passes(rule: str, bad: Capture, good: Capture, shown: str, **given: object) -> None:
    """The rule fails on one capture, points at these bytes first or second, and does nothing but pass on the other."""
    failing = [one for one in judged(rule, bad, **given) if one.verdict == "fail"]
    assert failing, judged(rule, bad, **given)
    assert shown in evidence(failing[0], bad), evidence(failing[0], bad)
    assert {one.verdict for one in judged(rule, good, **given)} == {"pass"}, judged(
        rule, good, **given
    )
