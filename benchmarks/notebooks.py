"""How long each notebook takes, and how much memory: the promise is 90 s and 1.5 GB.

``python -m benchmarks.notebooks [--data mnist|digits] [--write] [FILES]``

Each notebook is executed whole, in a process and a kernel of its own, and is not written back.
Seconds: from starting the process to its end. Peak MB: the largest sum of the memory of the kernel
and its children, looked at three times a second; what they share counts once where the system
tells. ``--data digits`` takes the network and the cache away, so that the package falls back on the
digits it carries.
"""

from __future__ import annotations

import argparse
import os
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import NamedTuple

import psutil

from vae_tutorial.data._files import atomic_write

SECONDS_LIMIT = 90
MEGABYTES_LIMIT = 1536
PAUSE = 0.3  # seconds between two looks at the memory
PAGE = Path("pages", "measurements.md")
BEGIN, END = "<!-- notebooks: measured -->", "<!-- /notebooks: measured -->"

# What the processes run: the notebook is read, executed in memory, and dropped.
EXECUTE = """
import sys, pathlib, nbformat, nbclient
path = pathlib.Path(sys.argv[1])
resources = {"metadata": {"path": str(path.parent)}}
notebook = nbformat.read(path, 4)
nbclient.NotebookClient(
    notebook, timeout=600, kernel_name="python3", resources=resources
).execute()
"""
SOURCE = "from vae_tutorial.data import load_images; print(load_images('mnist').source)"


class Measured(NamedTuple):
    """What one execution cost."""

    name: str
    seconds: float
    megabytes: float
    error: str  # empty if every cell ran

    @property
    def verdict(self) -> str:
        """``ok``, or what broke the promise."""
        if self.error:
            return "FAILED"
        slow = self.seconds > SECONDS_LIMIT
        big = self.megabytes > MEGABYTES_LIMIT
        return " and ".join(["TOO SLOW"] * slow + ["TOO BIG"] * big) or "ok"


def surroundings(data: str, empty: Path | str) -> dict[str, str]:
    """The environment variables to run in: as they are, or without network and cache."""
    variables = dict(os.environ)
    if data == "digits":
        variables.pop("VAE_TUTORIAL_DATA", None)
        variables["XDG_CACHE_HOME"] = str(empty)
        for name in ("http_proxy", "https_proxy", "HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY"):
            variables[name] = "http://127.0.0.1:9"  # nobody listens there
        variables["NO_PROXY"] = variables["no_proxy"] = "127.0.0.1,localhost"
    return variables


def data_source(variables: dict[str, str]) -> str:
    """Where ``load_images("mnist")`` finds its images in these surroundings."""
    command = [sys.executable, "-c", SOURCE]
    done = subprocess.run(command, env=variables, stdout=subprocess.PIPE, text=True, check=True)
    return done.stdout.split()[-1]


def kernel_megabytes(process: psutil.Process) -> float:
    """Memory of all that the process has started, without the process itself.

    Where the system tells (Linux) what several processes share counts once, as it does against a
    container's limit: notebook 04 runs a second TensorFlow, whose code is in memory already.
    """
    total = 0
    try:
        for child in process.children(recursive=True):
            try:
                memory = child.memory_full_info()
                total += getattr(memory, "pss", memory.rss)
            except (psutil.NoSuchProcess, psutil.AccessDenied):
                continue  # ended since the list was made
    except psutil.NoSuchProcess:
        return 0.0
    return total / 2**20


def last_line(text: str) -> str:
    """The last line that says something: of a traceback, the error."""
    lines = [line for line in text.splitlines() if line.strip()]
    return lines[-1] if lines else "no message"


def measure(path: Path, variables: dict[str, str]) -> Measured:
    """Executes one notebook and measures it."""
    before = path.read_bytes()
    with tempfile.TemporaryFile("w+", encoding="utf-8") as messages:
        start = time.perf_counter()
        process = subprocess.Popen(
            [sys.executable, "-c", EXECUTE, str(path.resolve())],
            env=variables,
            stdout=subprocess.DEVNULL,
            stderr=messages,
        )
        watched, peak = psutil.Process(process.pid), 0.0
        while process.poll() is None:
            peak = max(peak, kernel_megabytes(watched))
            time.sleep(PAUSE)
        seconds = time.perf_counter() - start
        messages.seek(0)
        error = last_line(messages.read()) if process.returncode else ""
    if path.read_bytes() != before:
        raise RuntimeError(f"{path}: expected to stay as it was, but running it changed the file")
    return Measured(path.name, seconds, peak, error)


def table(results: list[Measured]) -> str:
    """The results as a Markdown table, with the machine's size above it."""
    rows = [f"Measured on MNIST with {os.cpu_count()} cores.", ""]
    rows += ["| notebook | seconds | peak MB |", "|---|---:|---:|"]
    rows += [f"| `{r.name}` | {r.seconds:.0f} | {r.megabytes:.0f} |" for r in results]
    return "\n".join(rows)


def with_table(page: str, text: str) -> str:
    """The page with new text between its two markers."""
    if page.count(BEGIN) != 1 or page.count(END) != 1 or page.find(BEGIN) > page.find(END):
        raise ValueError(f"{PAGE}: expected one {BEGIN} and, after it, one {END}")
    head, rest = page.split(BEGIN)
    return f"{head}{BEGIN}\n{text}\n{END}{rest.split(END)[1]}"


def main(arguments: list[str] | None = None) -> int:
    """Prints the table, line by line as it comes; 0 if every notebook keeps the promise."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("files", nargs="*", type=Path, metavar="FILES")
    parser.add_argument("--data", choices=("mnist", "digits"), default="mnist")
    parser.add_argument("--write", action="store_true", help="needs all the notebooks")
    options = parser.parse_args(arguments)
    files = options.files or sorted(Path("notebooks").glob("*.ipynb"))
    if not files:
        parser.error("FILES: expected notebooks, found none in notebooks/")
    if options.write and (options.files or options.data != "mnist"):
        parser.error("--write: expected all the notebooks on MNIST; leave FILES, --data out")

    with tempfile.TemporaryDirectory() as empty:
        variables = surroundings(options.data, empty)
        source = data_source(variables)
        if (options.data == "digits") != (source == "embedded"):
            hint = "go online, name a folder in VAE_TUTORIAL_DATA, or use --data digits"
            parser.error(f"--data {options.data}: the images come from: {source}; {hint}")
        print(f"images: {source}; {os.cpu_count()} cores", flush=True)
        results = []
        for path in files:
            results.append(r := measure(path, variables))
            cost = f"{r.seconds:5.0f} s {r.megabytes:6.0f} MB"
            print(f"{r.name:32} {cost}  {r.verdict} {r.error}", flush=True)

    kept = all(r.verdict == "ok" for r in results)
    total = sum(r.seconds for r in results)
    print(f"{'all':32} {total:5.0f} s  (limits: {SECONDS_LIMIT} s, {MEGABYTES_LIMIT} MB each)")
    if options.write and any(r.error for r in results):
        print(f"{PAGE} left as it is: a notebook failed")
    elif options.write:
        text = with_table(PAGE.read_text(encoding="utf-8"), table(results))
        with atomic_write(PAGE) as file:
            file.write(text.encode())
    return int(not kept)


if __name__ == "__main__":
    sys.exit(main())
