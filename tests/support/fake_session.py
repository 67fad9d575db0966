"""A session before any training: fetches a video, cuts and marks it, clicks, packs its crops.

It does what the notebook's cells do, and writes what a user would see as lines of JSON to a log.
"""

from __future__ import annotations

import argparse
import time
from pathlib import Path
from typing import Any

import yt_dlp  # noqa: F401  # here and not in each fork: it takes a second
from PIL import Image

from colab_pix2pix.config import FramesConfig, VideoConfig
from colab_pix2pix.dataset import archive, curate, manifest, video_crops  # noqa: F401
from colab_pix2pix.dataset.choices import ChoiceKeeper
from colab_pix2pix.events import ignore
from colab_pix2pix.notebook import crop_cache
from colab_pix2pix.project import Project
from colab_pix2pix.storage import side_files, transfer
from support import fake_user
from support.event_log import run_and_tell

CROPS = 12
PHASES = ("fetch", "cut", "mark", "click", "pack")


def main(arguments: list[str]) -> int:
    parser = argparse.ArgumentParser()
    parser.add_argument("project", type=Path)
    parser.add_argument("log", type=Path)
    parser.add_argument("--source", required=True)
    parser.add_argument("--clicks", type=int, default=12)
    given = parser.parse_args(arguments)
    return run_and_tell(given.log, lambda tell, listen: work(given, tell, listen))


def work(given: argparse.Namespace, tell: Any, listen: Any) -> int:
    project, config = Project(given.project), VideoConfig(source=given.source)
    project.remember(config)
    crop_cache.recover(project, on_event=listen)
    tell("Phase", name="fetch", found=len(manifest.read_all(project.crops)))
    video = None
    if crop_cache.of_source(project, config) is None:
        video = crop_cache.fetch(project, config, on_event=listen)
    tell("Phase", name="cut")
    dataset = crop_cache.cut(project, video, FramesConfig(count=CROPS), on_event=listen)
    whole = sum(_is_whole(dataset.directory / crop.file) for crop in dataset.crops)
    tell("Phase", name="mark", crops=whole, decided=fake_user.decided(dataset))
    for _ in range(10):
        dataset = curate.mark(dataset)
    tell("Phase", name="click")
    fake_user.watch(project, tell)
    keeper = ChoiceKeeper(project)
    for _ in range(given.clicks):
        dataset = fake_user.decide_again(dataset)
        keeper.offer(dataset)
        time.sleep(0.03)
    tell("Phase", name="pack")
    packed = archive.pack(dataset, transfer.staging_dir(project).dataset_zip)
    md5 = transfer.put(packed, project.dataset_zip)
    side_files.wait_until_confirmed({project.dataset_zip: md5}, ignore)
    fake_user.leave(keeper)
    tell("End", step=0)
    return 0


def _is_whole(path: Path) -> bool:
    with Image.open(path) as picture:
        picture.load()
    return True
