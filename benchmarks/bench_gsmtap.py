# SPDX-License-Identifier: MIT
"""Five fields of every packet of a GSMTAP capture, by whole cold processes: cardlib.stream against tshark.

tshark dissects every layer and could print hundreds of fields; this is about the same five columns, not about more.
"""

from __future__ import annotations

import filecmp
import resource
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

import harness
import synthetic_sim

OURS = Path(__file__).resolve().parent / "gsmtap_fields.py"
NAMES = (
    "frame.number",
    "frame.time_epoch",
    "gsm_sim.apdu.cla.log_chan",
    "gsm_sim.apdu.ins",
    "gsm_sim.apdu.sw",
)
PEER = shutil.which("tshark")


def commands(capture: Path) -> dict[str, list[str]]:
    """The processes that are compared."""
    found = {"cardlib": [sys.executable, str(OURS), str(capture)]}
    if PEER:
        fields = [word for name in NAMES for word in ("-e", name)]
        found["tshark"] = [PEER, "-r", str(capture), "-T", "fields", *fields]
    return found


def lines(path: Path) -> int:
    with path.open("rb") as file:
        return sum(1 for _ in file)


def measured(
    folder: Path, count: int, rounds: int, only: str = ""
) -> tuple[dict[str, harness.Times], dict[str, int]]:
    """Equal output first; then the processes in turn. Times, and peak memory in KiB."""
    capture, expected, output = (
        folder / f"{count}.pcap",
        folder / f"{count}.txt",
        folder / "output.txt",
    )
    synthetic_sim.write(capture, expected, count)
    jobs = {name: command for name, command in commands(capture).items() if only in ("", name)}
    for name, command in jobs.items():
        harness.cold(command, output)
        assert filecmp.cmp(output, expected, shallow=False), (
            f"the output of {name} is not as expected"
        )
        print(
            f"  {name}: {lines(output)} lines of {output.stat().st_size} bytes, byte for byte as expected"
        )
    times, peaks = {name: harness.Times() for name in jobs}, dict.fromkeys(jobs, 0)
    for _ in range(rounds):
        for name, command in jobs.items():
            wall, user, peak = harness.cold(command, output)
            times[name].add(wall, user)
            peaks[name] = max(peaks[name], peak)
    return times, peaks


def main() -> None:
    given = harness.options(__doc__ or "", count=100_000, rounds=5)
    told = (
        subprocess.run([PEER, "--version"], capture_output=True, text=True).stdout if PEER else ""
    )
    harness.begin(
        f"GSMTAP to text: cardlib.stream against {told.splitlines()[0] if told else 'tshark (not installed)'}"
    )
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        times, peaks = measured(folder, given.count, given.rounds)
        if not given.rounds:
            return
        for peer, own in times.items():
            harness.show(
                peer,
                own,
                f"{given.count / own.medians[0] / 1e3:.0f} k packets/s, {peaks[peer] / 1024:.0f} MiB",
            )
        if PEER:
            harness.ratio("cardlib / tshark", times["cardlib"], times["tshark"], "aim at most 0.8")
        more, peak = measured(folder, 10 * given.count, min(given.rounds, 3), "cardlib")
        work = f"{10 * given.count} packets, {peak['cardlib'] / 1024:.0f} MiB"
        harness.show("cardlib, ten times the packets", more["cardlib"], work)
        harness.ratio(
            "ten times the packets / one time", more["cardlib"], times["cardlib"], "aim at most 12"
        )
    own = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    print(
        f"  this process itself: {own / 1024:.0f} MiB, so no peak above can be below that; aim at most 40"
    )


if __name__ == "__main__":
    main()
