"""The models before the VAE: ``Memory`` (a decoder alone) and ``Autoencoder``."""

from vae_tutorial import arguments, arrays
from vae_tutorial.base import EncodingModel, PictureModel, checked_dataset, is_dataset
from vae_tutorial.networks import build_decoder, build_encoder
from vae_tutorial.runtime import keras


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

    def __init__(self, latent_dim, image_shape=(28, 28, 1), *, filters=(32, 16), seed=0, name=None):
        decoder = build_decoder(latent_dim, image_shape, filters=filters, seed=seed)
        settings = dict(latent_dim=latent_dim, image_shape=image_shape, filters=filters, seed=seed)
        super().__init__(decoder, settings, name)
        self.build((None, self.latent_dim))

    def call(self, z):
        """Logits of the pictures, float32 (n, *image_shape)."""
        return self.decoder(z)

    def checked_inputs(self, x):  # noqa: D102 (said in the base class)
        return arrays.codes("codes", x, self.latent_dim)

    def checked_arrays(self, x, y=None):  # noqa: D102 (said in the base class)
        if is_dataset(x):
            checked_dataset(x, y, self.checked_arrays)
            return x, y
        x, y = self.checked_inputs(x), arrays.pictures("pictures", y, self.image_shape)
        arguments.as_many("pictures", y, "codes", x)
        return x, y


@keras.saving.register_keras_serializable(package="vae_tutorial")
class Autoencoder(EncodingModel):
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
        name=None,
    ):
        decoder = build_decoder(latent_dim, image_shape, filters=filters, seed=seed)
        settings = dict(latent_dim=latent_dim, image_shape=image_shape, filters=filters, seed=seed)
        encoder = build_encoder(latent_dim, image_shape, units=units, seed=seed)
        super().__init__(encoder, decoder, settings | {"units": units}, name)
        self.build((None, *self.image_shape))

    def call(self, x):
        """Logits of the reconstructions, float32 (n, *image_shape)."""
        return self.decoder(self.encoder(x))

    def encode(self, x, batch_size=500):
        """Codes of pictures: uint8 (n, h, w) or float (n, h, w, c) to float32 (n, latent_dim)."""
        return self.encoded(x, batch_size)

    def reconstruct(self, x):
        """Pictures after a pass through the code: float32 array (n, *image_shape) in [0, 1]."""
        return self.decode(self.encode(x))
