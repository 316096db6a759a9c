# SPDX-License-Identifier: MIT
"""The command line. Exit codes: 0 fine, 1 found or failed, 2 not readable."""

from __future__ import annotations

import argparse
import os
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import NoReturn

from .. import __version__
from ..core.errors import CaptureError, CardlibError
from ..core.escape import escape
from ..formats.writers import tpdus
from ..share.export import convert
from ..share.files import beside, spare
from ..share.ours import revealed
from ..share.redaction import redact
from ..show.compare import compare
from . import check as cli_check
from . import check_many
from . import corpus as cli_corpus
from . import decode as cli_decode
from . import explore as cli_explore
from . import find as cli_find
from . import live as cli_live
from . import selection as cli_selection
from . import show as cli_show
from .captures import STANDARD_INPUT, Input, add_options, load_all
from .output import out
from .selection import selection_of

# What a form holds, for the message that says how much was written.
FORMS = {"card.jsonl": "frames", "hex": "lines", "csv": "rows", "gsmtap": "packets"}


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
    except CaptureError as fault:
        first_line = escape(CardlibError.__str__(fault))
        out([f"cardlib: {first_line}", *fault.details], sys.stderr)
        return 2
    except (CardlibError, OSError) as fault:  # OSError: a full disk, a key file that is not there
        out([f"cardlib: {escape(str(fault))}"], sys.stderr)
        return 2
    except KeyboardInterrupt:
        out(["cardlib: interrupted"], sys.stderr)
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

    cli_show.add(command("show", "what is in a capture, the answer first"))
    cli_decode.add(command("decode", "what a pasted string is and says: TLV, ATR, QR ..."))
    cli_find.add(command("find", "where a tag, a name or bytes occur"))
    _check(command("check", "security rules, with their evidence"))
    _report(command("report", "one page: what happened, findings with their bytes, times"))
    _compare(command("compare", "two captures, aligned by what they mean"))
    cli_corpus.add(command("corpus", "many captures as one dataset, to be asked in SQL or pandas"))
    cli_explore.add(command("explore", "one page, or two captures side by side, to walk in"))
    _redact(command("redact", "write a capture that may be given away"))
    _convert(command("convert", "write a capture in another form"))
    cli_live.add(command)
    return parser


def _check(parser: argparse.ArgumentParser) -> None:
    add_options(parser, reveals=False)
    cli_check.add(parser)
    cli_corpus.add_engine(parser)
    cli_selection.add(parser)
    parser.set_defaults(run=_run_check)


def _run_check(options: argparse.Namespace) -> int:
    if check_many.is_many(options.files):
        return check_many.run(options)
    return cli_check.run(options, load_all(options), out)


def _report(parser: argparse.ArgumentParser) -> None:
    add_options(parser)
    cli_check.add_report(parser)
    cli_corpus.add_engine(parser)
    parser.set_defaults(run=_run_report)


def _run_report(options: argparse.Namespace) -> int:
    if check_many.is_many(options.files):
        return check_many.run_report(options)
    return cli_check.run_report(options, load_all(options), out)


def _compare(parser: argparse.ArgumentParser) -> None:
    add_options(parser, 2)
    parser.add_argument(
        "--all",
        action="store_true",
        help="fold nothing: for the two sides of one run",
    )
    parser.set_defaults(run=_run_compare)


def _run_compare(options: argparse.Namespace) -> int:
    first, second = load_all(options)
    reveal = revealed(first, options.reveal) and revealed(second, options.reveal)
    comparison = compare(first, second, reveal, options.all)
    out(comparison.rows())
    return 1 if comparison else 0


def _redact(parser: argparse.ArgumentParser) -> None:
    add_options(parser, "?", reveals=False)
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
    capture = Input(options.files or STANDARD_INPUT).load(options)
    manifest = redact(capture, options.out, key)
    out([str(manifest), f"written to {escape(options.out)}"], beside(options.out))
    return 0


def _convert(parser: argparse.ArgumentParser) -> None:
    add_options(parser, "?", reveals=False)
    parser.add_argument("-o", "--out", required=True, metavar="OUT", help="the file to write")
    parser.add_argument(
        "--to",
        choices=FORMS,
        default="card.jsonl",
        help="card.jsonl (all of it), or what others read",
    )
    cli_selection.add(parser)
    parser.set_defaults(run=_run_convert)


def _run_convert(options: argparse.Namespace) -> int:
    capture = Input(options.files or STANDARD_INPUT).load(options)
    selection = selection_of(options)
    if selection is None:
        count = convert(capture, options.out, options.to)
    else:
        chosen = selection.numbers_in(selection.filter(capture, revealed(capture, None)), capture)
        count = convert(capture, options.out, options.to, lambda one: one.index in chosen)
    out([f"{count} {FORMS[options.to]} written to {escape(options.out)}"], beside(options.out))
    if options.to == "gsmtap":
        without_unit = [exchange for exchange in capture.exchanges if not tpdus(exchange)]
        if without_unit:
            reason = "exchanges have no T=0 unit and were left out"
            out([f"{len(without_unit)} {reason}"], beside(options.out))
    return 0
