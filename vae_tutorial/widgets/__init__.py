"""The widgets of the notebooks: pictures that follow a slider, drawn by the browser.

Each is an ipywidget with a trait for each control: ``dial.mean = 2`` moves the hill,
``dial.observe(print, "mean")`` hears a drag, ``ipywidgets.jslink`` joins two.
"""

from vae_tutorial.widgets.alarm_board import AlarmBoard
from vae_tutorial.widgets.code_map import CodeMap
from vae_tutorial.widgets.collapse_slider import CollapseSlider
from vae_tutorial.widgets.dataset_browser import DatasetBrowser
from vae_tutorial.widgets.digit_pad import DigitPad
from vae_tutorial.widgets.draws_slider import DrawsSlider
from vae_tutorial.widgets.gaussian_dial import GaussianDial
from vae_tutorial.widgets.inversion_stepper import InversionStepper
from vae_tutorial.widgets.latent_sizes import LatentSizes
from vae_tutorial.widgets.memories import CodePath, CodeSliders, InputScale, MixingBoard
from vae_tutorial.widgets.metric_switch import MetricSwitch
from vae_tutorial.widgets.number_line import NoisyLine
from vae_tutorial.widgets.playground import Playground
from vae_tutorial.widgets.scrubbers import EpochScrubber, TrainingScrubber
from vae_tutorial.widgets.switchboard import Switchboard
