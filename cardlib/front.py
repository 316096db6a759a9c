# SPDX-License-Identifier: MIT
"""What users call: functions that take a path as well as what was read, and put the rooms together."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from os import PathLike
from typing import Any

from .acts import Act, Transaction
from .acts import acts as _acts
from .acts import proofs as _proofs
from .acts import transactions as _transactions
from .acts.algorithms import algorithms as _algorithms
from .acts.factors import factors as _factors
from .core.model import Capture, Exchange, Finding, Node, Proof, Session
from .core.sequences import Listed
from .corpus.corpus import corpus
from .measure.cards import CardTime
from .measure.cards import card_times as _card_times
from .measure.timing import overhead
from .road import sources as _sources
from .rules import RULES, Rule
from .rules import check as _check
from .rules import given as _given
from .share.ours import revealed
from .show.algorithms import Inventory
from .show.compare import Comparison
from .show.compare import compare as _compare
from .show.explorer import Explorer, Notes
from .show.explorer import begun as _begun
from .show.explorer import explore as _explore
from .show.factors import Factors
from .show.findings import Findings
from .show.hits import Hits
from .show.page import Report
from .show.page import report as _report
from .show.search import find as _find
from .show.text import printed as _printed
from .show.where import filter_of as _filter_of
from .show.where import select as _select

Source = _sources.Source | _sources.File
Sources = Sequence[Capture | _sources.File]


def find(source: Source, what: str, where: str = "") -> Hits:
    """Where a tag ("9F26"), a part of what is shown ("cryptogram", "declined") or bytes occur; prints a line a place.

    `where` chooses the exchanges: "sw != 9000" (docs/filter.md).
    """
    opened, shows = _sources.opened(source), revealed(source, None)
    return Hits(_find(opened, what, shows, _filter_of(opened, where, shows).matches), shows)


def select(source: Source, where: str) -> Listed[Exchange]:
    """The exchanges that an expression chooses: "sw != 9000 and took > 50ms" (docs/filter.md); prints a line each."""
    return _select(_sources.opened(source), where, revealed(source, None))


def acts(
    source: Source, tac: Mapping[str, str] | None = None, keys: Iterable[_sources.File] = ()
) -> list[Act]:
    """What happened, card by card: payments, and what was done with each other application; each prints its steps.

    `tac` and `keys` are for payments, as in `transactions`; the keys of a file also open its secure channels.
    """
    keys = tuple(keys)
    return _acts(_sources.opened(source, keys), tac, keys)


# The room of this name stands behind each function: with its name `import cardlib.acts.emv as emv` still works.
acts.__name__ = f"{__package__}.acts"
corpus.__name__ = f"{__package__}.corpus"


def algorithms(source: Source, keys: Iterable[_sources.File] = ()) -> Inventory:
    """Which algorithms and key lengths each session used and was offered, until when each is trusted, which a quantum
    computer breaks; prints a line each, `.table()` is a DataFrame. `keys`: files of keys that open secure channels.
    """
    opened = _sources.opened(source, keys)
    return Inventory(_algorithms(opened), _sources.path_of(opened))


def card_times(source: Source) -> list[CardTime]:
    """Where the seconds of each personalised card go: wire, key operations, writing, gaps; they add up to the whole."""
    return _card_times(_sources.opened(source))


def factors(source: Source, keys: Iterable[_sources.File] = ()) -> Factors:
    """Which factors each session proved: the card, what somebody knows, a body, a device; and on whose word. `keys`:
    files of keys with which proofs of cards are checked.
    """
    keys = tuple(keys)
    return Factors(_factors(_sources.opened(source, keys), keys))


def transactions(
    source: Source, tac: Mapping[str, str] | None = None, keys: Iterable[_sources.File] = ()
) -> list[Transaction]:
    """The payments in a capture: what application, how it ended and why; each prints its phases, decisions and proofs.

    `tac` are the action codes of the terminal, if known: {"denial": "0010000000", "online": ..., "default": ...};
    `keys` are files with keys of yours, beside the public and published ones that are shipped.
    """
    return _transactions(_sources.opened(source), tac, keys)


def proofs(transaction: Transaction) -> list[Proof]:
    """What a payment claims, computed again: certificates, signatures, cryptograms; with the keys it was read with."""
    return _proofs(transaction, transaction.keys)


def check(
    source: Source | Sources,
    rules: Iterable[Rule] | None = None,
    cvm_limit: int | None = None,
    both_sides: bool = False,
    live: bool = False,
    keys: Iterable[_sources.File] = (),
    tac: Mapping[str, str] | None = None,
) -> Findings:
    """Apply security rules to a capture, or to several together; every rule says what it concluded, with its evidence.

    rules: those that are shipped, `cardlib.RULES`, where none are named.
    cvm_limit: the amount, in minor units, above which the cardholder is verified. both_sides: two captures are one run,
    recorded at the reader and at the card. live: no test card belongs here. keys: files of your own keys (TOML).
    tac: the action codes of the terminal, as for `transactions`.
    """
    keys = tuple(keys)
    captures = _sources.all_opened(source, keys)
    if rules is None:
        rules = RULES
    given = _given(cvm_limit, both_sides, live, keys, tac)
    if len(captures) == 1:
        return Findings(_check(captures[0], rules, given))
    return Findings(_check(captures, rules, given))  # type: ignore[arg-type]  # several: all captures


def compare(
    a: Source, b: Source, everything: bool = False, reveal: bool | None = None
) -> Comparison:
    """What is missing, added, changed or slower in the second of two captures, aligned by meaning.

    What always differs (unpredictable number, counter, cryptogram, date) is folded, unless `everything` is asked or
    most of it is equal (one run); what should differ and does not (a repeated number, a counter that falls) is told.
    """
    first, second = _sources.opened(a), _sources.opened(b)
    shows_all = revealed(first, reveal) and revealed(second, reveal)
    return _compare(first, second, shows_all, everything)


def report(
    source: Source | Sources,
    reveal: bool | None = None,
    calibration: Source | None = None,
    draw: bool = False,
    **known: Any,
) -> Report:
    """One page about a capture, or about several: shown in a notebook, or written with `.save("page.html")`.

    calibration: a capture of a card that answers at once, on the same way. draw: the times of several captures, too.
    known: what `check` takes (cvm_limit, ...).
    """
    known["keys"] = tuple(known.get("keys", ()))
    sources = _sources.all_opened(source, known["keys"])
    captures = [_sources.capture_of(capture) for capture in sources]
    overhead_ns = 0
    if calibration is not None:
        overhead_ns = overhead(_sources.opened(calibration))  # type: ignore[arg-type]
    return _report(captures, RULES, _given(**known), reveal, overhead_ns, draw)


def explore(
    source: Source | Sources,
    findings: Iterable[Finding] | None = None,
    notes: Notes | Mapping[Any, Any] | _sources.File | None = None,
    reveal: bool | None = None,
    filter: str = "",
) -> Explorer:
    """A capture, or two side by side, to walk in; written as one page with `.save("page.html")`.

    findings: of `check`, where it was called with more than the capture, or where there are more than 5,000 exchanges.
    notes: of an explorer before, or a file of them. filter: what to show at first ("sw != 9000").
    """
    if isinstance(source, str | PathLike):
        return _explore([_begun(source)], findings, notes, reveal, filter)
    captures = [_sources.capture_of(capture) for capture in _sources.all_opened(source)]
    return _explore(captures, findings, notes, reveal, filter)


def mask(thing: Capture | Session | Exchange | Node, reveal: bool = False) -> str:
    """A thing as text in which sensitive data are hidden (or not)."""
    return _printed(thing, reveal)
