# SPDX-License-Identifier: MIT
"""The command line of cardlib show: a capture whole, its first screen, a part of it, or line by line."""

from __future__ import annotations

import argparse
import os
import stat
import sys
from collections.abc import Iterator
from dataclasses import replace

from ..acts import acts
from ..core.errors import CardlibError
from ..core.escape import counted
from ..core.model import Capture, Exchange, Problem, Session
from ..road.meaning import with_views
from ..road.opening import Beginning, opening
from ..road.pipeline import Item
from ..share.ours import revealed
from ..share.veil import Veil
from ..show.acts import explained
from ..show.card_files import file_tree
from ..show.exchanges import frame_line, line, session_line, session_name
from ..show.json import dumps, to_json
from ..show.lines import WIDTH, marked
from ..show.opening import MORE, first_screen
from ..show.summary import summary
from ..show.text import rows, text
from ..show.where import Filter
from . import check as cli_check
from . import decode as cli_decode
from . import selection as cli_selection
from .captures import LARGE, Input, add_options, inputs
from .output import columns, out
from .progress import watched
from .selection import NOTHING, Numbers, Selection, selection_of

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
    parser.add_argument(
        "--files",
        dest="card_files",
        action="store_true",
        help="the files of the card: selected, read, written, with their content",
    )
    cli_check.payment_context(parser)
    cli_selection.add(parser, "these only, as trees: 48, 48-50, 3,7-9")
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
    """Show each capture; 1 if no exchange that is asked for is in the last of them."""
    code = 0
    if selection_of(options) and (options.phases or options.tac):
        raise CardlibError("--phases explains whole payments: it takes no choice of exchanges")
    if options.card_files and _shows_else(options):
        raise CardlibError("--files is about a whole capture, as text: it takes no such option")
    for capture in inputs(options.files):
        try:
            code = _show(options, capture)
        except cli_decode.BareString as bare:
            code = cli_decode.show(bare, options)
    return code


def _shows_else(options: argparse.Namespace) -> bool:
    """Whether something is asked for that is not the files of a whole capture as text."""
    form = options.json or options.stream or options.phases or options.tac
    return bool(form or selection_of(options))


def _explains(options: argparse.Namespace) -> bool:
    """Whether acts are explained: keys prove them, but only open messages where single exchanges are asked for."""
    shows_exchanges = options.nodes or options.json
    return bool(options.phases or options.tac or (options.keys and not shows_exchanges))


def _show(options: argparse.Namespace, capture: Input) -> int:
    selection = selection_of(options)
    if options.stream and selection is not None:
        return _show_chosen_of_many(options, capture, selection)
    if options.stream:
        out(_streamed(options, capture))
        return 0
    needs_whole = _explains(options) or options.card_files
    if not capture.is_large(LARGE) or options.all:
        return _show_capture(options, capture.load(options))
    needs_all = options.json or needs_whole or (selection is not None and selection.needs_all)
    if selection is not None and not needs_all:
        return _show_chosen_of_many(options, capture, selection)
    if needs_all or _goes_to_file():
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
def _show_chosen_of_many(options: argparse.Namespace, capture: Input, selection: Selection) -> int:
    """The exchanges of a large capture that are asked for, as they are read, and no further than need be."""
    reveal = revealed(capture.path, options.reveal)
    filter = Filter(selection.expression, reveal)
    rows = Chosen(options, reveal)
    heads = {}
    problems = 0
    for item in capture.items(options):
        if isinstance(item, Session):
            heads[item.index] = item
        elif isinstance(item, Problem):
            problems += 1
        elif isinstance(item, Exchange):
            rows.seen += 1
            if filter.matches(item):
                out(rows.of(item, session_name(heads[item.session])))
            if rows.count >= selection.most or _is_past(options.exchange, item.index):
                break
    if problems:
        out(
            [
                f"  !! {counted(problems, 'problem')} in what was read: show without a filter says which"
            ]
        )
    return rows.end()


def _is_past(numbers: Numbers | None, index: int) -> bool:
    """Whether no exchange that follows can be asked for."""
    return numbers is not None and index >= numbers.last


@with_views
def _show_capture(options: argparse.Namespace, capture: Capture) -> int:
    reveal = revealed(capture, options.reveal)
    selection = selection_of(options)
    if selection is not None:
        return _show_chosen(options, capture, selection, reveal)
    if options.card_files:
        out(file_tree(capture.exchanges, reveal))
    elif _explains(options):
        _show_phases(options, capture, reveal)
    elif options.json:
        _write_json(options, capture, reveal)
    else:
        out(rows(capture, reveal, sys.maxsize, options.nodes, columns(WIDTH)))
        if sys.stdout.isatty():
            out(["", NEXT])
    return 0


def _write_json(options: argparse.Namespace, capture: Capture, reveal: bool) -> None:
    document = to_json(capture, reveal, options.nodes, options.frames)
    sys.stdout.write(dumps(document) + "\n")


def _show_chosen(
    options: argparse.Namespace, capture: Capture, selection: Selection, reveal: bool
) -> int:
    """The exchanges of a capture that are asked for; 1 if there is none."""
    chosen = selection.numbers_in(selection.filter(capture, reveal), capture)
    if options.json:
        _write_json(options, _reduced(capture, chosen), reveal)
        return int(not chosen)
    rows = Chosen(options, reveal)
    rows.seen = len(capture)
    if not rows.are_trees:
        out(summary(capture, reveal))
    for session in capture.sessions:
        for exchange in session.exchanges:
            if exchange.index in chosen:
                out(rows.of(exchange, session_line(session)))
    return rows.end()


def _reduced(capture: Capture, chosen: set[int]) -> Capture:
    """A capture with these exchanges only, and the sessions that they are in."""
    sessions = []
    for session in capture.sessions:
        exchanges = tuple(item for item in session.exchanges if item.index in chosen)
        if exchanges:
            sessions.append(replace(session, exchanges=exchanges))
    return replace(capture, sessions=tuple(sessions))


class Chosen:
    """Exchanges as they are asked for, below the head of their session; and how many there were."""

    def __init__(self, options: argparse.Namespace, reveal: bool) -> None:
        self.numbers: Numbers | None = options.exchange
        self.is_filtered = bool(options.where or options.failed or options.first)
        self.are_trees = options.nodes or self.numbers is not None
        self.reveal = reveal
        self.count = 0
        self.seen = 0
        self.session = -1

    def of(self, exchange: Exchange, head: str) -> Iterator[str]:
        """The lines of an exchange."""
        self.count += 1
        if exchange.session != self.session:
            self.session = exchange.session
            yield head
        if self.are_trees:
            yield text(exchange, self.reveal)
        else:
            yield line(exchange, self.reveal, width=columns(WIDTH))

    def end(self) -> int:
        """Say how many there were where that is not seen, and give the exit code."""
        if self.count == 0 and self.numbers is not None and not self.is_filtered:
            out([f"no exchange {self.numbers.text}: there are {self.seen}, from 0 on"])
        elif self.count == 0:
            out([f"{NOTHING}, of {self.seen}"])
        elif self.is_filtered:
            out([f"  {self.count} of {counted(self.seen, 'exchange')} that were looked at"])
        return int(self.count == 0)


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
