"""Which images stand in which batch: a function of the seed and the step alone."""

from vae_tutorial.runtime import tf


def batches(x, y=None, *, batch_size, steps, seed=0, start=0):
    """The batches of a training run from step ``start`` on, as a ``tf.data.Dataset``.

    Each epoch takes the images in a new order and leaves out what doesn't fill a last batch.

    Args:
        x: array (n, ...); uint8 pictures become float32 (n, h, w, c) in [0, 1] batch by batch.
        y: array (n, ...) of targets, or None.
        batch_size: at most n.
        steps: number of batches of the whole run.
        seed: decides the order.
        start: how many of them are done already.
    """
    size, per_epoch = len(x), len(x) // batch_size
    arrays = [tf.constant(array) for array in (x, y) if array is not None]

    def batch(step):
        first = (step % per_epoch) * batch_size
        key = tf.stack([tf.constant(seed, tf.int64), step // per_epoch])
        places = first + tf.range(batch_size, dtype=tf.int64)
        # A keyed permutation: entry i of the order of this epoch, without storing the order.
        chosen = tf.random.experimental.index_shuffle(places, key, size - 1)
        return tuple(_as_floats(tf.gather(array, chosen)) for array in arrays)

    return tf.data.Dataset.range(start, steps).map(batch).prefetch(2)


def _as_floats(batch):
    # Labels are whole numbers too, and stay what they are.
    if batch.dtype == tf.uint8 and len(batch.shape) == 4:
        return tf.cast(batch, tf.float32) / 255.0
    return tf.cast(batch, tf.float32) if batch.dtype.is_floating else batch
