# SPDX-License-Identifier: MIT
"""A task done in a process of its own: a file that hangs, or kills whoever reads it, costs itself alone."""

from __future__ import annotations

import contextlib
import json
import queue
import subprocess
import sys
import threading
from dataclasses import replace
from pathlib import Path
from typing import Any

from ..core.errors import CardlibError
from ..core.model import record
from .parts import Place
from .tasks import FileRow, Limits, Task

_START_SECONDS = 60.0  # that a process may take until it is ready
_STARTS = 3  # of a process that dies before it reads
_GONE: dict[str, Any] = {"gone": True}


@record
class Fault:
    """Why a task was not done, and at which of its files; `number` is -1 where it was about none.

    `is_final`: no other process would do better.
    """

    number: int
    why: str
    is_final: bool = False


class Crew:
    """Processes that read captures: one for each thread that has a task; `end` lets all of them go."""

    def __init__(self) -> None:
        self._here = threading.local()
        self._helpers: list[Helper] = []
        self._has_ended = False

    def do(self, task: Task) -> list[FileRow]:
        """Do a task. A file at which it fails is tried alone, and left out with the reason if it fails again.

        CardlibError where the dataset cannot be written, where no process can be started, and after `end`.
        """
        innocent: set[int] = set()
        while True:
            result = self._attempt(task)
            if not isinstance(result, Fault):
                return result
            if result.number in innocent:
                why = result.why
            else:
                alone = replace(
                    task, inputs=(task.inputs[result.number],), failed=(), is_trial=True
                )
                trial = self._attempt(alone)
                if not isinstance(trial, Fault):
                    innocent.add(result.number)  # another file took what it needed
                    continue
                why = trial.why
            task = replace(task, failed=(*task.failed, (result.number, why)))

    def _attempt(self, task: Task) -> list[FileRow] | Fault:
        """Let a process do a task, another one where it dies before it reads; a Fault is about one of the files."""
        starts = 0
        while True:
            helper = self._helper(task.limits)
            result = helper.do(task)
            if not isinstance(result, Fault):
                return result
            self._let_go(helper)
            if task.folder:
                Place(Path(task.folder)).clear(task.key)
            if self._has_ended:
                raise CardlibError("the work was stopped")
            if result.number >= 0:
                return result
            starts += 1
            if result.is_final or starts == _STARTS:
                raise CardlibError(result.why)

    def _helper(self, limits: Limits) -> Helper:
        """The process of this thread; a new one where the last ended, or had other limits."""
        helper: Helper | None = getattr(self._here, "helper", None)
        if helper is not None and helper.limits != limits:
            self._let_go(helper)
            helper = None
        if helper is None:
            helper = self._here.helper = Helper(limits)
            self._helpers.append(helper)
            if self._has_ended:  # while it started
                helper.end()
        return helper

    def _let_go(self, helper: Helper) -> None:
        helper.end()
        self._here.helper = None
        with contextlib.suppress(ValueError):  # `end` has let it go
            self._helpers.remove(helper)

    def end(self) -> None:
        """End all processes; those that are busy, too. What they were doing is given up."""
        self._has_ended = True
        while self._helpers:
            self._helpers.pop().end()


class Helper:
    """A process that does tasks, one after the other."""

    def __init__(self, limits: Limits) -> None:
        self.limits = limits
        arguments = [sys.executable, "-P", "-m", f"{__package__}.helper", str(limits.mebibytes)]
        self._process = subprocess.Popen(  # noqa: S603  # this library itself
            arguments, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, encoding="utf-8"
        )
        self._messages: queue.SimpleQueue[dict[str, Any]] = queue.SimpleQueue()
        threading.Thread(target=self._listen, daemon=True).start()
        self._is_ready = "ready" in self._next(_START_SECONDS)

    def _listen(self) -> None:
        """Pass on what the process says until it ends."""
        output = self._process.stdout
        if output is not None:
            with contextlib.suppress(OSError, ValueError):
                for line in output:
                    self._messages.put(json.loads(line))
        self._messages.put(_GONE)

    def _next(self, seconds: float) -> dict[str, Any]:
        """What the process says next; nothing where that takes longer."""
        try:
            return self._messages.get(timeout=min(seconds, threading.TIMEOUT_MAX))
        except queue.Empty:
            return {}

    def do(self, task: Task) -> list[FileRow] | Fault:
        """The rows of a task, or what went wrong; after that, the process is of no use."""
        if not self._is_ready or not self._send(task):
            return Fault(-1, "no process for reading captures could be started")
        number = -1
        while True:
            message = self._next(task.limits.seconds)
            if "begun" in message:
                number = message["begun"]
            elif "done" in message:
                return [tuple(row) for row in message["done"]]
            elif "fatal" in message:
                return Fault(-1, message["fatal"], True)
            elif "failed" in message:
                return Fault(number, message["failed"])
            elif message is _GONE:
                return Fault(number, "the process that read it died")
            else:
                return Fault(number, f"it takes longer than {task.limits.seconds:g} seconds")

    def _send(self, task: Task) -> bool:
        line = json.dumps(task.to_json()) + "\n"
        try:
            if self._process.stdin is not None:
                self._process.stdin.write(line)
                self._process.stdin.flush()
        except (OSError, ValueError):  # ValueError: it was ended
            return False
        return True

    def end(self) -> None:
        """End the process, whatever it is doing."""
        self._process.kill()
        self._process.wait()
        for pipe in (self._process.stdin, self._process.stdout):
            if pipe is not None:
                with contextlib.suppress(OSError):
                    pipe.close()
