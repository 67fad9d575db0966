"""Image files of all kinds: found in folders, read as a viewer shows them, scaled."""

from .colours import Reading, upright_rgb
from .kinds import kind_of, kind_of_file
from .left_out import LeftOut
from .listing import Listing, is_device, is_litter, list_folder
from .reading import ReadImage, image_size, read_image, unreadable_image
from .scaling import blurred_grey_input, network_input, read_centre, read_whole, resize_images

__all__ = [
    "LeftOut",
    "Listing",
    "ReadImage",
    "Reading",
    "blurred_grey_input",
    "image_size",
    "is_device",
    "is_litter",
    "kind_of",
    "kind_of_file",
    "list_folder",
    "network_input",
    "read_centre",
    "read_image",
    "read_whole",
    "resize_images",
    "unreadable_image",
    "upright_rgb",
]
