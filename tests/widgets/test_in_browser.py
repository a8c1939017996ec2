"""The classroom page in a real browser: every control works, and the images are Python's."""

import base64
import io
import re
from pathlib import Path
from typing import NamedTuple

import nbformat
import numpy as np
import pytest
from PIL import Image

from tests import browser
from vae_tutorial import widgets

if browser.find_browser() is None:
    pytest.skip(browser.NO_BROWSER, allow_module_level=True)

PLAY = Path(__file__).resolve().parents[2] / "play" / "pictures_to_touch.ipynb"
CELLS = nbformat.read(PLAY, as_version=4).cells
SOURCE = "\n".join(cell.source for cell in CELLS if cell.cell_type == "code")
NAMES = re.findall(r"^widgets\.(\w+)\(", SOURCE, re.MULTILINE)
PAGE_TIME = 120  # seconds that the page may take: its kernel imports TensorFlow, and encodes

# Digits as one writes them, each a list of strokes, these lists of (x, y) from the top left.
DIGITS = [
    [[(0.52, 0.15), (0.38, 0.22), (0.3, 0.42), (0.3, 0.62), (0.38, 0.8), (0.52, 0.85)]],
    [[(0.54, 0.15), (0.52, 0.4), (0.49, 0.65), (0.46, 0.86)]],
    [[(0.3, 0.3), (0.38, 0.18), (0.54, 0.15), (0.67, 0.25), (0.66, 0.42), (0.5, 0.62)]],
    [[(0.3, 0.2), (0.5, 0.14), (0.66, 0.24), (0.62, 0.4), (0.45, 0.48), (0.64, 0.55)]],
    [[(0.34, 0.15), (0.28, 0.5), (0.45, 0.52), (0.65, 0.48)], [(0.66, 0.18), (0.6, 0.88)]],
    [[(0.68, 0.16), (0.4, 0.17), (0.36, 0.45), (0.54, 0.44), (0.67, 0.57), (0.62, 0.77)]],
    [[(0.6, 0.14), (0.44, 0.3), (0.34, 0.55), (0.36, 0.77), (0.49, 0.86), (0.63, 0.77)]],
    [[(0.28, 0.22), (0.5, 0.2), (0.7, 0.19), (0.6, 0.45), (0.48, 0.86)]],
    [[(0.64, 0.26), (0.5, 0.15), (0.37, 0.26), (0.46, 0.44), (0.62, 0.63), (0.59, 0.8)]],
    [[(0.64, 0.32), (0.52, 0.44), (0.38, 0.4), (0.36, 0.24), (0.48, 0.14), (0.62, 0.2)]],
]
DIGITS[0][0] += [(0.66, 0.76), (0.72, 0.58), (0.7, 0.36), (0.62, 0.2), (0.52, 0.15)]
DIGITS[2][0] += [(0.28, 0.83), (0.5, 0.81), (0.72, 0.82)]
DIGITS[3][0] += [(0.7, 0.7), (0.55, 0.84), (0.3, 0.8)]
DIGITS[5][0] += [(0.46, 0.86), (0.28, 0.78)]
DIGITS[6][0] += [(0.62, 0.61), (0.49, 0.55), (0.36, 0.67)]
DIGITS[8][0] += [(0.46, 0.86), (0.35, 0.74), (0.44, 0.56), (0.6, 0.42), (0.64, 0.26)]
DIGITS[9][0] += [(0.64, 0.32), (0.61, 0.6), (0.55, 0.86)]


class Play(NamedTuple):
    """The classroom page."""

    server: browser.Server
    page: object  # Playwright's Page
    explorers: dict  # {builder's name: Locator of the widget}
    complaints: list  # what the console said, and is ours


@pytest.fixture(scope="module")
def chromium():
    """A browser."""
    with browser.chromium() as started:
        yield started


def open_play(chromium, server):
    """The classroom page, with all its widgets, on a screen that can be touched, too."""
    page, complaints = browser.open_page(chromium, has_touch=True)
    page.goto(f"{server.url}/?token={server.token}", timeout=1000 * PAGE_TIME)
    found = browser.explorers(page, len(NAMES), PAGE_TIME)
    return Play(server, page, dict(zip(NAMES, found, strict=True)), complaints)


@pytest.fixture(scope="module")
def play(chromium):
    """The classroom page, opened once: each opening starts a kernel."""
    with browser.voila(PLAY) as server:
        yield open_play(chromium, server)


def shown_image(explorer):
    """The image that the browser holds, decoded: uint8 array."""
    text = explorer.evaluate(
        """async x => {
            const answer = await fetch(x.querySelector("img").src);
            const bytes = new Uint8Array(await answer.arrayBuffer());
            return btoa(Array.from(bytes, x => String.fromCharCode(x)).join(""));
        }"""
    )
    return np.asarray(Image.open(io.BytesIO(base64.b64decode(text))))


def check_shown(explorer, widget):
    """Image and sentence are those that Python draws for what the number fields say."""
    _, said = browser.settle(explorer)
    typed = [float(control.field.input_value()) for control in browser.controls(explorer)]
    state = {
        name: min(values, key=lambda value, number=number: abs(value - number))
        for (name, values), number in zip(widget.values.items(), typed, strict=True)
    }
    drawn, sentence = widget.draw(**state)
    assert said == sentence
    assert np.array_equal(shown_image(explorer), drawn)


def test_the_page_shows_all_widgets_and_no_code(play):
    assert len(NAMES) >= 7 and play.page.locator(".vae-explorer:visible").count() == len(NAMES)
    text = play.page.inner_text("body")
    assert "What is a variational autoencoder?" in text
    assert not any(line in text for line in SOURCE.splitlines() if len(line) > 5)
    assert play.page.locator(".jp-CodeCell .jp-InputArea:visible, .jp-InputPrompt").count() == 0
    assert play.complaints == []


def test_without_the_token_there_is_nothing_to_see(play, chromium):
    for path in ("", "/api/kernels", "/api/kernels/any/channels"):
        assert browser.request(f"{play.server.url}{path}")[0] == 302  # to the login
    page, _ = browser.open_page(chromium)
    for query in ("", "?token=wrong"):
        page.goto(f"{play.server.url}/{query}")
        assert "/login" in page.url and page.locator(".jp-Cell, .vae-explorer").count() == 0
    page.context.close()


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize("move", [browser.by_keyboard, browser.by_mouse])
def test_every_control_works_by_keyboard_and_by_mouse(play, name, move):
    move(play.explorers[name])
    assert play.complaints == []


def test_all_controls_can_be_reached_by_the_tab_key(play):
    inputs = "input, select, canvas, button"
    count = play.page.locator(".vae-explorer").locator(inputs).count()
    play.explorers[NAMES[0]].locator(inputs).first.focus()
    seen, reached = play.page.evaluate_handle("new Set()"), 0
    note = "(s, x = document.activeElement) => (x.closest('.vae-explorer') && s.add(x), s.size)"
    for _ in range(count):
        reached = play.page.evaluate(f"s => ({note})(s)", seen)
        play.page.keyboard.press("Tab")
    assert reached == count


def python_widgets():
    """Two widgets of the page as Python has them: those that need no network."""
    line = widgets.noisy_line([2, 5, 6, 8.5], ["cat", "apple", "banana", "dog"])
    return {"noisy_line": line, "gaussian_dial": widgets.gaussian_dial()}


@pytest.mark.parametrize("name", python_widgets())
def test_the_image_is_the_one_that_python_draws(play, name):
    explorer, widget, rng = play.explorers[name], python_widgets()[name], np.random.default_rng(0)
    check_shown(explorer, widget)
    ends = (lambda values: values[0], lambda values: values[-1])
    for choose in (*[rng.choice] * 5, *ends):
        for control, values in zip(browser.controls(explorer), widget.values.values(), strict=True):
            browser.type_in(control, f"{choose(values)}")
        check_shown(explorer, widget)


@pytest.mark.parametrize("name", python_widgets())
def test_no_press_is_lost_however_fast_they_come(play, name):
    """And the last image is that of the last value."""
    explorer, widget = play.explorers[name], python_widgets()[name]
    for control in browser.controls(explorer):
        browser.type_in(control, "1")
        browser.settle(explorer)
        value, _, _, step = browser.position(control)
        browser.press(control, "ArrowRight", times=25)
        check_shown(explorer, widget)
        assert browser.position(control)[0] == pytest.approx(value + 25 * step, abs=step / 10)


@pytest.mark.parametrize("name", python_widgets())
def test_a_drag_ends_where_python_draws_it(play, name):
    browser.check_drag(play.explorers[name])
    check_shown(play.explorers[name], python_widgets()[name])


def test_what_is_typed_is_clamped_and_half_a_number_or_none_changes_nothing(play):
    explorer, widget = play.explorers["noisy_line"], python_widgets()["noisy_line"]
    noise = next(c for c in browser.controls(explorer) if c.label == "noise (stddev)")
    for text, expected in (("99", 4), ("-5", 0.01), ("1e9", 4), ("0.123", 0.12)):
        browser.type_in(noise, text)
        check_shown(explorer, widget)
        assert float(noise.field.input_value()) == browser.position(noise)[0] == expected
    before = browser.settle(explorer)
    browser.type_in(noise, "")
    assert browser.settle(explorer, rest=0.5) == before
    assert browser.position(noise)[0] == 0.12
    # While 2.5 is typed, nothing moves to 2.
    noise.field.focus()
    play.page.keyboard.press("Control+A")
    play.page.keyboard.type("2.")
    assert browser.settle(explorer, rest=0.5) == before
    play.page.keyboard.type("5")
    browser.check_move(explorer, lambda: play.page.keyboard.press("Tab"), "the rest, and Tab")
    assert browser.position(noise)[0] == 2.5


def touch(target, points):
    """Move one finger over a target: points (x, y) as fractions of its box."""
    points = [{"x": x, "y": y} for x, y in browser.pixels(target, points)]
    session = target.page.context.new_cdp_session(target.page)
    for i, point in enumerate(points):
        kind = "touchMove" if i else "touchStart"
        session.send("Input.dispatchTouchEvent", {"type": kind, "touchPoints": [point]})
    session.send("Input.dispatchTouchEvent", {"type": "touchEnd", "touchPoints": []})
    session.detach()


def test_a_finger_draws_on_the_pad_and_does_not_scroll_the_page(play):
    explorer = play.explorers["digit_pad"]
    canvas = explorer.locator("canvas")
    canvas.scroll_into_view_if_needed()
    # What a browser sends when it takes the finger's way for scrolling.
    count = "x => { x.taken = 0; x.addEventListener('pointercancel', () => (x.taken += 1)); }"
    canvas.evaluate(count)
    box = canvas.bounding_box()
    stroke = [(0.5, 0.8 - 0.05 * i) for i in range(12)]
    browser.check_move(explorer, lambda: touch(canvas, stroke), "a stroke by finger")
    assert canvas.evaluate("x => x.taken") == 0 and canvas.bounding_box() == box
    undo = explorer.get_by_role("button", name="Undo stroke")
    browser.check_move(explorer, undo.tap, "Undo stroke by finger")
    assert browser.shown(explorer)[1].startswith("Draw a digit")


def test_a_finger_drags_on_the_image(play):
    explorer = play.explorers["gaussian_dial"]
    browser.type_in(browser.controls(explorer)[0], "-2")
    path, image = [(0.3 + 0.02 * i, 0.5) for i in range(10)], explorer.locator("img")
    browser.check_move(explorer, lambda: touch(image, path), "a drag by finger")
    check_shown(explorer, python_widgets()["gaussian_dial"])


def test_nothing_overflows_a_narrow_screen(play):
    page, size = play.page, play.page.viewport_size
    edges = "x => [x, ...x.querySelectorAll('*')].map(x => x.getBoundingClientRect().right)"
    page.set_viewport_size({"width": 400, "height": 800})
    try:
        page.wait_for_timeout(300)
        assert page.evaluate("document.documentElement.scrollWidth") <= 400
        for name, explorer in play.explorers.items():
            assert max(explorer.evaluate(edges)) <= 400, name
        # And it works there as well.
        for name in ("gaussian_dial", "digit_pad"):
            browser.by_mouse(play.explorers[name])
    finally:
        page.set_viewport_size(size)


def check_accessible(page):
    """axe-core finds nothing serious, in the widgets, the text, or what Voila adds."""
    sync_playwright = pytest.importorskip("axe_playwright_python.sync_playwright")
    found = sync_playwright.Axe().run(page).response
    assert found["testEngine"]["name"] == "axe-core"
    bad = [rule for rule in found["violations"] if rule["impact"] in ("serious", "critical")]
    nodes = [(rule["id"], node) for rule in bad for node in rule["nodes"]]
    assert [f"{rule}: {node['html']}: {node['failureSummary']}" for rule, node in nodes] == []


def test_the_page_is_accessible(play):
    check_accessible(play.page)


def test_the_dark_page_is_accessible(chromium):
    with browser.voila(PLAY, "--theme=dark") as server:
        dark = open_play(chromium, server)
        background = dark.page.evaluate("getComputedStyle(document.body).backgroundColor")
        assert max(map(int, re.findall(r"\d+", background)[:3])) < 80
        check_accessible(dark.page)
        assert dark.complaints == []
        dark.page.context.close()


def test_the_copies_of_drawn_digits_are_those_digits(play):
    """Drawn with the mouse, through the page, the kernel and twenty numbers, and back."""
    from vae_tutorial.data import load_images
    from vae_tutorial.evaluation import class_probabilities, train_classifier

    explorer = play.explorers["digit_pad"]
    canvas, clear = explorer.locator("canvas"), explorer.get_by_role("button", name="Clear")
    copies = []
    for strokes in DIGITS:
        for stroke in strokes:
            browser.check_move(explorer, lambda s=stroke: browser.drag(canvas, s), "a stroke")
        browser.settle(explorer)
        copy = shown_image(explorer)[26 : 26 + 168, 610 : 610 + 168, 0]
        small = copy[::6, ::6]
        assert np.array_equal(small.repeat(6, axis=0).repeat(6, axis=1), copy)
        copies.append(small)
        browser.check_move(explorer, clear.click, "Clear")
    classifier = train_classifier(load_images("mnist"), steps=600)
    read = class_probabilities(classifier, np.stack(copies)).argmax(axis=1)
    assert (read == np.arange(10)).sum() >= 8, f"read as {read}"
    assert play.complaints == []
