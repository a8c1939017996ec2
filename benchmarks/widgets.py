"""How fast the widgets answer, and whether they grow: a hand on a slider should see no delay.

``python -m benchmarks.widgets``

In this process: for each widget 1,000 random settings, with the extremes among them; the time of
``set``, that is to draw the image, pack it, and hand it over; and how much larger the process is
afterwards. In a browser, where there is one, on the classroom page: from the key press on a slider
to the new image, 30 times for each widget; for the pad, from the end of a stroke.
"""

from __future__ import annotations

import ast
import gc
import re
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

import nbformat
import numpy as np
import psutil

from tests import browser
from vae_tutorial import widgets
from vae_tutorial.models import Memory
from vae_tutorial.widgets.explorer import Explorer
from vae_tutorial.widgets.strokes import Strokes

PLAY = Path(__file__).resolve().parent.parent / "play" / "pictures_to_touch.ipynb"
SETTINGS, WARM_UP, PRESSES = 1000, 50, 30
ONE_LIMIT, BOARD_LIMIT = 16, 50  # ms to draw one image (60 in a second), or a board of many
GROWTH_LIMIT = 50  # MB over all the settings of one widget; a leak of images takes more
BROWSER_LIMIT = 150  # ms; what takes less seems immediate
BOARDS = {"code_map_explorer", "dataset_browser", "digit_pad", "epoch_scrubber", "latent_sizes"}

# The time of the last key, and a promise of the time from there to the next image.
WATCH = """x => {
    const image = x.querySelector("img");
    let pressed = 0;
    document.addEventListener("keydown", () => (pressed = performance.now()), true);
    window.nextImage = () => {
        window.waited = new Promise((done, failed) => {
            image.addEventListener("load", () => done(performance.now() - pressed), { once: true });
            setTimeout(() => failed(new Error("no new image in 10 s")), 10000);
        });
    };
}"""


class Measured(NamedTuple):
    """What the settings of one widget cost: milliseconds, and MB that the process grew by."""

    median: float
    late: float  # the 95th percentile
    worst: float
    growth: float


def play_cells() -> list[str]:
    """The code of the classroom page."""
    cells = nbformat.read(PLAY, as_version=4).cells
    return [cell.source for cell in cells if cell.cell_type == "code"]


def play_widgets() -> dict[str, Explorer]:
    """The widgets of the classroom page, by their builder's name, in their order."""
    found, names = {}, {}
    for source in play_cells():
        *before, last = ast.parse(source).body
        exec(compile(ast.Module(before, []), PLAY.name, "exec"), names)
        if not isinstance(last, ast.Expr):
            exec(compile(ast.Module([last], []), PLAY.name, "exec"), names)
            continue
        built = eval(compile(ast.Expression(last.value), PLAY.name, "eval"), names)
        if isinstance(built, Explorer):
            found[last.value.func.attr] = built
    return found


def other_widgets() -> dict[str, Explorer]:
    """Those that the page doesn't show, around a network that was never trained."""
    rng, memory = np.random.default_rng(0), Memory(4, (64, 64, 3))
    snapshots = {step: rng.random((1, 64, 64, 3), np.float32) for step in range(0, 210, 10)}
    digits = rng.integers(0, 256, (10, 28, 28), np.uint8)
    copies = {10 * i: rng.random((10, 28, 28, 1), np.float32) for i in range(10)}
    return {
        "training_scrubber": widgets.training_scrubber(snapshots, rng.random((64, 64, 3))),
        "input_scale": widgets.input_scale(memory),
        "mixing_board": widgets.mixing_board(memory, ["cat", "dog", "apple", "banana"]),
        "code_sliders": widgets.code_sliders(memory, np.zeros(4)),
        "epoch_scrubber": widgets.epoch_scrubber(copies, digits, 10),
    }


def drawn(rng: np.random.Generator) -> list[list[list[float]]]:
    """One to four strokes, as a hand draws them: each point is near the one before."""
    strokes = []
    for _ in range(rng.integers(1, 5)):
        way = rng.random(2) + rng.normal(scale=0.03, size=(rng.integers(1, 60), 2)).cumsum(axis=0)
        strokes.append(np.clip(way, 0, 1).round(4).tolist())
    return strokes


def settings(widget: Explorer, count: int) -> Iterator[dict]:
    """Random states of the widget, after those with every control at one of its ends."""
    rng = np.random.default_rng(0)
    ends = {
        name: ([], [[[0.0, 0.0], [1.0, 1.0]]] * 100) if isinstance(values, Strokes) else values
        for name, values in widget.values.items()
    }
    for end in (0, -1):
        yield {name: values[end] for name, values in ends.items()}
    for _ in range(count - 2):
        yield {
            name: drawn(rng) if isinstance(values, Strokes) else values[rng.integers(len(values))]
            for name, values in widget.values.items()
        }


def measure(widget: Explorer) -> Measured:
    """Sets the widget to one state after the other."""
    for state in settings(widget, WARM_UP):
        widget.set(**state)
    gc.collect()
    process = psutil.Process()
    before, times = process.memory_full_info().uss, []
    for state in settings(widget, SETTINGS):
        start = time.perf_counter()
        widget.set(**state)
        times.append(1000 * (time.perf_counter() - start))
    gc.collect()
    growth = (process.memory_full_info().uss - before) / 1e6
    return Measured(np.median(times), np.percentile(times, 95), max(times), growth)


def waits(explorer) -> list[float]:
    """Milliseconds from key press to new picture, as the page's own clock tells."""
    page, control = explorer.page, browser.controls(explorer)[0]
    explorer.evaluate(WATCH)
    found, pad = [], control.kind == "pad"
    keys = [" "] if pad else ["ArrowRight", "ArrowLeft"][:: browser.inwards(control)]
    for i in range(PRESSES):
        control.slider.focus()
        if pad:
            for before in (" ", "ArrowDown" if i % 2 else "ArrowUp"):
                page.keyboard.press(before)
        page.evaluate("nextImage()")
        page.keyboard.press(keys[i % len(keys)])
        found.append(page.evaluate("waited"))
        before = browser.settle(explorer)
        if pad:  # else the strokes would soon cover each other, and change nothing
            explorer.get_by_role("button", name="Undo stroke").click()
            browser.wait_for_change(explorer, before)
    return found


def in_browser() -> dict[str, float]:
    """The median wait of each widget of the classroom page, by its builder's name."""
    names = re.findall(r"^widgets\.(\w+)\(", "\n".join(play_cells()), re.MULTILINE)
    with browser.chromium() as chromium, browser.voila(PLAY) as server:
        page, _ = browser.open_page(chromium)
        page.goto(f"{server.url}/?token={server.token}", timeout=120_000)
        found = browser.explorers(page, len(names), 120)
        return {name: np.median(waits(one)) for name, one in zip(names, found, strict=True)}


def main() -> int:
    """Prints the table; 0 if every widget keeps its limits."""
    late = []
    print(f"{SETTINGS:,} settings    median    95 %   worst   limit (of 95 %)   growth")
    for name, widget in (play_widgets() | other_widgets()).items():
        limit, found = BOARD_LIMIT if name in BOARDS else ONE_LIMIT, measure(widget)
        kept = found.late <= limit and found.growth <= GROWTH_LIMIT
        late += [] if kept else [name]
        print(
            f"{name:18} {found.median:5.1f} {found.late:7.1f} {found.worst:7.1f}   {limit:5d} ms"
            f"    {found.growth:12.1f} MB  {'ok' if kept else 'LIMIT EXCEEDED'}",
            flush=True,
        )
    if browser.find_browser() is None:
        print(browser.NO_BROWSER)
        return int(bool(late))
    print(f"\nkey press to image: median of {PRESSES}, limit {BROWSER_LIMIT} ms")
    for name, median in in_browser().items():
        kept = median <= BROWSER_LIMIT
        late += [] if kept else [name]
        print(f"{name:18} {median:5.1f} ms  {'ok' if kept else 'LIMIT EXCEEDED'}", flush=True)
    return int(bool(late))


if __name__ == "__main__":
    sys.exit(main())
