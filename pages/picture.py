"""``python -m pages.picture``: the README's moving picture, a playground that learns a ring.

Needs Chromium. Takes pictures of the widget in a browser, and writes ``pages/playground.gif``.
"""

import io
import tempfile
from pathlib import Path

from PIL import Image

from tests import browser
from vae_tutorial.widgets import Playground

OUT = Path(__file__).parent / "playground.gif"
STEPS = [1, 1, 2, 3, *[5] * 8, *[10] * 10, *[25] * 8, *[100] * 8]  # from one picture to the next
COLORS = 48


def main():
    """Train it in a browser, and watch."""
    with tempfile.TemporaryDirectory() as folder, browser.chromium() as chromium:
        path = Path(folder, "playground.html")
        Playground().save_html(path)
        page, _ = browser.open_page(chromium, viewport={"width": 1000, "height": 800})
        page.goto(path.as_uri())
        canvas = page.locator(".vae-explorer canvas").first
        canvas.wait_for()
        shots = [canvas.screenshot()]
        for count in STEPS:
            page.evaluate(f"document.querySelector('.vae-explorer').vae.train({count})")
            shots.append(canvas.screenshot())
    pictures = [Image.open(io.BytesIO(shot)).convert("RGB") for shot in shots]
    last = pictures[-1].quantize(COLORS)  # the one that has all colors
    pictures = [picture.quantize(palette=last, dither=0) for picture in pictures]
    durations = [1500, *[150] * (len(STEPS) - 1), 3000]
    first, *others = pictures
    first.save(OUT, save_all=True, append_images=others, duration=durations, loop=0, optimize=True)
    print(f"wrote {OUT.name}: {OUT.stat().st_size / 1e3:.0f} kB")


if __name__ == "__main__":
    main()
