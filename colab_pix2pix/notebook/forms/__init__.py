"""The forms of the notebook: which project, which video, how to cut it, how to train."""

from .base import Form
from .frames_form import FramesForm
from .project_form import ProjectForm
from .share_form import ShareForm
from .small_form import SmallForm
from .train_form import TrainForm
from .use_form import UseForm
from .video_form import VideoForm

__all__ = [
    "Form",
    "FramesForm",
    "ProjectForm",
    "ShareForm",
    "SmallForm",
    "TrainForm",
    "UseForm",
    "VideoForm",
]
