"""The playground: a VAE in JavaScript that learns as TensorFlow says it must.

``python -m tests.widgets.test_playground`` measures how fast it is.
"""

import time

import numpy as np
import pytest
import traitlets

from tests import browser
from tests.faults import times
from vae_tutorial.widgets.playground import BETAS, MAX_DRAWN, Playground, point_sets

SIGMA = 0.1
SIZES = [2, 4, 8, 16, 32]


# The same VAE in TensorFlow


def shapes(units):
    """Shapes of kernels and biases: the encoder's three layers, then the decoder's."""
    widths = [(2, units), (units, units), (units, 2), (1, units), (units, units), (units, 2)]
    return [shape for inputs, outputs in widths for shape in ((inputs, outputs), (outputs,))]


def split(units, flat):
    """The arrays that lie in one long one."""
    ends = np.cumsum([np.prod(shape) for shape in shapes(units)])
    parts = np.split(flat, ends[:-1])
    return [part.reshape(shape) for part, shape in zip(parts, shapes(units), strict=True)]


def reference_losses(units, weights, points, epsilons, beta, learning_rate):
    """The loss before each step of Adam."""
    weights, losses = weights.copy(), []
    first, second = np.zeros_like(weights), np.zeros_like(weights)
    for step, epsilon in enumerate(epsilons, 1):
        loss, gradient = tensorflow_gradient(units, weights, points, epsilon, beta)
        first += 0.1 * (gradient - first)
        second += 0.001 * (gradient**2 - second)
        move = first / (1 - 0.9**step) / (np.sqrt(second / (1 - 0.999**step)) + 1e-8)
        weights -= learning_rate * move
        losses.append(loss)
    return losses


def tensorflow_gradient(units, weights, points, epsilon, beta):
    """(loss, gradient) by TensorFlow, in float64."""
    import tensorflow as tf

    variables = [tf.Variable(part) for part in split(units, weights)]
    with tf.GradientTape() as tape:
        x = tf.constant(points)
        for i in (0, 2, 4):
            x = x @ variables[i] + variables[i + 1]
            x = tf.tanh(x) if i < 4 else x
        mean, log_var = x[:, 0], x[:, 1]
        x = (mean + tf.exp(log_var / 2) * epsilon)[:, tf.newaxis]
        for i in (6, 8, 10):
            x = x @ variables[i] + variables[i + 1]
            x = tf.tanh(x) if i < 10 else x
        error = tf.reduce_sum(tf.square(x - points), axis=1) / (2 * SIGMA**2)
        kl = 0.5 * (tf.square(mean) + tf.math.expm1(log_var) - log_var)
        loss = tf.reduce_mean(error + beta * kl)
    parts = tape.gradient(loss, variables)
    return float(loss), np.concatenate([part.numpy().ravel() for part in parts])


def some_run(units, seed, steps=1):
    """Weights, points, noise: what a training starts from, as float64 arrays."""
    rng = np.random.default_rng(seed)
    parts = [rng.normal(size=shape) / np.sqrt(shape[0]) for shape in shapes(units)]
    weights = np.concatenate([part.ravel() for part in parts])
    points = point_sets(seed)[["ring", "spiral", "moons", "blobs"][seed % 4]].astype(float)
    return weights, points, rng.normal(size=(steps, len(points)))


# The browser


def open_playground(chromium, folder, size=(1280, 720), options=None, **arguments):
    """(page, complaints) of a playground that is a file."""
    path = folder / "playground.html"
    Playground(**arguments).save_html(path)
    viewport = {"width": size[0], "height": size[1]}
    page, complaints = browser.open_page(chromium, viewport=viewport, **(options or {}))
    page.goto(path.as_uri())
    page.wait_for_function("document.querySelector('.vae-explorer')?.vae")
    return page, complaints


def call(page, script, argument=None):
    """What a JavaScript function of (vae, argument) gives; ``vae`` holds the widget's hooks."""
    vae = "document.querySelector('.vae-explorer').vae"
    return page.evaluate(f"argument => ({script})({vae}, argument)", argument)


def look(page):
    """What is to be seen: {name: number, text or array}."""
    seen = call(
        page,
        """vae => Object.fromEntries(Object.entries(vae.look()).map(
            ([name, value]) => [name, ArrayBuffer.isView(value) ? Array.from(value) : value]))""",
    )
    pairs = ("points", "curve", "samples")
    return seen | {name: np.reshape(seen[name], (-1, 2)) for name in pairs}


def is_learned(page):
    """Whether the VAE has learned a ring of radius 1.

    Points lie 0.1 from the decoded line on average, or less; of 500 samples from the prior 95 %
    lie near the ring, and some in each of 12 sectors.
    """
    seen = look(page)
    z = np.random.default_rng(0).normal(size=500).tolist()
    samples = np.array(call(page, "(vae, z) => Array.from(vae.decode(z))", z)).reshape(-1, 2)
    gaps = np.linalg.norm(seen["points"][:, np.newaxis] - seen["curve"], axis=2).min(axis=1)
    near = np.abs(np.linalg.norm(samples, axis=1) - 1) < 0.2
    angles = np.arctan2(*samples[near].T)
    sectors = np.unique(np.floor(angles / (np.pi / 6)))
    return gaps.mean() < 0.1 and near.mean() >= 0.95 and len(sectors) >= 12


def steps_to_learn(page, most=2000):
    """How many steps a ring takes, in twenties, or None."""
    for step in range(20, most + 1, 20):
        call(page, "vae => vae.train(20)")
        if is_learned(page):
            return step
    return None


def measure(page, seconds=5):
    """How fast the training is that is seen, on a page that shows a new playground with a ring.

    Returns:
        (frames per second, steps per frame, seconds until a ring is learned, or None)
    """
    steps = steps_to_learn(page)
    page.get_by_role("button", name="Train").click()
    page.wait_for_timeout(500)  # compiled by now
    start, before = time.perf_counter(), call(page, "vae => ({...vae.counted})")
    page.wait_for_timeout(1000 * seconds)
    took, after = time.perf_counter() - start, call(page, "vae => ({...vae.counted})")
    page.get_by_role("button", name="Pause").click()
    frames, done = (after[name] - before[name] for name in ("frames", "steps"))
    return frames / took, done / frames, steps and steps * took / done


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    """Where pages are written."""
    return tmp_path_factory.mktemp("playground")


@pytest.fixture(scope="module")
def shared(chromium, folder):
    """A page for tests that don't touch what it shows."""
    page, _ = open_playground(chromium, folder)
    return page


@pytest.fixture
def play(chromium, folder):
    """A page of its own; nothing may have gone wrong on it."""
    page, complaints = open_playground(chromium, folder)
    yield page
    page.context.close()
    assert complaints == []


@pytest.mark.parametrize("noise", [True, False])
@pytest.mark.parametrize("units", SIZES)
def test_gradients_are_those_of_tensorflow(shared, units, noise):
    weights, points, epsilons = some_run(units, seed=units)
    for beta in (0, 1, 30):
        epsilon = noise * epsilons[0]
        loss, gradient = tensorflow_gradient(units, weights, points, epsilon, beta)
        given = {"units": units, "weights": weights.tolist(), "points": points.ravel().tolist()}
        given |= {"epsilon": epsilon.tolist(), "beta": beta}
        found = call(shared, "(vae, given) => vae.gradient(given)", given)
        assert np.isclose(found["loss"], loss, rtol=1e-10)
        for part, expected in zip(
            split(units, np.array(found["gradient"])), split(units, gradient), strict=True
        ):
            assert np.abs(part - expected).max() <= 1e-5 * np.abs(expected).max()


@pytest.mark.parametrize("seed", range(times(3, 10)))
def test_trainings_end_at_the_same_loss(shared, seed):
    units, beta = SIZES[seed % 5], [1, 0.1, 10][seed % 3]
    weights, points, epsilons = some_run(units, seed, steps=200)
    expected = reference_losses(units, weights, points, epsilons, beta, 0.003)
    given = {"units": units, "weights": weights.tolist(), "points": points.ravel().tolist()}
    given |= {"epsilons": epsilons.tolist(), "beta": beta, "learning_rate": 0.003}
    found = call(shared, "(vae, given) => vae.losses(given)", given)
    assert found[-1] < 0.8 * found[0]
    assert np.allclose(found, expected, rtol=1e-3)


def test_the_same_seed_trains_to_the_same_weights(chromium, folder):
    ends = []
    for seed in (1, 1, 2):
        page, _ = open_playground(chromium, folder, seed=seed)
        call(page, "vae => vae.train(20)")
        ends.append(call(page, "vae => vae.weights()"))
        page.context.close()
    assert ends[0] == ends[1] != ends[2]


def test_a_ring_is_learned_in_a_thousand_steps(play):
    assert not is_learned(play)
    assert steps_to_learn(play, most=1000)


def test_a_large_beta_collapses_and_none_leaves_the_prior(play):
    call(play, "vae => { vae.set('learning_rate', 0.01); vae.set('beta', 100); vae.train(300); }")
    seen = look(play)
    assert seen["rate"] < 0.05 and "Collapsed" in play.get_by_role("status").inner_text()
    assert np.linalg.norm(seen["samples"] - seen["samples"].mean(axis=0), axis=1).max() < 0.3
    call(play, "vae => { vae.set('beta', 0); vae.train(600); }")
    seen = look(play)
    assert seen["rate"] > 3 and seen["distortion"] < 3 and np.mean(seen["stddev"]) < 0.2


def test_buttons_start_pause_step_and_start_again(play):
    button = {name: play.get_by_role("button", name=name) for name in ("Train", "Pause", "Step")}
    play.wait_for_timeout(200)
    assert look(play)["steps"] == 0  # nothing starts by itself
    button["Step"].click()
    assert look(play)["steps"] == 1
    button["Train"].focus()
    play.keyboard.press("Enter")
    play.wait_for_function("document.querySelector('.vae-explorer').vae.look().steps > 100")
    call(play, "vae => vae.set('beta', 10)")  # while it runs
    button["Pause"].click()
    steps = look(play)["steps"]
    play.wait_for_timeout(200)
    assert look(play)["steps"] == steps
    before = call(play, "vae => vae.weights()")
    play.get_by_role("button", name="Start again").click()
    assert look(play)["steps"] == 0 and call(play, "vae => vae.weights()") != before
    before = look(play)["samples"]
    play.get_by_role("button", name="New samples").press(" ")
    assert not np.array_equal(look(play)["samples"], before)


def test_training_ends_when_the_widget_leaves_the_page(play):
    play.evaluate("window.kept = document.querySelector('.vae-explorer')")
    play.get_by_role("button", name="Train").click()
    play.wait_for_timeout(100)
    play.evaluate("kept.remove()")
    play.wait_for_timeout(100)
    steps = play.evaluate("kept.vae.look().steps")
    play.wait_for_timeout(200)
    assert play.evaluate("kept.vae.look().steps") == steps > 0


@pytest.mark.parametrize("label", ["points", "beta", "noise", "hidden units", "learning rate"])
def test_every_control_changes_the_training(play, label):
    slider, field = play.get_by_label(f"{label}, slider"), play.get_by_label(label, exact=True)
    moves = [
        lambda: slider.press("ArrowRight"),
        lambda: field.select_option(index=0),
        lambda: play.mouse.click(*browser.pixels(slider, [(0.99, 0.5)])[0]),
        lambda: field.press("ArrowUp"),
    ]
    weights = []
    call(play, "vae => vae.set('noise', 'off')")  # from the left end, as the others
    for move in moves:
        call(play, "vae => vae.train(5)")
        before, index = look(play)["steps"], slider.input_value()
        move()
        play.wait_for_timeout(50)
        assert slider.input_value() == f"{field.evaluate('x => x.selectedIndex')}" != index
        fresh = label in ("points", "hidden units")
        assert look(play)["steps"] == (0 if fresh else before)
        weights.append(call(play, "vae => vae.weights()"))
    assert len(set(map(tuple, weights))) == len(moves)


def test_beta_noise_and_learning_rate_steer_the_next_step(play):
    moved = {}
    for name, value in (("beta", 1), ("beta", 100), ("noise", "off"), ("learning_rate", 0.03)):
        page = play.context.new_page()
        page.goto(play.url)
        page.wait_for_function("document.querySelector('.vae-explorer')?.vae")
        call(page, f"vae => {{ vae.set('{name}', {value!r}); vae.train(2); }}")
        moved[name, value] = tuple(call(page, "vae => vae.weights()"))
        page.close()
    assert len(set(moved.values())) == 4  # the same weights at first, and the same noise


@pytest.mark.parametrize("way", ["mouse", "touch", "keyboard"])
def test_points_are_drawn_by_mouse_finger_and_keys(chromium, folder, way):
    size, options = ((390, 844), {"has_touch": True}) if way == "touch" else ((1280, 720), {})
    page, complaints = open_playground(chromium, folder, size, options, points="drawn")
    canvas, train = page.locator("canvas"), page.get_by_role("button", name="Train")
    assert look(page)["points"].size == 0 and "Draw" in page.get_by_role("status").inner_text()
    train.click()  # nothing to learn from yet, and nothing breaks
    places = [(0.2, 0.3), (0.3, 0.2), (0.4, 0.3)]
    if way == "mouse":
        browser.drag(canvas, places)
    elif way == "touch":
        canvas.scroll_into_view_if_needed()
        box = canvas.bounding_box()
        for x, y in places:
            page.touchscreen.tap(box["x"] + x * box["width"], box["y"] + y * box["height"] / 2)
    else:
        canvas.focus()
        for key in [" ", *5 * ["ArrowUp"], " ", *5 * ["ArrowRight"], " "]:
            page.keyboard.press(key)
        assert look(page)["points"].tolist() == [[0, 0], [0, 0.5], [0.5, 0.5]]
    page.wait_for_function("document.querySelector('.vae-explorer').vae.look().steps > 20")
    found = look(page)["points"]
    assert len(found) >= 3 and len(np.unique(found, axis=0)) == len(found)
    assert np.isfinite(look(page)["loss"]) and np.abs(found).max() <= 1.5
    page.get_by_role("button", name="Clear points").click()
    assert look(page)["points"].size == 0 and complaints == []
    page.context.close()


def test_a_finger_scrolls_the_page_unless_it_draws(play):
    held = """([x, y]) => {
        const target = document.querySelector("canvas");
        const box = target.getBoundingClientRect();
        const [clientX, clientY] = [box.left + x * box.width, box.top + y * box.height];
        const touches = [new Touch({ identifier: 0, target, clientX, clientY })];
        return !target.dispatchEvent(new TouchEvent("touchstart", { touches, cancelable: true }));
    }"""
    on_plane, beside = [0.3, 0.3], [0.9, 0.3]
    assert not play.evaluate(held, on_plane) and play.get_by_role("img").count() == 1
    assert not play.get_by_role("button", name="Clear points").is_visible()
    call(play, "vae => vae.set('points', 'drawn')")
    assert play.evaluate(held, on_plane) and not play.evaluate(held, beside)


def test_a_screen_reader_hears_at_most_two_sentences_a_second(play):
    play.evaluate(
        """() => {
            window.said = 0;
            const watch = new MutationObserver(() => said++);
            watch.observe(document.querySelector("[role=status]"), {childList: true});
        }"""
    )
    play.get_by_role("button", name="Train").click()
    play.wait_for_timeout(1800)
    assert 2 <= play.evaluate("said") <= 5  # one of them because of the button


@pytest.mark.parametrize("options", [{}, {"color_scheme": "dark"}], ids=["light", "dark"])
@pytest.mark.parametrize("points", ["ring", "drawn"])
def test_the_page_has_no_barrier(chromium, folder, options, points):
    page, _ = open_playground(chromium, folder, options=options, points=points)
    assert browser.barriers(page) == []
    page.context.close()


# Python


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        ({"points": "square"}, "points must be one of ring, spiral, ..., drawn"),
        ({"beta": 2}, "beta must be one of 0, 0.01, ..., 100"),
        ({"beta": "1"}, "beta must be one of"),
        ({"noise": 1}, "noise must be one of off, on"),
        ({"units": 5}, "units must be one of 2, 4, ..., 32"),
        ({"learning_rate": 1}, "learning_rate must be one of 0.0003, 0.001, ..., 0.03"),
        ({"drawn": [[0, 2]]}, "drawn must be at most 300 points"),
        ({"drawn": [[0, 1, 1]]}, "drawn must be"),
        ({"drawn": [[0, float("nan")]]}, "drawn must be"),
        ({"drawn": ["a"]}, "drawn must be"),
        ({"drawn": [[0, 0]] * (MAX_DRAWN + 1)}, "drawn must be"),
    ],
)
def test_a_value_out_of_range_is_an_error_that_names_the_range(arguments, words):
    with pytest.raises(traitlets.TraitError, match=words):
        Playground(**arguments)


def test_controls_are_traits():
    playground, heard = Playground(beta=0.1), []
    playground.observe(lambda change: heard.append(change.new), "beta")
    playground.beta = BETAS[-1]
    playground.drawn = np.array([[0.5, 0.5]])
    playground.running = True
    assert heard == [100] and playground.drawn == [[0.5, 0.5]]
    with pytest.raises(traitlets.TraitError, match="beta must be one of"):
        playground.beta = -1
    assert playground.beta == 100


def test_python_knows_the_points_that_the_browser_trains_on():
    sets = point_sets(3)
    assert list(sets) == ["ring", "spiral", "moons", "blobs"]
    sent = Playground(seed=3).data["sets"]
    for name, points in sets.items():
        assert points.shape == (200, 2) and np.abs(points).max() < 1.5
        assert sent[name]["$bytes"] == points.tobytes()
    assert not np.array_equal(sets["ring"], point_sets(4)["ring"])


def main():
    """Measure the training that is seen, for some seeds."""
    import pathlib
    import tempfile

    with tempfile.TemporaryDirectory() as name, browser.chromium() as started:
        for seed in (8, 2, 4):
            page, _ = open_playground(started, pathlib.Path(name), seed=seed)
            frames, steps, seconds = measure(page)
            learned = "not learned" if seconds is None else f"a ring in {seconds:.2f} s"
            print(f"seed {seed}: {frames:.0f} frames/s, {steps:.1f} steps a frame, {learned}")
            page.context.close()


if __name__ == "__main__":
    main()
