"""Importing: quiet where TensorFlow is needed, and without it where it is not."""

import json
import os
import subprocess
import sys

import pytest

from vae_tutorial import runtime
from vae_tutorial.runtime import keras, tf

LIGHT = ["arguments", "pictures", "data", "plots", "explorer", "widgets", "checks", "exercises"]
LIGHT += ["judging", "store"]


@pytest.fixture(scope="module")
def loaded():
    """{module: the heavy packages that are loaded once it is imported, one after the other}."""
    code = f"""
import importlib, json, sys
loaded = {{}}
for name in {LIGHT}:
    importlib.import_module("vae_tutorial." + name)
    loaded[name] = sorted({{"tensorflow", "keras"}} & set(sys.modules))
print(json.dumps(loaded))
"""
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, timeout=60)
    assert done.stderr == ""
    return json.loads(done.stdout)


@pytest.mark.parametrize("name", LIGHT)
def test_import_needs_no_tensorflow(loaded, name):
    assert loaded[name] == []


def test_keras_runs_on_tensorflow_in_float32():
    assert keras.backend.backend() == "tensorflow"
    assert keras.config.floatx() == "float32"


def test_operations_are_deterministic():
    """Then TensorFlow refuses random numbers that nobody has given a seed."""
    tf.random.set_seed(None)
    try:
        with pytest.raises(RuntimeError, match="seed"):
            tf.random.normal([2])
    finally:
        tf.random.set_seed(0)


def test_what_is_written_to_stderr_is_kept_back(capfd):
    with runtime._silent_stderr():
        os.write(2, b"noise of a library")
    os.write(2, b"heard")
    assert capfd.readouterr().err == "heard"


def test_and_shown_where_it_fails(capfd):
    with pytest.raises(ImportError), runtime._silent_stderr():
        os.write(2, b"what went wrong")
        raise ImportError
    os.write(2, b", heard")
    assert capfd.readouterr().err == "what went wrong, heard"
