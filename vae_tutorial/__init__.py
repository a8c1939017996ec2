"""Companion package of the notebooks "What is a variational autoencoder, really?".

The core, in the order in which the notebooks build it:

losses       squared error, reconstruction loss, KL divergence: formulas
networks     decoders (convolutional, dense), encoder, classifier
models       Memory, Autoencoder, VAE: Keras models with encode, decode, reconstruct, sample
variants     ConvVAE, for larger images, and ConditionalVAE, which is told labels
adversarial  GAN and VAEGAN, Keras models with an opponent, and their losses
training     around ``fit``: set_seed, OneCycle, batches, LossPerStep, Snapshots, ProgressBar
latent       codes: the reparameterization trick, lerp and slerp, search for a code, active units
channel      the noisy number line, and how much it can carry
evaluation   held-out errors and baselines, class probabilities, tighter bounds, distances

What supports it:

data         MNIST and its kin, embedded digits, images of your own, the four drawings
plots        static figures: arrays in, Axes out
diagrams     the drawings: networks, stamps, clouds
widgets      the figures that answer to mouse, finger and keyboard, in the browser
pretrained   small trained models that ship
exercises    check() and the answers
machine      check_setup(), the first call of each notebook
scale        more trainings, or a larger one, on more than one machine

Private: ``_validation`` checks arguments and arrays at the public borders, ``_pixels`` checks the
images inside the models. Nothing is imported here, so that importing one module costs no more.
"""
