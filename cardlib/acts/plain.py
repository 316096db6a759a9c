# SPDX-License-Identifier: MIT
"""The act of an application that has only rows: what was selected, verified, read, written, refused, and why."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from itertools import groupby

from ..apps import ANY_CARD, get
from ..apps.instructions import SELECT, accepted
from ..core.apdu import is_question
from ..core.escape import counted
from ..core.model import Exchange
from ..core.registers import aid_name
from ..core.secure import is_protected
from ..road.unlock import in_clear
from .act import Act, ActOutcome, Ending, Statement, Step
from .events import Event, event_of, ranges
from .profile import profile_steps

MAX_WORDS = 8  # parts of a headline
_STEPS = {
    "selected": "selection",
    "verified": "verification",
    "read": "reading",
    "wrote": "writing",
    "commanded": "commands",
}
_ORDINALS = ("first", "second", "third", "fourth", "fifth")


def plain_acts(exchanges: Iterable[Exchange]) -> Iterator[Act]:
    """An act for each application that was selected, in the order of time; what came before any, too."""
    for group in _groups(exchanges):
        events = events_of(group)
        if events:
            yield _act(group, events)


def events_of(exchanges: Iterable[Exchange]) -> list[Event]:
    """The events of these exchanges; half an exchange without a command is none."""
    return [event for event in map(event_of, exchanges) if event]


class _Run:
    """Exchanges of one channel while one application is selected."""

    def __init__(self) -> None:
        self.exchanges: list[Exchange] = []
        self.application = ANY_CARD
        self.aid = ""

    def goes_on(self, exchange: Exchange) -> bool:
        """Whether an exchange is about the same application; what is learned of it later is taken over."""
        context = exchange.context
        if not self.exchanges:
            return True
        if _is_opening(exchange):
            return _same_name(self.aid, exchange)
        if not _alike(context.aid, self.aid):
            return False
        return self.application in (ANY_CARD, context.application)

    def add(self, exchange: Exchange) -> None:
        context = exchange.context
        if _is_opening(exchange):
            command = in_clear(exchange).command
            self.aid = command.data.hex().upper() if command else ""
        else:
            self.application, self.aid = context.application, context.aid
        self.exchanges.append(exchange)


def _is_opening(exchange: Exchange) -> bool:
    """Whether an exchange selects an application by name, and the card did so."""
    clear = in_clear(exchange)
    command, response = clear.command, clear.response
    if command is None or response is None or command.ins != SELECT or command.p1 != 4:
        return False
    return accepted(response) and not is_protected(command)


def _same_name(aid: str, exchange: Exchange) -> bool:
    command = in_clear(exchange).command
    return bool(aid) and command is not None and _alike(command.data.hex().upper(), aid)


def _alike(first: str, second: str) -> bool:
    """Whether two AIDs can be the same: a name may be asked for by its beginning (ISO/IEC 7816-4, 12.2.3)."""
    if not first or not second:
        return first == second
    return first.startswith(second) or second.startswith(first)


def _groups(exchanges: Iterable[Exchange]) -> Iterator[list[Exchange]]:
    """Exchanges of one session, channel and application, each run by itself."""
    runs: dict[tuple[int, int], _Run] = {}
    for exchange in exchanges:
        lane = (exchange.session, exchange.context.channel)
        run = runs.setdefault(lane, _Run())
        if not run.goes_on(exchange):
            yield run.exchanges
            run = runs[lane] = _Run()
        run.add(exchange)
    for run in runs.values():
        yield run.exchanges


def _act(group: list[Exchange], events: list[Event]) -> Act:
    title, application = _title(events)
    facts = _facts(events)
    words = words_of(events)
    return Act(
        0,
        group[0].session,
        "plain",
        application,
        title,
        title,
        (Ending("; ".join(words)),),
        _outcome(events),
        tuple(group),
        facts,
        explain=lambda: (*steps_of(events), *profile_steps(events)),
    )


def words_of(events: Sequence[Event]) -> list[str]:
    """The parts of a headline: values, what was done and refused; else what was read, or the refusal."""
    words = [*_values(events), *_done(events), *_cells(events), *_refused(events)]
    if not words:
        words = _counts(events)
    nothing_done = not any(event.went_well for event in events)
    if events and not words and nothing_done and _outcome(events) == "refused":
        words = [f"refused: {events[-1].status}"]
    if len(words) > MAX_WORDS:
        words = [*words[:MAX_WORDS], f"{len(words) - MAX_WORDS} more"]
    return words


def _title(events: Sequence[Event]) -> tuple[str, str]:
    """What the card was used as: the application's own name, that of its AID, or that nobody knows."""
    last = events[-1].exchange.context
    key = last.application
    application = get(key)
    if key != ANY_CARD:
        named = aid_name(last.aid) if application.roots else ""
        return named or application.title, key
    asked_for = _asked_for(events)
    return aid_name(last.aid) or asked_for or "card without a selected application", key


def _asked_for(events: Sequence[Event]) -> str:
    """The name that the card selected, or the only one that was asked for; empty where there is none."""
    selections = [event for event in events if _is_by_name(event)]
    for event in selections:
        if event.went_well:
            return event.what
    names = {event.what for event in selections}
    if len(names) == 1 and len(selections) == len(events):
        return names.pop()
    return ""


def _is_by_name(event: Event) -> bool:
    command = in_clear(event.exchange).command
    if event.verb != "selected" or command is None or is_protected(command):
        return False
    return command.p1 == 4


def _facts(events: Sequence[Event]) -> tuple[tuple[str, str], ...]:
    values: dict[str, str] = {}
    for event in events:
        for label, name, text in event.values:
            values[f"{label} {name}".strip()] = text
    return tuple(values.items())


def _values(events: Sequence[Event]) -> Iterator[str]:
    """Values for the headline: the last of each name, with the one before it where it changed.

    Under a label, as of a log whose first record is the newest, the values of the first record are one part.
    """
    values: dict[tuple[str, bytes], list[str]] = {}
    labelled: dict[str, dict[str, str]] = {}
    for event in events:
        groups: dict[str, dict[str, str]] = {}
        for label, name, text in event.values:
            if label:
                groups.setdefault(label, {}).setdefault(name, text)
            else:
                # Two answers are compared only where the same was asked: one card may hold two purses.
                asked = b"" if event.exchange.protocol != "apdu" else _asked(event)[:4]
                values.setdefault((name, asked), []).append(text)
        for label, first in groups.items():
            labelled.setdefault(label, first)
    for (name, _), texts in values.items():
        changed = list(dict.fromkeys(texts))
        before = f" (before: {changed[0]})" if len(changed) > 1 else ""
        yield f"{name} {texts[-1]}{before}"
    for label, first in labelled.items():
        yield f"{label}: {', '.join(first.values())}"


def _done(events: Sequence[Event]) -> Iterator[str]:
    """What was verified, and what the rows have words for, each once, in the order of time."""
    words: dict[str, None] = {}
    wrong: dict[str, int] = {}
    for event in events:
        if event.verb == "verified":
            line = _verified(event, wrong)
            if line:
                words[line] = None
        elif event.went_well and event.done:
            words[event.done] = None
    yield from words
    for reference, count in wrong.items():
        last = [event for event in events if event.what == reference][-1]
        times = f" {count} times" if count > 1 else ""
        yield f"{reference} not verified{times}: {last.status}"


def _verified(event: Event, wrong: dict[str, int]) -> str:
    """A verification that succeeded, at which try; one without data only asks."""
    command = event.exchange.command
    if command is None or not command.data:
        return ""
    if not event.went_well:
        wrong[event.what] = wrong.get(event.what, 0) + 1
        return ""
    tries = wrong.pop(event.what, 0)
    if not tries:
        return f"{event.what} verified"
    ordinal = _ORDINALS[tries] if tries < len(_ORDINALS) else f"{tries + 1}th"
    return f"{event.what} verified at the {ordinal} try"


def _refused(events: Sequence[Event]) -> Iterator[str]:
    """What the card refused and did not do later, with its reason; alike refusals once."""
    later = {_asked(event) for event in events if event.went_well}
    counts: dict[str, int] = {}
    for event in events:
        if event.went_well or event.verb == "verified" or _asked(event) in later:
            continue
        if (
            event.verb == "selected"
        ):  # files and applications are looked for, and most are not there
            continue
        command = event.exchange.command
        if event.exchange.response is None or (command and is_question(command)):
            continue
        words = event.refused or event.text
        counts[words] = counts.get(words, 0) + 1
    for words, count in counts.items():
        yield words if count == 1 else f"{words} ({count} times)"


def _asked(event: Event) -> bytes:
    command = in_clear(event.exchange).command
    return command.raw if command else b""


def _cells(events: Sequence[Event]) -> Iterator[str]:
    """Which pages or blocks of a chip were read, and which were written."""
    numbers: dict[tuple[str, str], list[int]] = {}
    for event in events:
        if event.went_well and event.unit:
            numbers.setdefault((event.verb, event.unit), []).extend(event.cells)
    for (verb, unit), cells in numbers.items():
        units = unit if len(set(cells)) == 1 else f"{unit}s"
        yield f"{units} {ranges(cells)} {'read' if verb == 'read' else 'written'}"


def _counts(events: Sequence[Event]) -> list[str]:
    """How much was read and written, where the rows have no words for it."""
    words = []
    for verb, past in (("read", "read"), ("wrote", "written"), ("commanded", "")):
        things = {event.what for event in events if event.verb == verb and event.went_well}
        if not things:
            continue
        if len(things) <= 2 and verb != "commanded":
            words.append(f"{' and '.join(sorted(things))} {past}")
        elif verb == "commanded":
            words.append(counted(len(things), "other command"))
        else:
            words.append(f"{counted(len(things), 'object')} {past}")
    return words


def _outcome(events: Sequence[Event]) -> ActOutcome:
    """How the last command ended."""
    last = events[-1]
    response = last.exchange.response
    if response is None or (response.sw is None and response.protocol == "apdu"):
        return "unknown"
    return "done" if last.went_well else "refused"


def steps_of(events: Sequence[Event]) -> Iterator[Step]:
    """Runs of events of one verb."""
    for verb, run in groupby(events, key=lambda event: event.verb):
        steps = list(run)
        said = tuple(Statement(event.text, event.evidence) for event in steps)
        yield Step(_STEPS[verb], tuple(event.exchange for event in steps), said)
