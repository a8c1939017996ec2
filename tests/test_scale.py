"""Sweeps and trainings on several workers give what one process gives, and survive its end."""

import json
import logging
import os
import shutil
import subprocess
import sys
import time
from pathlib import Path

import numpy as np
import pytest
import tensorflow as tf

from tests import scale_worker
from vae_tutorial.scale import fit_workers, grid, sweep

ROOT = Path(__file__).parent.parent
SETTINGS = grid(beta=[1, 2], seed=range(2))
QUIET = {"TF_CPP_MIN_LOG_LEVEL": "2", "CUDA_VISIBLE_DEVICES": "", "PYTHONPATH": f"{ROOT}"}
SECONDS = 90  # the longest that a process may take


def product(beta, seed):
    return {"product": beta * seed}


def lines(file):
    return [json.loads(line) for line in file.read_text().splitlines()]


@pytest.fixture
def file(tmp_path):
    return tmp_path / "results.jsonl"


# A sweep in this process


def test_a_grid_holds_every_combination_and_the_last_argument_changes_fastest():
    assert SETTINGS == [{"beta": b, "seed": s} for b in (1, 2) for s in (0, 1)]
    assert grid(a=[]) == []


def test_a_sweep_returns_rows_in_order_and_writes_a_line_for_each(file):
    rows = sweep(product, SETTINGS, file)
    assert rows == [{**setting, **product(**setting)} for setting in SETTINGS]
    assert lines(file) == [{"setting": s, "result": product(**s)} for s in SETTINGS]


def test_a_second_call_runs_nothing_and_a_longer_one_only_what_is_new(file):
    rows, ran = sweep(product, SETTINGS, file), []

    def recorded(beta, seed):
        ran.append((beta, seed))
        return product(beta, seed)

    assert sweep(recorded, SETTINGS, file) == rows and not ran
    assert sweep(recorded, [{"seed": 5, "beta": 1}, *SETTINGS[::-1]], file)[1:] == rows[::-1]
    assert ran == [(1, 5)]


@pytest.mark.parametrize("cut", (1, 2, 5, 20, 40))
def test_a_line_cut_short_is_run_again_and_spoils_no_other(file, cut):
    rows = sweep(product, SETTINGS, file)
    file.write_bytes(file.read_bytes()[:-cut])
    for _ in range(2):
        assert sweep(product, SETTINGS, file) == rows
    whole = [line for line in file.read_text().splitlines() if line.endswith("}}")]
    assert len(whole) == len(set(whole)) == len(SETTINGS)


def test_a_failed_task_is_named_in_one_line_and_tried_again(file, capsys):
    def fails(beta, seed):
        if (beta, seed) == (1, 1):
            raise OSError("no room\nleft")
        return product(beta, seed)

    assert len(sweep(fails, SETTINGS, file)) == len(lines(file)) == 3
    assert capsys.readouterr().out == "failed {'beta': 1, 'seed': 1}: OSError: no room\n"
    assert sweep(product, SETTINGS, file)[1] == {"beta": 1, "seed": 1, "product": 1}


def test_numbers_of_numpy_are_kept_exactly(file):
    value = np.float32(0.1)
    for _ in range(2):
        (row,) = sweep(lambda n: {"a": value, "b": np.int64(3)}, [{"n": np.int64(1)}], file)
        assert row["a"] == float(value) and type(row["a"]) is float and row["b"] == 3


def test_an_interrupted_sweep_keeps_what_has_finished(file):
    def interrupted(beta, seed):
        if (beta, seed) == (2, 0):
            raise KeyboardInterrupt
        return product(beta, seed)

    with pytest.raises(KeyboardInterrupt):
        sweep(interrupted, SETTINGS, file)
    assert len(lines(file)) == 2


@pytest.mark.parametrize(
    ("task", "settings", "kind", "message"),
    (
        (product, SETTINGS + SETTINGS[:1], ValueError, "settings must differ from each other"),
        (product, [{"beta": {1, 2}}], TypeError, "a setting must be a dict that JSON can hold"),
        (lambda n: 3.0, [{"n": 1}], TypeError, "what task returns must be a dict, not 3.0"),
        (lambda n: {"a": np.ones(3)}, [{"n": 1}], TypeError, "what task returns must be a dict th"),
    ),
)
def test_what_a_file_cannot_hold_is_refused(file, task, settings, kind, message):
    with pytest.raises(kind, match=message):
        sweep(task, settings, file)


def test_a_file_of_something_else_is_left_as_it_is(file):
    file.write_text("my notes")
    with pytest.raises(ValueError, match="must hold what a sweep has written, not my notes: name"):
        sweep(product, SETTINGS, file)
    assert file.read_text() == "my notes"


# A sweep on Dask's workers


def test_a_sweep_on_dask_outlives_a_worker_and_gives_the_same_bits(file, tmp_path):
    from distributed import Client, LocalCluster

    settings = grid(beta=[0.5, 4], seed=range(4))
    settings[3]["dies"] = f"{tmp_path / 'dead'}"
    options = {"n_workers": 2, "threads_per_worker": 1, "host": "127.0.0.1"}
    options |= {"dashboard_address": None, "silence_logs": logging.CRITICAL}
    with LocalCluster(**options) as cluster, Client(cluster) as client:
        rows = sweep(scale_worker.task, settings, file, client)
    assert Path(settings[3]["dies"]).exists() and len(lines(file)) == 8
    assert [
        {name: row[name] for name in s} for row, s in zip(rows, settings, strict=True)
    ] == settings
    for i in (0, 3, 6):
        assert rows[i] == {**settings[i], **scale_worker.task(**settings[i])}


# One training on several replicas


def started(*arguments, inside=(), **variables):
    """A process of ``scale_worker``."""
    command = [*inside, sys.executable, "-m", "tests.scale_worker", *arguments]
    pipes = {"stdout": subprocess.PIPE, "stderr": subprocess.PIPE, "text": True}
    return subprocess.Popen(command, cwd=ROOT, env=os.environ | QUIET | variables, **pipes)


@pytest.fixture(scope="module")
def two_workers():
    """Starts two workers in a network of their own, as TensorFlow's listen on all addresses."""
    alone = ["unshare", "--map-root-user", "--net"]
    if (
        not shutil.which("unshare")
        or subprocess.run([*alone, "true"], capture_output=True).returncode
    ):
        pytest.skip("this system gives a process no network of its own")
    script = f"ip link set lo up && echo ready && exec sleep {5 * SECONDS}"
    with subprocess.Popen(
        [*alone, "sh", "-c", script], stdout=subprocess.PIPE, text=True
    ) as holder:
        assert holder.stdout.readline() == "ready\n"
        inside = ["nsenter", f"--target={holder.pid}", "--user", "--net", "--preserve-credentials"]
        cluster = {"worker": ["127.0.0.1:7001", "127.0.0.1:7002"]}
        tasks = [{"cluster": cluster, "task": {"type": "worker", "index": i}} for i in range(2)]
        yield lambda *arguments: [
            started("workers", *arguments, inside=inside, TF_CONFIG=json.dumps(task))
            for task in tasks
        ]
        holder.kill()


def ended(processes):
    """What each has printed: stdout and stderr. None of them outlives this."""
    try:
        return [process.communicate(timeout=SECONDS) for process in processes]
    finally:
        for process in processes:
            process.kill()
            process.communicate()


def printed(processes):
    outputs = ended(processes)
    assert not any(process.returncode for process in processes), outputs
    return [json.loads(out.splitlines()[-1]) for out, _ in outputs]


def test_fit_on_two_replicas_equals_one_and_undoes_a_step_on_both():
    (found,) = printed([started("mirrored")])
    assert found.pop("undone") and "x must lie in [0, 1]" in found.pop("error")
    assert set(found) == {"VAE", "ConvVAE", "ConditionalVAE"} and max(found.values()) < 1e-4


def test_two_workers_equal_one_process(two_workers, tmp_path):
    losses, model = scale_worker.fit(50)
    found = printed(two_workers(f"{tmp_path}", "50", "100"))
    assert found[0] == found[1]
    assert scale_worker.difference([found[0]["losses"]], [losses]) < 1e-4
    assert scale_worker.difference(found[0]["weights"], model.get_weights()) < 1e-4
    assert tf.train.latest_checkpoint(tmp_path).endswith("ckpt-50")


def test_after_the_end_of_a_worker_the_others_say_so_and_go_on_later(two_workers, tmp_path):
    processes, deadline = two_workers(f"{tmp_path}", "1000000", "10"), time.monotonic() + SECONDS
    try:
        while not (tmp_path / "checkpoint").exists() and time.monotonic() < deadline:
            time.sleep(0.1)
        processes[1].kill()
    finally:
        (_, error), _ = ended(processes)
    step = int(tf.train.latest_checkpoint(tmp_path).rpartition("-")[2])
    last = error.splitlines()[-1]
    assert last.startswith("RuntimeError: a worker has gone after step ")
    assert f"is of step {step}: start all workers again" in last

    found = printed(two_workers(f"{tmp_path}", f"{step + 10}", "100"))
    losses, model = scale_worker.fit(step + 10)
    assert scale_worker.difference([found[1]["losses"]], [losses[step:]]) < 1e-4
    assert scale_worker.difference(found[1]["weights"], model.get_weights()) < 1e-4


def test_a_training_in_parts_equals_one_in_one_go_with_its_noise_too(tmp_path):
    def build():
        scale_worker.set_seed(0)
        model = scale_worker.small_vae()
        model.compile("adam")
        return model

    def trained(folder, *ends):
        for steps in ends:
            arguments = (build, scale_worker.data(), steps, f"{tmp_path / folder}")
            model, _ = fit_workers(tf.distribute.get_strategy(), *arguments)
        return model.get_weights()

    assert all(map(np.array_equal, trained("parts", 5, 12), trained("whole", 12)))
