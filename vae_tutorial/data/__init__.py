"""Images to learn from, verified before they are used, and the four drawings of the story.

images      MNIST, Fashion-MNIST, the embedded digits, or images of your own; folder: from files
drawings    a cat, a dog, an apple and a banana, drawn by code
"""

from vae_tutorial.data.drawings import DRAWINGS, load_drawings
from vae_tutorial.data.folder import load_folder
from vae_tutorial.data.images import DataError, Images, as_floats, load_images

__all__ = ["DRAWINGS", "DataError", "Images", "as_floats"]
__all__ += ["load_drawings", "load_folder", "load_images"]
