"""Images to learn from, verified before they are used, and the four drawings of the story."""

from vae_tutorial.data.arrays import load_arrays
from vae_tutorial.data.drawings import DRAWINGS, load_drawings
from vae_tutorial.data.example import example_folder
from vae_tutorial.data.folder import load_folder
from vae_tutorial.data.images import DataError, Images, as_floats, load_images

__all__ = ["DRAWINGS", "DataError", "Images", "as_floats", "example_folder"]
__all__ += ["load_arrays", "load_drawings", "load_folder", "load_images"]
