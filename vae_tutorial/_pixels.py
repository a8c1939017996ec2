"""The check of pixels, owned by the networks that read images: no door leads around it."""

from functools import wraps

import keras
import numpy as np
import tensorflow as tf

from vae_tutorial import _validation
from vae_tutorial.data import as_floats

BYTES, FLOATS, SHAPE, CODES = 1, 2, 3, 4  # what can be wrong with a batch


@keras.saving.register_keras_serializable(package="vae_tutorial")
class Pixels(keras.layers.Layer):
    """Images as networks take them: float32 (n, h, w, c) in [0, 1].

    Takes uint8 in 0 to 255 or floats in [0, 1], (n, h, w, c), or (n, h, w) for one channel.

    Pixels out of range raise a ValueError at once where Python runs. A compiled step can't raise
    (XLA drops assertions), so there the layer remembers what it saw and hands on black images;
    ``ImageModel`` undoes the step, and raises after it.
    """

    def __init__(self, image_shape, **kwargs):
        super().__init__(**{**kwargs, "dtype": "float32"}, autocast=False)
        self.image_shape = tuple(image_shape)
        self.built = True
        # What is wrong with a batch, 0 for nothing, and up to five numbers that tell more of it.
        self.seen = tf.Variable(tf.zeros(6), trainable=False, name="seen")

    def get_config(self):
        return {**super().get_config(), "image_shape": self.image_shape}

    def call(self, x):
        if isinstance(x, list | tuple):
            _validation.images("x", x)  # which says what to do with a list
        given = x = tf.convert_to_tensor(x)
        _validation.image_dtype("x", x.dtype.as_numpy_dtype, x.dtype.name)
        _validation.static_image_shape("x", x.shape, self.image_shape)
        if hasattr(given, "_pixels"):  # one look at a batch is enough, and a second takes time
            return given._pixels
        if x.shape.rank is None:  # after batches of several ranks, TensorFlow traces for any
            sizes = tf.concat([tf.shape(x), [1, 1, 1]], axis=0)  # (n, h, w) has one channel
            fits = (tf.rank(x) <= 4) & tf.reduce_all(sizes[1:4] == self.image_shape)
            self.note(fits, SHAPE, lambda: tf.concat([tf.shape(x), [0] * 5], axis=0)[:5])
            shape = (tf.shape(x)[0], *self.image_shape)
            x = tf.cond(fits, lambda: tf.reshape(x, shape), lambda: tf.zeros(shape, x.dtype))
        whole = x.dtype == tf.uint8
        if tf.executing_eagerly():
            _validation.images("x", x.numpy(), self.image_shape)
        x = tf.cast(x, tf.float32) / (255.0 if whole else 1.0)
        x = x if len(x.shape) == 4 else x[..., tf.newaxis]

        def smallest_and_largest():
            low, high = tf.reduce_min(x), tf.reduce_max(x)
            low = tf.where(tf.reduce_any(tf.math.is_nan(x)), np.nan, low)  # XLA's skips NaN
            return tf.stack([low, high, 0, 0, 0]) * (255.0 if whole else 1.0)

        # Truth values all along: XLA reduces them several times as fast as it finds a minimum.
        fits = tf.reduce_all((x >= 0) & (x <= 1))  # false for NaN, too
        # One in 255: a mask of 0 and 1 in uint8, or floats that were divided by 255 twice.
        faint = tf.reduce_any(x > (0.999 / 255 if whole else 0)) & tf.reduce_all(x < 1.001 / 255)
        fits = fits & ~faint
        self.note(fits, BYTES if whole else FLOATS, smallest_and_largest)
        x = tf.where(fits, x, 0.0)
        if not tf.executing_eagerly() and x.graph is given.graph:
            given._pixels = x._pixels = x
        return x

    def note(self, fits, kind, numbers):
        """Remember a batch that doesn't fit: its ``kind``, and what ``numbers()`` returns of it."""
        found = lambda: tf.concat([[float(kind)], tf.cast(numbers(), tf.float32)], 0)  # noqa: E731
        self.seen.assign(tf.cond(fits, self.seen.read_value, found))

    def raise_if_out_of_range(self):
        """Raise the ValueError that a compiled step could not raise."""
        kind, *numbers = max(v.numpy().tolist() for v in getattr(self.seen, "values", [self.seen]))
        if kind:
            self.seen.assign(tf.zeros(6))
        if kind == SHAPE:
            shape = tf.TensorShape([int(size) for size in numbers if size])
            _validation.static_image_shape("images", shape, self.image_shape)
        if kind == CODES:
            raise _validation.error("codes", "be finite", "NaN or infinite", "find and drop them")
        if kind:
            problem = _validation.range_problem(*numbers[:2], kind == BYTES)
            raise _validation.error("images", *problem)


def trusted(images):
    """Images that a decoder made, marked: they need no check, and a reader no blame for them."""
    images._pixels = images
    return images


def undone_if_unfit(train_step):
    """A ``train_step``, undone if the batch doesn't fit: Adam's momentum would move weights."""

    @wraps(train_step)
    def guarded(self, data):
        # A copy costs less than a condition, which keeps XLA from working in place.
        variables = [*self.variables, *self.optimizer.variables]
        before = [tf.identity(variable.value) for variable in variables]
        logs = train_step(self, data)
        fits = tf.reduce_all([layer.seen[0] == 0 for layer in self._pixel_layers()])
        replica = tf.distribute.get_replica_context()
        if replica.num_replicas_in_sync > 1:
            fits = replica.all_reduce("SUM", tf.cast(~fits, tf.int32)) == 0  # all undo it, or none
        for variable, value in zip(variables, before, strict=True):
            variable.assign(tf.where(fits, variable.value, value))
        return logs

    return guarded


class _Guarded:
    """A Keras model that raises after any step in which a ``Pixels`` layer was out of range."""

    @undone_if_unfit
    def train_step(self, data):
        return super().train_step(data)

    def _pixel_layers(self):
        return [layer for layer in self._flatten_layers() if isinstance(layer, Pixels)]

    def make_train_function(self, force=False):
        return self._guarded("train", super().make_train_function, force)

    def make_test_function(self, force=False):
        return self._guarded("test", super().make_test_function, force)

    def make_predict_function(self, force=False):
        return self._guarded("predict", super().make_predict_function, force)

    def _guarded(self, kind, make, force):
        name = f"{kind}_function"
        if not force and getattr(self, name) is not None:
            return getattr(self, name)
        make(force)
        function, layers = getattr(self, name), self._pixel_layers()

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
        return step


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

    def finite(self, z):
        """Codes, float32 (n, latent_dim); NaN or infinite ones raise as pixels out of range do."""
        z = tf.cast(z, tf.float32)
        if tf.executing_eagerly():
            _validation.finite("z", z.numpy())
        self.pixels.note(tf.reduce_all(tf.math.is_finite(z)), CODES, lambda: tf.zeros(5))
        return z

    def standard_normal(self, x, training=True):
        """Noise for a batch of images: float32 (n, latent_dim)."""
        shape = (tf.shape(x)[0], self.latent_dim)
        if training:
            return keras.random.normal(shape, seed=self.noise)
        # It depends on the images, so that evaluation gives the same number twice.
        return tf.random.stateless_normal(shape, [0, tf.cast(tf.reduce_sum(x), tf.int32)])

    def average(self, losses, sample_weight):
        """The mean of (n,) losses, weighted if asked."""
        self.raise_if_loss_given()
        if sample_weight is not None:
            losses = losses * tf.cast(sample_weight, losses.dtype)
        mean, replicas = tf.reduce_mean(losses), tf.distribute.get_strategy().num_replicas_in_sync
        return mean / replicas if replicas > 1 else mean  # Keras adds up the replicas' gradients

    def raise_if_loss_given(self):
        """``compile(loss=...)`` would be ignored."""
        if self.loss is not None:
            hint = "compile without it, since the model brings its own"
            raise _validation.error("loss", "be None", f"{self.loss}", hint)

    def decode(self, z):
        """Images from codes: float (n, latent_dim) to a float32 array (n, h, w, c) in [0, 1]."""
        return self._decode(_validation.codes("z", z, self.latent_dim)).numpy()

    def run_encoder(self, x, batch_size):
        """The encoder's outputs for an array of images, batch by batch: float32 array (n, k)."""
        x = _validation.images("x", x, self.image_shape)
        batch_size = _validation.whole_number("batch_size", batch_size)
        starts = range(0, len(x), batch_size)
        return np.concatenate([self._encode(as_floats(x[i : i + batch_size])) for i in starts])
