"""The interactive images of the notebooks, each an ``Explorer`` around a pure function."""

from vae_tutorial.widgets.code_map import code_map_explorer
from vae_tutorial.widgets.collapse_slider import collapse_slider
from vae_tutorial.widgets.dataset_browser import dataset_browser
from vae_tutorial.widgets.digit_pad import digit_pad
from vae_tutorial.widgets.draws_slider import draws_slider
from vae_tutorial.widgets.gaussian_dial import gaussian_dial
from vae_tutorial.widgets.inversion_stepper import inversion_stepper
from vae_tutorial.widgets.latent_sizes import latent_sizes
from vae_tutorial.widgets.memories import code_path, code_sliders, input_scale, mixing_board
from vae_tutorial.widgets.metric_switch import metric_switch
from vae_tutorial.widgets.number_line import noisy_line
from vae_tutorial.widgets.scrubbers import epoch_scrubber, training_scrubber

__all__ = [
    "code_map_explorer",
    "code_path",
    "code_sliders",
    "collapse_slider",
    "dataset_browser",
    "digit_pad",
    "draws_slider",
    "epoch_scrubber",
    "gaussian_dial",
    "input_scale",
    "inversion_stepper",
    "latent_sizes",
    "metric_switch",
    "mixing_board",
    "noisy_line",
    "training_scrubber",
]
