"""The training recipe of the series: order of the images, schedule, notes.

Order and noise are functions of the seed and the step alone, so that the same seed gives the same
weights, bit for bit, on one machine and thread count.
"""

from collections.abc import Iterable

from vae_tutorial import arguments, arrays
from vae_tutorial.base import checked_dataset, is_dataset
from vae_tutorial.batches import batches
from vae_tutorial.notes import Notes
from vae_tutorial.runs import Run
from vae_tutorial.runtime import keras, tf

LARGEST_STEPS = 10**9  # at a millisecond each they would take twelve days


def train(
    model,
    x,
    y=None,
    *,
    steps=None,
    epochs=None,
    batch_size=100,
    learning_rate=3e-3,
    seed=0,
    snapshot=None,
    snapshot_steps=(),
    run=None,
    show_progress=True,
):
    """Train with Adam; the learning rate rises for a tenth of the steps, then falls to zero.

    Args:
        model: a model of ``vae_tutorial.models``, or a Keras model with a loss of its own.
        x: pictures uint8 (n, h, w) or (n, h, w, c), or float in [0, 1]; codes for a ``Memory``; or
            a ``tf.data.Dataset`` of batches as the model takes them, for more than memory holds
            (``batch_size`` and ``seed`` are then its own affair).
        y: the pictures to remember for a ``Memory``, labels for a classifier, else None.
        steps: number of batches; give this or ``epochs``.
        epochs: number of passes over all images.
        batch_size: images a step; all of them where there are fewer.
        learning_rate: the highest one, at most 1.
        seed: decides the order of the images.
        snapshot: function without arguments, called before training and after
            ``snapshot_steps``; its results come back in the history.
        snapshot_steps: whole numbers from 0 to the number of steps.
        run: path of an ``.npz`` file that keeps the run. Stopped in any way, the same call (on the
            model built anew, or as the stop left it) goes on from its last note, at most some
            seconds back, and ends in the same weights, bit for bit; once ended, it returns at once.
            ``snapshot`` must then return float32 arrays.
        show_progress: one line while training; it is gone afterwards.

    Returns:
        ``History``.

    Raises:
        ValueError, TypeError: naming the argument, before the model is touched.
        DataError: if the file isn't this run's; nothing was touched.
        FloatingPointError: if the loss is no longer finite; the model has its last good weights.
        KeyboardInterrupt: at the stop button; the model can be used as it is, and with ``run`` it
            has the weights of its last note.
    """
    x, y = _checked_data(model, x, y)
    batch_size = arguments.whole_number("batch_size", batch_size)
    data = x if is_dataset(x) else None
    if data is None:
        batch_size = min(batch_size, len(x))
    steps = _checked_steps(steps, epochs, None if data is not None else len(x) // batch_size)
    learning_rate = arguments.positive_number(
        "learning_rate", learning_rate, maximum=1, example=0.003
    )
    seed = arguments.seed(seed)
    at = _checked_snapshots(snapshot, snapshot_steps, steps)
    optimizer = keras.optimizers.Adam(schedule(steps, learning_rate), beta_2=0.99)
    optimizer.build(model.trainable_variables)
    variables = [*model.weights, *optimizer.variables]
    keep, state = None, None
    if run is not None:
        if is_dataset(x) and not isinstance(x, tf.data.Dataset):
            raise TypeError("run needs arrays or a tf.data.Dataset, not a PyDataset: convert it.")
        settings = dict(steps=steps, batch_size=batch_size, learning_rate=learning_rate, seed=seed)
        keep = Run(run, model, x, y, variables, **settings, snapshot_steps=sorted(at))
        state = keep.load()
    notes = Notes(model, variables, steps, snapshot, at, keep, show_progress)
    model.compile(optimizer=optimizer, loss=model.loss)
    try:
        start = notes.resume(state)
        if data is None:
            data = batches(x, y, batch_size=batch_size, steps=steps, seed=seed, start=start)
        else:
            data = data.skip(start) if start else data
        if start < steps:
            options = dict(steps_per_epoch=steps - start, shuffle=False, verbose=0)
            # Not the model's own fit, which would look at the data once more.
            keras.Model.fit(model, data, epochs=1, callbacks=[notes], **options)
    except FloatingPointError:  # which says what to do
        raise
    except BaseException:
        notes.stopped()
        raise
    finally:
        notes.close()
    return notes.history()


def _checked_data(model, x, y):
    arguments.instance("model", model, keras.Model, "build one of vae_tutorial.models or vae")
    if hasattr(model, "checked_arrays"):
        return model.checked_arrays(x, y)
    if not model.built or (shape := getattr(model, "input_shape", None)) is None:
        raise ValueError("model must be built, not without weights: give it an Input first.")

    own_loss = type(model).compute_loss is not keras.Model.compute_loss

    def look(x, y=None):
        x = arrays.pictures("x", x, shape[1:])
        if y is not None:
            arrays.labels("y", y, model.output_shape[-1])
            arguments.as_many("y", y, "x", x)
        elif not own_loss:
            raise ValueError("y must hold a label for each image, not none: pass them as y.")
        return x, y

    if is_dataset(x):
        checked_dataset(x, y, look)
    else:
        x, y = look(x, y)
    if not own_loss and getattr(model, "loss", None) is None:
        raise ValueError("model must have a loss, not none: set model.loss.")
    return x, y


def schedule(steps, learning_rate):
    """The learning rate by step: it rises for a tenth of the steps, then falls as a cosine."""
    warm_up = steps // 10
    if warm_up == 0:
        return keras.optimizers.schedules.CosineDecay(learning_rate, steps)
    return keras.optimizers.schedules.CosineDecay(
        0.0, steps - warm_up + 1, warmup_target=learning_rate, warmup_steps=warm_up
    )


def _checked_snapshots(snapshot, at, steps):
    if snapshot is not None and not callable(snapshot):
        arguments.refuse(TypeError, "snapshot", "be a function", snapshot, "use a lambda")
    if not isinstance(at, Iterable):
        arguments.refuse(TypeError, "snapshot_steps", "be a list of steps", at, "write [0, 100]")
    found = set()
    for step in at:  # which may have no end
        step = arguments.whole_number("snapshot_steps", step, minimum=0)
        if step > steps:
            expected, way_out = f"be at most {steps}, the steps", "leave it out"
            arguments.refuse(ValueError, "snapshot_steps", expected, f"{step}", way_out)
        found.add(step)
    if (snapshot is None) == bool(found):
        raise ValueError(
            "snapshot and snapshot_steps must be given together, not one of them: add the other."
        )
    return found


def _checked_steps(steps, epochs, per_epoch):
    if (steps is None) == (epochs is None):
        found = "none" if steps is None else "both"
        raise ValueError(f"steps or epochs must be given, not {found}: give one of the two.")
    if epochs is not None and per_epoch is None:
        raise ValueError(f"epochs must be None for a dataset, not {epochs!r}: give steps.")
    if steps is None:
        most = max(1, LARGEST_STEPS // per_epoch)
        return arguments.whole_number("epochs", epochs, maximum=most) * per_epoch
    return arguments.whole_number("steps", steps, maximum=LARGEST_STEPS)
