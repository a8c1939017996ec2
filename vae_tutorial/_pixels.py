"""The check of pixels, owned by the models that read images: no door leads around it."""

import itertools

import keras
import numpy as np
import tensorflow as tf

from vae_tutorial import _validation
from vae_tutorial.data import as_floats


@keras.saving.register_keras_serializable(package="vae_tutorial")
class Pixels(keras.layers.Layer):
    """Images as networks take them: float32 (n, h, w, c) in [0, 1].

    Takes uint8 in 0 to 255 or floats in [0, 1], (n, h, w, c), or (n, h, w) for one channel.

    Pixels out of range raise a ValueError where Python runs. A compiled step can't raise (XLA drops
    assertions): there the model has looked at the batch before. In a function that readers compile
    themselves nobody has; only dtype and shape are checked.
    """

    def __init__(self, image_shape, **kwargs):
        super().__init__(**{**kwargs, "dtype": "float32"}, autocast=False)
        self.image_shape = tuple(image_shape)
        self.built = True

    def get_config(self):
        return {**super().get_config(), "image_shape": self.image_shape}

    def call(self, x):
        if tf.executing_eagerly():
            _validation.images("x", as_array(x), self.image_shape)
        x = tf.convert_to_tensor(x)
        _validation.image_dtype("x", x.dtype.as_numpy_dtype, x.dtype.name)
        if x.shape.rank is not None:  # after batches of several ranks, TensorFlow traces for any
            _validation.static_image_shape("x", x.shape, self.image_shape)
        x = tf.cast(x, tf.float32) / (255.0 if x.dtype == tf.uint8 else 1.0)
        return tf.reshape(x, (-1, *self.image_shape))


def as_array(x):
    """A tensor as an array; what else was given stays for the check to name."""
    return x.numpy() if tf.is_tensor(x) else x


class _Guarded:
    """A Keras model that looks at each batch before a compiled step, which can't raise."""

    def make_train_function(self, force=False):
        return self._guarded("train", super().make_train_function, force)

    def make_test_function(self, force=False):
        return self._guarded("test", super().make_test_function, force)

    def make_predict_function(self, force=False):
        return self._guarded("predict", super().make_predict_function, force)

    def _guarded(self, kind, make, force):
        name = f"{kind}_function"
        if not force and getattr(self, name) is not None:
            return
        make(force)
        function = getattr(self, name)

        def steps(batches):
            batches = list(itertools.islice(batches, self.steps_per_execution))
            if not batches:
                raise StopIteration
            for batch in batches:
                self.look(batch, kind)
            return function(batches)

        setattr(self, name, steps)

    def look(self, batch, kind):
        """Raise unless this batch fits; ``kind`` is what is done with it: train, test, predict."""
        x, y, _ = keras.utils.unpack_x_y_sample_weight(batch)
        y = None if kind == "predict" else y
        replicas = self.distribute_strategy.experimental_local_results
        for one, other in itertools.zip_longest(replicas(x), replicas(y)):
            self.check_batch(as_array(one), as_array(other), kind)


@keras.saving.register_keras_serializable(package="vae_tutorial")
class ImageNetwork(_Guarded, keras.Model):
    """A functional network that reads images: an encoder or a classifier."""

    def check_batch(self, x, y, kind):
        """Keras hands floats to a functional network: bytes would be on another scale."""
        _validation.images("x", np.asarray(x, np.float32), self.input_shape[1:])


class ImageModel(_Guarded, keras.Model):
    """A model of images: a decoder, a loss of its own, and Keras's methods as everyone knows them.

    Subclasses define ``call`` (to logits) and ``compute_loss``.
    """

    reads_codes = ()  # "train", "test", "predict": where it is given codes, and not images

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

    def check_batch(self, x, y, kind):
        """Raise unless a batch fits: images or, where the model reads those, codes; targets."""
        if kind not in self.reads_codes:
            _validation.images("x", x, self.image_shape)
        else:
            _validation.codes("x", x, self.latent_dim)
            if kind != "predict":
                hint = "call fit(codes, images)"
                _validation.required("y", y, "the images to remember", hint)
        if y is not None:
            _validation.static_image_shape("y", np.shape(y), self.image_shape)
            _validation.images("y", y, self.image_shape)

    def target(self, x, y):
        """The images to learn, float32 in [0, 1]: ``x`` itself, unless there is a ``y``."""
        return self.pixels(x if y is None else y)

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
