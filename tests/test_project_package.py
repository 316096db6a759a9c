# SPDX-License-Identifier: MIT
"""What is installed and what is handed out: requirements, exact versions, the version, the package."""

from __future__ import annotations

import re
import subprocess
import sys
import tomllib
import venv
from pathlib import Path

import pytest
import yaml
from test_project import tracked

import cardlib

ROOT = Path(__file__).resolve().parent.parent
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["project"]


def requirements(*extras: str) -> dict[str, str]:
    """Name and version bound of each requirement of those extras."""
    rows = [row for extra in extras for row in PROJECT["optional-dependencies"][extra]]
    return dict(split(row) for row in rows)


def split(row: str) -> tuple[str, str]:
    match = re.fullmatch(r"([A-Za-z0-9_.-]+)([<>=!~].*)?", row)
    assert match, row
    return match[1].lower(), match[2] or ""


def versions(rows: list[str]) -> list[tuple[str, str]]:
    """Name, in the one way in which names are compared, and version of rows like `Name==1.0`."""
    split_rows = [row.split("==") for row in rows]
    return [(re.sub(r"[-_.]+", "-", name).lower(), version) for name, version in split_rows]


def test_conda_environment_asks_for_the_same_as_the_project() -> None:
    environment = yaml.safe_load((ROOT / "environment.yml").read_text("utf-8"))
    rows = environment["dependencies"]
    assert environment["name"] == PROJECT["name"]
    assert environment["channels"] == ["conda-forge"]
    assert rows[-1] == {"pip": ["-e ."]}
    assert PROJECT["dependencies"] == []
    found = dict(split(row) for row in rows[:-1])
    assert found.pop("python") == PROJECT["requires-python"] + ",<3.14"
    assert found.pop("pip") == ""
    assert found == requirements("lab", "corpus", "reader")


def test_constraints_are_bare_versions_that_satisfy_nothing_twice() -> None:
    rows = (ROOT / "constraints.txt").read_text("utf-8").splitlines()
    assert all(re.fullmatch(r"[A-Za-z0-9_.-]+==[A-Za-z0-9_.!+]+", row) for row in rows)
    names = [name for name, _ in versions(rows)]
    assert len(names) == len(set(names))
    wanted = {
        re.sub(r"[-_.]+", "-", name) for name in requirements("lab", "corpus", "reader", "test")
    }
    assert wanted <= set(names)


def test_lock_has_the_versions_of_the_constraints_with_hashes() -> None:
    text = (ROOT / "requirements.lock").read_text("utf-8").replace("\\\n", " ")
    rows = [row for row in text.splitlines() if row.strip()]
    assert [row for row in rows if "--hash=sha256:" not in row] == []
    locked = versions([row.split()[0] for row in rows])
    assert requirements("lab", "corpus", "reader").keys() <= {name for name, _ in locked}
    constraints = (ROOT / "constraints.txt").read_text("utf-8").split()
    assert otherwise_constrained(locked, constraints) == []


@pytest.mark.parametrize(
    ("locked", "constraint", "expected"),
    [
        ("six==1.16.0", "six==1.17.0", [("six", "1.16.0")]),
        ("six==1.17", "six==1.17.0", [("six", "1.17")]),
        ("jupyter-builder==1.2.0", "Jupyter_Builder==1.3.0", [("jupyter-builder", "1.2.0")]),
        ("six==1.17.0", "six==1.17.0", []),
        ("jupyter-builder==1.3.0", "Jupyter_Builder==1.3.0", []),
        ("appnope==1.0.0", "six==1.17.0", []),
    ],
)
def test_another_version_than_the_constraint_is_seen(
    locked: str, constraint: str, expected: list[tuple[str, str]]
) -> None:
    assert otherwise_constrained(versions([locked]), [constraint]) == expected


def otherwise_constrained(
    locked: list[tuple[str, str]], constraints: list[str]
) -> list[tuple[str, str]]:
    """The rows whose version is not that of the constraint; what only another system needs has none."""
    expected = dict(versions(constraints))
    return [(name, version) for name, version in locked if expected.get(name, version) != version]


def test_package_has_every_file_of_the_library() -> None:
    setup = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["tool"]["setuptools"]
    package = ROOT / "cardlib"
    packed = {
        file for pattern in setup["package-data"]["cardlib"] for file in package.glob(pattern)
    }
    others = {file for file in tracked() if package in file.parents and file.suffix != ".py"}
    assert packed == others


@pytest.mark.long
@pytest.mark.parametrize("kind", ["wheel", "sdist"])
def test_package_installs_and_shows_a_capture(
    tmp_path: Path, kind: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("PYTHONPATH", raising=False)  # it may lead to the tree
    pytest.importorskip("build", reason="no build (make dist)")
    subprocess.run(
        [sys.executable, "-m", "build", f"--{kind}", "--outdir", tmp_path, ROOT],
        check=True,
        capture_output=True,
    )
    [package] = tmp_path.iterdir()
    venv.create(tmp_path / "env", with_pip=True)
    programs = tmp_path / "env" / "bin"
    subprocess.run([programs / "pip", "install", "--quiet", package], check=True)
    shown = subprocess.run(
        [programs / "cardlib", "show", "contactless_tap.card.jsonl"],
        cwd=ROOT / "traces",
        check=True,
        capture_output=True,
        text=True,
    ).stdout
    assert "8 exchanges in 1 session" in shown and "9.90 EUR" in shown


def test_version_is_the_same_everywhere() -> None:
    citation = yaml.safe_load((ROOT / "CITATION.cff").read_text("utf-8"))
    assert citation["version"] == PROJECT["version"] == cardlib.__version__
    assert f"## {PROJECT['version']}" in (ROOT / "CHANGELOG.md").read_text("utf-8")
