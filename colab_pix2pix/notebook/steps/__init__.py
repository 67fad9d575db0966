"""The steps of the notebook, a function each: its cells stay short and hold no code to read.

A step shows its progress in the cell that runs it, and takes what an earlier session has left in
the project folder instead of doing it again. Called without anything, each does what is needed
before it, in the project that stands in the form: cells may be run alone and in any order.
"""

from .crop_steps import choose_crops, choose_video, cut_crops, get_video, look_at_crops
from .model_steps import choose_picture, choose_training, report, show_result, train, try_live, use
from .opening import Stopped, choose_project, give_back, open_project, set_up, welcome
from .sharing_steps import choose_sharing, choose_state, share
from .small_steps import choose_small, make_small

__all__ = [
    "Stopped",
    "choose_crops",
    "choose_picture",
    "choose_project",
    "choose_sharing",
    "choose_small",
    "choose_state",
    "choose_training",
    "choose_video",
    "cut_crops",
    "get_video",
    "give_back",
    "look_at_crops",
    "make_small",
    "open_project",
    "report",
    "set_up",
    "share",
    "show_result",
    "train",
    "try_live",
    "use",
    "welcome",
]
