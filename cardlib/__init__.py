# SPDX-License-Identifier: MIT
"""Decode captured smart-card traffic: from a log file to exchanges, data elements, times and findings.

    import cardlib
    capture = cardlib.read("log.txt")
    print(capture)

Importing this needs the standard library alone; tables and plots load pandas and matplotlib when they are used.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from os import PathLike
from typing import TYPE_CHECKING, Any

from .acts.emv.proofs import proofs as _proofs
from .acts.emv.transaction import Transaction
from .acts.emv.transaction import transactions as _transactions
from .core.errors import CaptureError
from .core.model import Capture, Exchange, Finding, Node, Proof, Session
from .measure.timing import overhead
from .road.pipeline import decode, read, read_text, stream
from .road.search import find as _find
from .rules import RULES, Rule, given
from .rules import check as _check
from .share.export import convert
from .share.masking import revealed
from .share.redaction import redact
from .show import html as display_html
from .show import text as display
from .show.compare import Comparison
from .show.compare import compare as _compare
from .show.findings import Findings
from .show.page import Report
from .show.page import report as _report

if TYPE_CHECKING:
    from .live.record import record
    from .show.plots import latency, phase_shares, picture, populations, timeline
    from .show.plots.bytes import byte_map
    from .show.plots.ladder import ladder
    from .show.tables import differences, elements, exchanges, findings, timings

__version__ = "0.1.0"
__all__ = [
    "RULES",
    "Capture",
    "CaptureError",
    "Exchange",
    "Finding",
    "Node",
    "Session",
    "byte_map",
    "check",
]
__all__ += [
    "compare",
    "convert",
    "decode",
    "differences",
    "elements",
    "exchanges",
    "find",
    "findings",
    "ladder",
]
__all__ += [
    "latency",
    "mask",
    "phase_shares",
    "picture",
    "populations",
    "proofs",
    "read",
    "read_text",
    "record",
]
__all__ += ["redact", "report", "stream", "timeline", "timings", "transactions"]

Source = Capture | Session | Iterable[Exchange] | str | PathLike[str]
Sources = Sequence[Capture | str | PathLike[str]]
_LATER = {
    **dict.fromkeys(("differences", "elements", "exchanges", "findings", "timings"), "show.tables"),
    **dict.fromkeys(
        ("latency", "phase_shares", "picture", "populations", "timeline"), "show.plots"
    ),
    "byte_map": "show.plots.bytes",
    "ladder": "show.plots.ladder",
    "record": "live.record",
}


def _opened(source: Source) -> Capture | Session | Iterable[Exchange]:
    return read(source) if isinstance(source, str | PathLike) else source


def _all_opened(source: Source | Sources) -> list[Capture | Session | Iterable[Exchange]]:
    """What was given as one, or as several captures."""
    several = isinstance(source, list | tuple) and all(
        isinstance(one, str | PathLike | Capture) for one in source
    )
    return [_opened(one) for one in (source if several else [source])]  # type: ignore[arg-type,union-attr]


def find(source: Source, what: str) -> display.Hits:
    """Where a tag ("9F26"), a part of a name ("cryptogram") or bytes occur; prints a line a place."""
    opened = _opened(source)
    found = _find(opened.exchanges if isinstance(opened, Capture | Session) else opened, what)
    return display.Hits(found, revealed(source, None))


def transactions(
    source: Source, tac: Mapping[str, str] | None = None, keys: Iterable[str | PathLike[str]] = ()
) -> list[Transaction]:
    """The payments in a capture: what application, how it ended and why; each prints its phases, decisions and proofs.

    `tac` are the action codes of the terminal, if known: {"denial": "0010000000", "online": ..., "default": ...};
    `keys` are files with keys of yours, beside the public and published ones that are shipped.
    """
    return _transactions(_opened(source), tac, keys)


def proofs(transaction: Transaction) -> list[Proof]:
    """What a payment claims, computed again: certificates, signatures, cryptograms; with the keys it was read with."""
    return _proofs(transaction, transaction.keys)


def check(
    source: Source | Sources,
    rules: Iterable[Rule] = RULES,
    cvm_limit: int | None = None,
    both_sides: bool = False,
    live: bool = False,
    keys: Iterable[str | PathLike[str]] = (),
    tac: Mapping[str, str] | None = None,
) -> Findings:
    """Apply security rules to a capture, or to several together; every rule says what it concluded, with its evidence.

    cvm_limit: the amount, in minor units, above which the cardholder is verified. both_sides: two captures are one run,
    recorded at the reader and at the card. live: no test card belongs here. keys: files of your own keys (TOML).
    tac: the action codes of the terminal, as for `transactions`.
    """
    opened, known = _all_opened(source), given(cvm_limit, both_sides, live, keys, tac)
    return Findings(_check(opened[0] if len(opened) == 1 else opened, rules, known))  # type: ignore[arg-type]


def compare(
    a: Source, b: Source, everything: bool = False, reveal: bool | None = None
) -> Comparison:
    """What is missing, added, changed or slower in the second of two captures, aligned by meaning.

    What always differs (unpredictable number, counter, cryptogram, date) is folded, unless `everything` is asked or
    most of it is equal (one run); what should differ and does not (a repeated number, a counter that falls) is told.
    """
    one, other = _opened(a), _opened(b)
    return _compare(one, other, revealed(one, reveal) and revealed(other, reveal), everything)


def report(
    source: Source | Sources,
    reveal: bool | None = None,
    calibration: Source | None = None,
    **known: Any,
) -> Report:
    """One page about a capture, or about several: shown in a notebook, or written with `.save("page.html")`.

    calibration: a capture of a card that answers at once, on the same way; known: what `check` takes (cvm_limit, ...).
    """
    whole = [one if isinstance(one, Capture) else _as_capture(one) for one in _all_opened(source)]
    way = overhead(_opened(calibration)) if calibration is not None else 0  # type: ignore[arg-type]
    return _report(whole, RULES, given(**known), reveal, way)


def _as_capture(source: Session | Iterable[Exchange]) -> Capture:
    """A capture of what has no file."""
    session = source if isinstance(source, Session) else Session(0, exchanges=tuple(source))
    return Capture("(no file)", "", (session,))


def mask(thing: Capture | Session | Exchange | Node, reveal: bool = False) -> str:
    """A thing as text in which sensitive data are hidden (or not)."""
    return display.text(thing, reveal)


def __getattr__(name: str) -> Any:
    """Load pandas or matplotlib when the first function that needs them is asked for."""
    if name in _LATER:
        from importlib import import_module

        return getattr(import_module(f".{_LATER[name]}", __name__), name)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")


for _type in (Capture, Session, Exchange, Node, Finding, Transaction, Proof):
    setattr(_type, "__str__", display.text)  # noqa: B010 - the types know nothing of printing
    setattr(_type, "_repr_html_", display_html.html)  # noqa: B010
setattr(Node, "__repr__", display.brief)  # noqa: B010 - one line, however much is below it
