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
from ..acts.emv.transaction import transactions
from ..core.errors import CardlibError
from ..core.escape import escape
from ..core.model import Capture, Exchange, Frame, Problem, Session
from ..formats import FORMATS
from ..formats.writers import tpdus
from ..road.pipeline import read, read_text, stream
from ..road.search import find
from ..share.export import convert
from ..share.masking import revealed
from ..share.redaction import redact
from ..show.compare import compare
from ..show.json import dumps, to_json
from ..show.text import WIDTH, Hits, explained, folded, frame_line, line, rows, session_line, text
from . import check as cli_check
from . import live as cli_live
from .progress import watched

NEXT = "next: show --exchange N (every byte), show --phases (a payment explained), check (rules), compare, redact"
FORMS = {"card.jsonl": "frames", "hex": "lines", "csv": "rows", "gsmtap": "packets"}


class _Parser(argparse.ArgumentParser):
    """A parser that tells a wrong call in one line."""

    def error(self, message: str) -> NoReturn:
        raise CardlibError(f"{message} (see {self.prog} --help)")


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one command; a caller's mistake is one line on stderr and exit code 2."""
    try:
        given = _parser().parse_args(arguments)
        code: int = given.run(given)
        sys.stdout.flush()
        return code
    except BrokenPipeError:
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 0
    except (CardlibError, OSError) as fault:  # OSError: a full disk, a key file that is not there
        _out([f"cardlib: {escape(str(fault))}"], sys.stderr)
        return 2
    except KeyboardInterrupt:
        _out(["cardlib: interrupted"], sys.stderr)
        return 1


def _parser() -> argparse.ArgumentParser:
    parser = _Parser(prog="cardlib", description="Decode captured smart-card traffic.")
    parser.add_argument("--version", action="version", version=f"cardlib {__version__}")
    commands = parser.add_subparsers(required=True, metavar="COMMAND")
    _show(commands.add_parser("show", help="what is in a capture, the answer first"))
    _find(commands.add_parser("find", help="where a tag, a name or bytes occur"))
    _check(commands.add_parser("check", help="security rules, with their evidence"))
    _report(
        commands.add_parser(
            "report", help="one page: what happened, findings with their bytes, times"
        )
    )
    _compare(commands.add_parser("compare", help="two captures, aligned by what they mean"))
    _redact(commands.add_parser("redact", help="write a capture that may be given away"))
    _convert(commands.add_parser("convert", help="write a capture in another form"))
    cli_live.add(lambda name, about: commands.add_parser(name, help=about))
    return parser


def _common(parser: argparse.ArgumentParser, files: str | int = "+", reveals: bool = True) -> None:
    parser.add_argument("files", nargs=files, metavar="FILE", help="a capture; - is standard input")
    parser.add_argument(
        "--format",
        metavar="NAME",
        choices=[f.NAME for f in FORMATS],
        help="instead of recognising it",
    )
    parser.add_argument(
        "--dictionary", action="append", default=[], metavar="FILE", help="your own tags, in TOML"
    )
    if reveals:
        parser.add_argument(
            "--reveal",
            action="store_true",
            default=None,
            help="show what is hidden: PAN, PIN, names",
        )


def _load(given: argparse.Namespace, file: str) -> Capture:
    if file == "-":
        data = sys.stdin.buffer.read().decode("utf-8", "surrogateescape")
        return read_text(data, given.format, given.dictionary)
    return read(file, given.format, given.dictionary, lambda items: watched(items, file))


def _columns(pipe: int) -> int:
    """Of the terminal, or COLUMNS; else what a pipe gets."""
    return max(shutil.get_terminal_size((pipe, 0)).columns, 40)


def _out(lines: Iterable[str], file: TextIO | None = None) -> None:
    """Lines in the encoding of the terminal or pipe; what that lacks becomes an escape. A terminal gets them folded."""
    file, width = file or sys.stdout, _columns(sys.maxsize)
    encoding = getattr(file, "encoding", None) or "utf-8"
    for one in (part for told in lines for row in told.split("\n") for part in folded(row, width)):
        file.write(one.encode(encoding, "backslashreplace").decode(encoding) + "\n")


def _show(parser: argparse.ArgumentParser) -> None:
    _common(parser)
    parser.add_argument("--json", action="store_true", help="one JSON object a file")
    parser.add_argument("--nodes", action="store_true", help="every data element, as a tree")
    parser.add_argument("--frames", action="store_true", help="with --json: the wire too")
    parser.add_argument(
        "--phases", action="store_true", help="each payment explained, phase by phase"
    )
    cli_check.payment_context(parser)
    parser.add_argument("--exchange", type=int, metavar="N", help="this exchange only, as a tree")
    parser.add_argument(
        "--stream", action="store_true", help="line by line in bounded memory, without the summary"
    )
    parser.set_defaults(run=_run_show)


def _run_show(given: argparse.Namespace) -> int:
    found = True
    for file in given.files:
        if given.stream and file != "-":
            _out(_streamed(given, file))
            continue
        capture = _load(given, file)
        reveal = revealed(capture, given.reveal)
        if given.exchange is not None:
            wanted = [
                (s, e) for s in capture.sessions for e in s.exchanges if e.index == given.exchange
            ]
            told = [
                row
                for session, exchange in wanted
                for row in (session_line(session), text(exchange, reveal))
            ]
            _out(
                told
                or [f"no exchange {given.exchange}: there are {len(capture.exchanges)}, from 0 on"]
            )
            found = bool(wanted)
        elif given.phases or given.keys or given.tac:
            payments = transactions(capture, given.tac, given.keys)
            _out(row for one in payments for row in (*explained(one, reveal), ""))
            _out([] if payments else ["no payment in this capture"])
        elif given.json:
            sys.stdout.write(dumps(to_json(capture, reveal, given.nodes, given.frames)) + "\n")
        else:
            _out(rows(capture, reveal, sys.maxsize, given.nodes, _columns(WIDTH)))
            _out(["", NEXT] if sys.stdout.isatty() else [])
    return 0 if found else 1


def _streamed(given: argparse.Namespace, file: str) -> Iterable[str]:
    reveal = revealed(file, given.reveal)
    for item in watched(stream(file, given.format, given.dictionary), file):
        if isinstance(item, Exchange):
            yield line(item, reveal)
        elif isinstance(item, Problem):
            yield escape(f"  !! {item.kind}: {item.detail} ({item.place})")
        elif isinstance(item, Session):
            yield f"session {item.index}, clock {item.clock}"
        elif isinstance(item, Frame):
            yield frame_line(item, reveal)


def _find(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("what", metavar="TAG|NAME|HEX", help="9F26, cryptogram, A000000003")
    _common(parser)
    parser.set_defaults(run=_run_find)


def _run_find(given: argparse.Namespace) -> int:
    code = 1
    for file in given.files:
        capture = _load(given, file)
        hits = Hits(find(capture, given.what), revealed(capture, given.reveal))
        code = 0 if hits else code
        _out([escape(f"{file}:")] * (len(given.files) > 1) + [str(hits)])
    return code


def _check(parser: argparse.ArgumentParser) -> None:
    _common(parser, reveals=False)
    cli_check.add(parser)
    parser.set_defaults(
        run=lambda given: cli_check.run(given, [_load(given, f) for f in given.files], _out)
    )


def _report(parser: argparse.ArgumentParser) -> None:
    _common(parser)
    cli_check.add_report(parser)
    parser.set_defaults(
        run=lambda given: cli_check.run_report(given, [_load(given, f) for f in given.files], _out)
    )


def _compare(parser: argparse.ArgumentParser) -> None:
    _common(parser, 2)
    parser.add_argument(
        "--all", action="store_true", help="fold nothing: for the two sides of one run"
    )
    parser.set_defaults(run=_run_compare)


def _run_compare(given: argparse.Namespace) -> int:
    one, other = (_load(given, file) for file in given.files)
    reveal = revealed(one, given.reveal) and revealed(other, given.reveal)
    found = compare(one, other, reveal, given.all)
    _out([str(found)])
    return 1 if found else 0


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
        "--key", metavar="KEYFILE", help="with one key, one PAN becomes the same PAN in every file"
    )
    parser.set_defaults(run=_run_redact)


def _run_redact(given: argparse.Namespace) -> int:
    key = Path(given.key).read_bytes() if given.key else None
    if key == b"":
        raise CardlibError(f"{given.key}: a key has at least one byte")
    _out(
        [
            str(redact(_load(given, given.files or "-"), given.out, key)),
            f"written to {escape(given.out)}",
        ]
    )
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


def _run_convert(given: argparse.Namespace) -> int:
    capture = _load(given, given.files or "-")
    count = convert(capture, given.out, given.to)
    _out([f"{count} {FORMS[given.to]} written to {escape(given.out)}"])
    left = sum(not tpdus(one) for one in capture.exchanges) if given.to == "gsmtap" else 0
    _out([f"{left} exchanges have no T=0 unit and were left out"] if left else [])
    return 0
