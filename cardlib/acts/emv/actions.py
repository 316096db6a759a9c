# SPDX-License-Identifier: MIT
"""Terminal action analysis: which cryptogram TVR and action codes ask for, and whether the terminal did so
(EMV Book 3, 10.7)."""

from __future__ import annotations

from collections.abc import Iterator

from ...core.codec import to_hex
from ...core.model import Exchange
from .data import Found
from .dialogue import RANK, ActionCodes, Dialogue, Statement, above, asked, bits, say, tell

ABSENT = ActionCodes(
    bytes(5), b"\xff" * 5, b"\xff" * 5
)  # stand for issuer action codes that the card lacks
IAC = {"denial": "9F0E", "online": "9F0F", "default": "9F0D"}
UNABLE = (b"Y3", b"Z3")


def issuer_codes(d: Dialogue) -> tuple[ActionCodes | None, list[Found]]:
    """The issuer action codes; None where one is not of 5 bytes, or is not in the capture and might be on the card."""
    there = {name: d.told(tag) for name, tag in IAC.items()}
    shown = [one for one in there.values() if one]
    if any(len(one.value) != 5 for one in shown) or (len(shown) < 3 and not d.complete):
        return None, shown
    return ActionCodes(
        **{name: one.value if one else getattr(ABSENT, name) for name, one in there.items()}
    ), shown


def judge(d: Dialogue) -> Iterator[Statement]:
    """Denial, then online, or default where the terminal cannot go online; against what it asked for."""
    tvr = d.tvr
    if tvr is None or d.first is None:
        yield say(
            "not known: no TVR (95) in this capture" if d.first else "not reached in this capture"
        )
        return
    yield from tell("TVR", tvr)
    steps = {0: ["denial", "online", "default"], 3: ["denial", "default"], 6: ["denial", "default"]}
    known = d.unit or (2 if asked(d.first) == "ARQC" else 0)  # who asks for an ARQC can go online
    yield from _analysed(
        d, d.first, tvr, steps.get(known, ["denial", "online"]), only=known in (1, 4)
    )


def at_completion(d: Dialogue) -> Iterator[Statement]:
    """The default codes decide where the terminal was unable to go online."""
    tvr, arc = d.sent("95", 5, d.second), d.sent("8A", 2, d.second)
    if d.second and tvr and arc and arc.value in UNABLE:
        yield from _analysed(d, d.second, tvr, ["default"], False)


def _analysed(
    d: Dialogue, exchange: Exchange, tvr: Found, steps: list[str], only: bool
) -> Iterator[Statement]:
    """Each step with the bits that met; the cryptogram that follows."""
    iac, shown = issuer_codes(d)
    if iac is None:
        yield say(
            "not known: the issuer action codes (9F0D, 9F0E, 9F0F) are not all here, or not of 5 bytes",
            *shown,
        )
        return
    wanted: set[str] = set()
    for name in steps:
        code, own = d.told(IAC[name], 5), getattr(d.tac, name) if d.tac else bytes(5)
        mask = int.from_bytes(getattr(iac, name), "big") | int.from_bytes(own, "big")
        met = bits(tvr, mask)
        decides = "ARQC" if name == "online" else "AAC"
        yield say(
            f"{_title(d, name, code)}: {f'met by: {met}' if met else 'no bit of the TVR met'}",
            tvr,
            code,
        )
        if met or name != "denial":
            wanted.add(decides if met or only else "TC")
        if met and name == "denial":
            break
    yield _verdict(
        d, exchange, wanted, " (the terminal is online only)" if only and wanted == {"ARQC"} else ""
    )


def _title(d: Dialogue, name: str, code: Found | None) -> str:
    """What the TVR is held against in a step."""
    value = to_hex(code.value) if code else f"{to_hex(getattr(ABSENT, name))} (not on the card)"
    return f"IAC {name} {value}" + (f", TAC {name} {to_hex(getattr(d.tac, name))}" if d.tac else "")


def _verdict(d: Dialogue, exchange: Exchange, wanted: set[str], why: str) -> Statement:
    """Without the terminal's own codes (TAC) a stricter request may be right, a laxer one is not."""
    did, due = asked(exchange), " or ".join(sorted(wanted, key=RANK.index, reverse=True))
    text = f"so {due} was to be asked for{why}; {did or 'nothing'} was"
    if did not in RANK:
        return say(text)
    if did in wanted:
        return say(text, agrees=True if len(wanted) == 1 else None)
    if not d.tac and any(above(one, did) for one in wanted):
        return say(f"{text}, as the terminal's own codes (TAC, not given here) may demand")
    return say(text, agrees=False)
