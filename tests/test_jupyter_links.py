# SPDX-License-Identifier: MIT
"""The links of the notebooks open in JupyterLab: its root is the project, not the folder of the notebooks."""

from __future__ import annotations

import json
import os
import re
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.parse
import urllib.request
from pathlib import Path, PurePosixPath

import pytest

ROOT = Path(__file__).resolve().parent.parent
NOTEBOOKS = sorted((ROOT / "notebooks").glob("*.ipynb"))
FLAG = "--ServerApp.root_dir="


def targets() -> set[str]:
    """The files and folders of the project that prose of a notebook leads to, as paths from its root."""
    paths = set()
    for notebook in NOTEBOOKS:
        for cell in json.loads(notebook.read_text("utf-8"))["cells"]:
            if cell["cell_type"] == "markdown":
                for link in re.findall(r"\]\(([^)\s#]+)[^)\s]*\)", "".join(cell["source"])):
                    if "://" not in link:
                        path = os.path.normpath(PurePosixPath("notebooks", link))
                        paths.add(Path(path).as_posix())
    return paths


def test_the_links_stay_in_the_project() -> None:
    paths = targets()
    assert len(paths) > 10
    assert {path.split("/")[0] for path in paths} >= {"docs", "notebooks"}
    assert [path for path in paths if not (ROOT / path).exists()] == []


def test_jupyterlab_is_started_with_the_project_as_its_root() -> None:
    makefile = (ROOT / "Makefile").read_text("utf-8")
    lab = makefile.partition("\nlab:")[2].partition("\n\n")[0]
    assert f'{FLAG}"$(CURDIR)"' in lab
    commands = re.findall(r"^jupyter lab .*$", (ROOT / "README.md").read_text("utf-8"), re.M)
    assert commands and all(f"{FLAG}." in command for command in commands)


def _free_port() -> int:
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        port: int = listener.getsockname()[1]
        return port


@pytest.mark.long
def test_a_real_jupyterlab_opens_every_link() -> None:
    """As `make lab` starts it, without a browser: each link is a file that the server gives."""
    base = f"http://127.0.0.1:{_free_port()}/"
    port = urllib.parse.urlsplit(base).port
    command = [sys.executable, "-m", "jupyterlab", "--no-browser", "--allow-root"]
    command += [f"--port={port}", "--IdentityProvider.token=", f"{FLAG}{ROOT}"]
    server = subprocess.Popen(
        [*command, "notebooks/00_start_here.ipynb"],
        cwd=ROOT,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    try:
        for path in sorted(targets() | {"traces"}):
            url = f"{base}api/contents/{urllib.parse.quote(path)}?content=0"
            assert json.loads(_answer(url))["path"] == path
    finally:
        server.terminate()
        server.wait(30)


def _answer(url: str) -> bytes:
    """What the server answers; it may still be starting."""
    for _ in range(600):
        try:
            with urllib.request.urlopen(url, timeout=30) as answer:  # noqa: S310 - our own server
                content: bytes = answer.read()
                return content
        except urllib.error.HTTPError:
            raise
        except OSError:
            time.sleep(0.1)
    pytest.fail("JupyterLab did not start")
