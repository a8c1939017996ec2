"""What the browser computes is what Keras and the package compute, on random states and extremes.

``FAULTS=full`` tries a thousand states of each widget, instead of thirty.
"""

import http.server
import json
import os
import queue
import shutil
import subprocess
import threading

import numpy as np
import pytest

from tests.widgets import conftest as given
from tests.widgets.conftest import BUILDERS, DEEP, FLAT, IMAGES, MEMORY, X, some_state
from vae_tutorial import channel
from vae_tutorial.data import as_floats
from vae_tutorial.widgets.page import write_page
from vae_tutorial.widgets.strokes import digit

STATES = 1000 if os.environ.get("FAULTS") == "full" else 30


def squared_error(a, b):
    return np.square(as_floats(np.asarray(a)) - as_floats(np.asarray(b))).sum()


def rows(images):
    """Images (n, h, w) or (n, h, w, c) as the browser has them."""
    return as_floats(np.asarray(images)).reshape(len(images), *np.shape(images)[1:3], -1)


def decoded(model, codes):
    return [*model.decode(np.atleast_2d(np.asarray(codes, np.float32)))]


def kl(z_mean, z_log_var):
    """Of each latent, in nats."""
    from vae_tutorial.losses import kl_per_latent

    return np.asarray(kl_per_latent(np.asarray(z_mean, np.float32), np.float32(z_log_var)))


def code_map(widget, z, noise, **_):
    epsilon = np.random.default_rng(0).normal(size=(9, 2))
    around = z + noise * epsilon if noise else [z]
    distance = np.sqrt(np.square(given.CODES - z).sum(axis=1).min())
    return {"distance": distance}, decoded(FLAT, around)


def code_path(widget, position):
    first = min(int(position), 1)
    ends = np.eye(3)[first : first + 2]
    share = position - first
    return {}, decoded(MEMORY, (1 - share) * ends[0] + share * ends[1])


def alarm_board(widget, score, false_alarms):
    normal = np.sort(given.NORMAL[score].astype(np.float32))[::-1]
    limit = normal[int(false_alarms * len(normal))]  # as many are above it as may be
    caught = [(kind.astype(np.float32) > limit).mean() for kind in given.OTHERS[score]]
    return {"limit": limit, "caught": caught}, []


def collapse_slider(widget, beta):
    numbers = dict(zip(("rate", "distortion"), given.POINTS[beta], strict=True))
    return numbers, [given.BY_BETA[beta].reconstruct(X)]


def dataset_browser(widget, label, page):
    members = IMAGES.x_train[IMAGES.y_train == given.NAMES.index(label)]
    chosen = (40 * (page - 1) + np.arange(40)) % len(members)
    return {}, [*rows(members[chosen])]


def digit_pad(widget, strokes):
    if not strokes:
        return {}, []
    x = digit(strokes)[np.newaxis]
    z_mean, z_log_var = (np.asarray(part)[0] for part in FLAT.encode(x))
    deep_mean, deep_log_var = (np.asarray(part) for part in DEEP.encode(x))
    copy = DEEP.decode(deep_mean)[0]
    nats = kl(deep_mean, deep_log_var).sum()
    others = kl(*DEEP.encode(IMAGES.x_train)).sum(axis=1)
    numbers = {
        "mean": z_mean,
        "stddev": np.exp(z_log_var / 2),
        "error": squared_error(copy, rows(x)[0]),
        "kl": nats,
        "below": (others < nats).mean(),
    }
    return numbers, [rows(x)[0], copy]


def draws_slider(widget, image, draws):
    from vae_tutorial.evaluation import effective_sample_size, importance_weighted_bound

    chosen = given.LOG_WEIGHTS[image - 1 : image, :draws]
    shares = np.sort(np.exp(chosen[0] - chosen.max()))[::-1]
    numbers = {
        "bound": importance_weighted_bound(chosen)[0],
        "size": effective_sample_size(chosen)[0],
        "shares": shares / shares.sum(),
    }
    return numbers, []


def epoch_scrubber(widget, moment):
    copies = given.COPIES[6 * moment]
    return {"error": squared_error(copies, rows(X[:4])) / 4}, [copies]


def gaussian_dial(widget, mean, stddev):
    nats = kl([[mean]], [[2 * np.log(stddev)]]).item()
    of_mean = kl([[mean]], [[0.0]]).item()
    samples = mean + stddev * np.random.default_rng(0).normal(size=12)
    numbers = {"nats": nats, "of_mean": of_mean, "of_stddev": nats - of_mean, "samples": samples}
    return numbers, []


def inversion_stepper(widget, image, step):
    images = [rows(X)[image - 1], given.FOUND[step][image - 1], given.FOUND[10][::-1][image - 1]]
    errors = [squared_error(other, images[0]) for other in images[1:]]
    return dict(zip(("error", "level"), errors, strict=True)), images


def latent_sizes(widget, latent_dim, image):
    model = {2: FLAT, 5: DEEP}[latent_dim]
    original, copy = rows(X)[image], model.reconstruct(X)[image]
    return {"error": squared_error(copy, original)}, [original, copy, np.abs(copy - original)]


def noisy_line(widget, noise, positions):
    if len(set(positions)) < len(positions):
        return {}, []
    table = channel.confusion(np.array(positions), noise)
    error = channel.error_rate(np.array(positions), noise)
    return {"error": error, "confusion": table.ravel()}, []


def switchboard(widget, image, latents):
    z_mean, z_log_var = (np.asarray(part) for part in DEEP.encode(X))
    nats = kl(z_mean, z_log_var).mean(axis=0)
    order = np.argsort(-nats)
    epsilon = np.random.default_rng(0).normal(size=(9, 5))
    sent = z_mean[image, order]
    modes = np.array(latents)
    received = np.where(modes == "sent", sent, np.where(modes == "silent", 0, epsilon))
    received = received if "shaken" in latents else received[:1]
    codes = np.zeros((len(received) + 1, 5))
    codes[:, order] = [sent, *received]
    images = decoded(DEEP, codes)
    error = np.mean([squared_error(one, rows(X)[image]) for one in images[1:]])
    passed = nats[order][modes == "sent"].sum() / np.log(2)
    return {"error": error, "passed": passed}, images


REFERENCES = {
    "AlarmBoard": alarm_board,
    "CodeMap": code_map,
    "CodePath": code_path,
    "CodeSliders": lambda widget, z: ({}, decoded(MEMORY, z)),
    "CollapseSlider": collapse_slider,
    "DatasetBrowser": dataset_browser,
    "DigitPad": digit_pad,
    "DrawsSlider": draws_slider,
    "EpochScrubber": epoch_scrubber,
    "GaussianDial": gaussian_dial,
    "InputScale": lambda widget, scale: ({}, decoded(MEMORY, [scale] * 3)),
    "InversionStepper": inversion_stepper,
    "LatentSizes": latent_sizes,
    "MetricSwitch": lambda widget, model: ({}, [part[model] for part in given.BOTH]),
    "MixingBoard": lambda widget, code: ({}, decoded(MEMORY, code)),
    "NoisyLine": noisy_line,
    "Switchboard": switchboard,
    "TrainingScrubber": lambda widget, moment: (
        {"error": squared_error(given.SNAPSHOTS[moment][0], given.TARGET)},
        [given.SNAPSHOTS[moment]],
    ),
}


def check(widget, name, states, found):
    """Compare what a browser found with what the package finds."""
    for state, (numbers, images) in zip(states, found, strict=True):
        expected, pictures = REFERENCES[name](widget, **state)
        assert set(numbers) == set(expected) and len(images) == len(pictures)
        for key, value in expected.items():
            # Sums cancel in float32: Keras's, and the price of a hill that is nearly the prior.
            least = {"mean": 1e-5, "nats": 1e-6, "of_stddev": 1e-6}.get(key, 1e-12)
            assert np.allclose(numbers[key], value, rtol=1e-4, atol=least), (key, state)
        for image, picture in zip(images, pictures, strict=True):
            assert np.abs(image - picture).max() < 1e-5, state


@pytest.mark.parametrize("name", BUILDERS)
def test_numbers_and_images_are_those_of_the_package(shown, built, name):
    for start in range(0, STATES, 50):
        states = [some_state(built[name]) for _ in range(min(50, STATES - start))]
        check(built[name], name, states, shown.look(name, states))
    assert shown.complaints == []


# Firefox isn't driven but asked: the page itself looks, and sends what it saw.
ASK = """
<script type="module">
const answers = [];
for (const [i, states] of Object.entries(STATES)) {
  const el = document.getElementById(`widget-${i}`);
  while (!el.vae) await new Promise((done) => setTimeout(done, 50));
  const plain = ({ shape, data }) => ({ shape, data: [...data] });
  answers.push(states.map((state) => {
    const { numbers, images } = el.vae.look(state);
    return { numbers, images: images?.map(plain) };
  }));
}
await fetch("/answers", { method: "POST", body: JSON.stringify(answers) });
</script>
"""


@pytest.mark.skipif(shutil.which("firefox") is None, reason="there is no Firefox")
def test_firefox_computes_the_same(built, tmp_path):
    names, page = [*built], tmp_path / "page.html"
    states = {name: [some_state(built[name]) for _ in range(10)] for name in names}
    asked = json.dumps({i: states[name] for i, name in enumerate(names)}).replace("<", "\\u003c")
    write_page(page, "Firefox", [*built.values(), ASK.replace("STATES", asked)])
    answers = answers_of_firefox(page.read_bytes(), tmp_path)
    for name, found in zip(names, answers, strict=True):
        check(built[name], name, states[name], given.numbers_and_images(found))


def answers_of_firefox(page, folder, seconds=120):
    """What a page sends when Firefox opens it: it is served on this machine alone."""
    received = queue.Queue()

    class Handler(http.server.BaseHTTPRequestHandler):
        def do_GET(self):
            self.send_response(200)
            self.send_header("content-type", "text/html")
            self.end_headers()
            self.wfile.write(page)

        def do_POST(self):
            received.put(self.rfile.read(int(self.headers["content-length"])))
            self.send_response(204)
            self.end_headers()

        def log_message(self, *_):
            pass

    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        command = ["firefox", "--headless", "--no-remote", "--profile", str(folder)]
        variables = {k: v for k, v in os.environ.items() if not k.lower().endswith("_proxy")}
        url = f"http://127.0.0.1:{server.server_address[1]}/"
        with subprocess.Popen([*command, url], env=variables | {"HOME": str(folder)}) as firefox:
            try:
                return json.loads(received.get(timeout=seconds))
            finally:
                firefox.terminate()
                server.shutdown()
