"""The check of pixels, owned by the networks that read images: no door leads around it."""

import keras
import numpy as np
import tensorflow as tf

from vae_tutorial import _validation
from vae_tutorial.data import as_floats


@keras.saving.register_keras_serializable(package="vae_tutorial")
class Pixels(keras.layers.Layer):
    """Images as networks take them: float32 (n, h, w, c) in [0, 1].

    Takes uint8 in 0 to 255 or floats in [0, 1], (n, h, w, c), or (n, h, w) for one channel.

    Pixels out of range raise a ValueError at once where Python runs. A compiled step can't raise
    (XLA drops assertions), so there the layer remembers what it saw and hands on black images;
    ``guard`` keeps such a batch from training anything, and ``ImageModel`` raises after the step.
    """

    def __init__(self, image_shape, **kwargs):
        super().__init__(**{**kwargs, "dtype": "float32"}, autocast=False)
        self.image_shape = tuple(image_shape)
        self.built = True
        # 0 for good, 1 out of range, 2 of another shape; the smallest and the largest pixel.
        self.seen = tf.Variable([0.0, 0.0, 0.0], trainable=False, name="seen")

    def get_config(self):
        return {**super().get_config(), "image_shape": self.image_shape}

    def call(self, x):
        if isinstance(x, list | tuple):
            _validation.images("x", x)  # which says what to do with a list
        x = tf.convert_to_tensor(x)
        _validation.image_dtype("x", x.dtype.as_numpy_dtype, x.dtype.name)
        wrong_shape = False
        if x.shape.rank is None:  # after batches of several ranks, TensorFlow traces for any
            sizes = tf.concat([tf.shape(x), [1, 1, 1]], axis=0)  # (n, h, w) has one channel
            wrong_shape = tf.reduce_any(sizes[1:4] != self.image_shape)
            x = tf.reshape(x, (tf.shape(x)[0], *self.image_shape))
        _validation.static_image_shape("x", x.shape, self.image_shape)
        whole = x.dtype == tf.uint8
        if tf.executing_eagerly():
            _validation.images("x", x.numpy(), self.image_shape)
        x = tf.cast(x, tf.float32) / (255.0 if whole else 1.0)
        x = x if len(x.shape) == 4 else x[..., tf.newaxis]
        low, high = tf.reduce_min(x), tf.reduce_max(x)
        low = tf.where(tf.reduce_any(tf.math.is_nan(x)), np.nan, low)  # XLA's minimum skips NaN
        # One in 255: a mask of 0 and 1 in uint8, or floats that were divided by 255 twice.
        dark = tf.abs(255.0 * high - 1.0) < 1e-3 if whole else (high > 0) & (high < 1.001 / 255)
        fits = tf.reduce_all((x >= 0) & (x <= 1)) & ~dark  # false for NaN, too
        fits &= tf.logical_not(wrong_shape)
        kind = tf.where(wrong_shape, 2.0, 1.0)
        scale = 255.0 if whole else 1.0
        self.seen.assign(tf.where(fits, self.seen, tf.stack([kind, scale * low, scale * high])))
        return tf.where(fits, x, 0.0)

    def guard(self, loss):
        """The loss; NaN, with a gradient of zero, once a batch was out of range."""
        return tf.where(self.seen[0] == 0, loss, np.nan)

    def raise_if_out_of_range(self):
        """Raise the ValueError that a compiled step could not raise."""
        bad, low, high = self.seen.numpy()
        if bad:
            self.seen.assign([0.0, 0.0, 0.0])
            if bad == 2:
                wanted = f"have shape (n, {', '.join(map(str, self.image_shape))})"
                hint = "print their shape, and reshape or resize them"
                raise _validation.error("images", wanted, "another one", hint)
            whole = high == 1.0 and low >= 0.0  # floats with these would have fit
            problem = _validation.range_problem(float(low), float(high), whole)
            raise _validation.error("images", *problem)


class _Guarded:
    """A Keras model that raises after any step in which a ``Pixels`` layer was out of range."""

    def make_train_function(self, force=False):
        if force or self.train_function is None:
            super().make_train_function(force)
            self._guard("train_function")
        return self.train_function

    def make_test_function(self, force=False):
        if force or self.test_function is None:
            super().make_test_function(force)
            self._guard("test_function")
        return self.test_function

    def make_predict_function(self, force=False):
        if force or self.predict_function is None:
            super().make_predict_function(force)
            self._guard("predict_function")
        return self.predict_function

    def _guard(self, name):
        function = getattr(self, name)
        layers = [layer for layer in self._flatten_layers() if isinstance(layer, Pixels)]

        def step(data):
            try:
                result = function(data)
            except Exception:  # what was traced by half would refuse good data, too
                setattr(self, name, None)
                raise
            for layer in layers:
                layer.raise_if_out_of_range()
            return result

        setattr(self, name, step)


@keras.saving.register_keras_serializable(package="vae_tutorial")
class ImageNetwork(_Guarded, keras.Model):
    """A functional network that reads images: an encoder or a classifier."""


class ImageModel(_Guarded, keras.Model):
    """A model of images: a decoder, a loss of its own, and Keras's methods as everyone knows them.

    Subclasses define ``call`` (to logits) and ``compute_loss``.
    """

    def __init__(self, decoder, settings, **kwargs):
        super().__init__(dtype="float32", **kwargs)
        self.decoder = decoder
        self.latent_dim = decoder.input_shape[-1]
        self.image_shape = tuple(decoder.output_shape[1:])
        self.pixels = Pixels(self.image_shape, name="pixels")
        self._settings = settings
        self._decode = tf.function(
            lambda z: tf.sigmoid(self.decoder(z)),
            input_signature=[tf.TensorSpec((None, self.latent_dim), tf.float32)],
        )
        self._encode = tf.function(
            lambda x: self.encoder(x),
            input_signature=[tf.TensorSpec((None, *self.image_shape), tf.float32)],
        )

    def get_config(self):
        """The arguments that build the same model again."""
        return {**self._settings, "name": self.name}

    def compute_metrics(self, x, y, y_pred, sample_weight=None):
        """Metrics given to ``compile`` compare images in [0, 1]: the target and the sigmoid."""
        return super().compute_metrics(x, self.target(x, y), tf.sigmoid(y_pred), sample_weight)

    def target(self, x, y):
        """The images to learn, float32 in [0, 1]: ``x`` itself, unless there is a ``y``."""
        if y is None:
            return self.pixels(x)
        _validation.static_image_shape("y", y.shape, self.image_shape)
        return self.pixels(y)

    def average(self, losses, sample_weight):
        """The mean of (n,) losses, weighted if asked; NaN for a batch that must not train."""
        if self.loss is not None:
            hint = "compile without it, since the model brings its own"
            raise _validation.error("loss", "be None", f"{self.loss}", hint)
        if sample_weight is not None:
            losses = losses * tf.cast(sample_weight, losses.dtype)
        return self.pixels.guard(tf.reduce_mean(losses))

    def decode(self, z):
        """Images from codes: float (n, latent_dim) to a float32 array (n, h, w, c) in [0, 1]."""
        return self._decode(_validation.codes("z", z, self.latent_dim)).numpy()

    def run_encoder(self, x, batch_size):
        """The encoder's outputs for an array of images, batch by batch: float32 array (n, k)."""
        x = _validation.images("x", x, self.image_shape)
        batch_size = _validation.whole_number("batch_size", batch_size)
        starts = range(0, len(x), batch_size)
        return np.concatenate([self._encode(as_floats(x[i : i + batch_size])) for i in starts])
