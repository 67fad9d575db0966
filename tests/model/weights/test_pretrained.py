"""A generator starts from weights that plain Keras or another run has made."""

from __future__ import annotations

import zipfile
from collections.abc import Callable
from pathlib import Path

import h5py
import keras
import numpy as np
import pytest
import tensorflow as tf
from keras import layers

from colab_pix2pix.config import TrainConfig
from colab_pix2pix.errors import CheckpointError, IncompatibleRunError
from colab_pix2pix.model import networks
from colab_pix2pix.model.build import build_generator
from colab_pix2pix.model.pix2pix import Pix2Pix
from colab_pix2pix.model.weights.pretrained import load_generator_weights
from colab_pix2pix.project import Project
from colab_pix2pix.storage.checkpoints import CheckpointWriter
from colab_pix2pix.training.snapshot import Snapshot

TUTORIAL_SLOPE = 0.3  # what a LeakyReLU() of Keras has; the paper has 0.2
PLAIN = {"padding": "same", "strides": 2}


def downsample(filters: int, slope: float, *, normed: bool = True) -> keras.Sequential:
    start = keras.initializers.RandomNormal(0.0, 0.02)
    block = keras.Sequential()
    block.add(layers.Conv2D(filters, 4, kernel_initializer=start, use_bias=False, **PLAIN))
    if normed:
        block.add(layers.BatchNormalization())
    block.add(layers.LeakyReLU(negative_slope=slope))
    return block


def upsample(filters: int, *, dropout: bool) -> keras.Sequential:
    start = keras.initializers.RandomNormal(0.0, 0.02)
    block = keras.Sequential()
    block.add(layers.Conv2DTranspose(filters, 4, kernel_initializer=start, use_bias=False, **PLAIN))
    block.add(layers.BatchNormalization())
    if dropout:
        block.add(layers.Dropout(0.5))
    block.add(layers.ReLU())
    return block


def tutorial_generator(
    image_size: int = 64, base_filters: int = 4, slope: float = 0.2
) -> keras.Model:
    """The generator of the TensorFlow pix2pix tutorial, its sizes as parameters."""
    depth = image_size.bit_length() - 1
    widths = [min(base_filters * 2**level, 8 * base_filters) for level in range(depth)]
    down_stack = [downsample(width, slope, normed=i > 0) for i, width in enumerate(widths)]
    up_stack = [upsample(width, dropout=i < 3) for i, width in enumerate(widths[-2::-1])]
    x = inputs = layers.Input(shape=[image_size, image_size, 3])
    skips = []
    for down in down_stack:
        x = down(x)
        skips.append(x)
    for up, skip in zip(up_stack, reversed(skips[:-1]), strict=True):
        x = up(x)
        x = layers.Concatenate()([x, skip])
    start = keras.initializers.RandomNormal(0.0, 0.02)
    last = layers.Conv2DTranspose(3, 4, kernel_initializer=start, activation="tanh", **PLAIN)
    return keras.Model(inputs=inputs, outputs=last(x))


def ours(base_filters: int = 4, **options: object) -> keras.Model:
    sizes = {"image_size": 64, "input_channels": 3, "max_filters": 8 * base_filters}
    return networks.build_generator(**{**sizes, "base_filters": base_filters, "seed": 5, **options})


def shake(model: keras.Model) -> keras.Model:
    """Gives every weight a value of its own, so that a swapped pair would show."""
    random = np.random.default_rng(1)
    for weight in model.weights:
        if weight.dtype == "float32":
            noise = random.uniform(0.5, 1.5, weight.shape)
            weight.assign(weight.numpy() * noise + (random.normal(0, 0.02, weight.shape)) ** 2)
    return model


def picture(model: keras.Model) -> np.ndarray:
    random = np.random.default_rng(2)
    images = random.uniform(-1, 1, (2, *model.input_shape[1:])).astype(np.float32)
    return np.asarray(model(images, training=False))


def values(model: keras.Model) -> list[bytes]:
    return [weight.numpy().tobytes() for weight in model.variables]


def save_whole(model: keras.Model, path: Path) -> None:
    model.save(path)


def save_weights(model: keras.Model, path: Path) -> None:
    model.save_weights(path)


KINDS: list[tuple[str, Callable[[keras.Model, Path], None]]] = [
    ("model.keras", save_whole),
    ("model.weights.h5", save_weights),
    ("model.h5", save_whole),
]


@pytest.mark.parametrize(("name", "save"), KINDS)
@pytest.mark.parametrize("trained", [False, True], ids=["untrained", "with an optimizer"])
def test_the_tutorials_generator_makes_the_same_pictures_in_ours(
    tmp_path: Path, name: str, save: Callable[[keras.Model, Path], None], trained: bool
) -> None:
    theirs = shake(tutorial_generator())
    if trained:
        theirs.compile("adam", "mae")
        theirs.optimizer.build(theirs.trainable_variables)
    save(theirs, tmp_path / name)
    generator = ours()
    load_generator_weights(generator, tmp_path / name)
    assert np.ptp(picture(theirs)) > 0.01
    np.testing.assert_allclose(picture(generator), picture(theirs), atol=1e-5)


@pytest.mark.parametrize("ema", [0.0, 0.9])
@pytest.mark.parametrize("condition", ["paired", "blurred-grey"])
def test_with_its_slope_as_an_option_a_run_makes_the_tutorials_own_pictures(
    tmp_path: Path, condition: str, ema: float
) -> None:
    theirs = shake(tutorial_generator(slope=TUTORIAL_SLOPE))
    for weight in theirs.weights:
        if weight.name == "moving_variance":  # so small that another epsilon would show
            weight.assign(0.01 * weight.numpy())
    theirs.save(tmp_path / "tutorial.keras")
    sizes = TrainConfig(image_size=64, base_filters=4, max_filters=32, precision="float32")
    config = sizes.replace(condition=condition, input_channels=3, leak=TUTORIAL_SLOPE, ema=ema)
    images = np.random.default_rng(2).uniform(-1, 1, (2, 64, 64, 3)).astype(np.float32)
    made = {}
    for leak in (TUTORIAL_SLOPE, 0.2):
        model = Pix2Pix(config.replace(leak=leak))
        model.start_from(tmp_path / "tutorial.keras")
        made[leak] = np.asarray(model.generate(images))
    wanted = np.asarray(theirs(images, training=False))
    np.testing.assert_allclose(made[TUTORIAL_SLOPE], wanted, atol=1e-5)
    assert np.abs(made[0.2] - wanted).max() > 1e-3


def test_the_slope_is_that_of_both_networks() -> None:
    model = Pix2Pix(TrainConfig(image_size=64, base_filters=4, leak=0.3, precision="float32"))
    for network in (model.generator, model.discriminator):
        slopes = [la.negative_slope for la in network.layers if isinstance(la, layers.LeakyReLU)]
        assert slopes and set(slopes) == {0.3}


@pytest.mark.slow
def test_at_its_published_size_and_slope_the_pictures_are_the_tutorials(tmp_path: Path) -> None:
    theirs = tutorial_generator(256, 64, TUTORIAL_SLOPE)
    theirs.save_weights(tmp_path / "model.weights.h5")
    generator = build_generator(TrainConfig(condition="paired", leak=0.3, precision="float32"))
    load_generator_weights(generator, tmp_path / "model.weights.h5")
    np.testing.assert_allclose(picture(generator), picture(theirs), atol=1e-5)


@pytest.mark.parametrize(("name", "save"), KINDS)
@pytest.mark.parametrize(
    "options",
    [{}, {"normalization": "instance"}, {"upsampling": "resize"}, {"depth": 4, "output_size": 32}],
)
def test_a_flat_model_of_plain_keras_fits(
    tmp_path: Path,
    name: str,
    save: Callable[[keras.Model, Path], None],
    options: dict[str, object],
) -> None:
    theirs = shake(ours(**options))
    save(theirs, tmp_path / name)
    generator = ours(seed=9, **options)
    load_generator_weights(generator, tmp_path / name)
    np.testing.assert_allclose(picture(generator), picture(theirs), atol=1e-5)


def test_names_of_keras_2_with_a_number_at_their_end_fit(tmp_path: Path) -> None:
    theirs = shake(tutorial_generator())
    with h5py.File(tmp_path / "old.h5", "w") as file:
        top = file.create_group("model_weights")
        block = top.create_group("model")  # the whole model as one layer: trained weights first
        ordered = [*theirs.trainable_weights, *theirs.non_trainable_weights]
        ordered = [weight for weight in ordered if weight.dtype == "float32"]
        names = [f"{weight.path}:0" for weight in ordered]
        for weight_name, weight in zip(names, ordered, strict=True):
            block[weight_name] = weight.numpy()
        top.attrs["layer_names"] = np.array([b"model"])
        halves = np.array_split(np.array([n.encode() for n in names]), 2)
        block.attrs["weight_names0"], block.attrs["weight_names1"] = halves
    generator = ours()
    load_generator_weights(generator, tmp_path / "old.h5")
    np.testing.assert_allclose(picture(generator), picture(theirs), atol=1e-5)


@pytest.mark.parametrize(("name", "save"), KINDS)
@pytest.mark.parametrize(
    ("options", "where"),
    [
        ({"input_channels": 1}, r"'down_0/kernel': received \(4, 4, 3, 4\).*\(4, 4, 1, 4\)"),
        ({"base_filters": 8}, r"'down_0/kernel': received \(4, 4, 3, 4\).*\(4, 4, 3, 8\)"),
        ({"max_filters": 16}, r"'down_3/kernel': received \(4, 4, 16, 32\).*\(4, 4, 16, 16\)"),
        ({"normalization": "instance"}, r"'down_1_norm/weight 3': received \(8,\).*nothing"),
        ({"upsampling": "resize"}, r"'up_4/kernel': received"),
        ({"image_size": 128}, r"'down_6/kernel': received"),
        ({"image_size": 32}, r"received"),
    ],
    ids=lambda value: next(iter(value)) if isinstance(value, dict) else "",
)
def test_another_architecture_is_refused_by_name_and_nothing_changes(
    tmp_path: Path,
    name: str,
    save: Callable[[keras.Model, Path], None],
    options: dict[str, object],
    where: str,
) -> None:
    save(tutorial_generator(), tmp_path / name)
    generator = ours(**options)
    before = values(generator)
    with pytest.raises(IncompatibleRunError, match=where):
        load_generator_weights(generator, tmp_path / name)
    assert values(generator) == before


@pytest.mark.parametrize(("name", "save"), KINDS)
def test_a_damaged_file_is_refused_and_nothing_changes(
    tmp_path: Path, name: str, save: Callable[[keras.Model, Path], None]
) -> None:
    path = tmp_path / name
    save(tutorial_generator(), path)
    whole = path.read_bytes()
    generator = ours()
    before = values(generator)
    for length in (0, 4, 100, len(whole) // 2, len(whole) - 200):
        path.write_bytes(whole[:length])
        with pytest.raises(CheckpointError, match=name):
            load_generator_weights(generator, path)
    assert values(generator) == before


@pytest.mark.parametrize(("name", "save"), KINDS)
def test_a_file_with_flipped_bytes_is_refused_or_loaded_whole(
    tmp_path: Path, name: str, save: Callable[[keras.Model, Path], None]
) -> None:
    path = tmp_path / name
    save(tutorial_generator(), path)
    whole = path.read_bytes()
    generator = ours()
    random = np.random.default_rng(3)
    refused = 0
    for _ in range(20):
        broken = bytearray(whole)
        for place in random.integers(0, len(whole), 200):
            broken[place] ^= 0xFF
        path.write_bytes(broken)
        before = values(generator)
        try:
            load_generator_weights(generator, path)
        except CheckpointError:
            refused += 1
            assert values(generator) == before
    assert refused > 0


def test_values_that_are_no_numbers_are_refused(tmp_path: Path) -> None:
    theirs = tutorial_generator()
    theirs.layers[-1].bias.assign([0.0, np.nan, 0.0])
    theirs.save_weights(tmp_path / "nan.weights.h5")
    generator = ours()
    before = values(generator)
    with pytest.raises(CheckpointError, match="no finite numbers"):
        load_generator_weights(generator, tmp_path / "nan.weights.h5")
    assert values(generator) == before


def test_a_lambda_in_a_file_never_runs(tmp_path: Path) -> None:
    trap = tmp_path / "trap"
    theirs = tutorial_generator()
    theirs.save(tmp_path / "model.keras")
    with zipfile.ZipFile(tmp_path / "model.keras") as archive:
        members = {name: archive.read(name) for name in archive.namelist()}
    members["config.json"] = f"__import__('pathlib').Path({str(trap)!r}).touch()".encode()
    members["evil.pkl"] = b"cos\nsystem\n(S'touch trap'\ntR."
    with zipfile.ZipFile(tmp_path / "model.keras", "w") as archive:
        for name, content in members.items():
            archive.writestr(name, content)
    load_generator_weights(ours(), tmp_path / "model.keras")
    assert not trap.exists()


def test_weights_that_lie_in_another_file_are_not_read(tmp_path: Path) -> None:
    (tmp_path / "secret").write_bytes(np.zeros(192, np.float32).tobytes())
    with h5py.File(tmp_path / "outside.h5", "w") as file:
        file.create_dataset(
            "layers/conv2d/vars/0",
            (4, 4, 3, 4),
            "f4",
            external=[(str(tmp_path / "secret"), 0, 768)],
        )
    with pytest.raises(CheckpointError, match="another file"):
        load_generator_weights(ours(), tmp_path / "outside.h5")


@pytest.mark.parametrize("content", [b"", b"hello", b"PK\x05\x06" + bytes(18)])
def test_a_file_of_another_kind_is_refused(tmp_path: Path, content: bytes) -> None:
    (tmp_path / "model.h5").write_bytes(content)
    with pytest.raises(CheckpointError, match="can't be read as weights"):
        load_generator_weights(ours(), tmp_path / "model.h5")


def test_a_missing_file_is_refused(tmp_path: Path) -> None:
    with pytest.raises(CheckpointError, match=r"nowhere\.h5"):
        load_generator_weights(ours(), tmp_path / "nowhere.h5")


def saved_run(path: Path, ema: float = 0.0) -> tuple[Project, Pix2Pix]:
    small = {"image_size": 64, "base_filters": 4, "precision": "float32"}
    config = TrainConfig(**small, max_filters=512, ema=ema, dropout=0.5, gan_warmup_steps=0)
    model = Pix2Pix(config)
    shake(model.generator)
    writer = CheckpointWriter(Project(path))
    facts = {"step": 7, "epochs_done": 1, "options": config.to_dict()}
    writer.save(Snapshot(model.variables()).take(), facts)
    writer.close()
    return Project(path), model


def floats(model: keras.Model) -> list[bytes]:
    return [v.numpy().tobytes() for v in model.variables if v.dtype == "float32"]


@pytest.mark.parametrize("ema", [0.0, 0.9])
def test_another_run_is_taken_over_but_for_its_dropout_seeds(tmp_path: Path, ema: float) -> None:
    run, model = saved_run(tmp_path / "run", ema)
    (slot,) = (path for path in run.slots if path.exists())
    for source in (run.path, slot):
        generator = networks.build_generator(image_size=64, base_filters=4, seed=8)
        seeds = [v.numpy().tobytes() for v in generator.variables if v.dtype != "float32"]
        load_generator_weights(generator, source)
        assert floats(generator) == floats(model.averaged_generator or model.generator)
        assert [v.numpy().tobytes() for v in generator.variables if v.dtype != "float32"] == seeds


def test_a_run_of_another_width_or_without_a_save_is_refused(tmp_path: Path) -> None:
    run, _ = saved_run(tmp_path / "run")
    generator = networks.build_generator(image_size=64, base_filters=8)
    with pytest.raises(IncompatibleRunError, match="'down_0/kernel'"):
        load_generator_weights(generator, run.path)
    (tmp_path / "empty").mkdir()
    with pytest.raises(CheckpointError, match="no trained model"):
        load_generator_weights(generator, tmp_path / "empty")


def test_a_damaged_slot_is_refused(tmp_path: Path) -> None:
    run, _ = saved_run(tmp_path / "run")
    (slot,) = (path for path in run.slots if path.exists())
    content = bytearray(slot.read_bytes())
    content[len(content) // 2] ^= 1
    slot.write_bytes(content)
    with pytest.raises(CheckpointError, match="damaged"):
        load_generator_weights(networks.build_generator(image_size=64, base_filters=4), slot)


def as_checkpoint(folder: Path, **models: object) -> str:
    """Saves models as the TensorFlow pix2pix tutorial does; returns what it names the file."""
    return str(tf.train.Checkpoint(**models).save(str(folder / "ckpt")))


def tutorials_checkpoint(folder: Path, generator: keras.Model) -> str:
    discriminator = keras.Sequential([layers.Input((64, 64, 6)), layers.Conv2D(4, 4)])
    models = {"generator": generator, "discriminator": discriminator}
    for name, model in list(models.items()):
        optimizer = keras.optimizers.Adam(2e-4, beta_1=0.5)
        optimizer.build(model.trainable_variables)
        models[f"{name}_optimizer"] = optimizer
    return as_checkpoint(folder, **models)


def keras_2_layout(model: keras.Model) -> tf.train.Checkpoint:
    """Returns the objects under the names that Keras 2 gave them."""
    blocks = [layer for layer in model.layers if layer.weights]
    nodes = {}
    for number, block in enumerate(blocks):
        inner = [la for la in getattr(block, "layers", [block]) if la.weights]
        stored = [
            tf.train.Checkpoint(
                **{w.name: tf.Variable(w.numpy()) for w in la.weights if w.dtype == "float32"}
            )
            for la in inner
            if any(w.dtype == "float32" for w in la.weights)
        ]
        parts = {f"layer_with_weights-{n}": one for n, one in enumerate(stored)}
        named = tf.train.Checkpoint(**parts) if hasattr(block, "layers") else stored[0]
        nodes[f"layer_with_weights-{number}"] = named
    return tf.train.Checkpoint(**nodes)


@pytest.mark.parametrize("named", ["", "ckpt-1", "ckpt-1.index", "ckpt-1.data-00000-of-00001"])
def test_a_checkpoint_of_the_tutorial_makes_the_same_pictures(tmp_path: Path, named: str) -> None:
    theirs = shake(tutorial_generator())
    tutorials_checkpoint(tmp_path / "training", theirs)
    generator = ours()
    load_generator_weights(generator, tmp_path / "training" / named)
    np.testing.assert_allclose(picture(generator), picture(theirs), atol=1e-5)


def test_of_several_checkpoints_the_newest_is_taken_wherever_the_folder_was(tmp_path: Path) -> None:
    old, new = shake(tutorial_generator()), shake(shake(tutorial_generator()))
    checkpoint = tf.train.Checkpoint(generator=old)
    checkpoint.save(str(tmp_path / "first" / "ckpt"))
    for before, after in zip(old.weights, new.weights, strict=True):
        before.assign(after)
    checkpoint.save(str(tmp_path / "first" / "ckpt"))
    folder = (tmp_path / "first").rename(tmp_path / "moved")
    for gone in ((), (folder / "checkpoint",)):
        for file in gone:
            file.unlink()
        generator = ours()
        load_generator_weights(generator, folder)
        np.testing.assert_allclose(picture(generator), picture(new), atol=1e-5)


@pytest.mark.parametrize("keys", ["model", "net", "the model itself", "keras 2", "keras 2 itself"])
def test_checkpoints_of_other_ways_of_saving_fit(tmp_path: Path, keys: str) -> None:
    theirs = shake(tutorial_generator())
    if keys == "the model itself":
        tf.train.Checkpoint(theirs).save(str(tmp_path / "ckpt"))
    elif keys == "keras 2":
        as_checkpoint(tmp_path, generator=keras_2_layout(theirs))
    elif keys == "keras 2 itself":
        keras_2_layout(theirs).save(str(tmp_path / "ckpt"))
    else:
        as_checkpoint(tmp_path, **{keys: theirs})
    generator = ours()
    load_generator_weights(generator, tmp_path)
    np.testing.assert_allclose(picture(generator), picture(theirs), atol=1e-5)


@pytest.mark.parametrize("kind", ["exported", "saved"])
def test_a_saved_model_makes_the_same_pictures(tmp_path: Path, kind: str) -> None:
    theirs = shake(tutorial_generator())
    if kind == "exported":
        theirs.export(str(tmp_path / "saved"), verbose=False)
    else:
        tf.saved_model.save(theirs, str(tmp_path / "saved"))
    generator = ours()
    load_generator_weights(generator, tmp_path / "saved")
    np.testing.assert_allclose(picture(generator), picture(theirs), atol=1e-5)


def test_a_checkpoint_that_is_none_of_ours_says_what_it_holds(tmp_path: Path) -> None:
    theirs = tutorial_generator()
    cycle = {"generator_g": theirs, "generator_f": tutorial_generator()}
    as_checkpoint(tmp_path / "cycle", **cycle)
    as_checkpoint(tmp_path / "steps", step=tf.Variable(3))
    as_checkpoint(tmp_path / "whole", generator=theirs)
    (tmp_path / "whole" / "ckpt-1.data-00000-of-00001").unlink()
    as_checkpoint(tmp_path / "torn", generator=theirs)
    index = tmp_path / "torn" / "ckpt-1.index"
    index.write_bytes(index.read_bytes()[:100])
    (tmp_path / "empty.index").touch()
    generator = ours()
    before = values(generator)
    for name, words in {
        "cycle": "of generator_f, generator_g",
        "steps": "of .*step",
        "whole": "can't be read as weights.*both files",
        "torn": "can't be read as weights.*both files",
        "empty": "can't be read as weights.*both files",
    }.items():
        with pytest.raises(CheckpointError, match=words):
            load_generator_weights(generator, tmp_path / name)
    as_checkpoint(tmp_path / "other", generator=tutorial_generator(128))
    with pytest.raises(IncompatibleRunError, match="other"):
        load_generator_weights(generator, tmp_path / "other")
    assert values(generator) == before
