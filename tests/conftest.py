# SPDX-License-Identifier: MIT
"""What all tests share: long tests apart, real captures where they are, and a last line that tells what was skipped."""

from __future__ import annotations

import gc
import os
import sys
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import is_hypothesis_test, settings
from watchdog import watched

if TYPE_CHECKING:  # a browser is loaded where a test asks for one
    from explorer_pages import Open
    from playwright.sync_api import Browser

# The session of five exchanges that every format tells.
SESSION = [
    ("00A4040007A000000003101000", "6F108407A0000000031010A50550034142439000"),
    ("00B2010C00", "6A83"),
    ("80CA9F3600", "9F360201239000"),
    ("0084000008", "01020304050607089000"),
    ("00B2020C00", "70205F200C544553542F434152442020205F25032401015F24032912315F280208269000"),
]
ROOT = Path(__file__).resolve().parent.parent
LIMIT, LONG_LIMIT = 120, 3600  # seconds of the processor that a test may use
OBJECTS_UNTIL_GC = 20_000  # made until garbage is looked for: Python's 700 cost 7 % of a run
LEFT_OUT = pytest.StashKey[int]()  # how many tests are left to `make long`
NO_CAPTURES = "no real captures (CARDLIB_REAL_CAPTURES)"

os.environ.pop(
    "COLUMNS", None
)  # pytest-xdist sets it: what is printed would be folded as in a terminal

# A grammar of addresses, built for seconds where jsonschema is imported; it does without, and so do notebooks.
sys.modules.setdefault("rfc3987_syntax", None)  # type: ignore[arg-type]

settings.register_profile("short", derandomize=True, deadline=None, database=None, max_examples=25)
settings.register_profile("long", deadline=None, database=None, max_examples=1000, print_blob=True)


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption("--long", action="store_true", help="also the tests that are marked long")
    parser.addoption(
        "--allowed-skips", type=Path, help="=FILE of reasons, one a line; any other skip fails"
    )
    parser.addoption(
        "--cpu-limit",
        type=float,
        help=f"=SECONDS of the processor for one test; {LIMIT} unless --long",
    )


def pytest_configure(config: pytest.Config) -> None:
    settings.load_profile("long" if config.getoption("--long") else "short")
    if captures_folder() is None and os.environ.get("CARDLIB_REAL_CAPTURES"):
        raise pytest.UsageError("CARDLIB_REAL_CAPTURES names a folder that is not there")


@pytest.hookimpl(wrapper=True)
def pytest_collection() -> Iterator[object]:
    """Look for no garbage among the tests: neither while thousands are made, nor while they run."""
    gc.disable()
    try:
        return (yield)
    finally:
        gc.freeze()
        gc.set_threshold(OBJECTS_UNTIL_GC, 10, 10)
        gc.enable()


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Leave the long tests out; the long run takes those of random input too, with more of it."""
    if config.getoption("--long"):
        for item in items:
            if is_hypothesis_test(getattr(item, "obj", None)):
                item.add_marker(pytest.mark.long)
        return
    long = [item for item in items if item.get_closest_marker("long")]
    if long:
        config.stash[LEFT_OUT] = len(long)
        if hasattr(config, "workeroutput"):
            config.workeroutput["left_out"] = len(long)
        config.hook.pytest_deselected(items=long)
        items[:] = [item for item in items if not item.get_closest_marker("long")]


@pytest.hookimpl(optionalhook=True)  # pytest-xdist may be away
def pytest_testnodedown(node: Any) -> None:
    """Every process leaves the same tests out; the last line of the run tells how many."""
    node.config.stash[LEFT_OUT] = getattr(node, "workeroutput", {}).get("left_out", 0)


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_make_scheduler(config: pytest.Config, log: Any) -> Any:
    """Deal out tests by group without counting all that is done, each time."""
    from scheduling import Forgetful

    return Forgetful(config, log) if config.getoption("dist") == "loadgroup" else None


@pytest.hookimpl(wrapper=True)
def pytest_runtest_call(item: pytest.Item) -> Iterator[None]:
    """End a test that does not end."""
    usual = LONG_LIMIT if item.config.getoption("--long") else LIMIT
    with watched(item.nodeid, item.config.getoption("--cpu-limit") or usual):
        yield


def captures_folder() -> Path | None:
    """The folder of real captures, for tests that make a case of each file; None where there is none."""
    name = os.environ.get("CARDLIB_REAL_CAPTURES")
    folder = ROOT / name if name else None
    return folder if folder and folder.is_dir() else None


@pytest.fixture(scope="session")
def real_captures() -> Path:
    """The folder of real captures; the test is skipped where there is none."""
    folder = captures_folder()
    if folder is None:
        pytest.skip(NO_CAPTURES)
    return folder


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    """A browser without a window, for the tests of one file."""
    from explorer_pages import chromium

    with chromium() as browser:
        yield browser


@pytest.fixture
def open_page(browser: Browser) -> Iterator[Open]:
    """Opens pages of the explorer, which ask for nothing."""
    from explorer_pages import opening

    with opening(browser) as opened:
        yield opened


def pytest_sessionfinish(session: pytest.Session) -> None:
    """Fail a run in which something was skipped for a reason that is not on the list."""
    file = session.config.getoption("--allowed-skips")
    reporter = _reporter(session.config)
    if file is None or reporter is None:
        return
    listed = {
        line.strip() for line in file.read_text("utf-8").splitlines() if not line.startswith("#")
    }
    strange = sorted(set(_skips(reporter)) - listed)
    if strange:
        reporter.write_line("")
        for reason in strange:
            reporter.write_line(f"skipped for a reason that is not in {file}: {reason}", red=True)
        session.exitstatus = pytest.ExitCode.TESTS_FAILED


@pytest.hookimpl(trylast=True)
def pytest_unconfigure(config: pytest.Config) -> None:
    """The very last line of a run: `ran n, skipped m: reason x count`."""
    reporter = _reporter(config)
    if reporter is None or config.getoption("collectonly"):
        return
    ran = sum(
        len(reporter.stats.get(word, ())) for word in ("passed", "failed", "xfailed", "xpassed")
    )
    skips = _skips(reporter)
    reasons = "; ".join(f"{reason} x {count}" for reason, count in sorted(skips.items()))
    left_out = config.stash.get(LEFT_OUT, 0)
    if left_out:
        reporter.write_line(f"{left_out} tests are left to make long, and most of the random input")
    reporter.write_line(f"ran {ran}, skipped {skips.total()}" + (f": {reasons}" if reasons else ""))


def _reporter(config: pytest.Config) -> Any:
    """The reporter on the terminal; a process that only works for another one has none."""
    return (
        None
        if hasattr(config, "workerinput")
        else config.pluginmanager.get_plugin("terminalreporter")
    )


def _skips(reporter: Any) -> Counter[str]:
    """How often each reason was given; a file that every process skipped counts once."""
    reports = {
        (report.nodeid, str(report.longrepr[2])) for report in reporter.stats.get("skipped", ())
    }
    return Counter(reason.removeprefix("Skipped: ") for _, reason in reports)
