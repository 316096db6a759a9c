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
from ..corpus.judging import FileVerdict, Judged, judge
from ..corpus.page import page_of
from ..corpus.progress import bar
from ..corpus.tasks import READ, left_out_lines
from ..rules import given as context
from ..share.files import beside
from ..show.findings import digest, urgency
from ..show.json import dumps, finding_json
from .check import fails_severely
from .corpus import limits_of
from .output import out
from .selection import selection_of

# Options that would be passed over where captures are not named one by one.
_ONE_BY_ONE = (
    *("rules", "both_sides", "algorithms", "calibration", "pictures", "reveal"),
    *("format", "to_card", "from_card", "dictionary"),
)


def is_many(files: list[str]) -> bool:
    """Whether a call is about a folder."""
    return any(Path(file).is_dir() for file in files)


def judged(options: argparse.Namespace) -> Judged:
    """All captures in the folders and files of a call, judged as its options say."""
    if hasattr(options, "where") and selection_of(options) is not None:
        raise CardlibError("exchanges are chosen in one capture: name a file, not a folder")
    for name in _ONE_BY_ONE:
        if getattr(options, name, None):
            option = name.replace("_", "-")
            raise CardlibError(f"--{option} is for captures that are named one by one")
    limits = limits_of(options)
    given = _given(options)
    context(**given)  # a mistake in it is told once, not for each file
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
    """Print what was found; 1 if something severe fails or a file could not be read, 2 if none could."""
    verdicts = judged(options)
    findings = sorted(verdicts.findings, key=urgency)
    if options.json:
        files = [
            {"file": file.label, "status": file.status, "detail": file.detail}
            for file in verdicts.files
        ]
        rows = [finding_json(finding) for finding in findings]
        sys.stdout.write(dumps({"findings": rows, "files": files}) + "\n")
    _refuse_unread(verdicts, options)
    if not options.json:
        out([*_summary(verdicts), *digest(findings, options.all)])
    return int(fails_severely(findings, options.fail_on) or bool(_left_out(verdicts)))


def _refuse_unread(verdicts: Judged, options: argparse.Namespace) -> None:
    """CaptureError where not one file could be read."""
    if len(_left_out(verdicts)) == len(verdicts.files):
        first = verdicts.files[0]
        reason = f"none of its files can be read: {first.label}: {first.detail}"
        raise CaptureError(reason, options.files[0])


def run_report(options: argparse.Namespace) -> int:
    """Write the page about a folder."""
    verdicts = judged(options)
    _refuse_unread(verdicts, options)
    given = _given(options)
    page = page_of(verdicts, options.files, context(**given), given["keys"])
    page.save(options.out)
    out([*_summary(verdicts), f"report written to {escape(options.out)}"], beside(options.out))
    return 0


def _left_out(verdicts: Judged) -> list[FileVerdict]:
    """The files that could not be read."""
    return [file for file in verdicts.files if file.status != READ]


def _summary(verdicts: Judged) -> list[str]:
    read = [file for file in verdicts.files if file.status == READ]
    failing = [file for file in read if file.failing]
    exchanges = sum(file.exchanges for file in read)
    rows = [
        f"{counted(len(read), 'capture')}, {counted(exchanges, 'exchange')}: "
        f"a rule fails in {len(failing)}"
    ]
    left_out = [(file.status, file.label, file.detail) for file in _left_out(verdicts)]
    rows += left_out_lines(left_out, " (--json of check has all)")
    return [*rows, *verdicts.gaps()]
