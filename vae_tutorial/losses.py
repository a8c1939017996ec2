"""The series' one definition of each loss.

Everything is per image: **summed** over pixels, and only then averaged over the images of a batch.
"""

from vae_tutorial.runtime import tf


def squared_error(x, reconstruction):
    """Squared error of each image, summed over its pixels and channels.

    Args:
        x: pictures, float (n, height, width, channels) in [0, 1].
        reconstruction: pictures of the same shape (pictures, not logits).

    Returns:
        float32 tensor (n,); its mean is the loss of notebooks 01 to 05. Up to a factor and a
        constant it is the negative log-likelihood, in nats, of pixels with Gaussian noise.

    Raises:
        ValueError: if the shapes differ (TensorFlow would broadcast them without a word).
    """
    x = tf.convert_to_tensor(x, tf.float32)
    reconstruction = tf.convert_to_tensor(reconstruction, tf.float32)
    if not x.shape.is_compatible_with(reconstruction.shape):
        raise ValueError(
            f"x and reconstruction must have one shape; got {tuple(x.shape)} "
            f"and {tuple(reconstruction.shape)}"
        )
    return tf.reduce_sum(tf.square(x - reconstruction), axis=(1, 2, 3))
