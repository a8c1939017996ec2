"""Trainings stopped at any moment end, once taken up again, as if nobody had stopped them."""

import json
import queue
import signal
import subprocess
import sys
import time

import numpy as np
import pytest
from jupyter_client.manager import start_new_kernel

from tests.faults import times

# The default VAE on the embedded digits; each process prints JSON as its last line.
TRAINING = """
import hashlib, json, os, signal, sys, threading, time
import numpy as np
from vae_tutorial import notes
from vae_tutorial.data import load_images
from vae_tutorial.training import train
from vae_tutorial.vae import VAE

notes.PAUSE = 0  # written down at each note
x, STEPS = load_images("digits").x_train, 300


def build():
    return VAE(20, seed=0)


def go(model, run=None):
    history = train(model, x, steps=STEPS, batch_size=100, seed=0, run=run, show_progress=False)
    arrays = [v.numpy() for v in (*model.weights, *model.optimizer.variables)]
    digest = hashlib.sha256(b"".join(a.tobytes() for a in arrays)).hexdigest()
    return [digest, history.step.tolist(), history.loss.tolist()]
"""
INTERRUPTED = (
    TRAINING
    + """
whole, chance, at, wrong = go(build()), np.random.default_rng(0), [], 0
folder, count, turn = sys.argv[1], int(sys.argv[2]), 0
# A shell that starts a process in the background may make it deaf to this signal.
signal.signal(signal.SIGINT, signal.default_int_handler)
while len(at) < count and turn < 2 * count:  # a stop that comes after the end doesn't count
    turn += 1
    run, model = os.path.join(folder, f"{turn}.npz"), build()
    wanted, wait = chance.integers(1, STEPS - 5), 0.01 * chance.random()

    def press(model=model, wanted=wanted, wait=wait):
        while getattr(model, "optimizer", None) is None or model.optimizer.iterations < wanted:
            time.sleep(0.0005)
        time.sleep(wait)
        os.kill(os.getpid(), signal.SIGINT)

    finger = threading.Thread(target=press)
    try:
        finger.start()
        go(model, run)
        finger.join()
        time.sleep(0.1)  # it may come now
    except KeyboardInterrupt:
        at.append(int(model.optimizer.iterations))
    finger.join()
    assert all(np.isfinite(w).all() for w in model.get_weights())
    # The cell that trains is run again, or the one that builds the model, too.
    wrong += go(model if turn % 2 else build(), run) != whole
print(json.dumps({"whole": whole, "at": at, "wrong": wrong}))
"""
)
LONG = 2000  # steps, so that a kill seldom comes too late
KILLED = (
    TRAINING
    + f"""
STEPS = {LONG}
print("ready", flush=True)
print(json.dumps(go(build(), sys.argv[1] if sys.argv[1:] else None)))
"""
)


def result(code, *arguments):
    """What a process prints last."""
    command = [sys.executable, "-c", code, *map(str, arguments)]
    done = subprocess.run(command, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout.splitlines()[-1])


@pytest.mark.skipif(sys.platform == "win32", reason="signals are POSIX's")
def test_the_stop_button_at_random_steps(tmp_path):
    count = times(2, 100)
    found = result(INTERRUPTED, tmp_path, count)
    assert found["wrong"] == 0 and len(found["at"]) == count
    steps = found["whole"][1]
    assert steps == sorted(set(steps)) and steps[-1] == 300
    print("stopped at steps", sorted(found["at"]))


@pytest.mark.skipif(not hasattr(signal, "SIGKILL"), reason="SIGKILL is POSIX's")
def test_a_killed_process_at_random_moments(tmp_path):
    """Each run is killed up to five times, then it may end; kills after its end don't count."""
    whole, chance, stood = result(KILLED), np.random.default_rng(0), []
    while len(stood) < times(1, 50):
        run, kills, step = tmp_path / f"{len(stood)}.npz", 0, 0
        while kills < times(1, 5) and step < LONG:
            command = [sys.executable, "-c", KILLED, str(run)]
            process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL)
            process.stdout.readline()
            time.sleep(0.8 + 0.8 * chance.random())  # the first step comes after about a second
            process.send_signal(signal.SIGKILL)
            process.wait(60)
            if run.exists():
                with np.load(run) as file:
                    step = int(file["notes"][-1][0])
            if step < LONG:
                kills += 1
                stood.append(step)
        assert result(KILLED, run) == whole
    print("the runs stood at steps", stood)


CELL = """
from vae_tutorial.machine import check_setup
check_setup()
from vae_tutorial import notes
from vae_tutorial.data import load_images
from vae_tutorial.training import train
from vae_tutorial.vae import VAE
images = load_images("digits")
"""
BUILD = "vae = VAE(20, seed=0)"
TRAIN = "history = train(vae, images.x_train, steps=600, run={run!r})"
SAY = """
import hashlib
print(hashlib.sha256(b"".join(w.tobytes() for w in vae.get_weights())).hexdigest())
print(len(set(history.step.tolist())), len(history.step), history.step[-1])
"""


def executed(client, code, after=None):
    """(error's name or None, all that was printed) of a cell; ``after(text)`` sees each display."""
    message, printed, error = client.execute(code), "", None
    while True:
        try:
            reply = client.get_iopub_msg(timeout=120)
        except queue.Empty:
            raise AssertionError(f"no end of {code!r}") from None
        if reply["parent_header"].get("msg_id") != message:
            continue
        kind, content = reply["msg_type"], reply["content"]
        if kind == "status" and content["execution_state"] == "idle":
            return error, printed
        if kind == "stream":
            printed += content["text"]
        elif kind == "error":
            error = content["ename"]
            printed += "\n".join(content["traceback"])
        elif kind in ("display_data", "update_display_data") and after is not None:
            after(content["data"].get("text/plain", ""))


@pytest.fixture
def kernel():
    """A kernel, as behind a notebook, and its client."""
    manager, client = start_new_kernel(kernel_name="python3")
    yield manager, client
    client.stop_channels()
    manager.shutdown_kernel(now=True)


@pytest.mark.skipif(sys.platform == "win32", reason="how a kernel is interrupted differs")
def test_the_stop_button_of_a_notebook(kernel, tmp_path):
    """The cell is stopped, and run again: it goes on, to the same weights."""
    manager, client = kernel
    ends = []
    for name in ("stopped.npz", "whole.npz"):
        code, pressed = TRAIN.format(run=str(tmp_path / name)), []

        def press(text, name=name, pressed=pressed):
            # In the middle of the run, once.
            if name == "stopped.npz" and not pressed and text.startswith(("204 ", "252 ", "300 ")):
                pressed.append(text)
                manager.interrupt_kernel()

        assert executed(client, CELL + BUILD) == (None, "")
        error, printed = executed(client, code, press)
        if pressed:
            assert error == "KeyboardInterrupt"
            assert "of 600 steps: the same call goes on from there" in printed
            assert executed(client, code) == (None, "")
        else:
            assert error is None and name == "whole.npz"
        ends.append(executed(client, SAY))
    assert ends[0] == ends[1] and ends[0][1].endswith("50 50 600\n")


def test_a_cell_out_of_order_is_not_begun(kernel, tmp_path):
    """In a kernel, too, and the line is all that is shown."""
    _, client = kernel
    cells = [CELL, "first = 1", "second = first + 1\n", "print(second)"]
    notebook = {"cells": [{"cell_type": "code", "source": source} for source in cells]}
    (tmp_path / "any.ipynb").write_text(json.dumps(notebook), encoding="utf-8")
    executed(client, f"import os; os.chdir({str(tmp_path)!r})")
    assert executed(client, cells[0]) == (None, "")
    error, shown = executed(client, cells[3])
    assert error == "OutOfOrderError"
    assert shown == "Not run. second is not defined yet: first run the cell that begins: first = 1"
    assert executed(client, cells[1]) == executed(client, cells[2]) == (None, "")
    assert executed(client, cells[3]) == (None, "2\n")
    error, shown = executed(client, "print(third)")  # which no cell defines
    assert error == "NameError" and "third" in shown
