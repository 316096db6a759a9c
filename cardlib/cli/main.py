# SPDX-License-Identifier: MIT
"""The command line. Exit codes: 0 fine, 1 found or failed, 2 not readable."""

from __future__ import annotations

import argparse
import os
import shutil
import sys
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import NoReturn, TextIO

from .. import __version__
from ..acts import acts
from ..core.errors import CardlibError
from ..core.escape import escape
from ..core.model import Capture, Exchange, Frame, Problem, Session
from ..formats import FORMATS
from ..formats.writers import tpdus
from ..road.meaning import with_views
from ..road.pipeline import read, read_text, stream
from ..road.search import find
from ..share.export import convert
from ..share.files import beside, spare
from ..share.ours import revealed
from ..share.redaction import redact
from ..share.veil import Veil
from ..show.acts import explained
from ..show.compare import compare
from ..show.exchanges import frame_line, line, session_line
from ..show.hits import Hits
from ..show.json import dumps, to_json
from ..show.lines import WIDTH, folded
from ..show.text import rows, text
from . import check as cli_check
from . import live as cli_live
from .progress import watched

NEXT = (
    "next: show --exchange N (every byte), show --phases (a payment explained), "
    "check (rules), compare, redact"
)
# What a form holds, for the message that says how much was written.
FORMS = {"card.jsonl": "frames", "hex": "lines", "csv": "rows", "gsmtap": "packets"}
# Columns of the narrowest page that lines are folded for.
LEAST_WIDTH = 40


class _Parser(argparse.ArgumentParser):
    """A parser that reports a wrong call in one line."""

    def error(self, message: str) -> NoReturn:
        raise CardlibError(f"{message} (see {self.prog} --help)")


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one command; a caller's mistake is one line on stderr and exit code 2."""
    try:
        options = _parser().parse_args(arguments)
        _spare_inputs(options)
        code: int = options.run(options)
        sys.stdout.flush()
        return code
    except BrokenPipeError:
        # Python flushes standard output once more at its end: into nothing.
        nothing = os.open(os.devnull, os.O_WRONLY)
        os.dup2(nothing, sys.stdout.fileno())
        return 0
    except (CardlibError, OSError) as fault:  # OSError: a full disk, a key file that is not there
        _out([f"cardlib: {escape(str(fault))}"], sys.stderr)
        return 2
    except KeyboardInterrupt:
        _out(["cardlib: interrupted"], sys.stderr)
        return 1


def _spare_inputs(options: argparse.Namespace) -> None:
    """Refuse to write over any file that a command reads, whichever option names it."""
    if not getattr(options, "out", None):
        return
    for option, value in vars(options).items():
        values = value if isinstance(value, list) else [value]
        if option != "out":
            names = [name for name in values if isinstance(name, str) and name]
            spare(options.out, names, "read by this command")


def _parser() -> argparse.ArgumentParser:
    parser = _Parser(prog="cardlib", description="Decode captured smart-card traffic.")
    parser.add_argument("--version", action="version", version=f"cardlib {__version__}")
    commands = parser.add_subparsers(required=True, metavar="COMMAND")

    def command(name: str, purpose: str) -> argparse.ArgumentParser:
        return commands.add_parser(name, help=purpose)

    _show(command("show", "what is in a capture, the answer first"))
    _find(command("find", "where a tag, a name or bytes occur"))
    _check(command("check", "security rules, with their evidence"))
    _report(command("report", "one page: what happened, findings with their bytes, times"))
    _compare(command("compare", "two captures, aligned by what they mean"))
    _redact(command("redact", "write a capture that may be given away"))
    _convert(command("convert", "write a capture in another form"))
    cli_live.add(command)
    return parser


def _common(
    parser: argparse.ArgumentParser,
    files: str | int = "+",
    reveals: bool = True,
) -> None:
    """The options of every command that reads captures; `files` is the number of them."""
    parser.add_argument("files", nargs=files, metavar="FILE", help="a capture; - is standard input")
    parser.add_argument(
        "--format",
        metavar="NAME",
        choices=[format.NAME for format in FORMATS],
        help="instead of recognising it",
    )
    parser.add_argument(
        "--dictionary",
        action="append",
        default=[],
        metavar="FILE",
        help="your own tags, in TOML",
    )
    if reveals:
        parser.add_argument(
            "--reveal",
            action="store_true",
            default=None,
            help="show what is hidden: PAN, PIN, names",
        )


def _load(options: argparse.Namespace, file: str) -> Capture:
    if file == "-":
        data = sys.stdin.buffer.read()
        text = data.decode("utf-8", "surrogateescape")
        return read_text(text, options.format, options.dictionary)
    return read(file, options.format, options.dictionary, lambda items: watched(items, file))


def _load_all(options: argparse.Namespace) -> list[Capture]:
    return [_load(options, file) for file in options.files]


def _columns(pipe: int) -> int:
    """Columns of the terminal, or COLUMNS; else what a pipe gets."""
    size = shutil.get_terminal_size((pipe, 0))
    return max(size.columns, LEAST_WIDTH)


def _out(lines: Iterable[str], file: TextIO | None = None) -> None:
    """Write lines in the encoding of the terminal or pipe.

    What the encoding lacks becomes an escape. Lines for a terminal are folded.
    """
    file = file or sys.stdout
    width = _columns(sys.maxsize)
    encoding = getattr(file, "encoding", None) or "utf-8"
    for paragraph in lines:
        for row in paragraph.split("\n"):
            for part in folded(row, width):
                encoded = part.encode(encoding, "backslashreplace")
                file.write(encoded.decode(encoding) + "\n")


def _show(parser: argparse.ArgumentParser) -> None:
    _common(parser)
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
        "--stream",
        action="store_true",
        help="line by line in bounded memory, without the summary",
    )
    parser.set_defaults(run=_run_show)


def _run_show(options: argparse.Namespace) -> int:
    code = 0
    for file in options.files:
        if options.stream and file != "-":
            _out(_streamed(options, file))
        else:
            code = _show_capture(options, _load(options, file))
    return code


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
        _out(rows(capture, reveal, sys.maxsize, options.nodes, _columns(WIDTH)))
        if sys.stdout.isatty():
            _out(["", NEXT])
    return 0


def _show_exchange(capture: Capture, index: int, reveal: bool) -> int:
    lines = []
    for session in capture.sessions:
        for exchange in session.exchanges:
            if exchange.index == index:
                lines += [session_line(session), text(exchange, reveal)]
    if lines:
        _out(lines)
        return 0
    _out([f"no exchange {index}: there are {len(capture.exchanges)}, from 0 on"])
    return 1


def _show_phases(options: argparse.Namespace, capture: Capture, reveal: bool) -> None:
    events = acts(capture, options.tac, options.keys)
    for act in events:
        _out([*explained(act, reveal), ""])
    if not events:
        _out(["no act of an application in this capture"])


def _streamed(options: argparse.Namespace, file: str) -> Iterable[str]:
    reveal = revealed(file, options.reveal)
    items = stream(file, options.format, options.dictionary)
    for item in watched(items, file):
        if isinstance(item, Exchange):
            yield line(item, reveal)
        elif isinstance(item, Problem):
            yield escape(f"  !! {Veil((), reveal).problem(item)}")
        elif isinstance(item, Session):
            yield f"session {item.index}, clock {item.clock}"
        elif isinstance(item, Frame):
            yield frame_line(item, reveal)


def _find(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("what", metavar="TAG|NAME|HEX", help="9F26, cryptogram, A000000003")
    _common(parser)
    parser.set_defaults(run=_run_find)


def _run_find(options: argparse.Namespace) -> int:
    code = 1
    for file in options.files:
        capture = _load(options, file)
        hits = Hits(find(capture, options.what), revealed(capture, options.reveal))
        if hits:
            code = 0
        if len(options.files) > 1:
            _out([escape(f"{file}:")])
        _out([str(hits)])
    return code


def _check(parser: argparse.ArgumentParser) -> None:
    _common(parser, reveals=False)
    cli_check.add(parser)
    parser.set_defaults(run=_run_check)


def _run_check(options: argparse.Namespace) -> int:
    return cli_check.run(options, _load_all(options), _out)


def _report(parser: argparse.ArgumentParser) -> None:
    _common(parser)
    cli_check.add_report(parser)
    parser.set_defaults(run=_run_report)


def _run_report(options: argparse.Namespace) -> int:
    return cli_check.run_report(options, _load_all(options), _out)


def _compare(parser: argparse.ArgumentParser) -> None:
    _common(parser, 2)
    parser.add_argument(
        "--all",
        action="store_true",
        help="fold nothing: for the two sides of one run",
    )
    parser.set_defaults(run=_run_compare)


def _run_compare(options: argparse.Namespace) -> int:
    first, second = _load_all(options)
    reveal = revealed(first, options.reveal) and revealed(second, options.reveal)
    comparison = compare(first, second, reveal, options.all)
    _out([str(comparison)])
    return 1 if comparison else 0


def _redact(parser: argparse.ArgumentParser) -> None:
    _common(parser, "?", reveals=False)
    parser.add_argument(
        "-o",
        "--out",
        required=True,
        metavar="OUT",
        help="*.card.jsonl (all), *.hex (lines) or *.csv",
    )
    parser.add_argument(
        "--key",
        metavar="KEYFILE",
        help="with one key, one PAN becomes the same PAN in every file",
    )
    parser.set_defaults(run=_run_redact)


def _run_redact(options: argparse.Namespace) -> int:
    key = None
    if options.key:
        key = Path(options.key).read_bytes()
        if not key:
            raise CardlibError(f"{options.key}: a key has at least one byte")
    capture = _load(options, options.files or "-")
    manifest = redact(capture, options.out, key)
    _out([str(manifest), f"written to {escape(options.out)}"], beside(options.out))
    return 0


def _convert(parser: argparse.ArgumentParser) -> None:
    _common(parser, "?", reveals=False)
    parser.add_argument("-o", "--out", required=True, metavar="OUT", help="the file to write")
    parser.add_argument(
        "--to",
        choices=FORMS,
        default="card.jsonl",
        help="card.jsonl (all of it), or what others read",
    )
    parser.set_defaults(run=_run_convert)


def _run_convert(options: argparse.Namespace) -> int:
    capture = _load(options, options.files or "-")
    count = convert(capture, options.out, options.to)
    _out([f"{count} {FORMS[options.to]} written to {escape(options.out)}"], beside(options.out))
    if options.to == "gsmtap":
        without_unit = [exchange for exchange in capture.exchanges if not tpdus(exchange)]
        if without_unit:
            reason = "exchanges have no T=0 unit and were left out"
            _out([f"{len(without_unit)} {reason}"], beside(options.out))
    return 0
