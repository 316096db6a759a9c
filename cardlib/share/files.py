# SPDX-License-Identifier: MIT
"""How every file is written: whole or not at all, never over an input, and into what is no regular file.

A file grows without a name and gets one when it is complete (Linux), or grows beside its target with a name that only
its owner can read. So a full disk leaves the old file, and a kill leaves nothing to find.
"""

from __future__ import annotations

import os
import secrets
import stat
import sys
import tempfile
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import TextIO

from ..core.errors import CaptureError

PathText = str | os.PathLike[str]
Write = Callable[[TextIO], int]

PRIVATE = 0o600  # a capture may hold a PIN
DRAFT = ".cardlib-"
STDIN, STDOUT = 0, 1
_HANDLES = "/proc/self/fd"
_NAMELESS = getattr(os, "O_TMPFILE", 0)


def write_file(
    out: PathText, write: Write, sources: Iterable[PathText], mode: int = PRIVATE
) -> int:
    """Let `write` fill a file at `out`, which appears complete or not at all; returns what `write` returns.

    Links are followed. A file that is replaced keeps its mode, a new one gets `mode`. What is no regular file (a
    pipe, a device, the standard output) is written into. CaptureError if it cannot be written or is a source.
    """
    spare(out, sources)
    try:
        status = _status(out)
        if (status and not stat.S_ISREG(status.st_mode)) or is_standard_output(out):
            return _write_into(out, write)
        if status:
            mode = stat.S_IMODE(status.st_mode)
        return _replace(Path(os.path.realpath(out)), write, mode)
    except BrokenPipeError:
        raise
    except (OSError, ValueError) as fault:
        reason = getattr(fault, "strerror", None) or fault
        raise CaptureError(f"cannot be written: {reason}", str(out)) from None


def spare(out: PathText, sources: Iterable[PathText], what: str = "the capture itself") -> None:
    """CaptureError where `out` is one of the sources, by whatever name or link; "-" is the standard input."""
    status = _status(out)
    if status is None or not stat.S_ISREG(status.st_mode):
        return
    for source in sources:
        source_status = _standard_input() if source == "-" else _status(source)
        if source_status and os.path.samestat(status, source_status):
            raise CaptureError(f"is {what}: name another file to write to", str(out))


def _standard_input() -> os.stat_result | None:
    try:
        return os.fstat(STDIN)
    except OSError:
        return None


def _status(path: PathText) -> os.stat_result | None:
    """What a path leads to; None where that is nothing."""
    try:
        return Path(path).stat()
    except (OSError, ValueError):
        return None


def is_standard_output(out: PathText) -> bool:
    """Whether a path is another name for the standard output."""
    status = _status(out)
    try:
        return status is not None and os.path.samestat(status, os.fstat(STDOUT))
    except OSError:
        return False


def beside(out: PathText) -> TextIO:
    """Where a program says what it wrote: standard output, or standard error where that is the file."""
    if is_standard_output(out):
        return sys.stderr
    return sys.stdout


def _write_into(out: PathText, write: Write) -> int:
    """Write into what is there; the standard output goes on where it is."""
    if is_standard_output(out):
        sys.stdout.flush()
        handle = os.dup(STDOUT)
    else:
        handle = os.open(out, os.O_WRONLY)
    with os.fdopen(handle, "w", encoding="utf-8", newline="") as file:
        return write(file)


def _replace(path: Path, write: Write, mode: int) -> int:
    """Write a file that is moved to its place when it is complete."""
    with (
        growing(path, mode) as handle,
        os.fdopen(handle, "w", encoding="utf-8", newline="", closefd=False) as file,
    ):
        return write(file)


@contextmanager
def growing(path: Path, mode: int, label: str = "") -> Iterator[int]:
    """A file that is open for writing, and appears at `path` if the block ends well and it is on the disk.

    It grows without a name, or under one of its own with `label` in it.
    """
    handle, draft = _draft(path.parent, label)
    try:
        yield handle
        os.fsync(handle)
        if draft is None:
            draft = _named(handle, path.parent, label)
        draft.chmod(mode)
        draft.replace(path)
    except BaseException:
        if draft is not None:
            with suppress(OSError):
                draft.unlink()
        raise
    finally:
        os.close(handle)


def _draft(folder: Path, label: str = "") -> tuple[int, Path | None]:
    """A new file that only its owner can read, and its name if it needs one."""
    if _NAMELESS and Path(_HANDLES).is_dir():
        with suppress(OSError):  # not every file system has such files
            return os.open(folder, _NAMELESS | os.O_RDWR, PRIVATE), None
    handle, name = tempfile.mkstemp(dir=folder, prefix=f"{DRAFT}{label}")
    return handle, Path(name)


def _named(handle: int, folder: Path, label: str) -> Path:
    """The name that a file without one gets."""
    name = f"{DRAFT}{label}{secrets.token_hex(8)}"
    # With a folder, Python follows the link in /proc to the file; without, it would link the link.
    folder_handle = os.open(folder, os.O_RDONLY)
    try:
        os.link(f"{_HANDLES}/{handle}", name, dst_dir_fd=folder_handle)
    finally:
        os.close(folder_handle)
    return folder / name


def public_mode() -> int:
    """The mode that new files get here."""
    mask = os.umask(0)
    os.umask(mask)
    return 0o666 & ~mask
