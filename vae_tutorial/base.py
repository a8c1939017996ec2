"""What the models of the series share."""

import numpy as np

from vae_tutorial import arguments, arrays
from vae_tutorial.data import as_floats
from vae_tutorial.losses import squared_error
from vae_tutorial.runtime import keras, tf


class PictureModel(keras.Model):
    """What all models of the series share: a decoder, a loss, and a look at the input before use.

    ``fit``, ``evaluate`` and ``predict`` take arrays (checked, then used) or a ``tf.data.Dataset``
    of batches (its first one is checked). A refused input leaves the model as it was.
    """

    def __init__(self, decoder, settings, name=None):
        super().__init__(name=name)
        self.decoder = decoder
        self.latent_dim = decoder.input_shape[-1]
        self.image_shape = tuple(decoder.output_shape[1:])
        self._settings = {
            name: list(value) if isinstance(value, tuple) else value
            for name, value in settings.items()
        }
        self._decode = tf.function(
            lambda z: tf.sigmoid(self.decoder(z)),
            input_signature=[tf.TensorSpec((None, self.latent_dim), tf.float32)],
        )

    def get_config(self):
        """The arguments that build the same model again."""
        return dict(self._settings)

    def compute_loss(self, x=None, y=None, y_pred=None, sample_weight=None, training=True):
        """Mean squared error per image; the target is ``y``, or ``x`` where there is no ``y``."""
        arguments.no_weights(sample_weight)
        target = x if y is None else y
        return tf.reduce_mean(squared_error(target, tf.sigmoid(y_pred)))

    def decode(self, z):
        """Pictures from codes: float (n, latent_dim) to float32 array (n, *image_shape)."""
        return self._decode(arrays.codes("z", z, self.latent_dim)).numpy()

    def fit(
        self,
        x=None,
        y=None,
        batch_size=None,
        epochs=1,
        *,
        verbose="auto",
        callbacks=None,
        validation_data=None,
        sample_weight=None,
    ):
        """As ``keras.Model.fit``, after a look at the arguments; arrays are taken in their order.

        ``training.train`` shuffles them by its seed, and can be stopped and go on.
        """
        arguments.no_weights(sample_weight)
        if getattr(self, "loss", None) is not None:
            way_out = "compile without it, since the model brings its own"
            arguments.refuse(ValueError, "loss", "be None", f"{self.loss}", way_out)
        epochs = arguments.whole_number("epochs", epochs)
        batch_size = _batch_size(batch_size)
        if validation_data is not None and not is_dataset(validation_data):
            if not isinstance(validation_data, tuple) or len(validation_data) not in (1, 2):
                way_out = "write for example validation_data=(images,)"
                expected = "be a tuple of what fit takes, or a dataset"
                arguments.refuse(TypeError, "validation_data", expected, validation_data, way_out)
            validation_data = tuple(_floats(*self.checked_arrays(*validation_data)))
        x, y = _floats(*self.checked_arrays(x, y))
        options = dict(batch_size=batch_size, epochs=epochs, verbose=verbose, callbacks=callbacks)
        # Keras would shuffle by hidden state, which reproducible operations refuse.
        return super().fit(x, y, validation_data=validation_data, shuffle=False, **options)

    def evaluate(self, x=None, y=None, batch_size=None, **options):
        """As ``keras.Model.evaluate``, after a look at the arguments."""
        arguments.no_weights(options.get("sample_weight"))
        batch_size = _batch_size(batch_size)
        x, y = _floats(*self.checked_arrays(x, y))
        return super().evaluate(x, y, batch_size=batch_size, **options)

    def predict(self, x, batch_size=None, **options):
        """As ``keras.Model.predict``, after a look at the arguments: logits (n, *image_shape)."""
        batch_size = _batch_size(batch_size)
        if is_dataset(x):
            checked_dataset(x, None, lambda x, *y: self.checked_inputs(x))
        else:
            x = _floats(self.checked_inputs(x))[0]
        return super().predict(x, batch_size=batch_size, **options)

    def checked_inputs(self, x):
        """The inputs, uint8 pictures as they are, or the error that says what is wrong."""
        raise NotImplementedError

    def checked_arrays(self, x, y=None):
        """Inputs and targets, uint8 pictures as they are, or the error that says what is wrong."""
        raise NotImplementedError


def _batch_size(batch_size):
    return None if batch_size is None else arguments.whole_number("batch_size", batch_size)


def is_dataset(x):
    return isinstance(x, tf.data.Dataset | keras.utils.PyDataset)


def checked_dataset(data, y, check):
    """Refuse a dataset by its first batch: a model that met a wrong one would refuse all others.

    Args:
        data: a ``tf.data.Dataset`` or a ``keras.utils.PyDataset``.
        y: must be None, because a dataset's batches hold the targets.
        check: function of a batch's arrays that raises what is to be said.
    """
    if y is not None:
        way_out = "its batches hold it"
        arguments.refuse(ValueError, "y", "be None where x is a dataset", "given", way_out)
    if isinstance(data, tf.data.Dataset):
        batch = next(iter(data), None)
    else:
        batch = data[0] if len(data) else None
    if batch is None:
        raise ValueError("x must hold at least one batch, not none: mend the dataset.")
    batch = batch if isinstance(batch, tuple | list) else (batch,)
    if len(batch) > 2 or not all(tf.is_tensor(a) or isinstance(a, np.ndarray) for a in batch):
        expected = "have batches of one or two arrays"
        way_out = "map them to pictures, or to (codes, pictures) or (pictures, labels)"
        arguments.refuse(TypeError, "x", expected, [type(a).__name__ for a in batch], way_out)
    batch = [np.asarray(a) for a in batch]
    for array in batch:
        # Labels are whole numbers; pictures and codes are used as they are.
        if array.ndim > 1 and array.dtype != np.float32:
            way_out = "map them by lambda x: tf.cast(x, tf.float32), and uint8 then / 255"
            arguments.refuse(TypeError, "x", "have batches of float32", array, way_out)
        if array.ndim == 3:
            expected = "have batches of (n, h, w, c)"
            arguments.refuse(ValueError, "x", expected, array, "map them by x[..., tf.newaxis]")
    check(*batch)


def _floats(*arrays):
    return [as_floats(a) if getattr(a, "dtype", None) == "uint8" else a for a in arrays]


class EncodingModel(PictureModel):
    """A picture model with an encoder before the decoder: the picture itself is the target."""

    def __init__(self, encoder, decoder, settings, name=None):
        super().__init__(decoder, settings, name)
        self.encoder = encoder
        self._encode = tf.function(
            encoder, input_signature=[tf.TensorSpec((None, *self.image_shape), tf.float32)]
        )

    def encoded(self, x, batch_size=500):
        """What the encoder says of pictures: float32 array (n, its outputs), batch by batch."""
        x = self.checked_inputs(x)
        batch_size = arguments.whole_number("batch_size", batch_size)
        starts = range(0, len(x), batch_size)
        return np.concatenate([self._encode(as_floats(x[i : i + batch_size])) for i in starts])

    def checked_inputs(self, x):  # noqa: D102 (said in the base class)
        return arrays.pictures("x", x, self.image_shape)

    def checked_arrays(self, x, y=None):  # noqa: D102 (said in the base class)
        if is_dataset(x):
            checked_dataset(x, y, self.checked_arrays)
            return x, y
        if y is not None:
            arguments.refuse(
                ValueError, "y", "be None", "given", "the picture itself is the target"
            )
        return self.checked_inputs(x), None
