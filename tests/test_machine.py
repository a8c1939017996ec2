"""The setup check: silent if all is well, one line for each problem, and Keras set as needed."""

import os
import platform
import subprocess
import sys

import keras
import numpy as np
import psutil
import pytest

from vae_tutorial import machine

CHECK = "from vae_tutorial.machine import check_setup; check_setup();"


@pytest.fixture(autouse=True)
def fit_machine(monkeypatch):
    """Enough memory."""
    monkeypatch.setattr(machine, "MEMORY", 1)


def printed(capsys):
    """The lines that the check prints."""
    machine.check_setup()
    return capsys.readouterr().out.splitlines()


def run(code, **environment):
    """Run a piece of Python in a new process."""
    environment = os.environ | environment
    command = [sys.executable, "-c", code]
    return subprocess.run(command, env=environment, capture_output=True, text=True, timeout=60)


def test_nothing_is_printed_if_all_is_well():
    done = run(CHECK + CHECK, KERAS_HOME=os.devnull)
    assert (done.returncode, done.stdout, done.stderr) == (0, "", "")


def test_too_little_memory(monkeypatch, capsys):
    monkeypatch.setattr(machine, "MEMORY", 10**9)
    [line] = printed(capsys)
    assert "of 1,000,000,000 MB of memory are free: shut down other kernels" in line


def test_a_container_may_have_less_memory_than_the_machine(tmp_path, monkeypatch):
    monkeypatch.setattr(machine, "CGROUP", tmp_path)
    (tmp_path / "memory.max").write_text("max\n")
    machine_has = machine._free_memory()
    (tmp_path / "memory.max").write_text(f"{900 * 2**20}\n")
    (tmp_path / "memory.current").write_text(f"{500 * 2**20}\n")
    (tmp_path / "memory.stat").write_text(f"anon 5\ninactive_file {100 * 2**20}\n")
    own = psutil.Process().memory_info().rss / 2**20
    assert machine._free_memory() == pytest.approx(500 + own, abs=5)
    assert machine_has > 500 + own


def test_a_processor_without_avx_is_an_error(monkeypatch):
    """Raised before TensorFlow loads, whose first instruction would kill the kernel."""
    monkeypatch.setattr(np._core._multiarray_umath, "__cpu_features__", {"AVX": False})
    monkeypatch.setattr(platform, "machine", lambda: "x86_64")
    monkeypatch.setattr(machine, "_load", lambda: pytest.fail("TensorFlow was loaded"))
    with pytest.raises(machine.SetupError, match="needs a processor with AVX") as caught:
        machine.check_setup()
    assert caught.value._render_traceback_() == [str(caught.value)]
    monkeypatch.setattr(platform, "machine", lambda: "arm64")
    monkeypatch.setattr(machine, "_load", lambda: None)
    machine.check_setup()


def test_settings_made_in_this_kernel_are_overruled():
    keras.config.set_floatx("float16")
    keras.config.set_dtype_policy("mixed_float16")
    keras.config.set_epsilon(0.1)
    keras.config.set_image_data_format("channels_first")
    machine.check_setup()
    assert keras.config.dtype_policy().name == keras.config.floatx() == "float32"
    assert keras.config.epsilon() == 1e-7
    assert keras.config.image_data_format() == "channels_last"


@pytest.mark.parametrize(
    ("content", "starts"),
    [
        ('{"floatx": "float16", "epsilon": 0.1, "image_data_format": "channels_first"}', True),
        ('{"backend": "jax"}', True),
        ('{"floatx": "float8"}', False),
        ("[]", False),
    ],
)
def test_odd_settings_in_a_file_change_nothing_or_are_named(content, starts, tmp_path):
    (tmp_path / "keras.json").write_text(content)
    code = CHECK + "import keras; c = keras.config; print(keras.backend.backend(), c.floatx(), "
    code += "c.dtype_policy().name, c.epsilon(), c.image_data_format())"
    done = run(code, KERAS_HOME=str(tmp_path))
    if starts:
        assert done.stdout.strip() == "tensorflow float32 float32 1e-07 channels_last", done.stderr
    else:
        hint = f"delete keras.json from {tmp_path}, and restart the kernel."
        assert done.stderr.strip().endswith(hint)
        (tmp_path / "keras.json").unlink()
        assert run(code, KERAS_HOME=str(tmp_path)).returncode == 0


def test_another_backend_in_this_kernel_is_an_error(monkeypatch):
    monkeypatch.setattr(keras.backend, "backend", lambda: "jax")
    with pytest.raises(machine.SetupError, match="TensorFlow, not on jax: restart the kernel"):
        machine.check_setup()


def test_what_cpp_writes_is_held_back_unless_the_import_fails(capfd):
    with machine._quiet_stderr():
        os.write(2, b"noise")
    os.write(2, b"heard")
    assert capfd.readouterr().err == "heard"
    with pytest.raises(ImportError), machine._quiet_stderr():
        os.write(2, b"what went wrong")
        raise ImportError
    os.write(2, b", heard")
    assert capfd.readouterr().err == "what went wrong, heard"
