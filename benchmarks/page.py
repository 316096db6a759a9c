# SPDX-License-Identifier: MIT
"""A page that decodes in the browser, as one file in a folder: `python benchmarks/page.py FOLDER`.

Python for browsers (Pyodide, MPL-2.0) is a package of npm, which `npm` brings once; it is checked and never committed.
The page loads nothing, so that it works where it lies: on a server of files, on a USB stick, in a folder.
"""

from __future__ import annotations

import gzip
import hashlib
import io
import shutil
import subprocess
import sys
import tarfile
import zipfile
from collections.abc import Iterator
from pathlib import Path
from string import Template

from cardlib.show.explorer.front import strict_script, style
from cardlib.show.explorer.page import part, source_hash

ROOT = Path(__file__).resolve().parent.parent
FILES = Path(__file__).resolve().parent / "page_files"
KEPT = ROOT / ".pyodide"
VERSION = "314.0.7"
SHA256 = "66b7949e5a0cba2250b586d7e368bf12fb482800748d182c4618254b685ffaa0"
# What runs in a browser, of the package; and what says whose it is.
CORE = (
    "pyodide.mjs",
    "pyodide.asm.mjs",
    "pyodide.asm.wasm",
    "python_stdlib.zip",
    "pyodide-lock.json",
)
ORIGIN = ("package.json", "README.md")
# The one script and the one style sheet may run, Python, and what the page makes of its own parts; nothing may load.
POLICY = (
    "default-src 'none'; script-src '{script}' 'wasm-unsafe-eval' blob:; style-src '{style}'; "
    "worker-src blob:; base-uri 'none'; form-action 'none'"
)
LEFT_OUT = ("cli", "live", "plots", "front")  # folders that no decoding needs
LONG_AGO = (1980, 1, 1, 0, 0, 0)  # equal sources make an equal archive


def package() -> Path:
    """The package from npm, fetched once."""
    path = KEPT / f"pyodide-{VERSION}.tgz"
    if not path.exists():
        npm = shutil.which("npm")
        if npm is None:
            raise SystemExit("npm is missing, which brings Pyodide: apt install npm")
        KEPT.mkdir(exist_ok=True)
        command = [npm, "pack", f"pyodide@{VERSION}", "--silent", "--pack-destination", str(KEPT)]
        if subprocess.run(command, stdout=subprocess.DEVNULL).returncode:
            raise SystemExit(f"npm could not bring pyodide {VERSION}")
    if hashlib.sha256(path.read_bytes()).hexdigest() != SHA256:
        path.unlink()
        raise SystemExit(f"pyodide {VERSION} is not what it was: its check sum is another one")
    return path


def files_of(package: Path, names: tuple[str, ...]) -> dict[str, bytes]:
    """The contents of some files of the package."""
    contents = {}
    with tarfile.open(package) as archive:
        for name in names:
            member = archive.extractfile(f"package/{name}")
            assert member is not None, name
            contents[name] = member.read()
    return contents


def sources() -> Iterator[Path]:
    """The files of the library that decoding needs."""
    for path in sorted((ROOT / "cardlib").rglob("*")):
        parts = path.relative_to(ROOT).parts
        if path.suffix in (".py", ".toml") and not set(parts) & set(LEFT_OUT):
            yield path
    yield ROOT / "LICENSE"


def library() -> bytes:
    """The library as an archive that Python imports from."""
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as archive:
        for source in sources():
            entry = zipfile.ZipInfo(source.relative_to(ROOT).as_posix(), LONG_AGO)
            entry.compress_type = zipfile.ZIP_DEFLATED
            archive.writestr(entry, source.read_bytes())
    return file.getvalue()


def page_of(contents: dict[str, bytes]) -> str:
    """The page, with these files in it, each compressed."""
    code, sheet = strict_script("browser_host"), style()
    parts = [part(name, gzip.compress(data, mtime=0)) for name, data in contents.items()]
    return Template((FILES / "index.html").read_text("utf-8")).substitute(
        policy=POLICY.format(script=source_hash(code), style=source_hash(sheet)),
        style=sheet,
        script=code,
        parts="".join(parts),
    )


def build(folder: Path) -> None:
    """Write the page into a folder, over what is there, and beside it whose Python it is."""
    pyodide = package()
    worker = (FILES / "worker.js").read_bytes()
    core = files_of(pyodide, CORE)
    contents = {"worker.js": worker, **core, "cardlib.zip": library()}
    (folder / "pyodide").mkdir(parents=True, exist_ok=True)
    for name, data in files_of(pyodide, ORIGIN).items():
        (folder / "pyodide" / name).write_bytes(data)
    shutil.copyfile(ROOT / "LICENSE", folder / "LICENSE")
    (folder / "index.html").write_text(page_of(contents), "utf-8")


def main() -> None:
    folder = Path(sys.argv[1] if len(sys.argv) > 1 else "page")
    build(folder)
    size = sum(file.stat().st_size for file in folder.rglob("*") if file.is_file())
    print(f"{size / 1e6:.1f} MB written to {folder}; open {folder / 'index.html'} in a browser")


if __name__ == "__main__":
    main()
