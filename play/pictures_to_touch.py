"""The classroom page: the widgets of all notebooks on one page, without code and without a kernel.

``make play`` writes it and opens it in a browser. Six small networks are trained for it, the rest
ships with the package; once it is written it needs nothing else, and can be copied or mailed.
"""

import argparse
import dataclasses
import re
import sys
import webbrowser
from pathlib import Path

import keras
import numpy as np
from sklearn.decomposition import PCA

from vae_tutorial import widgets
from vae_tutorial.data import DRAWINGS, as_floats, load_drawings, load_images
from vae_tutorial.evaluation import log_weights, mean_image
from vae_tutorial.latent import find_codes, nearest_distances
from vae_tutorial.models import VAE, Autoencoder, Memory
from vae_tutorial.pretrained import BETAS, load_pretrained
from vae_tutorial.training import OneCycle, Snapshots, batches, set_seed
from vae_tutorial.widgets.explorer import Explorer
from vae_tutorial.widgets.page import write_page

PATH = Path("build", "pictures_to_touch.html")
SMALL = "binary_2", "beta_1"  # a flat network and a deep one: the smallest ship, and open soonest
MOMENTS = (0, 5, 10, 20, 40, 60, 100, 150, 250, 400)


def as_bytes(pictures):
    """Pictures in a quarter of the memory."""
    return np.round(255 * pictures).astype(np.uint8)


def light(model):
    """The model with seven digits of each weight, in base two: more don't show in a picture."""
    parts = [np.frexp(weight) for weight in model.get_weights()]
    model.set_weights([np.ldexp(np.round(part * 2**7), power - 7) for part, power in parts])
    return model


class Copier:
    """A model whose copies take a quarter of the memory."""

    def __init__(self, model):
        self.reconstruct = lambda x: as_bytes(model.reconstruct(x))


def remember(codes, pictures, steps, callbacks=(), **sizes):
    """A memory trained as in notebooks 01 to 03."""
    set_seed(0)
    memory = Memory(codes.shape[1], pictures.shape[1:] + (1,) * (4 - pictures.ndim), **sizes)
    memory.compile(keras.optimizers.Adam(OneCycle(0.01, steps), beta_2=0.99))
    data = batches(codes, pictures, batch_size=64, steps=steps)
    shown = [Snapshots(lambda: memory.decode(codes[:1]), at) for at in callbacks]
    memory.fit(data, shuffle=False, verbose=0, callbacks=shown)
    return light(memory), *({step: as_bytes(x) for step, x in one.values.items()} for one in shown)


def nine_epochs(images):
    """A VAE trained as in notebook 08, on fewer digits: {step: its copies}, and steps an epoch."""
    x, ten = images.x_train[:3000], images.x_test[:10]
    steps = len(x) // 50
    set_seed(0)
    vae = VAE(20, initial_image=mean_image(x))
    vae.compile(keras.optimizers.Adam(OneCycle(6e-3, 9 * steps)))
    shown = Snapshots(lambda: as_bytes(vae.reconstruct(ten)), [i * steps for i in range(10)])
    data = batches(x, batch_size=50)
    vae.fit(data, shuffle=False, epochs=9, verbose=0, callbacks=[shown])
    return shown.values, steps


def unplanned_map(images):
    """The map of notebook 05: an autoencoder puts its codes where it likes."""
    set_seed(0)
    model = Autoencoder(2)
    model.compile(keras.optimizers.Adam(OneCycle(3e-3, 600), beta_2=0.99))
    model.fit(batches(images.x_train, steps=600), shuffle=False, verbose=0)
    codes = light(model).encode(images.x_train[:1000])
    grid = np.stack(np.meshgrid(*np.percentile(codes, range(10, 91, 2), axis=0).T), axis=-1)
    grid = grid.reshape(-1, 2)
    gap = grid[nearest_distances(grid, codes).argmax()]
    return {"model": model, "codes": codes, "labels": images.y_train[:1000], "z": gap}


def first_notebooks(images):
    """00 to 04: the pictures, decoders that know some by heart, and codes."""
    pictures = load_drawings()
    some = dataclasses.replace(images, x_train=images.x_train[:500], y_train=images.y_train[:500])
    one, seen = remember(np.ones((1, 1)), pictures[:1], 400, [MOMENTS], filters=(32, 16, 8))
    [four] = remember(np.eye(4), pictures, 600)
    corners = np.random.default_rng(2).normal(size=(4, 2))
    [plane] = remember(corners, pictures, 600, filters=(32, 16, 8))
    digits = images.x_train[:512]
    codes = PCA(8, whiten=True, random_state=0).fit_transform(as_floats(digits).reshape(512, -1))
    [many] = remember(codes, digits, 300)
    names = [f"digit {label}" for label in images.y_train[:5]]
    flat, deep = (light(load_pretrained(name)) for name in SMALL)
    return [
        "<h2>00 · The pictures</h2><p>Handwritten digits. Choose one and leaf through the pages: "
        "in how many ways do people write it?</p>",
        widgets.DatasetBrowser(some),
        "<h2>01 · One picture, learned by heart</h2><p>A network that knows a single picture. "
        "Watch it learn. Then give it a number that it has never seen.</p>",
        widgets.TrainingScrubber(seen, pictures[0]),
        widgets.InputScale(one),
        "<h2>02 · Four pictures, four slots</h2><p>Each slot stands for a picture. What do half "
        "a cat and half a dog look like?</p>",
        widgets.MixingBoard(four, DRAWINGS),
        "<h2>03 · Numbers as codes</h2><p>Two numbers are a point in the plane, and each of the "
        "four pictures has one. What lies between them? Below, digits have eight numbers each: "
        "walk from one digit's code to the next. Is everything in between a digit?</p>",
        widgets.CodeSliders(plane, corners[0]),
        widgets.CodePath(many, codes[:5], names),
        "<h2>04 · How long must a code be?</h2><p>On the left is a digit that the networks never "
        "saw, in the middle its copy, on the right the difference. Which digits does the short "
        "code mix up?</p>",
        widgets.LatentSizes({2: Copier(flat), 20: Copier(deep)}, images.x_test[:20]),
    ]


def middle_notebooks(images):
    """05 to 10: the map, the price, the noise, the trade-off, and your own digit."""
    flat, deep = (light(load_pretrained(name)) for name in SMALL)
    ten, count = images.x_test[:10], 1000
    models = {beta: load_pretrained(f"beta_{beta:g}") for beta in BETAS}
    points = {}
    for beta, model in models.items():
        parts = model.evaluate(images.x_test[:count], verbose=0, return_dict=True)
        points[beta] = parts["kl_divergence"], parts["reconstruction_loss"]

    def sweep(betas):
        """Those of the eight models, what they copy, and what each of them pays."""
        return {b: Copier(models[b]) for b in betas}, ten, {b: points[b] for b in betas}

    copies, steps = nine_epochs(images)
    z, labels = flat.encode(images.x_test[:count])[0], images.y_test[:count]
    window = {"low": (-3.5, -3.5), "high": (3.5, 3.5)}
    return [
        "<h2>05 · A map that nobody planned</h2><p>A network that only copies may put its codes "
        "wherever it likes. Drag the point from a digit into a gap, or far out: what does it paint "
        "there?</p>",
        widgets.CodeMap(**unplanned_map(images)),
        "<h2>06 · A price for being precise</h2><p>The encoder answers with a hill: it's about "
        "here, and I'm this sure. The farther the hill is from the gray one, in place or in width, "
        "the more it costs. When does it cost nothing?</p>",
        widgets.GaussianDial(),
        "<h2>06 · Ghosts</h2><p>Three networks, alike but for what each nat of their code costs: "
        "784, 10 or 1. At 784, ten different digits go in, and ten times the same ghost comes out. "
        "What comes back first as the price falls?</p>",
        widgets.CollapseSlider(*sweep([784, 10, 1])),
        "<h2>06 · Watch one train</h2><p>A small VAE for points in the plane, with a single number "
        "as its code. Press Train. Then set beta to 0, or to 100, or draw points of your own.</p>",
        widgets.Playground(),
        "<h2>07 · Why noise?</h2><p>Each name stands at a number. One of them is sent, noise is "
        "added, and the receiver takes the name that's nearest. Drag the names, raise the noise: "
        "which names may stand side by side? Below are twenty such lines, those of a trained "
        "network. Which of them can it do without?</p>",
        widgets.NoisyLine([2, 5, 6, 8.5], ["cat", "apple", "banana", "dog"]),
        widgets.Switchboard(deep, ten),
        "<h2>08 · Nine epochs</h2><p>Ten digits, and the copies that a network makes of them after "
        "each pass over its training data. It never saw these ten. What does the first pass "
        "change, and what do the others?</p>",
        widgets.EpochScrubber(copies, ten, steps),
        "<h2>09 · Who decides?</h2><p>Eight networks, trained with eight prices. From left to "
        "right on the curve: when do the ghosts become digits, and when the right ones?</p>",
        widgets.CollapseSlider(*sweep(BETAS)),
        "<h2>10 · A map of digits</h2><p>A code of two numbers is a point on a map. Drag it, and "
        "find a place between two digits. Then raise the noise: how much do the pictures "
        "change in the middle, and how much at the edge?</p>",
        widgets.CodeMap(flat, z, labels, noise=0.0, **window),
        "<h2>10 · Draw your own</h2><p>You see what the network sees, and the copy that twenty "
        "numbers can keep. Then draw a letter. What becomes of it?</p>",
        widgets.DigitPad(images, flat, deep),
    ]


def last_notebooks(images):
    """11 to 13: bounds, a search, and other ways to compare pictures."""
    ten, chosen = images.x_test[:10], images.x_test[:4]
    binary, vae, gan = (load_pretrained(name) for name in ("binary_2", "squared_error", "gan"))
    rivals = {"pixels": "rival_pixels", "features and adversary": "rival_features_adversary"}
    rivals = {name: load_pretrained(file) for name, file in rivals.items()}
    weights = log_weights(binary, (as_floats(chosen) > 0.5).astype(np.float32), 1000)
    best = log_weights(binary, (as_floats(chosen) > 0.5).astype(np.float32), 5000, seed=1)
    evidence = np.logaddexp.reduce(best, axis=1) - np.log(best.shape[1])
    start = np.zeros((len(ten), gan.latent_dim), np.float32)
    codes = find_codes(gan, ten, start, at=(1, 3, 10, 30, 100, 300))
    found = {step: as_bytes(gan.decode(z)) for step, z in codes.items()}
    copies = {name: Copier(model).reconstruct(ten[:8]) for name, model in rivals.items()}
    errors = {
        name: np.square(as_floats(copies[name]) - as_floats(ten[:8])).sum() / 8 for name in copies
    }
    return [
        "<h2>11 · How many draws does it take?</h2><p>With more draws, a bound on average climbs "
        "toward the truth (estimated here by five thousand draws); a single one may lie above it, "
        "too. How many draws do the work?</p>",
        widgets.DrawsSlider((as_floats(chosen) > 0.5).astype(np.float32), weights, evidence),
        "<h2>12 · A search instead of an encoder</h2><p>A GAN has no encoder: to copy a digit, it "
        "has to search. Which digits does it find?</p>",
        widgets.InversionStepper(ten, found, as_bytes(vae.reconstruct(ten))),
        "<h2>13 · Compared by pixels, or by features?</h2><p>Two networks, alike but for what "
        "they call similar.</p>",
        widgets.MetricSwitch(
            ten[:8],
            copies,
            {name: as_bytes(model.sample(8, seed=0)) for name, model in rivals.items()},
            {name: f"Squared error {error:.1f}." for name, error in errors.items()},
        ),
    ]


def misfits(images):
    """14: which pictures surprise a model of digits."""
    vae, x = load_pretrained("vae_20"), as_floats(images.x_test[:1000])
    empty = np.zeros((1, 28, 28, 1), np.float32)
    stroke = empty.copy()
    stroke[:, 6:22, 13:15] = 1
    kinds = {"mirrored digits": x[:300, :, ::-1], "halves": x[:300] * (np.arange(28) < 14)[:, None]}
    kinds |= {"other digits": load_images("digits").x_test, "an empty picture": empty}
    kinds["a stroke"] = stroke
    normal = -log_weights(vae, x, 16).mean(axis=1)
    others = [-log_weights(vae, pictures, 16).mean(axis=1) for pictures in kinds.values()]
    usual = np.median(normal)
    return [
        "<h2>14 · What doesn't belong?</h2><p>A network of digits is asked how much a picture "
        "surprises it. Which pictures set off the alarm, and which walk past it?</p>",
        widgets.AlarmBoard(
            np.stack([as_floats(kind[:1])[0] for kind in kinds.values()]),
            list(kinds),
            {"surprise": normal, "distance from the usual": np.abs(normal - usual)},
            {"surprise": others, "distance from the usual": [np.abs(s - usual) for s in others]},
        ),
    ]


INTRODUCTION = """<h1>What is a variational autoencoder? Pictures to touch</h1>
<p>One network squeezes a picture into a few numbers, its <b>code</b>. Another paints a picture
from such numbers. A <em>variational</em> autoencoder blurs each code a little, so that codes close
to each other have to mean pictures that look alike. Then you can make up codes of your own, and get
pictures that nobody has ever drawn.</p>
<p>Move a slider, type a number, or drag a name, a hill, a point. The numbers in the headings are
those of the notebooks that tell the story.</p>"""


def chapters(images):
    """Texts and widgets, notebook by notebook."""
    all_ = (first_notebooks, middle_notebooks, last_notebooks, misfits)
    return [part for chapter in all_ for part in chapter(images)]


def every_widget(images):
    """{("05", "CodeMap"): the widget}: by notebook and class, in the order of the page."""
    found, number = {}, ""
    for part in chapters(images):
        if isinstance(part, Explorer):
            found[number, type(part).__name__] = part
        else:
            number = re.match(r"<h2>(\d\d)", part)[1]
    return found


def main():
    """Write the page, and open it if there is a screen."""
    parser = argparse.ArgumentParser(description="the classroom page, without a kernel")
    parser.add_argument("--no-browser", action="store_true", help="write the page, and say where")
    parser.add_argument("--path", type=Path, default=PATH, help=f"where to, {PATH} by default")
    options = parser.parse_args()
    images = load_images("mnist")
    options.path.parent.mkdir(parents=True, exist_ok=True)
    write_page(options.path, "Pictures to touch", [INTRODUCTION, *chapters(images)])
    print(f"wrote {options.path}; open it in any browser, with or without a network")
    if not options.no_browser:
        webbrowser.open(options.path.resolve().as_uri())


if __name__ == "__main__":
    sys.exit(main())
