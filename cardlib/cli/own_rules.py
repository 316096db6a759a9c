# SPDX-License-Identifier: MIT
"""Rules of a user's own: a Python file that may end the process, raise, or never end. Each is one line, and exit 2."""

from __future__ import annotations

import _thread
import os
import signal
import sys
import threading
import time
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any

from ..core.errors import CardlibError
from ..core.escape import escape
from ..rules import Result, Rule
from ..rules.engine import Missing, NotAbout

SECONDS = 60.0
EXIT = 2  # as for any other mistake of the caller


class OwnFault(BaseException):
    """What is wrong with a file of rules, in one line; no rule and no engine takes it for a fault in a capture."""


class Budget:
    """The seconds that one rule may take, over all that it looks at."""

    def __init__(self, seconds: float, name: str) -> None:
        self.left = seconds
        self.late = f"{name} took longer than {seconds:g} s (--rule-seconds)"
        self._is_over = False
        self._last: threading.Timer | None = None

    @contextmanager
    def running(self) -> Iterator[None]:
        """Interrupt what runs inside when the time is over; OwnFault says so."""
        started = time.monotonic()
        timer = threading.Timer(max(self.left, 0), self._interrupt)
        timer.daemon = True
        timer.start()
        try:
            with _hearing_interrupts():
                try:
                    yield
                finally:
                    # An interrupt that is on its way must hit nobody behind this.
                    timer.cancel()
                    timer.join()
        except KeyboardInterrupt:
            if self._is_over:
                raise OwnFault(self.late) from None
            raise
        finally:
            if self._last:
                self._last.cancel()
            self.left -= time.monotonic() - started

    def _interrupt(self) -> None:
        """Interrupt the rule; end the process where it does not let itself be interrupted."""
        self._is_over = True
        self._last = threading.Timer(max(self.left, 1), self._end)
        self._last.daemon = True
        self._last.start()
        _thread.interrupt_main()

    def _end(self) -> None:
        sys.stderr.write(f"cardlib: {escape(self.late)}\n")
        sys.stderr.flush()
        os._exit(EXIT)


@contextmanager
def _hearing_interrupts() -> Iterator[None]:
    """Let an interrupt raise, which a shell has its processes in the background ignore."""
    handler = signal.getsignal(signal.SIGINT)
    is_ignored = handler in (signal.SIG_IGN, signal.SIG_DFL)
    if not is_ignored or threading.current_thread() is not threading.main_thread():
        yield
        return
    signal.signal(signal.SIGINT, signal.default_int_handler)
    try:
        yield
    finally:
        signal.signal(signal.SIGINT, handler)


def own_rules(file: str, seconds: float = SECONDS) -> list[Rule]:
    """RULES of a Python file that the caller names and trusts, each with so many seconds for a run."""
    names: dict[str, Any] = {"__name__": "own_rules"}
    budget = Budget(seconds, file)
    try:
        code = compile(Path(file).read_bytes(), file, "exec")
        with budget.running():
            exec(code, names)  # noqa: S102 - the caller trusts it
            rules = list(names.get("RULES", ()))
    except OwnFault as fault:
        raise CardlibError(str(fault)) from None
    except (Exception, SystemExit) as fault:
        raise CardlibError(f"{file}: {_what(fault)}") from fault
    if not rules or not all(isinstance(rule, Rule) for rule in rules):
        raise CardlibError(f"{file}: RULES is not a list of rules")
    return [guarded(rule, file, seconds) for rule in rules]


def guarded(rule: Rule, file: str, seconds: float) -> Rule:
    """The rule; what goes wrong in it comes out as OwnFault."""
    name = f"{file}: rule {rule.id}"
    budget = Budget(seconds, name)

    def judge(target: object) -> list[Result | Exception]:
        try:
            with budget.running():
                return _until_done(rule.judge, target)
        except (Exception, SystemExit) as fault:
            raise OwnFault(f"{name}: {_what(fault)}") from fault

    return replace(rule, judge=lambda target: _continued(judge(target)))


def _until_done(
    judge: Callable[[Any], Iterable[Result]], target: object
) -> list[Result | Exception]:
    """All results of a rule, and behind them what ended it where it is allowed to."""
    results: list[Result | Exception] = []
    try:
        for result in judge(target):
            if not isinstance(result, Result):
                raise TypeError(f"{type(result).__name__} is no Result")
            results.append(result)
    except (Missing, NotAbout) as end:
        results.append(end)
    return results


def _continued(results: Iterable[Result | Exception]) -> Iterator[Result]:
    for result in results:
        if isinstance(result, Exception):
            raise result
        yield result


def _what(fault: BaseException) -> str:
    """What a fault is, in one line."""
    if isinstance(fault, SystemExit):
        return "ends the process"
    return f"{type(fault).__name__}: {fault}"
