"""How fast the widgets answer, how large they are on a page, and whether they grow in Python.

``python -m benchmarks.widgets``

In a browser, on the classroom page, where no kernel runs: from the input event on a control to the
painted picture, 200 times for each widget. The browser runs without waiting for its screen's next
refresh, which would add up to 17 ms to each. Then the size of each widget's page, written by
``save_html``. In this process: for each widget 1,000 random settings, and how much larger the
process is afterwards. The playground: how many steps it trains, and how soon it has learned a ring.
"""

from __future__ import annotations

import gc
import sys
import tempfile
from pathlib import Path

import numpy as np
import psutil

from play import pictures_to_touch as play
from tests import browser
from tests.widgets import test_playground
from tests.widgets.conftest import some_state
from vae_tutorial.data import load_images
from vae_tutorial.widgets.explorer import Explorer
from vae_tutorial.widgets.page import write_page
from vae_tutorial.widgets.playground import Playground

MOVES, SETTINGS = 200, 1000
MEDIAN_LIMIT, LATE_LIMIT = 8, 16  # ms, at the median and at the 95th percentile
GROWTH_LIMIT = 50  # MB
PAGE_LIMIT = 1.5  # MB
NO_WAITING = ["--disable-gpu-vsync", "--disable-frame-rate-limit"]

# Moves one control after the other, and tells the milliseconds from each event to the paint.
MEASURE = """async (el, moves) => {
    const inputs = [...el.querySelectorAll("input[type=range], .vae-toggle")];
    const pad = el.querySelector(".vae-pad canvas");
    const painted = () => new Promise((done) => requestAnimationFrame(() => {
        const { port1, port2 } = new MessageChannel();
        port1.onmessage = () => done(performance.now());
        port2.postMessage(0);
    }));
    const stroke = () => Array.from({ length: 20 }, (_, i) => [0.1 + 0.04 * i, Math.random()]);
    const times = [];
    for (let i = 0; i < moves; i++) {
        const input = inputs[i % inputs.length];
        const drawn = new Promise((done) => el.addEventListener("vae-drawn", done, { once: true }));
        let start = performance.now();
        if (pad) el.vae.set({ strokes: [stroke(), stroke()] });
        else if (input.matches("button")) input.click();
        else {
            const before = input.value;
            while (input.value === before && input.max !== input.min) {
                input.value = Number(input.min) + Math.random() * (input.max - input.min);
            }
            start = performance.now();
            input.dispatchEvent(new Event("input"));
        }
        await drawn;
        times.push((await painted()) - start);
    }
    return times;
}"""


def growth(widget: Explorer) -> float:
    """MB that this process grows by over a thousand settings."""
    process = psutil.Process()
    for i in range(SETTINGS + 50):
        if i == 50:
            gc.collect()
            before = process.memory_full_info().uss
        widget.set_state(some_state(widget))
    gc.collect()
    return (process.memory_full_info().uss - before) / 1e6


def in_browser(widgets: list[Explorer], folder: Path) -> list[np.ndarray]:
    """Milliseconds from event to paint, for each widget."""
    path = folder / "page.html"
    write_page(path, "all", widgets)
    with browser.chromium(NO_WAITING) as chromium:
        page, _ = browser.open_page(chromium)
        page.goto(path.as_uri())
        found = browser.explorers(page, len(widgets), 60)
        times = []
        for one in found:
            one.scroll_into_view_if_needed()
            times.append(np.array(one.evaluate(MEASURE, MOVES)))
        return times


def main() -> int:
    """Prints the table; 0 if every widget keeps its limits."""
    images = load_images("mnist")
    chapters = (play.first_notebooks, play.middle_notebooks, play.last_notebooks)
    parts = [part for chapter in chapters for part in chapter(images)]
    widgets = [p for p in parts if isinstance(p, Explorer) and not isinstance(p, Playground)]
    if browser.find_browser() is None:
        print(browser.NO_BROWSER)
        return 1
    missed = 0
    with tempfile.TemporaryDirectory() as folder:
        print(f"{MOVES} moves, {SETTINGS:,} settings: event to paint in ms")
        print(f"{'':17}   median    95 %     worst     page   growth")
        for widget, times in zip(widgets, in_browser(widgets, Path(folder)), strict=True):
            name = type(widget).__name__
            widget.save_html(Path(folder, "one.html"))
            size = Path(folder, "one.html").stat().st_size / 1e6
            grown = growth(widget)
            median, late = np.median(times), np.percentile(times, 95)
            kept = median <= MEDIAN_LIMIT and late <= LATE_LIMIT
            kept = kept and size <= PAGE_LIMIT and grown <= GROWTH_LIMIT
            missed += not kept
            print(
                f"{name:17} {median:8.1f} {late:7.1f} {times.max():9.1f} {size:8.2f} MB"
                f" {grown:8.1f} MB  {'ok' if kept else 'LIMIT EXCEEDED'}",
                flush=True,
            )
    test_playground.main()
    return int(missed > 0)


if __name__ == "__main__":
    sys.exit(main())
