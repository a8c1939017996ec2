"""Beyond one training: a sweep over settings, and one training on several machines.

Introduced in notebook 14. On several GPUs of one machine plain ``fit`` under
``tf.distribute.MirroredStrategy`` is enough: with batches that the replicas share evenly, one
strategy a process, and without ``jit_compile``, which TensorFlow can't combine with it.
"""

import importlib
import itertools
import json
import random
import tempfile
from contextlib import closing
from functools import partial
from pathlib import Path

from tqdm.auto import tqdm

from vae_tutorial import _validation

START = '{"setting": '  # of each line in the file of a sweep


def grid(**axes):
    """Every combination of some values, as a list of dict, of which the last changes fastest.

    ``grid(beta=[0.1, 1], seed=range(3))`` has six, from ``{"beta": 0.1, "seed": 0}`` on.
    """
    return [dict(zip(axes, values, strict=True)) for values in itertools.product(*axes.values())]


def sweep(task, settings, file, client=None):
    """Call ``task(**setting)`` for each setting, and keep each result in a file.

    What the file holds already is not run again: after an interruption the same call goes on. A
    task that fails is named in one printed line, and tried again by the next call. If it calls
    ``set_seed`` first, a task gives the same numbers in a worker of the same machine as here.

    Args:
        task: function that returns a dict of numbers. Dask's workers must be able to import it,
            unless it is written in a notebook.
        settings: list of dict, no two alike, such as ``grid`` makes.
        file: where each finished task adds a line of JSON, for one sweep at a time.
        client: None to run here, one after the other; or a ``dask.distributed.Client``, with
            ``threads_per_worker=1``, since threads share the random numbers. If a worker dies, its
            task runs again on another.

    Returns:
        list of dict ``{**setting, **result}``, in the order of ``settings``, without failed ones.

    Raises:
        ValueError, TypeError: if two settings are alike, the file holds something else, or JSON
            can't hold a setting or a result.
    """
    keyed = {_json("a setting", setting): dict(setting) for setting in settings}
    if len(keyed) < len(settings):
        twice = f"{len(settings)} of which {len(keyed)} differ"
        raise _validation.error("settings", "differ from each other", twice, "drop the others")
    results = _read(Path(file))
    left = {key: setting for key, setting in keyed.items() if key not in results}
    here = ((key, partial(task, **setting)) for key, setting in left.items())
    runs = here if client is None else _on_dask(task, left, client)
    bar = tqdm(total=len(keyed), initial=len(keyed) - len(left), unit="task", delay=30)
    with bar, closing(runs), open(file, "a", encoding="utf-8") as out:
        for key, run in runs:
            try:
                result = run()
            except Exception as error:
                reason = f"{error}".partition("\n")[0]
                print(f"failed {keyed[key]}: {type(error).__name__}: {reason}")
                continue
            _validation.instance("what task returns", result, dict, 'return {"loss": 1.0}')
            result = _json("what task returns", result)
            out.write(f'{START}{key}, "result": {result}}}\n')
            out.flush()
            results[key] = json.loads(result)
            bar.update()
    return [{**setting, **results[key]} for key, setting in keyed.items() if key in results]


def _on_dask(task, left, client):
    from distributed import as_completed

    futures = {client.submit(_alone, task, left[key], pure=False): key for key in left}
    try:
        for future in as_completed(futures):
            yield futures[future], future.result
    finally:  # after an interruption
        client.cancel([future for future in futures if not future.done()])


def _alone(task, setting):
    """A task on a worker, whose Dask has random numbers of its own."""
    # To guess the size of messages it draws Python's, even while a seeded model is being built.
    importlib.import_module("dask.sizeof").random = random.Random()
    return task(**setting)


def _json(name, value):
    """One line; NumPy's numbers become Python's, float32 without rounding."""
    try:
        return json.dumps(value, sort_keys=True, default=lambda number: number.item())
    except (TypeError, ValueError, AttributeError):
        expected, hint = "be a dict that JSON can hold", "use numbers, texts, and lists of them"
        raise _validation.error(name, expected, value, hint, TypeError) from None


def _read(file):
    """The results in a file, by their setting; the file is made to end with a whole line."""
    results, text = {}, file.read_text("utf-8", errors="replace") if file.exists() else ""
    for line in text.split("\n"):
        try:
            row = json.loads(line)
            results[_json("a setting", row["setting"])] = row["result"]
        except (ValueError, TypeError, KeyError):
            if not START.startswith(line[: len(START)]):  # otherwise cut short by a kill
                problem = "hold what a sweep has written", f"{line:.40}", "name another file"
                raise _validation.error(f"{file}", *problem) from None
    if text and not text.endswith("\n"):
        with open(file, "a", encoding="utf-8") as out:
            out.write("\n")
    return results


def fit_workers(strategy, build, data, steps, folder, save_every=100):
    """Train one model on several workers, each of which makes this call.

    For ``tf.distribute.MultiWorkerMirroredStrategy``, under which ``fit`` fails (keras#20585). The
    result is that of one process with the same batches, but for the noise of a VAE: the workers
    draw the same numbers, each for its own images. TensorFlow listens on all addresses of a machine
    and asks for no password: use it in a network that you trust.

    Args:
        strategy: the strategy, made before anything else of TensorFlow.
        build: function that returns a compiled model; ``jit_compile`` is ignored.
        data: ``tf.data.Dataset`` of batches for all workers together, which must divide evenly; the
            same on each (call ``set_seed`` first). It is repeated as often as needed.
        steps: at which step to end; those before the checkpoint count.
        folder: on a disk that the workers share: a checkpoint, from which the training goes on.
        save_every: steps from one checkpoint to the next.

    Returns:
        The model, and the loss of each step since this start, averaged over the workers.

    Raises:
        RuntimeError: if another worker has gone.
    """
    import tensorflow as tf

    with strategy.scope():
        model = build()
        model.optimizer.build(model.trainable_variables)
    rest = [variable.value for variable in model.non_trainable_variables]  # the noise's seed, too
    checkpoint = tf.train.Checkpoint(model=model, optimizer=model.optimizer, rest=rest)
    checkpoint.restore(tf.train.latest_checkpoint(folder))
    first, losses = int(model.optimizer.iterations.numpy()), []
    options = tf.data.Options()
    options.experimental_distribute.auto_shard_policy = tf.data.experimental.AutoShardPolicy.DATA
    data = data.repeat().skip(first).take(max(0, steps - first)).with_options(options)

    def step(batch):
        for metric in model.metrics:
            metric.reset_state()
        return model.train_step(batch)["loss"]

    @tf.function(autograph=False)
    def step_of_all(batch):
        return strategy.reduce("MEAN", strategy.run(step, args=(batch,)), axis=None)

    with tempfile.TemporaryDirectory() as other:  # where all but one save: each must take part
        place = folder if strategy.extended.should_checkpoint else other
        manager = tf.train.CheckpointManager(checkpoint, place, max_to_keep=2)
        try:
            for done, batch in enumerate(strategy.experimental_distribute_dataset(data), first + 1):
                if hasattr(model, "look"):  # a model of images, which checks them
                    model.look(batch, "train")
                losses.append(float(step_of_all(batch)))
                if done % save_every == 0 or done == steps:
                    manager.save(done)
        except (tf.errors.UnavailableError, tf.errors.AbortedError, tf.errors.CancelledError) as e:
            at = (tf.train.latest_checkpoint(folder) or "-0").rpartition("-")[2]
            raise RuntimeError(
                f"a worker has gone after step {first + len(losses)}; the checkpoint in {folder} is"
                f" of step {at}: start all workers again, and the training goes on from there."
            ) from e
    return model, losses
