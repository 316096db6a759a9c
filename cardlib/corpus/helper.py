# SPDX-License-Identifier: MIT
"""A process that reads captures for another one, which ends it when a file takes too long or too much memory.

It takes one task a line on its standard input, in JSON, and answers with lines of JSON: `begun` for each file, then
`done` or `failed`. It ends when its input does.
"""

from __future__ import annotations

import contextlib
import json
import os
import signal
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

from .judging import answered
from .tasks import Task, done

Say = Callable[[dict[str, Any]], None]

_MIB = 1 << 20
_PAGES = Path("/proc/self/statm")


def main() -> None:
    """Do the tasks that come in; whatever else is printed goes to standard error."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # who stops the work ends this process
    answers = os.fdopen(os.dup(sys.stdout.fileno()), "w", encoding="utf-8")
    os.dup2(sys.stderr.fileno(), sys.stdout.fileno())

    def say(message: dict[str, Any]) -> None:
        answers.write(json.dumps(message) + "\n")
        answers.flush()

    limit_memory(int(sys.argv[1]))
    with contextlib.suppress(BrokenPipeError):  # nobody waits for an answer any more
        say({"ready": True})
        for line in sys.stdin:
            say(_answer(json.loads(line), say))


def _answer(message: dict[str, Any], say: Say) -> dict[str, Any]:
    task = Task.from_json(message)

    def begun(number: int) -> None:
        say({"begun": number})

    try:
        if task.question is not None:
            return {"done": answered(task, task.question, begun)}
        return {"done": done(task, begun)}
    except MemoryError:
        return {"failed": "it needs more memory than it may have"}
    except OSError as fault:
        return {"fatal": f"the dataset cannot be written: {fault.strerror or fault}"}
    except Exception as fault:  # it costs the file, never its neighbours
        return {"failed": f"the library broke: {type(fault).__name__}"}


def limit_memory(mebibytes: int) -> None:
    """Let this process have so much more memory than it has now, where the system can say no."""
    if sys.platform == "win32" or not _PAGES.exists():
        return
    import resource

    pages = int(_PAGES.read_text("ascii").split()[0])
    limit = pages * resource.getpagesize() + mebibytes * _MIB
    resource.setrlimit(resource.RLIMIT_AS, (limit, limit))


if __name__ == "__main__":
    main()
