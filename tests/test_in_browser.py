"""The classroom page in a real browser: every control works, and the pictures are Python's."""

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
from vae_tutorial.data import load_images
from vae_tutorial.evaluation import judge, train_classifier

if browser.find_browser() is None:
    pytest.skip(browser.NO_BROWSER, allow_module_level=True)

PLAY = Path(__file__).resolve().parent.parent / "play" / "pictures_to_touch.ipynb"
CELLS = nbformat.read(PLAY, as_version=4).cells
SOURCE = "\n".join(cell.source for cell in CELLS if cell.cell_type == "code")
NAMES = re.findall(r"^widgets\.(\w+)\(", SOURCE, re.MULTILINE)
PAGE_TIME = 120  # seconds that the page may take: its kernel imports TensorFlow, and encodes
BAD = ("serious", "critical")
# Barriers that Voila's own template puts up, by axe-core's name of the rule.
VOILAS_OWN = set()

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
    """The classroom page.

    Attributes:
        server: ``browser.Server``.
        page: Playwright's ``Page``.
        explorers: {builder's name: ``Locator`` of the widget}.
        complaints: what the console said, and is ours.
    """

    server: browser.Server
    page: object
    explorers: dict
    complaints: list


@pytest.fixture(scope="module")
def chromium():
    """A browser."""
    with browser.chromium() as started:
        yield started


def opened(chromium, server):
    """The classroom page, with all its widgets, on a screen to be touched, too."""
    page, complaints = browser.open_page(chromium, has_touch=True)
    page.goto(f"{server.url}/?token={server.token}", timeout=1000 * PAGE_TIME)
    found = browser.explorers(page, len(NAMES), PAGE_TIME)
    return Play(server, page, dict(zip(NAMES, found, strict=True)), complaints)


@pytest.fixture(scope="module")
def play(chromium):
    """The classroom page, opened once: each opening starts a kernel."""
    with browser.voila(PLAY) as server:
        yield opened(chromium, server)


@pytest.fixture(scope="module")
def classifier():
    """A judge of digits."""
    return train_classifier(load_images("mnist"), steps=600)


def picture(explorer):
    """The picture that the browser holds, decoded: uint8 array."""
    text = explorer.evaluate(
        """async x => {
            const answer = await fetch(x.querySelector("img").src);
            const bytes = new Uint8Array(await answer.arrayBuffer());
            return btoa(Array.from(bytes, x => String.fromCharCode(x)).join(""));
        }"""
    )
    return np.asarray(Image.open(io.BytesIO(base64.b64decode(text))))


def state(explorer, widget):
    """The state of the widget in Python that the page's number fields tell."""
    told = [float(control.field.input_value()) for control in browser.controls(explorer)]
    return {
        name: min(stops, key=lambda stop, value=value: abs(stop - value))
        for (name, stops), value in zip(widget.stops.items(), told, strict=True)
    }


def check_shown(explorer, widget):
    """Picture and sentence are those that Python draws for what the controls say."""
    _, said = browser.settle(explorer)
    drawn, sentence = widget.draw(**state(explorer, widget))
    assert said == sentence
    assert np.array_equal(picture(explorer), drawn)


def control(explorer, label):
    """The control of that label."""
    return next(c for c in browser.controls(explorer) if c.label == label)


def test_the_page_shows_all_widgets_and_no_code(play):
    assert len(NAMES) >= 7 and play.page.locator(".vae-explorer:visible").count() == len(NAMES)
    text = play.page.inner_text("body")
    assert "What is a variational autoencoder?" in text
    assert not any(line in text for line in SOURCE.splitlines() if len(line) > 5)
    assert play.page.locator(".jp-CodeCell .jp-InputArea:visible, .jp-InputPrompt").count() == 0
    assert play.complaints == []


def test_who_has_no_token_sees_nothing(play, chromium):
    for path in ("", "/api/kernels", "/api/kernels/any/channels"):
        assert browser.request(f"{play.server.url}{path}")[0] == 302  # to the login
    page, _ = browser.open_page(chromium)
    for query in ("", "?token=wrong"):
        page.goto(f"{play.server.url}/{query}")
        assert "/login" in page.url and page.locator(".jp-Cell, .vae-explorer").count() == 0
    page.context.close()


@pytest.mark.parametrize("name", NAMES)
def test_every_control_works_by_keyboard(play, name):
    browser.by_keyboard(play.explorers[name])
    assert play.complaints == []


@pytest.mark.parametrize("name", NAMES)
def test_every_control_works_by_mouse(play, name):
    browser.by_mouse(play.explorers[name])
    assert play.complaints == []


def test_all_controls_can_be_reached_by_the_tab_key(play):
    reached, keyboard = 0, play.page.keyboard
    inputs = "input, select, canvas, button"
    count = play.page.locator(".vae-explorer").locator(inputs).count()
    play.explorers[NAMES[0]].locator(inputs).first.focus()
    where = "[document.activeElement.closest('.vae-explorer'), document.activeElement]"
    seen = play.page.evaluate_handle("new Set()")
    for _ in range(count):
        reached = play.page.evaluate(f"s => ({where}[0] && s.add({where}[1]), s.size)", seen)
        keyboard.press("Tab")
    assert reached == count


def python_widgets():
    """Two widgets of the page as Python has them: those that need no network."""
    line = widgets.noisy_line([2, 5, 6, 8.5], ["cat", "apple", "banana", "dog"])
    return {"noisy_line": line, "gaussian_dial": widgets.gaussian_dial()}


@pytest.mark.parametrize("name", python_widgets())
def test_the_picture_is_the_one_that_python_draws(play, name):
    explorer, widget, rng = play.explorers[name], python_widgets()[name], np.random.default_rng(0)
    check_shown(explorer, widget)
    for _ in range(5):
        for part, stops in zip(browser.controls(explorer), widget.stops.values(), strict=True):
            browser.type_in(part, f"{stops[rng.integers(len(stops))]}")
        check_shown(explorer, widget)
    for end in (0, -1):
        for part, stops in zip(browser.controls(explorer), widget.stops.values(), strict=True):
            browser.type_in(part, f"{stops[end]}")
        check_shown(explorer, widget)


@pytest.mark.parametrize("name", python_widgets())
def test_no_press_is_lost_however_fast_they_come(play, name):
    """And the last picture is that of the last place."""
    explorer, widget = play.explorers[name], python_widgets()[name]
    for part in browser.controls(explorer):
        browser.type_in(part, "1")
        browser.settle(explorer)
        value, _, _, step = browser.position(part)
        browser.press(part, "ArrowRight", times=25)
        check_shown(explorer, widget)
        assert browser.position(part)[0] == pytest.approx(value + 25 * step, abs=step / 10)


@pytest.mark.parametrize("name", python_widgets())
def test_a_drag_ends_where_python_draws_it(play, name):
    explorer, widget = play.explorers[name], python_widgets()[name]
    browser.check_drag(explorer)
    check_shown(explorer, widget)


def test_what_is_typed_out_of_range_is_clamped_and_an_empty_field_changes_nothing(play):
    explorer, widget = play.explorers["noisy_line"], python_widgets()["noisy_line"]
    noise = control(explorer, "noise (stddev)")
    for text, wanted in (("99", 4), ("-5", 0.01), ("1e9", 4), ("0.123", 0.12)):
        browser.type_in(noise, text)
        check_shown(explorer, widget)
        assert float(noise.field.input_value()) == browser.position(noise)[0] == wanted
    before = browser.settle(explorer)
    browser.type_in(noise, "")
    assert browser.settle(explorer, still=0.5) == before
    assert browser.position(noise)[0] == 0.12


def test_half_a_number_is_not_taken(play):
    """While 2.5 is typed, nothing moves to 2."""
    explorer = play.explorers["noisy_line"]
    noise = control(explorer, "noise (stddev)")
    browser.type_in(noise, "1")
    before = browser.settle(explorer)
    noise.field.focus()
    play.page.keyboard.press("Control+A")
    play.page.keyboard.type("2.")
    assert browser.settle(explorer, still=0.5) == before
    play.page.keyboard.type("5")
    browser.check_move(explorer, lambda: play.page.keyboard.press("Tab"), "the rest, and Tab")
    assert browser.position(noise)[0] == 2.5


def touch(explorer, target, points):
    """Draw one finger over a target: points (x, y) in shares of its box."""
    target.scroll_into_view_if_needed()
    box, page = target.bounding_box(), explorer.page
    session = page.context.new_cdp_session(page)
    places = [
        {"x": box["x"] + x * box["width"], "y": box["y"] + y * box["height"]} for x, y in points
    ]
    kinds = ["touchStart", *["touchMove"] * (len(places) - 1)]
    for kind, place in zip(kinds, places, strict=True):
        session.send("Input.dispatchTouchEvent", {"type": kind, "touchPoints": [place]})
    session.send("Input.dispatchTouchEvent", {"type": "touchEnd", "touchPoints": []})
    session.detach()


def test_a_finger_draws_on_the_pad_and_does_not_scroll_the_page(play):
    explorer = play.explorers["digit_pad"]
    canvas = explorer.locator("canvas")
    canvas.scroll_into_view_if_needed()
    # What a browser sends when it takes the finger's way for a scrolling.
    canvas.evaluate(
        "x => { x.taken = 0; x.addEventListener('pointercancel', () => (x.taken += 1)); }"
    )
    place = canvas.bounding_box()
    stroke = [(0.5, 0.8 - 0.05 * i) for i in range(12)]
    browser.check_move(explorer, lambda: touch(explorer, canvas, stroke), "a stroke by finger")
    assert canvas.evaluate("x => x.taken") == 0 and canvas.bounding_box() == place
    undo = explorer.get_by_role("button", name="Undo stroke")
    browser.check_move(explorer, undo.tap, "Undo stroke by finger")
    assert browser.shown(explorer)[1].startswith("Draw a digit")


def test_a_finger_drags_on_the_picture(play):
    explorer = play.explorers["gaussian_dial"]
    browser.type_in(browser.controls(explorer)[0], "-2")
    way = [(0.3 + 0.02 * i, 0.5) for i in range(10)]
    image = explorer.locator("img")
    browser.check_move(explorer, lambda: touch(explorer, image, way), "a drag by finger")
    check_shown(explorer, python_widgets()["gaussian_dial"])


def test_a_narrow_screen_is_not_overflown(play):
    page, size = play.page, play.page.viewport_size
    page.set_viewport_size({"width": 400, "height": 800})
    try:
        page.wait_for_timeout(300)
        assert page.evaluate("document.documentElement.scrollWidth") <= 400
        for name, explorer in play.explorers.items():
            edges = explorer.evaluate(
                "x => [x, ...x.querySelectorAll('*')].map(x => x.getBoundingClientRect().right)"
            )
            assert max(edges) <= 400, name
        # And it works there as well.
        browser.by_mouse(play.explorers["gaussian_dial"])
        browser.pad_by_mouse(
            play.explorers["digit_pad"], browser.controls(play.explorers["digit_pad"])[0]
        )
    finally:
        page.set_viewport_size(size)


def barriers(page):
    """What axe-core finds serious or critical: (ours, rules that others break)."""
    sync_playwright = pytest.importorskip("axe_playwright_python.sync_playwright")
    found = sync_playwright.Axe().run(page).response
    assert found["testEngine"]["name"] == "axe-core"
    ours, others = [], set()
    for rule in found["violations"]:
        if rule["impact"] not in BAD:
            continue
        for node in rule["nodes"]:
            inside = (
                "x => !!document.querySelector(x)?.closest('.vae-explorer, .jp-RenderedMarkdown')"
            )
            if page.evaluate(inside, node["target"][0]):
                ours.append(f"{rule['id']}: {node['html']}: {node['failureSummary']}")
            else:
                others.add(rule["id"])
    return ours, others


def test_the_page_has_no_barriers(play):
    ours, others = barriers(play.page)
    assert ours == [] and others <= VOILAS_OWN


def test_the_dark_page_has_no_barriers(chromium):
    with browser.voila(PLAY, "--theme=dark") as server:
        dark = opened(chromium, server)
        ground = dark.page.evaluate("getComputedStyle(document.body).backgroundColor")
        assert max(map(int, re.findall(r"\d+", ground)[:3])) < 80
        ours, others = barriers(dark.page)
        assert ours == [] and others <= VOILAS_OWN
        assert dark.complaints == []
        dark.page.context.close()


def test_the_copies_of_drawn_digits_are_those_digits(play, classifier):
    """Drawn with the mouse, through the page, the kernel and twenty numbers, and back."""
    explorer = play.explorers["digit_pad"]
    canvas, clear = explorer.locator("canvas"), explorer.get_by_role("button", name="Clear")
    copies = []
    for strokes in DIGITS:
        for stroke in strokes:
            browser.check_move(explorer, lambda s=stroke: browser.drag(canvas, s), "a stroke")
        browser.settle(explorer)
        copy = picture(explorer)[26 : 26 + 168, 610 : 610 + 168, 0]
        small = copy[::6, ::6]
        assert np.array_equal(small.repeat(6, axis=0).repeat(6, axis=1), copy)
        copies.append(small)
        browser.check_move(explorer, clear.click, "Clear")
    read = judge(classifier, np.stack(copies)).argmax(axis=1)
    assert (read == np.arange(10)).sum() >= 8, f"read as {read}"
    assert play.complaints == []
