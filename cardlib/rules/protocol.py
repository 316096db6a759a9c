# SPDX-License-Identifier: MIT
"""Rules about any card: secure messaging that ends, times that tell something, secrets in the capture, tools."""

from __future__ import annotations

import statistics
from collections import Counter, defaultdict

from ..apps.iso7816 import SELECT, accepted
from ..core.apdu import is_secure
from ..core.model import Evidence, Exchange
from ..road.pipeline import halves
from .engine import Case, Missing, Results, fails_if, rule, whole_half
from .sources import SM15

WELCH, ENOUGH, MANY = 4.5, 30, 20


@rule("X2", "medium", "the time of an answer tells its reason", f"{SM15} (Welch's t-test)", "times")
def timing_oracle(case: Case) -> Results:
    """One command, two kinds of status word, two clearly different times: whoever listens to the time learns what the
    card compared. Do: repeat the measurement with a better clock before you blame the card.
    """
    groups: dict[int, dict[int, list[Exchange]]] = defaultdict(lambda: defaultdict(list))
    for one in case.exchanges:
        if (
            one.command
            and one.response
            and one.response.sw is not None
            and one.duration_ns is not None
        ):
            groups[one.command.ins][one.response.sw].append(one)
    compared = False
    for ins, kinds in groups.items():
        large = [(sw, found) for sw, found in kinds.items() if len(found) >= ENOUGH]
        for place, (sw, found) in enumerate(large):
            for other, others in large[place + 1 :]:
                t = _welch(
                    [e.duration_ns or 0 for e in found], [e.duration_ns or 0 for e in others]
                )
                detail = f"INS {ins:02X}: {sw:04X} against {other:04X}, t = {t:.1f}, n = {len(found)} and {len(others)}"
                proof = (whole_half(found[0], "response"), whole_half(others[0], "response"))
                yield fails_if(abs(t) > WELCH, detail, *proof)
                compared = True
    if any(len(kinds) > 1 for kinds in groups.values()) and not compared:
        raise Missing(f"under {ENOUGH} answers of two kinds with a duration")


def _welch(one: list[int], two: list[int]) -> float:
    """Welch's t of two samples; 0 where both never vary and are equal."""
    spread = statistics.variance(one) / len(one) + statistics.variance(two) / len(two)
    apart = statistics.fmean(one) - statistics.fmean(two)
    return apart / spread**0.5 if spread else (0.0 if not apart else float("inf"))


@rule("X3", "high", "secure messaging was dropped", "ISO/IEC 7816-4, 10")
def messaging_dropped(case: Case) -> Results:
    """After commands under secure messaging the card carries out one without, in the same application: what was
    protected is open again. Do: the card must end its session keys then; look what the command could reach.
    """
    secure: dict[tuple[int, int], bool] = {}
    for one in case.exchanges:
        command, response = one.command, one.response
        if (
            command is None
            or response is None
            or command.cla == 0xFF
            or one.context.application == "emv"
        ):
            continue  # a script of EMV protects itself, not the session
        key = (one.session, one.context.channel)
        if is_secure(command.cla):
            secure[key] = secure.get(key, False) or accepted(response)
        elif command.ins == SELECT and command.p1 == 4:
            secure[key] = False
        elif secure.get(key):
            done = accepted(response)
            detail = f"class {command.cla:02X} after secure messaging, {'carried out' if done else 'refused'}"
            yield fails_if(done, detail, whole_half(one))
            secure[key] = False


@rule("X5", "info", "secrets in this capture", "what must be hidden before a capture is shared")
def secrets(case: Case) -> Results:
    """Card numbers, names, PINs, keys and identities stand in this capture in clear. Do: cardlib redact."""
    counts: Counter[str] = Counter()
    first: dict[str, Evidence] = {}
    for one in case.exchanges:
        for side, half in halves(one):
            for _, node in half.walk():
                if (kind := node.fact.sensitive) and node.stop > node.body:
                    counts[kind] += 1
                    first.setdefault(kind, Evidence(one.index, side, node.start, node.stop))
    if case.exchanges:
        found = ", ".join(f"{count} of kind {kind}" for kind, count in counts.most_common())
        proof = tuple(first.values()) or (whole_half(case.exchanges[0]),)
        yield fails_if(counts, found or "no data element that rows mark as sensitive", *proof)


@rule(
    "E102",
    "info",
    "scanning for applications or commands",
    "the pattern of tools that try everything",
)
def scanning(case: Case) -> Results:
    """Many selections of applications that are not there, or many unknown commands: a tool looks what this card can do.
    Do: nothing, if the tool is yours.
    """
    tried = Counter[str]()
    first: dict[str, Evidence] = {}
    for exchange in case.exchanges:
        command, response = exchange.command, exchange.response
        if command is None or response is None or response.sw is None:
            continue
        what = "missing applications" if command.ins == SELECT and response.sw == 0x6A82 else ""
        what = "unknown commands" if response.sw in (0x6D00, 0x6E00) else what
        if what:
            tried[what] += 1
            first.setdefault(what, whole_half(exchange))
    for what, count in tried.items():
        yield fails_if(count >= MANY, f"{count} {what}", first[what])
