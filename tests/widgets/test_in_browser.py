"""Widgets on a page of their own, in a real browser, where no kernel runs."""

import os
import re
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from tests import browser
from tests.widgets.conftest import BUILDERS, Shown
from vae_tutorial import widgets

ROOT = Path(__file__).resolve().parents[2]

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


def values(explorer):
    """What the number fields of a widget say."""
    numbers = [c for c in browser.controls(explorer) if c.kind == "number"]
    return [float(control.field.input_value()) for control in numbers]


@pytest.mark.parametrize("name", BUILDERS)
@pytest.mark.parametrize("move", [browser.by_keyboard, browser.by_mouse])
def test_every_control_works_by_keyboard_and_by_mouse(shown, name, move):
    move(shown.explorers[name])
    assert shown.complaints == []


def test_all_controls_can_be_reached_by_the_tab_key(shown):
    inputs = "input, select, canvas[tabindex], button"
    count = shown.page.locator(".vae-explorer").locator(inputs).count()
    shown.page.locator(".vae-explorer").locator(inputs).first.focus()
    seen, reached = shown.page.evaluate_handle("new Set()"), 0
    note = "(s, x = document.activeElement) => (x.closest('.vae-explorer') && s.add(x), s.size)"
    for _ in range(count):
        reached = shown.page.evaluate(f"s => ({note})(s)", seen)
        shown.page.keyboard.press("Tab")
    assert reached == count


def test_nothing_is_requested_but_the_page_itself(shown, path):
    assert shown.requests == [path.as_uri()]


def test_texts_are_shown_as_they_are(shown):
    assert shown.page.title() == "All <widgets>"
    line = shown.explorers["NoisyLine"].inner_text()
    assert "<!--<script>dog & <b>cat</b>" in line and 'the "apple"' in line
    switch = shown.explorers["MetricSwitch"]
    switch.locator("select").select_option("features")
    assert "</script>Sharp." in switch.inner_text()


@pytest.mark.parametrize("name", ["NoisyLine", "GaussianDial"])
def test_no_press_is_lost_however_fast_they_come(shown, name):
    explorer = shown.explorers[name]
    for control in browser.controls(explorer):
        browser.type_in(control, "1")
        value, _, _, step = browser.position(control)
        browser.press(control, "ArrowRight", times=25)
        assert browser.position(control)[0] == pytest.approx(value + 25 * step, abs=step / 10)


def test_what_is_typed_is_clamped_and_half_a_number_or_none_changes_nothing(shown):
    explorer = shown.explorers["NoisyLine"]
    noise = next(c for c in browser.controls(explorer) if c.label == "noise (stddev)")
    for text, expected in (("99", 4), ("-5", 0.01), ("1e9", 4), ("0.12", 0.12)):
        browser.type_in(noise, text)
        assert float(noise.field.input_value()) == browser.position(noise)[0] == expected
    before = browser.settle(explorer)
    browser.type_in(noise, "")
    assert browser.settle(explorer, rest=0.5) == before
    assert browser.position(noise)[0] == 0.12
    # While 2.5 is typed, nothing moves to 2.
    noise.field.focus()
    shown.page.keyboard.press("Control+A")
    shown.page.keyboard.type("2.")
    assert browser.settle(explorer, rest=0.5) == before
    shown.page.keyboard.type("5")
    browser.check_move(explorer, lambda: shown.page.keyboard.press("Tab"), "the rest, and Tab")
    assert browser.position(noise)[0] == 2.5


def set_to(explorer, **state):
    explorer.evaluate("(el, state) => el.vae.set(state)", state)


def drag(explorer, *points):
    browser.drag(explorer.locator(".vae-picture"), points)
    return values(explorer)


def at(number):
    """Where a number of the noisy line is, as a fraction of the picture's width."""
    return (24 + (number + 1) / 12 * (680 - 48)) / 680


def test_a_name_is_dragged_to_the_position_below_the_pointer(shown):
    line = shown.explorers["NoisyLine"]
    set_to(line, noise=0.5, positions=[2, 5.43, 8])
    assert drag(line, (at(5.6), 0.3), (at(9.3), 0.4)) == pytest.approx([0.5, 2, 9.13, 8], abs=0.03)
    assert drag(line, (at(9.2), 0.3), (0.999, 0.3))[2] == 10


def test_the_hill_is_dragged(shown):
    dial = shown.explorers["GaussianDial"]
    set_to(dial, mean=1, stddev=0.5)
    mean, stddev = drag(dial, (0.5, 0.5), (0.3, 0.5))
    assert mean == pytest.approx(1 - 0.2 * 10 * 680 / 632, abs=0.06) and stddev == 0.5
    assert drag(dial, (0.5, 0.5), (0.5, 0.6))[1] > 0.6
    assert drag(dial, (0.1, 0.1), (0.99, 0.99)) == [4, 3]


def test_the_point_is_dragged_on_the_map_alone(shown):
    explorer = shown.explorers["CodeMap"]
    low, high = (explorer.locator("input[type=number]").nth(i) for i in range(2))
    corner = [float(box.get_attribute(name)) for box, name in ((low, "min"), (high, "max"))]
    assert drag(explorer, (0.3, 0.5), (0.003, 0.003))[:2] == pytest.approx(corner, abs=1e-3)
    before = values(explorer)
    assert drag(explorer, (0.8, 0.5), (0.2, 0.5)) == before  # from beside the map


def test_python_takes_what_a_drag_into_each_corner_sets(shown, built):
    explorer = shown.explorers["CodeMap"]
    for corner in ((0.003, 0.003), (0.003, 0.99), (0.66, 0.003), (0.66, 0.99)):
        drag(explorer, (0.3, 0.5), corner)
        z = explorer.evaluate("el => el.vae.state().z")
        built["CodeMap"].set_state({"z": z})
        assert built["CodeMap"].z == z


def test_a_click_or_an_enter_moves_nothing_by_itself(shown):
    dial = shown.explorers["GaussianDial"]
    set_to(dial, mean=0.1234, stddev=0.5)
    browser.drag(dial.locator(".vae-picture"), [(0.5, 0.9), (0.7, 0.9)])  # on the price
    dial.locator(".vae-picture").click(position={"x": 200, "y": 30})
    dial.locator("input[type=number]").first.press("Enter")
    assert dial.evaluate("el => el.vae.state().mean") == pytest.approx(0.1234, abs=0.005)


def test_a_number_half_typed_survives_a_change_from_elsewhere(shown):
    dial = shown.explorers["GaussianDial"]
    field = browser.controls(dial)[1].field
    field.fill("2.7")
    set_to(dial, mean=1)
    assert field.input_value() == "2.7"
    field.press("Enter")
    assert dial.evaluate("el => el.vae.state().stddev") == 2.7


def test_a_link_beyond_the_end_is_shown_at_the_end(shown):
    dial = shown.explorers["GaussianDial"]
    set_to(dial, stddev=4)
    assert values(dial)[1] == 3


def touch(target, points):
    """Move one finger over a target: points (x, y) as fractions of its box."""
    points = [{"x": x, "y": y} for x, y in browser.pixels(target, points)]
    session = target.page.context.new_cdp_session(target.page)
    for i, point in enumerate(points):
        kind = "touchMove" if i else "touchStart"
        session.send("Input.dispatchTouchEvent", {"type": kind, "touchPoints": [point]})
    session.send("Input.dispatchTouchEvent", {"type": "touchEnd", "touchPoints": []})
    session.detach()


def test_a_finger_draws_on_the_pad_and_does_not_scroll_the_page(shown):
    explorer = shown.explorers["DigitPad"]
    canvas = explorer.locator(".vae-pad canvas")
    explorer.get_by_role("button", name="Clear").click()
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


def test_a_finger_drags_on_the_picture(shown):
    explorer = shown.explorers["GaussianDial"]
    set_to(explorer, mean=-2, stddev=0.5)
    path = [(0.3 + 0.02 * i, 0.5) for i in range(10)]
    touch(explorer.locator(".vae-picture"), path)
    assert values(explorer)[0] == pytest.approx(-2 + 0.18 * 10 * 680 / 632, abs=0.06)


def test_nothing_overflows_a_narrow_screen(shown):
    page, size = shown.page, shown.page.viewport_size
    edges = "x => [x, ...x.querySelectorAll('*')].map(x => x.getBoundingClientRect().right)"
    page.set_viewport_size({"width": 390, "height": 844})
    try:
        page.wait_for_timeout(300)
        assert page.evaluate("document.documentElement.scrollWidth") <= 390
        for name, explorer in shown.explorers.items():
            assert max(explorer.evaluate(edges)) <= 390, name
        # And it works there as well.
        for name in ("GaussianDial", "DigitPad"):
            browser.by_mouse(shown.explorers[name])
    finally:
        page.set_viewport_size(size)


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_the_page_is_accessible(chromium, path, scheme):
    """axe-core finds nothing serious."""
    page = Shown(chromium, path, BUILDERS, color_scheme=scheme).page
    background = page.evaluate("getComputedStyle(document.querySelector('input')).color")
    bright = max(map(int, re.findall(r"\d+", background)[:3])) > 128
    assert bright == (scheme == "dark")
    assert browser.barriers(page) == []
    page.context.close()


def test_the_copies_of_drawn_digits_are_those_digits(chromium, tmp_path):
    """Drawn with the mouse, through twenty numbers, and back."""
    from vae_tutorial.data import load_images
    from vae_tutorial.evaluation import class_probabilities, train_classifier
    from vae_tutorial.pretrained import load_pretrained

    images = load_images("mnist")
    pad = widgets.DigitPad(images, load_pretrained("vae_2"), load_pretrained("vae_20"))
    pad.save_html(tmp_path / "pad.html")
    shown = Shown(chromium, tmp_path / "pad.html", ["pad"])
    explorer = shown.explorers["pad"]
    canvas, clear = (
        explorer.locator(".vae-pad canvas"),
        explorer.get_by_role("button", name="Clear"),
    )
    copies = []
    for strokes in DIGITS:
        for stroke in strokes:
            browser.check_move(explorer, lambda s=stroke: browser.drag(canvas, s), "a stroke")
        [(_, images_)] = shown.look("pad", [{}])
        copies.append(images_[1])
        clear.click()
    classifier = train_classifier(images, steps=600)
    read = class_probabilities(classifier, np.stack(copies)).argmax(axis=1)
    assert (read == np.arange(10)).sum() >= 8, f"read as {read}"
    assert shown.complaints == []
    shown.page.context.close()


def test_the_classroom_page_shows_all_widgets_and_works(chromium, tmp_path):
    path = tmp_path / "classroom" / "page.html"
    command = [sys.executable, "-m", "play.pictures_to_touch", "--no-browser", f"--path={path}"]
    done = subprocess.run(command, cwd=ROOT, env=os.environ, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    assert f"wrote {path}" in done.stdout
    source = (ROOT / "play/pictures_to_touch.py").read_text(encoding="utf-8")
    names = re.findall(r"\bwidgets\.(\w+)\(", source)
    assert {*names} == {*BUILDERS, "Playground"}
    shown = Shown(chromium, path, names)
    for name in ("MixingBoard", "LatentSizes"):
        browser.by_mouse(shown.explorers[name])
    headings = shown.page.locator("h2").all_inner_texts()
    assert [text.split()[0] for text in headings] == sorted(text.split()[0] for text in headings)
    assert shown.complaints == [] and shown.requests == [path.as_uri()]
    shown.page.context.close()
