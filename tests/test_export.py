"""A decoder with its sigmoid, exported: it draws the same images where there is no Keras."""

import subprocess
import sys

import keras
import numpy as np
import onnxruntime
import pytest
import tensorflow as tf

from tests.small_models import KINDS, small
from vae_tutorial.variants import ConditionalVAE, ConvVAE

BUILDERS = {kind: lambda kind=kind: small(kind) for kind in KINDS} | {
    "convolutional": lambda: ConvVAE(3, (16, 8, 3), filters=(4, 6)),
    "conditional": lambda: ConditionalVAE(3, (8, 8, 1), units=(8,), decoder_units=(8,), classes=3),
}
ALONE = """
import sys
sys.modules["vae_tutorial"] = sys.modules["keras"] = None  # neither can be imported
import numpy as np, tensorflow as tf
loaded = tf.saved_model.load(sys.argv[1])
np.save(sys.argv[3], loaded.serve(np.load(sys.argv[2])).numpy())
"""


@pytest.fixture(params=BUILDERS)
def exported(request):
    """A decoder with its sigmoid, codes, and the images that they should give."""
    keras.utils.set_random_seed(0)
    model = BUILDERS[request.param]()
    decoder = keras.Sequential([model.decoder, keras.layers.Activation("sigmoid")])
    shape = (5, model.decoder.input_shape[-1])
    z = np.random.default_rng(0).normal(size=shape).astype(np.float32)
    expected = decoder(z).numpy()
    assert expected.min() >= 0 and expected.max() <= 1 and expected.std() > 0
    return decoder, z, expected


def test_a_saved_model_draws_the_same_in_tensorflow_alone(exported, tmp_path):
    decoder, z, expected = exported
    decoder.export(tmp_path / "saved", verbose=False)
    files = [tmp_path / "z.npy", tmp_path / "images.npy"]
    np.save(files[0], z)
    command = [sys.executable, "-c", ALONE, tmp_path / "saved", *files]
    subprocess.run(command, check=True, capture_output=True, timeout=120)
    assert np.abs(np.load(files[1]) - expected).max() < 1e-5


@pytest.mark.filterwarnings("ignore::FutureWarning")
def test_onnx_draws_the_same_in_onnxruntime(exported, tmp_path):
    decoder, z, expected = exported
    decoder.export(tmp_path / "decoder.onnx", format="onnx", verbose=False)
    session = onnxruntime.InferenceSession(tmp_path / "decoder.onnx")
    (found,) = session.run(None, {session.get_inputs()[0].name: z})
    assert np.abs(found - expected).max() < 1e-5


@pytest.mark.filterwarnings("ignore:.*tf.lite.Interpreter")  # which will move to a package
@pytest.mark.skipif(not hasattr(tf, "lite"), reason="this TensorFlow has no LiteRT")
def test_litert_draws_the_same(exported, tmp_path):
    decoder, z, expected = exported
    decoder.export(tmp_path / "decoder.tflite", format="litert", verbose=False)
    runner = tf.lite.Interpreter(f"{tmp_path / 'decoder.tflite'}").get_signature_runner()
    (name,) = runner.get_input_details()
    (found,) = runner(**{name: z}).values()
    assert np.abs(found - expected).max() < 1e-5
