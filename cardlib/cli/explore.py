# SPDX-License-Identifier: MIT
"""The command line of cardlib explore: a capture, or two side by side, as one page to walk in."""

from __future__ import annotations

import argparse
from pathlib import Path

from ..core.errors import CardlibError
from ..core.escape import counted, escape
from ..rules import RULES, check
from ..share.files import beside
from ..show.explorer import explore
from ..show.explorer.page import MAX_DETAILS
from ..show.explorer.store import MAX_JUDGED
from .captures import add_options, load_all
from .output import out

MOST_FILES = 2


def add(parser: argparse.ArgumentParser) -> None:
    """The options of `cardlib explore`."""
    add_options(parser)
    parser.add_argument("-o", "--out", required=True, metavar="PAGE", help="the file to write")
    parser.add_argument("--filter", default="", metavar="TEXT", help="what the page shows at first")
    parser.add_argument("--notes", metavar="NOTES", help="a file of notes, written by such a page")
    parser.add_argument(
        "--check",
        action="store_true",
        help=f"apply the rules to more than {MAX_JUDGED:,} exchanges, too",
    )
    parser.set_defaults(run=run)


def run(options: argparse.Namespace) -> int:
    """Write the page."""
    if len(options.files) > MOST_FILES:
        raise CardlibError("one capture is explored, or two side by side")
    captures = load_all(options)
    findings = None
    if options.check:
        findings = [finding for capture in captures for finding in check(capture, RULES)]
    page = explore(captures, findings, options.notes, options.reveal, options.filter)
    page.save(options.out)
    lines = [f"{_size(options.out)} written to {escape(options.out)}"]
    for capture in captures:
        count = len(capture.exchanges)
        if count > MAX_DETAILS:
            name = escape(Path(capture.path).name)
            lines.append(f"{name}: every byte of the first {MAX_DETAILS:,} of {count:,} exchanges")
        if count > MAX_JUDGED and findings is None:
            lines.append("the rules were not applied to so many exchanges (--check)")
    out(lines, beside(options.out))
    return 0


def _size(path: str) -> str:
    try:
        size = Path(path).stat().st_size
    except OSError:
        return "a page"
    return counted(max(size // 1000, 1), "kilobyte")
