# SPDX-License-Identifier: MIT
"""The command line of cardlib show: a capture whole, its first screen, a part of it, or line by line."""

from __future__ import annotations

import argparse
import os
import stat
import sys
from collections.abc import Iterator

from ..acts import acts
from ..core.model import Capture, Exchange, Problem, Session
from ..road.meaning import with_views
from ..road.opening import Beginning, opening
from ..road.pipeline import Item
from ..share.ours import revealed
from ..share.survey import survey_of
from ..share.veil import Veil
from ..show.acts import explained
from ..show.exchanges import frame_line, line, session_line, session_name
from ..show.json import dumps, to_json
from ..show.lines import WIDTH, marked
from ..show.opening import MORE, first_screen
from ..show.text import rows, text
from . import check as cli_check
from . import decode as cli_decode
from .captures import LARGE, Input, add_options, inputs
from .output import columns, out
from .progress import watched

NEXT = (
    "next: show --exchange N (every byte), show --phases (a payment explained), "
    "check (rules), compare, redact"
)


def add(parser: argparse.ArgumentParser) -> None:
    """The options of `cardlib show`."""
    add_options(parser)
    parser.add_argument("--json", action="store_true", help="one JSON object a file")
    parser.add_argument("--nodes", action="store_true", help="every data element, as a tree")
    parser.add_argument("--frames", action="store_true", help="with --json: the wire too")
    parser.add_argument(
        "--phases",
        action="store_true",
        help="each payment explained, phase by phase",
    )
    cli_check.payment_context(parser)
    parser.add_argument("--exchange", type=int, metavar="N", help="this exchange only, as a tree")
    parser.add_argument(
        "--all",
        action="store_true",
        help="every line of a large file too, not only its first screen",
    )
    parser.add_argument(
        "--stream",
        action="store_true",
        help="line by line in bounded memory, without the summary",
    )
    parser.set_defaults(run=run)


def run(options: argparse.Namespace) -> int:
    """Show each capture; 1 if the exchange that is asked for is not in the last of them."""
    code = 0
    for capture in inputs(options.files):
        try:
            code = _show(options, capture)
        except cli_decode.BareString as bare:
            code = cli_decode.show(bare, options)
    return code


def _show(options: argparse.Namespace, capture: Input) -> int:
    if options.stream:
        out(_streamed(options, capture))
        return 0
    explains_all = options.phases or options.keys or options.tac
    if not capture.is_large(LARGE) or options.all:
        return _show_capture(options, capture.load(options))
    if options.exchange is not None:
        return _show_one_of_many(options, capture)
    if options.json or explains_all or _goes_to_file():
        return _show_capture(options, capture.load(options))
    _show_first_screen(options, capture)
    return 0


def _goes_to_file() -> bool:
    """Whether the output is written to a file: then all of it is wanted."""
    try:
        return stat.S_ISREG(os.fstat(sys.stdout.fileno()).st_mode)
    except (OSError, ValueError):
        return False


def _show_first_screen(options: argparse.Namespace, capture: Input) -> None:
    """How a large capture begins; whoever reads it through a pipe is told that it is cut."""
    with capture.open() as file:
        beginning = Beginning(file)
        reading = capture.reading(beginning, options)
        first = opening(beginning, reading)
    reveal = revealed(capture.path, options.reveal)
    out(first_screen(first, capture.size, reveal, options.nodes, columns(WIDTH)))
    if not sys.stdout.isatty():
        out([f"cardlib: only the first screen of a large file {MORE}"], sys.stderr)


@with_views
def _show_one_of_many(options: argparse.Namespace, capture: Input) -> int:
    """One exchange of a large capture, which is read as far as there only."""
    reveal = revealed(capture.path, options.reveal)
    count = 0
    heads = {}
    for item in capture.items(options):
        if isinstance(item, Session):
            heads[item.index] = item
        elif isinstance(item, Exchange):
            count += 1
            if not reveal:
                survey_of(item)  # a secret of an earlier exchange may come again in this one
            if item.index == options.exchange:
                out([session_name(heads[item.session]), text(item, reveal)])
                return 0
    return _no_exchange(options.exchange, count)


@with_views
def _show_capture(options: argparse.Namespace, capture: Capture) -> int:
    reveal = revealed(capture, options.reveal)
    if options.exchange is not None:
        return _show_exchange(capture, options.exchange, reveal)
    if options.phases or options.keys or options.tac:
        _show_phases(options, capture, reveal)
    elif options.json:
        document = to_json(capture, reveal, options.nodes, options.frames)
        sys.stdout.write(dumps(document) + "\n")
    else:
        out(rows(capture, reveal, sys.maxsize, options.nodes, columns(WIDTH)))
        if sys.stdout.isatty():
            out(["", NEXT])
    return 0


def _show_exchange(capture: Capture, index: int, reveal: bool) -> int:
    lines = []
    for session in capture.sessions:
        for exchange in session.exchanges:
            if exchange.index == index:
                lines += [session_line(session), text(exchange, reveal)]
    if lines:
        out(lines)
        return 0
    return _no_exchange(index, len(capture.exchanges))


def _no_exchange(index: int, count: int) -> int:
    out([f"no exchange {index}: there are {count}, from 0 on"])
    return 1


def _show_phases(options: argparse.Namespace, capture: Capture, reveal: bool) -> None:
    events = acts(capture, options.tac, options.keys)
    for act in events:
        out([*explained(act, reveal), ""])
    if not events:
        out(["no act of an application in this capture"])


def _streamed(options: argparse.Namespace, capture: Input) -> Iterator[str]:
    """A line for each item, as it comes."""
    reveal = revealed(capture.path, options.reveal)
    with capture.open() as file:
        reading = capture.reading(file, options)
        for item in watched(reading.items(), capture.path):
            yield _item_line(item, reveal)
        if reading.learned:
            yield marked("  read as: ", reading.learned)


def _item_line(item: Item, reveal: bool) -> str:
    if isinstance(item, Exchange):
        return line(item, reveal)
    if isinstance(item, Problem):
        return marked("  !! ", Veil((), reveal).problem(item))
    if isinstance(item, Session):
        return f"session {item.index}, clock {item.clock}"
    return frame_line(item, reveal)
