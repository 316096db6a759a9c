# SPDX-License-Identifier: MIT
"""Ends a test that uses too much of the processor. What else the machine does, and waiting, do not count."""

from __future__ import annotations

import contextlib
import resource
import signal
from collections.abc import Iterator
from types import FrameType

REPEAT = 10  # seconds until it tries again, where the first exception was caught


class TooLong(BaseException):
    """No Exception, so that neither the library nor hypothesis takes it for a fault of the input."""


@contextlib.contextmanager
def watched(name: str, seconds: float) -> Iterator[None]:
    """Raise where the test is after so many seconds of processor time.

    A signal reaches Python only between two instructions. Where C code does not come back, the system
    ends the process after twice the time, and any child of it after at least as much of its own.
    """

    def bite(number: int, frame: FrameType | None) -> None:
        raise TooLong(f"{name} used more than {seconds} s of the processor")

    used = resource.getrusage(resource.RUSAGE_SELF)
    soft, hard = resource.getrlimit(resource.RLIMIT_CPU)
    end = int(used.ru_utime + used.ru_stime + 2 * seconds) + 1
    if hard == resource.RLIM_INFINITY or end < hard:
        resource.setrlimit(resource.RLIMIT_CPU, (end, hard))
    before = signal.signal(signal.SIGPROF, bite)
    signal.setitimer(signal.ITIMER_PROF, seconds, REPEAT)
    try:
        yield
    finally:
        signal.setitimer(signal.ITIMER_PROF, 0)
        signal.signal(signal.SIGPROF, before)
        resource.setrlimit(resource.RLIMIT_CPU, (soft, hard))
