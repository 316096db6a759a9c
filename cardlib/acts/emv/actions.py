# SPDX-License-Identifier: MIT
"""Terminal action analysis: which cryptogram TVR and action codes ask for (EMV Book 3, 10.7).

Also whether the terminal asked for that one.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from ...core.codec import to_hex
from ...core.model import Exchange, record
from ..act import Statement
from .data import Element
from .dialogue import RANK, ActionCodes, Dialogue, above, asked, bits, say, tell

# They stand for issuer action codes that the card does not have.
ABSENT = ActionCodes(bytes(5), b"\xff" * 5, b"\xff" * 5)
IAC = {"denial": "9F0E", "online": "9F0F", "default": "9F0D"}
# What follows when a bit of these codes is met.
_DECIDES = {"denial": "AAC", "online": "ARQC", "default": "AAC"}
UNABLE = (b"Y3", b"Z3")
# What a terminal can do, by the second digit of its type (EMV Book 4, A1).
CAN_DO_BOTH = 2
_ONLINE_ONLY = (1, 4)
_STEPS = {
    0: ("denial", "online", "default"),
    3: ("denial", "default"),
    6: ("denial", "default"),
}
_STEPS_OTHERWISE = ("denial", "online")


@record
class Analysis:
    """What a TVR is judged by: the codes to look at in turn, and what the terminal can do."""

    exchange: Exchange
    tvr: Element
    steps: Sequence[str]
    online_only: bool = False


def issuer_codes(d: Dialogue) -> tuple[ActionCodes | None, list[Element]]:
    """The issuer action codes and the elements that hold them.

    None where one is not of five bytes, or is not in the capture and might be on the card.
    """
    elements: list[Element] = []
    values: dict[str, bytes] = {}
    for name, tag in IAC.items():
        element = d.answered(tag)
        if element is None:
            values[name] = getattr(ABSENT, name)
        else:
            values[name] = element.value
            elements.append(element)
    if any(len(value) != 5 for value in values.values()):
        return None, elements
    if len(elements) < len(IAC) and not d.complete:
        return None, elements
    return ActionCodes(**values), elements


def judge(d: Dialogue) -> Iterator[Statement]:
    """Denial, then online, or default where the terminal cannot go online.

    The cryptogram that follows is compared with the one it asked for.
    """
    if d.first is None:
        yield say("not reached in this capture")
        return
    tvr = d.tvr
    if tvr is None:
        yield say("not known: no TVR (95) in this capture")
        return
    yield from tell("TVR", tvr)
    unit = d.unit
    if not unit and asked(d.first) == "ARQC":
        # A terminal that asks for an ARQC can go online.
        unit = CAN_DO_BOTH
    steps = _STEPS.get(unit, _STEPS_OTHERWISE)
    yield from _analyse(d, Analysis(d.first, tvr, steps, unit in _ONLINE_ONLY))


def at_completion(d: Dialogue) -> Iterator[Statement]:
    """The default codes decide where the terminal was unable to go online."""
    tvr = d.sent("95", 5, d.second)
    code = d.sent("8A", 2, d.second)
    if d.second and tvr and code and code.value in UNABLE:
        yield from _analyse(d, Analysis(d.second, tvr, ["default"]))


def _analyse(d: Dialogue, analysis: Analysis) -> Iterator[Statement]:
    """Each step with the bits that met; then the cryptogram that follows."""
    issuer, elements = issuer_codes(d)
    if issuer is None:
        codes = "the issuer action codes (9F0D, 9F0E, 9F0F)"
        yield say(f"not known: {codes} are not all here, or not of 5 bytes", *elements)
        return
    due: set[str] = set()
    for name in analysis.steps:
        element = d.answered(IAC[name], 5)
        met = bits(analysis.tvr, _mask(d, issuer, name))
        result = f"met by: {met}" if met else "no bit of the TVR met"
        yield say(f"{_title(d, name, element)}: {result}", analysis.tvr, element)
        if name == "denial" and not met:
            continue
        if met or analysis.online_only:
            due.add(_DECIDES[name])
        else:
            due.add("TC")
        if name == "denial":
            break
    yield _verdict(d, analysis, due)


def _mask(d: Dialogue, issuer: ActionCodes, name: str) -> int:
    """The bits that count in a step: those of the issuer and those of the terminal."""
    mask = int.from_bytes(getattr(issuer, name), "big")
    if d.tac:
        mask |= int.from_bytes(getattr(d.tac, name), "big")
    return mask


def _title(d: Dialogue, name: str, element: Element | None) -> str:
    """What the TVR is compared with in a step."""
    if element:
        title = f"IAC {name} {to_hex(element.value)}"
    else:
        title = f"IAC {name} {to_hex(getattr(ABSENT, name))} (not on the card)"
    if d.tac:
        title += f", TAC {name} {to_hex(getattr(d.tac, name))}"
    return title


def _verdict(d: Dialogue, analysis: Analysis, due: set[str]) -> Statement:
    """What was due against what was asked for.

    Without the terminal's action codes (TAC) a stricter request may be right, a laxer one is not.
    """
    requested = asked(analysis.exchange)
    names = " or ".join(sorted(due, key=RANK.index, reverse=True))
    why = ""
    if analysis.online_only and due == {"ARQC"}:
        why = " (the terminal is online only)"
    text = f"so {names} was to be asked for{why}; {requested or 'nothing'} was"
    if requested not in RANK:
        return say(text)
    if due == {requested}:
        return say(text, agrees=True)
    if requested in due:
        return say(text)
    if not d.tac and any(above(kind, requested) for kind in due):
        return say(f"{text}, as the terminal's own codes (TAC, not given here) may demand")
    return say(text, agrees=False)
