# SPDX-License-Identifier: MIT
"""Security rules over many captures: each alone, then those together that share a card, a number or a key.

No more than one group of captures is held at a time. What joins them travels as a keyed hash and is never written.
"""

from __future__ import annotations

import hashlib
import secrets
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from typing import Any

from ..acts import acts
from ..core.errors import CaptureError
from ..core.escape import counted
from ..core.model import Capture, Evidence, Finding, Severity, record
from ..core.version import VERSION
from ..measure.timing import outliers
from ..road.meaning import name as name_of
from ..road.meaning import views
from ..rules import RULES, Case, check
from ..rules import given as context
from ..rules.folding import Folded
from ..rules.joining import is_joined, joining
from ..share.masking import handing_on
from ..share.veil import Veil, file_of
from ..show.json import finding_json
from ..show.lines import more
from .build import Progress
from .engine import results_of
from .inputs import Input, Where, chunks_of, inputs_of, key_of
from .tasks import FAILED, READ, UNREADABLE, Begun, Limits, Question, Task, capture_of

MOST_TOGETHER = 200  # captures of a group that are compared with each other
_TOLD = ("fail", "not-enough-data")
_MOST_HEADLINES = 3
_MOST_SLOW = 2
_ABOUT_FILE = 8  # values of a row that are those of a FileVerdict; a row without findings ends with the reason
_JOINED = [rule for rule in RULES if is_joined(rule)]

Given = Mapping[str, Any]  # the arguments of rules.given, as plain data
Groups = dict[tuple[int, ...], list[str]]


@record
class FileVerdict:
    """What became of a file: its status and why it was not read, what is in it and happened, and what fails.

    `label` is the name as it may be shown, which findings have, too. `slow` are the answers that took much longer than
    their like: nanoseconds, and the reason. `failing`: rules with their severity.
    """

    name: str
    status: str
    detail: str
    format: str = ""
    exchanges: int = 0
    label: str = ""
    headlines: tuple[str, ...] = ()
    slow: tuple[tuple[int, str], ...] = ()
    failing: tuple[tuple[str, Severity], ...] = ()


@record
class Judged:
    """The findings of many captures, folded, and a verdict a file.

    `cut` values are in more captures than are compared; `uncompared` captures share one and could not be compared.
    """

    findings: tuple[Finding, ...]
    files: tuple[FileVerdict, ...]
    cut: int
    uncompared: int

    def gaps(self) -> list[str]:
        """What was not compared, a line each."""
        rows = []
        if self.cut:
            rows.append(
                f"{counted(self.cut, 'value')} in more than {MOST_TOGETHER} captures: "
                f"only the first {MOST_TOGETHER} were compared"
            )
        if self.uncompared:
            count = counted(self.uncompared, "capture")
            rows.append(f"{count} could not be read once more and compared with others")
        return rows


def judge(
    where: Where,
    given: Given,
    jobs: int | None,
    client: Any,
    limits: Limits,
    progress: Progress,
) -> Judged:
    """Apply all rules to each capture, and the rules over several to those that belong together."""
    items = inputs_of(where)
    salt = secrets.token_hex(16)
    alone = Question(dict(given), salt)
    tasks = [_task(chunk, alone, limits) for chunk in chunks_of(items)]
    gathered = _Gathered()
    for task, rows in results_of(tasks, jobs, client):
        files = [gathered.take(row) for row in rows or _unread(task)]
        failed = sum(file.status != READ for file in files)
        progress(len(files), failed, sum(file.exchanges for file in files))
    by_name = {item.name: item for item in items}
    compared = [
        _task([by_name[gathered.files[number].name] for number in group], question, limits)
        for group, question in gathered.questions(dict(given), salt)
    ]
    for task, rows in results_of(compared, jobs, client):
        if rows is None:
            gathered.uncompared.update(item.name for item in task.inputs)
        else:
            gathered.compared(*rows[0])
    return Judged(
        tuple(gathered.findings()), gathered.verdicts, gathered.cut, len(gathered.uncompared)
    )


def _task(items: Iterable[Input], question: Question, limits: Limits) -> Task:
    items = tuple(items)
    key = key_of(items, " ".join((question.salt, *question.rules)))
    return Task(key, items, "", VERSION, limits=limits, question=question)


def _unread(task: Task) -> list[tuple[Any, ...]]:
    why = "the workers that read it died"
    return [(item.name, FAILED, why) for item in task.inputs]


class _Gathered:
    """What the processes answered: findings, folded rule by rule, files, and which of them belong together."""

    def __init__(self) -> None:
        self.files: list[FileVerdict] = []
        self.cut = 0
        self.uncompared: set[str] = set()
        self._folded: dict[str, Folded] = {rule.id: Folded() for rule in RULES}
        self._failing: dict[str, dict[tuple[str, Severity], bool]] = defaultdict(dict)
        self._sharing: dict[tuple[str, str], list[int]] = defaultdict(list)

    def take(self, row: Sequence[Any]) -> FileVerdict:
        """One file, judged alone."""
        verdict = FileVerdict(*row[:_ABOUT_FILE])
        if not verdict.label:
            verdict = replace(verdict, label=verdict.name)
        rows, tokens = row[_ABOUT_FILE:] or ((), ())
        for finding in self.add(rows):
            if finding.verdict == "fail":
                self._failing[verdict.label][finding.rule, finding.severity] = True
        for rule, token in tokens:
            self._sharing[rule, token].append(len(self.files))
        self.files.append(verdict)
        return verdict

    def compared(self, rows: Iterable[Mapping[str, Any]], missing: Iterable[str]) -> None:
        """What was found between files: each of them fails. Others were missing."""
        self.uncompared.update(missing)
        for finding in self.add(rows):
            for label in {place.file for place in finding.evidence}:
                self._failing[label][finding.rule, finding.severity] = True

    @property
    def verdicts(self) -> tuple[FileVerdict, ...]:
        """All files, with the rules that fail in them or between them and others."""
        return tuple(
            replace(file, failing=tuple(self._failing.get(file.label, ()))) for file in self.files
        )

    def add(self, rows: Iterable[Mapping[str, Any]]) -> list[Finding]:
        """Findings, as plain data; those that are like many others are counted in them."""
        found = [finding_of(row) for row in rows]
        for finding in found:
            folded = self._folded[finding.rule]
            key = ("", finding.verdict, finding.severity)
            for _ in range(finding.count):
                if not folded.counts(key, finding.detail):
                    folded.keep(key, finding)
        return found

    def questions(self, given: dict[str, Any], salt: str) -> Iterator[tuple[list[int], Question]]:
        """The files that belong together, with the rules that compare them."""
        groups: Groups = defaultdict(list)
        for (rule, _), numbers in self._sharing.items():
            if len(numbers) > 1:
                self.cut += len(numbers) > MOST_TOGETHER
                groups[tuple(numbers[:MOST_TOGETHER])].append(rule)
        for group, rules in groups.items():
            yield list(group), Question(given, salt, tuple(dict.fromkeys(rules)))

    def findings(self) -> Iterator[Finding]:
        """All of them, in the order of the rules."""
        for folded in self._folded.values():
            yield from folded.findings


def finding_of(row: Mapping[str, Any]) -> Finding:
    """The finding that `finding_json` wrote."""
    evidence = [
        Evidence(place["exchange"], place["side"], place["start"], place["end"], place["file"])
        for place in row["evidence"]
    ]
    return Finding(
        row["rule"],
        row["severity"],
        row["verdict"],
        row["title"],
        row["detail"],
        tuple(evidence),
        row["source"],
        row["count"],
    )


def answered(task: Task, question: Question, begun: Begun) -> list[tuple[Any, ...]]:
    """What a process answers: a row a file, or the findings of all of them together."""
    if question.rules:
        return [_compared(task, question, begun)]
    failed = dict(task.failed)
    rows: list[tuple[Any, ...]] = []
    for number, item in enumerate(task.inputs):
        if number in failed:
            rows.append((item.name, FAILED, failed[number]))
        else:
            begun(number)
            rows.append(_alone(item, question))
    return rows


def _compared(task: Task, question: Question, begun: Begun) -> tuple[Any, ...]:
    """The findings between the captures of a task, and the names of those that could not be read once more."""
    failed = dict(task.failed)
    captures, missing = [], []
    for number, item in enumerate(task.inputs):
        if number in failed:
            missing.append(item.name)
            continue
        begun(number)
        try:
            captures.append(_named(item, question))
        except (CaptureError, OSError):
            missing.append(item.name)
    return _together(captures, question), missing


def _named(item: Input, question: Question) -> Capture:
    return replace(capture_of(item, question.given["keys"]), path=item.name)


def _alone(item: Input, question: Question) -> tuple[Any, ...]:
    try:
        capture = _named(item, question)
    except CaptureError as fault:
        return (item.name, UNREADABLE, fault.reason)
    except OSError as fault:
        reason = f"cannot be read: {fault.strerror or fault}"
        return (item.name, UNREADABLE, reason)
    known = context(**question.given)
    with views(), handing_on():
        found = check(capture, RULES, known)
        case = Case(capture, known)
        tokens = []
        for rule in _JOINED:
            tokens += [(rule.id, _hashed(value, question.salt)) for value in joining(rule, case)]
        told = (_headlines(capture), _slow(capture))
    rows = [finding_json(finding) for finding in found if finding.verdict in _TOLD]
    label = file_of(capture)
    about = (item.name, READ, "", capture.format, len(capture.exchanges), label, *told)
    return (*about, rows, tokens)


def _headlines(capture: Capture) -> list[str]:
    """The first of what happened, without secrets, and how much more there is."""
    veil = Veil(capture.exchanges, False)
    lines = [veil.over(act.headline) for act in acts(capture)]
    return [*lines[:_MOST_HEADLINES], *more(len(lines) - _MOST_HEADLINES, "act")]


def _slow(capture: Capture) -> list[tuple[int, str]]:
    """The answers that took much longer than their like."""
    try:
        slow = outliers(capture)
    except CaptureError:  # it has no times
        return []
    rows = []
    for split, reason in slow[:_MOST_SLOW]:
        exchange = split.exchange
        where = f"{name_of(exchange)}, exchange {exchange.index}: {reason}"
        rows.append((exchange.duration_ns or 0, where))
    return rows


def _hashed(value: bytes, salt: str) -> str:
    return hashlib.blake2b(value, digest_size=12, key=bytes.fromhex(salt)).hexdigest()


def _together(captures: list[Capture], question: Question) -> list[dict[str, Any]]:
    """What the rules of a question conclude of several captures, where it is not about one alone."""
    if len(captures) < 2:
        return []
    chosen = [rule for rule in RULES if rule.id in question.rules]
    found = check(captures, chosen, context(**question.given))
    return [finding_json(finding) for finding in found if _is_about_several(finding)]


def _is_about_several(finding: Finding) -> bool:
    files = {place.file for place in finding.evidence}
    return finding.verdict == "fail" and len(files) > 1
