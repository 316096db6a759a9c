# SPDX-License-Identifier: MIT
"""What `check`, with reading, takes beside `stream` of the same file, up to a hundred thousand exchanges.

Equal first: as many exchanges in both.
"""

from __future__ import annotations

import tempfile
from pathlib import Path

import harness

from cardlib.core.model import Exchange
from cardlib.road.pipeline import read, stream
from cardlib.rules import RULES, check

ROOT = Path(__file__).resolve().parent.parent
TRACE = ROOT / "traces" / "contact_purchase.card.jsonl"
SIZES = (100, 1_000, 10_000, 100_000)


def repeated(count: int, folder: Path) -> Path:
    """A log of so many exchanges: purchases with one card, each with a cryptogram of its own."""
    pairs = [_hex(exchange) for exchange in read(TRACE).exchanges]
    rows = []
    for place in range(count):
        purchase, step = divmod(place, len(pairs))
        command, answer = pairs[step]
        rows += [f"> {command}", f"< {_with_cryptogram(answer, purchase)}"]
    file = folder / f"{count}.txt"
    file.write_text("\n".join(rows) + "\n", "utf-8")
    return file


def _hex(exchange: Exchange) -> tuple[str, str]:
    assert exchange.command and exchange.response
    return exchange.command.raw.hex().upper(), exchange.response.raw.hex().upper()


def _with_cryptogram(answer: str, purchase: int) -> str:
    """An answer whose cryptogram, if it has one, ends in this number."""
    start = answer.find("9F2608")
    if start < 0:
        return answer
    stop = start + len("9F2608") + 16
    return f"{answer[: stop - 4]}{purchase & 0xFFFF:04X}{answer[stop:]}"


def streamed(file: Path) -> int:
    return sum(isinstance(item, Exchange) for item in stream(file))


def checked(file: Path) -> int:
    capture = read(file)
    check([capture], RULES)
    return len(capture.exchanges)


def main() -> None:
    options = harness.options(__doc__ or "", SIZES[-1], 1)
    harness.begin("check beside stream, the same file in the same run")
    with tempfile.TemporaryDirectory() as folder:
        for count in SIZES:
            if count > options.count:
                continue
            file = repeated(count, Path(folder))
            exchanges = streamed(file)
            assert exchanges == count
            if not options.rounds:
                assert checked(file) == exchanges
                print(f"  equal: {exchanges} exchanges")
                continue
            jobs = {"stream": lambda f=file: streamed(f), "check": lambda f=file: checked(f)}
            times = harness.alternate(options.rounds, jobs)
            both = {name: result.medians[1] for name, result in times.items()}
            each = {name: f"{1e6 * seconds / exchanges:.0f} us" for name, seconds in both.items()}
            ratio = both["check"] / both["stream"]
            print(
                f"  {exchanges:7} exchanges: {each} an exchange, check takes {ratio:.1f} x stream"
            )


if __name__ == "__main__":
    main()
