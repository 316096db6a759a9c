# SPDX-License-Identifier: MIT
"""Run notebooks afresh and keep their outputs: `python notebooks/build.py [NAME ...]`, all of them if none is named.

Every notebook runs in a new kernel, in this folder. What would differ from run to run is left out, so that two runs
write the same bytes. A picture keeps, beside its image, the numbers that its Axes hold: tests compare these.
Cells with the tag `volatile` show a live card or its times: they are run, and their outputs are not compared.
"""

from __future__ import annotations

import os
import re
import sys
import time
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any

HERE = Path(__file__).resolve().parent
MAX_SIZE = 300_000
SECONDS = 120
KEPT = ("minutes", "needs")
VOLATILE = "volatile"
WIDGET = "application/vnd.jupyter.widget-view+json"
_IMAGE = re.compile(r"(data:image/png;base64,)[A-Za-z0-9+/=]+")


def notebooks(names: Iterable[str] = ()) -> list[Path]:
    """The notebooks of this folder, in order; only those whose name begins with one of `names`, if there are any."""
    wanted = tuple(Path(name).stem for name in names)
    found = [path for path in sorted(HERE.glob("[0-9][0-9]_*.ipynb")) if not wanted or path.stem.startswith(wanted)]
    if not found:
        raise SystemExit(f"no notebook begins with {' or '.join(wanted)}")
    return found


def run(path: Path, done: Callable[[], object] = lambda: None, manager: type[Any] | None = None) -> Any:
    """A notebook with the outputs of a fresh kernel; `done` is called after each cell.

    `manager` is the class that starts the kernel, where that of Jupyter shall not.
    """
    import nbformat
    from nbclient import NotebookClient

    book = nbformat.read(path, as_version=4)  # type: ignore[no-untyped-call]
    path_list = os.pathsep.join(filter(None, (str(path.parent.parent), os.environ.get("PYTHONPATH"))))
    chosen = {"kernel_manager_class": manager} if manager else {}
    client: Any = NotebookClient(
        *(book, None),
        **chosen,
        kernel_name="python3",
        timeout=SECONDS,
        record_timing=False,
        extra_arguments=["--IPKernelApp.log_level=ERROR"],
        resources={"metadata": {"path": str(path.parent)}},
        on_notebook_start=lambda notebook: _watch(client),
        on_cell_executed=lambda cell, cell_index, execute_reply: done(),
    )
    return normal(client.execute(env={**os.environ, "PYTHONPATH": path_list, "COURSE_PROGRESS": "off"}))


def _watch(client: Any) -> None:
    """Before the first cell, and without counting: pictures tell the numbers that they show."""
    client.kc.execute("import build; build.watch_pictures(); del build", silent=True)


def normal(book: Any) -> Any:
    """Without what depends on the machine or the moment."""
    kept = {key: book.metadata[key] for key in KEPT if key in book.metadata}
    book.metadata = {
        "kernelspec": {"display_name": "Python 3", "language": "python", "name": "python3"},
        "language_info": {"name": "python"},
        **kept,
    }
    for number, cell in enumerate(book.cells, 1):
        cell.id = f"cell-{number:02d}"
        cell.metadata = {key: cell.metadata[key] for key in ("tags", "jupyter") if key in cell.metadata}
        if cell.cell_type == "code":
            cell.outputs = _joined(cell.outputs)
            _without_widgets(cell.outputs)
            if volatile(cell):
                _without_places(cell.outputs)
    return book


def volatile(cell: Any) -> bool:
    """Whether the outputs of a cell may differ from run to run."""
    return VOLATILE in cell.metadata.get("tags", [])


def _without_places(outputs: list[Any]) -> None:
    """What is printed names no place of this machine: the project's folder is .. from here."""
    for output in outputs:
        if output.output_type == "stream":
            output.text = output.text.replace(str(HERE.parent), "..")


def _without_widgets(outputs: list[Any]) -> None:
    """A widget works while its kernel runs; what is stored beside it stays, for whoever only reads."""
    for output in outputs:
        if "data" in output:
            output.data.pop(WIDGET, None)


def _joined(outputs: list[Any]) -> list[Any]:
    """What a cell printed, in one piece a stream; of an error only its last line, the others name places on a disk."""
    found: list[Any] = []
    for output in outputs:
        if output.output_type == "error":
            output.traceback = output.traceback[-1:]
        last = found[-1] if found else None
        if last is not None and output.output_type == last.output_type == "stream" and output.name == last.name:
            last.text += output.text
        else:
            found.append(output)
    return found


def texts(cell: Any) -> list[tuple[str, str]]:
    """What a code cell shows, as text: (kind, text); an image counts by its alt sentence, not by its bytes."""
    found = []
    for output in cell.outputs:
        if output.output_type == "stream":
            found.append((output.name, output.text))
        elif output.output_type == "error":
            found.append(("error", f"{output.ename}: {output.evalue}"))
        else:
            found += [(kind, _IMAGE.sub(r"\1", str(text))) for kind, text in sorted(output.data.items())]
    return found


def drawn(cell: Any) -> list[Any]:
    """The numbers of the pictures of a code cell."""
    return [output.metadata["axes"] for output in cell.outputs if "axes" in output.get("metadata", {})]


# ---------------------------------------------------------------- in the kernel


def watch_pictures() -> None:
    """From now on, a picture's output holds the numbers of its Axes too."""
    from cardlib.show import plots

    made = plots.picture

    def picture(ax: Any) -> plots.Picture:
        numbers = axes_data(ax)
        shown = made(ax)
        shown.numbers = numbers  # type: ignore[attr-defined]
        return shown

    def bundle(self: Any, include: object = None, exclude: object = None) -> tuple[dict[str, str], dict[str, Any]]:
        return {"text/plain": repr(self), "text/html": self._repr_html_()}, {"axes": self.numbers}

    plots.picture = picture
    plots.Picture._repr_mimebundle_ = bundle  # type: ignore[attr-defined]


def axes_data(ax: Any) -> dict[str, Any]:
    """What Axes hold: bars and boxes as x, y, width, height; lines as points; all words but the numbers of a scale."""
    boxes = [[*patch.get_xy(), patch.get_width(), patch.get_height()] for patch in ax.patches]
    lines = [[list(point) for point in zip(*line.get_data(), strict=True)] for line in ax.lines]
    legend = ax.get_legend()
    return {
        "title": ax.get_title(),
        "x": ax.get_xlabel(),
        "rows": [label.get_text() for label in ax.get_yticklabels()],
        "legend": [text.get_text() for text in legend.get_texts()] if legend else [],
        "words": "".join(text.get_text() for text in ax.texts),
        "boxes": _rounded(boxes),
        "lines": _rounded(lines),
    }


def _rounded(numbers: Any) -> Any:
    return [_rounded(n) for n in numbers] if isinstance(numbers, list) else round(float(numbers), 4)


def main(names: list[str]) -> int:
    """Run, write, and say how long each took and how large it is."""
    import nbformat
    from tqdm import tqdm

    failed = 0
    paths = notebooks(names)
    cells = sum(len(nbformat.read(path, as_version=4).cells) for path in paths)  # type: ignore[no-untyped-call]
    with tqdm(total=cells, unit="cell", disable=None) as bar:
        for path in paths:
            bar.set_description(path.stem)
            began = time.perf_counter()
            book = run(path, bar.update)
            text = nbformat.writes(book) + "\n"  # type: ignore[no-untyped-call]
            path.write_text(text, encoding="utf-8", newline="\n")
            large = len(text) > MAX_SIZE
            failed += large
            took = time.perf_counter() - began
            tqdm.write(f"{path.name:36} {took:5.1f} s {len(text) / 1000:6.1f} kB{' TOO LARGE' if large else ''}")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
