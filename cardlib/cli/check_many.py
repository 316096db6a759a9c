# SPDX-License-Identifier: MIT
"""cardlib check of a folder: what fails in any capture, what fails between them, and which could not be read."""

from __future__ import annotations

import argparse
import sys
from pathlib import Path
from typing import Any

from ..core.errors import CaptureError, CardlibError
from ..core.escape import counted, escape
from ..corpus.inputs import inputs_of
from ..corpus.judging import MOST_TOGETHER, Judged, judge
from ..corpus.page import page_of
from ..corpus.progress import bar
from ..corpus.tasks import READ, Limits
from ..rules import given as context
from ..share.files import beside
from ..show.findings import SEVERITIES, digest, urgency
from ..show.json import dumps, finding_json
from .output import out
from .selection import selection_of

_MOST_LINES = 10  # about files that could not be read


def is_many(files: list[str]) -> bool:
    """Whether a call is about a folder."""
    return any(Path(file).is_dir() for file in files)


def judged(options: argparse.Namespace) -> Judged:
    """All captures in the folders and files of a call, judged as its options say."""
    if hasattr(options, "where") and selection_of(options) is not None:
        raise CardlibError("exchanges are chosen in one capture: name a file, not a folder")
    if getattr(options, "rules", None) or options.both_sides:
        raise CardlibError("--rules and --both-sides are for captures that are named one by one")
    given = _given(options)
    limits = Limits(options.seconds, options.memory)
    with bar(len(inputs_of(options.files)), None) as moved:
        return judge(options.files, given, options.jobs, options.scheduler, limits, moved)


def _given(options: argparse.Namespace) -> dict[str, Any]:
    """What the caller knows, as plain data that travels to other processes."""
    return {
        "cvm_limit": options.cvm_limit,
        "live": options.live,
        "keys": [str(Path(file).resolve()) for file in options.keys],
        "tac": options.tac,
    }


def run(options: argparse.Namespace) -> int:
    """Print what was found; 1 if something fails that is severe enough."""
    verdicts = judged(options)
    if all(file.status != READ for file in verdicts.files) and not options.json:
        first = verdicts.files[0]
        raise CaptureError(
            f"none of its files can be read: {first.label}: {first.detail}", options.files[0]
        )
    findings = sorted(verdicts.findings, key=urgency)
    if options.json:
        files = [
            {"file": file.label, "status": file.status, "detail": file.detail}
            for file in verdicts.files
        ]
        rows = [finding_json(finding) for finding in findings]
        sys.stdout.write(dumps({"findings": rows, "files": files}) + "\n")
    else:
        out([*_summary(verdicts), *digest(findings, options.all)])
    severe = SEVERITIES[SEVERITIES.index(options.fail_on) :]
    return int(any(one.verdict == "fail" and one.severity in severe for one in findings))


def run_report(options: argparse.Namespace) -> int:
    """Write the page about a folder."""
    if options.calibration or options.pictures or options.reveal:
        raise CardlibError(
            "--calibration, --pictures and --reveal are for captures named one by one"
        )
    verdicts = judged(options)
    page = page_of(verdicts, options.files, context(**_given(options)))
    page.save(options.out)
    out([*_summary(verdicts), f"report written to {escape(options.out)}"], beside(options.out))
    return 0


def _summary(verdicts: Judged) -> list[str]:
    read = [file for file in verdicts.files if file.status == READ]
    failing = [file for file in read if file.failing]
    exchanges = sum(file.exchanges for file in read)
    rows = [
        f"{counted(len(read), 'capture')}, {counted(exchanges, 'exchange')}: "
        f"a rule fails in {len(failing)}"
    ]
    left_out = [file for file in verdicts.files if file.status != READ]
    for file in left_out[:_MOST_LINES]:
        rows.append(f"{file.status}: {escape(file.label)}: {escape(file.detail)}")
    if len(left_out) > _MOST_LINES:
        rows.append(f"and {counted(len(left_out) - _MOST_LINES, 'more file')} (--json has all)")
    if verdicts.cut:
        rows.append(
            f"{counted(verdicts.cut, 'value')} in more than {MOST_TOGETHER} captures: "
            f"only the first {MOST_TOGETHER} were compared"
        )
    return rows
