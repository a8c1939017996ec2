"""What the setup check says: nothing where all is well, a line for each thing that is wrong."""

import json
import os
import platform
import subprocess
import sys

import numpy as np
import psutil
import pytest

from vae_tutorial import machine
from vae_tutorial.runtime import keras


@pytest.fixture(autouse=True)
def quiet(monkeypatch):
    """Enough memory, and no settings of this machine's."""
    monkeypatch.setattr(machine, "MEGABYTES", 1)
    for name in machine.SHORTENING:
        monkeypatch.delenv(name, raising=False)


def said(capsys):
    """The lines that the check prints."""
    machine.check_setup()
    return capsys.readouterr().out.splitlines()


def test_nothing_is_said_where_all_is_well(capsys):
    assert said(capsys) == []


def test_another_python(monkeypatch, capsys):
    monkeypatch.setattr(platform, "python_version", lambda: "3.9.1")
    [line] = said(capsys)
    assert "Python 3.9.1 runs here" in line and ">=3.10" in line and "make PYTHON=" in line


def test_packages_that_are_missing_or_others(monkeypatch, capsys):
    version = machine.metadata.version

    def other(name):
        if name == "anywidget":
            raise machine.metadata.PackageNotFoundError
        return {"keras": "3.0.0", "numpy": "1.26.4"}.get(name) or version(name)

    monkeypatch.setattr(machine.metadata, "version", other)
    keras_line, numpy_line, missing = said(capsys)
    assert "keras 3.0.0 is here" in keras_line and "pip install 'keras~=3.15" in keras_line
    assert "numpy 1.26.4 is here, <3,>=2.2 is needed" in numpy_line
    assert missing.startswith("anywidget is not installed: run make lab")


def test_a_package_that_lies_beside_and_is_not_installed(monkeypatch, capsys):
    def none(_):
        raise machine.metadata.PackageNotFoundError

    monkeypatch.setattr(machine.metadata, "metadata", none)
    [line] = said(capsys)
    assert "vae_tutorial is not installed: run make lab" in line


@pytest.mark.parametrize("name", machine.SHORTENING)
def test_what_would_cut_trainings_short(name, monkeypatch, capsys):
    monkeypatch.setenv(name, "3")
    [line] = said(capsys)
    assert name in line and "unset it, and restart the kernel" in line


def test_too_little_memory(monkeypatch, capsys):
    monkeypatch.setattr(machine, "MEGABYTES", 10**9)
    [line] = said(capsys)
    assert "MB of memory are free, 1,000,000,000 are needed: shut down other kernels" in line


@pytest.mark.parametrize("version", [1, 2])
def test_a_container_may_have_less_than_the_machine(version, tmp_path, monkeypatch, capsys):
    names = {1: ("memory.limit_in_bytes", "memory.usage_in_bytes", "total_inactive_file")}
    names[2] = ("memory.max", "memory.current", "inactive_file")
    for name, value in zip(names[version], (900, 500, None), strict=True):
        if value:
            (tmp_path / name).write_text(f"{value * 2**20}\n")
    (tmp_path / "memory.stat").write_text(f"anon 5\n{names[version][2]} {100 * 2**20}\n")
    monkeypatch.setattr(machine, "_groups", lambda: [tmp_path])
    monkeypatch.setattr(machine, "MEGABYTES", 10**6)
    own = psutil.Process().memory_info().rss / 2**20
    [line] = said(capsys)
    free = float(line.split()[0].replace(",", ""))
    assert abs(free - (500 + own)) < 5


def test_a_container_without_a_limit(tmp_path, monkeypatch):
    (tmp_path / "memory.max").write_text("max\n")
    assert machine._free_in(tmp_path) is None


def test_a_processor_without_avx_is_refused(monkeypatch):
    """Before TensorFlow, whose first instruction would end the kernel."""
    monkeypatch.setattr(np._core._multiarray_umath, "__cpu_features__", {"AVX": False})
    monkeypatch.setattr(platform, "machine", lambda: "x86_64")
    with pytest.raises(machine.SetupError, match="lacks AVX.*take another machine"):
        machine.check_setup()
    monkeypatch.setattr(platform, "machine", lambda: "arm64")
    machine.check_setup()


@pytest.mark.parametrize(
    ("change", "words"),
    [
        (lambda: keras.config.set_floatx("float16"), "float type is float16, and must be float32"),
        (lambda: keras.config.set_dtype_policy("mixed_float16"), "dtype policy is mixed_float16"),
        (
            lambda: keras.config.set_image_data_format("channels_first"),
            "data format is channels_first, and must be channels_last: restart the kernel",
        ),
    ],
)
def test_keras_set_otherwise_in_this_kernel_is_refused(change, words):
    change()
    try:
        with pytest.raises(machine.SetupError, match=words) as caught:
            machine.check_setup()
    finally:
        keras.config.set_floatx("float32")
        keras.config.set_dtype_policy("float32")
        keras.config.set_image_data_format("channels_last")
    assert caught.value._render_traceback_() == str(caught.value).splitlines()


@pytest.mark.parametrize(
    ("content", "words"),
    [
        ('{"floatx": "float8"}', "holds floatx 'float8', with which Keras won't start: delete it"),
        ('{"epsilon": 1, "image_data_format": 3}', "epsilon 1 and image_data_format 3"),
        ("[]", "holds no settings"),
        ('{"floatx": "float16", "epsilon": 0.1, "image_data_format": "channels_first"}', None),
        ("{", None),
    ],
)
def test_keras_settings_with_which_it_would_not_start(content, words, tmp_path):
    """In a new process; what the check admits, Keras starts with, and is set as it must be."""
    (tmp_path / "keras.json").write_text(content)
    code = (
        "from vae_tutorial.machine import check_setup; check_setup();"
        "from vae_tutorial.runtime import keras; check_setup();"
        "print(keras.config.floatx(), keras.config.image_data_format())"
    )
    environment = os.environ | {"KERAS_HOME": str(tmp_path)}
    done = subprocess.run(
        [sys.executable, "-c", code], env=environment, capture_output=True, text=True, timeout=60
    )
    if words:
        assert done.returncode == 1 and words in done.stderr.splitlines()[-1]
    else:
        assert done.stdout.splitlines()[-1] == "float32 channels_last", done.stderr


def test_another_backend_in_this_kernel_is_refused():
    code = (
        "import sys, types, vae_tutorial.machine as machine;"
        "config = types.SimpleNamespace(floatx=lambda: 'float32', image_data_format=lambda: "
        "'channels_last', dtype_policy=lambda: types.SimpleNamespace(name='float32'));"
        "backend = types.SimpleNamespace(backend=lambda: 'jax');"
        "sys.modules['keras'] = types.SimpleNamespace(config=config, backend=backend);"
        "machine.check_setup()"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, timeout=60)
    assert "Keras's backend is jax, and must be tensorflow" in done.stderr.splitlines()[-1]


def test_it_is_quick_and_leaves_tensorflow_alone():
    code = (
        "import json, sys; from vae_tutorial.machine import check_setup; check_setup();"
        "print(json.dumps(sorted({'tensorflow', 'keras', 'matplotlib'} & set(sys.modules))))"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, timeout=60)
    assert json.loads(done.stdout.splitlines()[-1]) == []
