"""The models: ``Memory`` (a decoder alone) and ``Autoencoder`` (an encoder before it)."""

from vae_tutorial import arguments
from vae_tutorial.data import as_floats
from vae_tutorial.losses import squared_error
from vae_tutorial.networks import build_decoder, build_encoder
from vae_tutorial.runtime import keras, tf


class PictureModel(keras.Model):
    """What all models of the series share: a decoder, a loss, and a look at the input before use.

    ``fit``, ``evaluate`` and ``predict`` take arrays (checked, then used) or a ``tf.data.Dataset``
    of batches (used as it is). A refused input leaves the model as it was.
    """

    def __init__(self, latent_dim, image_shape, filters, seed, **options):
        super().__init__(**options)
        # The dtype is said, not inherited: a user's keras.json may ask for float16.
        self.decoder = build_decoder(latent_dim, image_shape, filters=filters, seed=seed)
        self.latent_dim = self.decoder.input_shape[-1]
        self.image_shape = tuple(self.decoder.output_shape[1:])
        self._settings = {
            "latent_dim": latent_dim,
            "image_shape": list(image_shape),
            "filters": list(filters),
            "seed": seed,
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
        target = x if y is None else y
        return tf.reduce_mean(squared_error(target, tf.sigmoid(y_pred)))

    def decode(self, z):
        """Pictures from codes: float (n, latent_dim) to float32 array (n, *image_shape)."""
        return self._decode(arguments.codes("z", z, self.latent_dim)).numpy()

    def fit(self, x=None, y=None, batch_size=None, epochs=1, **options):
        """As ``keras.Model.fit``, after a look at the arguments; arrays are taken in their order.

        ``training.train`` shuffles them by its seed.
        """
        epochs = arguments.whole_number("epochs", epochs)
        batch_size = _checked_batch_size(batch_size)
        held_out = options.get("validation_data")
        if held_out is not None and not _is_dataset(held_out):
            held_out = (*held_out, None) if len(held_out) == 1 else held_out
            options["validation_data"] = tuple(_floats(*self.checked_arrays(*held_out)))
        x, y = _floats(*self.checked_arrays(x, y))
        # Keras would shuffle by hidden state, which reproducible operations refuse.
        options["shuffle"] = False
        return super().fit(x, y, batch_size=batch_size, epochs=epochs, **options)

    def evaluate(self, x=None, y=None, batch_size=None, **options):
        """As ``keras.Model.evaluate``, after a look at the arguments."""
        batch_size = _checked_batch_size(batch_size)
        x, y = _floats(*self.checked_arrays(x, y))
        return super().evaluate(x, y, batch_size=batch_size, **options)

    def predict(self, x, batch_size=None, **options):
        """As ``keras.Model.predict``, after a look at the arguments: logits (n, *image_shape)."""
        batch_size = _checked_batch_size(batch_size)
        x = x if _is_dataset(x) else _floats(self.checked_inputs(x))[0]
        return super().predict(x, batch_size=batch_size, **options)

    def checked_inputs(self, x):
        """The inputs, uint8 pictures as they are, or the error that says what is wrong."""
        raise NotImplementedError

    def checked_arrays(self, x, y):
        """Inputs and targets, uint8 pictures as they are, or the error that says what is wrong."""
        raise NotImplementedError


def _checked_batch_size(batch_size):
    return None if batch_size is None else arguments.whole_number("batch_size", batch_size)


def _is_dataset(x):
    return isinstance(x, tf.data.Dataset | keras.utils.PyDataset)


def _floats(*arrays):
    return [as_floats(a) if getattr(a, "dtype", None) == "uint8" else a for a in arrays]


@keras.saving.register_keras_serializable(package="vae_tutorial")
class Memory(PictureModel):
    """A decoder alone: each code is to give back one picture.

    Args:
        latent_dim: length of a code.
        image_shape: (height, width, channels) of the pictures.
        filters: see ``networks.build_decoder``.
        seed: decides the initial weights.

    ``fit(codes, pictures)`` with codes float (n, latent_dim) and pictures (n, *image_shape).
    """

    def __init__(self, latent_dim, image_shape=(28, 28, 1), *, filters=(32, 16), seed=0, **options):
        super().__init__(latent_dim, image_shape, filters, seed, **options)
        self.build((None, self.latent_dim))

    def call(self, z):
        """Logits of the pictures, float32 (n, *image_shape)."""
        return self.decoder(z)

    def checked_inputs(self, x):  # noqa: D102 (said in the base class)
        return arguments.codes("codes", x, self.latent_dim)

    def checked_arrays(self, x, y):  # noqa: D102 (said in the base class)
        if _is_dataset(x):
            return x, y
        x, y = self.checked_inputs(x), arguments.pictures("pictures", y, self.image_shape)
        if len(x) != len(y):
            raise ValueError(
                f"pictures must be as many as codes; got {len(y)} pictures and {len(x)} codes"
            )
        return x, y


@keras.saving.register_keras_serializable(package="vae_tutorial")
class Autoencoder(PictureModel):
    """An encoder that finds the code of a picture, and a decoder that brings the picture back.

    Args:
        latent_dim: length of a code.
        image_shape: (height, width, channels) of the pictures.
        units: widths of the encoder's hidden layers.
        filters: see ``networks.build_decoder``.
        seed: decides the initial weights.

    ``fit(pictures)``: the picture itself is the target.
    """

    def __init__(
        self,
        latent_dim,
        image_shape=(28, 28, 1),
        *,
        units=(256, 128),
        filters=(32, 16),
        seed=0,
        **options,
    ):
        super().__init__(latent_dim, image_shape, filters, seed, **options)
        # Another seed than the decoder's, or both would start from the same random numbers.
        self.encoder = build_encoder(latent_dim, image_shape, units=units, seed=seed + 500_000)
        self._settings["units"] = list(units)
        self._encode = tf.function(
            self.encoder, input_signature=[tf.TensorSpec((None, *self.image_shape), tf.float32)]
        )
        self.build((None, *self.image_shape))

    def call(self, x):
        """Logits of the reconstructions, float32 (n, *image_shape)."""
        return self.decoder(self.encoder(x))

    def encode(self, x, batch_size=500):
        """Codes of pictures: uint8 (n, h, w) or float (n, h, w, c) to float32 (n, latent_dim)."""
        x = self.checked_inputs(x)
        batch_size = arguments.whole_number("batch_size", batch_size)
        starts = range(0, len(x), batch_size)
        return tf.concat(
            [self._encode(as_floats(x[i : i + batch_size])) for i in starts], axis=0
        ).numpy()

    def reconstruct(self, x):
        """Pictures after a pass through the code: float32 array (n, *image_shape) in [0, 1]."""
        return self.decode(self.encode(x))

    def checked_inputs(self, x):  # noqa: D102 (said in the base class)
        return arguments.pictures("x", x, self.image_shape)

    def checked_arrays(self, x, y):  # noqa: D102 (said in the base class)
        if _is_dataset(x):
            return x, y
        if y is not None:
            raise ValueError("an autoencoder's target is its input: pass the pictures alone, no y")
        return self.checked_inputs(x), None
