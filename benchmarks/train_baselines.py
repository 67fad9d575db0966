"""What the training step is measured against: two other pix2pix at 256 pixels, 64 filters.

`tutorial` is the step of the TensorFlow pix2pix tutorial as published: float32, colour in and out,
its networks, its losses and its tf.data pipeline. `torch` is the step of the paper's PyTorch code,
channels last, in bfloat16, with its pictures already in memory; `torchcompile` is the same through
torch.compile with CUDA graphs, and `torchgraph` one CUDA graph of the whole step.
"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

SIZE = 256
LAMBDA = 100
WIDTHS = (64, 128, 256, 512, 512, 512, 512, 512)
_LEAK = 0.3  # Keras' own slope of LeakyReLU: the tutorial names none
#: Takes so many steps, and waits until they are done.
Steps = Callable[[int], None]


def tutorial_step(folder: Path, batch_size: int) -> Steps:
    """Returns what trains the tutorial's model on files `pair-*.jpg` of `folder`."""
    import tensorflow as tf

    generator, discriminator = tutorial_generator(), tutorial_discriminator()
    generator_optimizer = tf.keras.optimizers.Adam(2e-4, beta_1=0.5)
    discriminator_optimizer = tf.keras.optimizers.Adam(2e-4, beta_1=0.5)
    loss_object = tf.keras.losses.BinaryCrossentropy(from_logits=True)

    @tf.function
    def train_step(input_image: tf.Tensor, target: tf.Tensor) -> tf.Tensor:
        with tf.GradientTape() as gen_tape, tf.GradientTape() as disc_tape:
            made = generator(input_image, training=True)
            real = discriminator([input_image, target], training=True)
            fake = discriminator([input_image, made], training=True)
            gan_loss = loss_object(tf.ones_like(fake), fake)
            gen_loss = gan_loss + LAMBDA * tf.reduce_mean(tf.abs(target - made))
            disc_loss = loss_object(tf.ones_like(real), real)
            disc_loss += loss_object(tf.zeros_like(fake), fake)
        for network, optimizer, tape, loss in (
            (generator, generator_optimizer, gen_tape, gen_loss),
            (discriminator, discriminator_optimizer, disc_tape, disc_loss),
        ):
            gradients = tape.gradient(loss, network.trainable_variables)
            optimizer.apply_gradients(zip(gradients, network.trainable_variables, strict=True))
        return gen_loss

    batches = iter(_tutorial_pipeline(folder, batch_size))

    def steps(count: int) -> None:
        for _ in range(count):
            loss = train_step(*next(batches))
        loss.numpy()

    return steps


def _tutorial_pipeline(folder: Path, batch_size: int) -> Any:
    import tensorflow as tf

    def load(file: tf.Tensor) -> tuple[tf.Tensor, tf.Tensor]:
        image = tf.io.decode_jpeg(tf.io.read_file(file))
        half = tf.shape(image)[1] // 2
        return tf.cast(image[:, half:, :], tf.float32), tf.cast(image[:, :half, :], tf.float32)

    def jitter(input_image: tf.Tensor, real: tf.Tensor) -> tuple[tf.Tensor, tf.Tensor]:
        nearest = tf.image.ResizeMethod.NEAREST_NEIGHBOR
        both = [tf.image.resize(i, [286, 286], method=nearest) for i in (input_image, real)]
        cropped = tf.image.random_crop(tf.stack(both, axis=0), size=[2, SIZE, SIZE, 3])
        flipped = tf.random.uniform(()) > 0.5
        pair = tf.cond(flipped, lambda: tf.image.flip_left_right(cropped), lambda: cropped)
        return pair[0] / 127.5 - 1, pair[1] / 127.5 - 1

    files = tf.data.Dataset.list_files(str(folder / "pair-*.jpg"))
    pairs = files.map(lambda file: jitter(*load(file)), num_parallel_calls=tf.data.AUTOTUNE)
    return pairs.shuffle(400).batch(batch_size).repeat()


def tutorial_generator(*, size: int = SIZE, channels: int = 3, filters: int = WIDTHS[0]) -> Any:
    """Returns the tutorial's U-Net; of other sizes, down to one pixel as well.

    Args:
        size: Height and width of the pictures in pixels.
        channels: Of the input.
        filters: Of the first layer; the width doubles to eight times that.
    """
    from keras import Input, Model, initializers, layers

    def options() -> dict[str, Any]:
        start = initializers.RandomNormal(0.0, 0.02)
        return {"strides": 2, "padding": "same", "kernel_initializer": start}

    widths = [filters * min(8, 2**level) for level in range(size.bit_length() - 1)]
    x = inputs = Input((size, size, channels))
    skips = []
    for level, width in enumerate(widths):
        x = layers.Conv2D(width, 4, use_bias=False, **options())(x)
        x = layers.BatchNormalization()(x) if level else x
        x = layers.LeakyReLU(_LEAK)(x)
        skips.append(x)
    for block, width in enumerate(widths[-2::-1]):
        x = layers.Conv2DTranspose(width, 4, use_bias=False, **options())(x)
        x = layers.BatchNormalization()(x)
        x = layers.Dropout(0.5)(x) if block < 3 else x
        x = layers.ReLU()(x)
        x = layers.Concatenate()([x, skips[-2 - block]])
    last = layers.Conv2DTranspose(3, 4, activation="tanh", **options())
    return Model(inputs, last(x))


def tutorial_discriminator(*, size: int = SIZE, channels: int = 3, filters: int = WIDTHS[0]) -> Any:
    """Returns the tutorial's PatchGAN; the arguments are as in `tutorial_generator`."""
    from keras import Input, Model, initializers, layers

    start = initializers.RandomNormal(0.0, 0.02)
    pair = [Input((size, size, channels)), Input((size, size, 3))]
    x = layers.Concatenate()(pair)
    for width in (filters, 2 * filters, 4 * filters):
        down = {"strides": 2, "padding": "same", "use_bias": False}
        x = layers.Conv2D(width, 4, kernel_initializer=start, **down)(x)
        x = layers.BatchNormalization()(x) if width > filters else x
        x = layers.LeakyReLU(_LEAK)(x)
    x = layers.ZeroPadding2D()(x)
    x = layers.Conv2D(8 * filters, 4, kernel_initializer=start, use_bias=False)(x)
    x = layers.LeakyReLU(_LEAK)(layers.BatchNormalization()(x))
    x = layers.Conv2D(1, 4, kernel_initializer=start)(layers.ZeroPadding2D()(x))
    return Model(pair, x)


def torch_step(batch_size: int, way: str = "torch") -> Steps:
    """Returns what trains a plain PyTorch pix2pix on pictures made in memory.

    Args:
        batch_size: Pictures a step.
        way: "torch": as it stands; "torchcompile": networks by torch.compile with CUDA graphs, and
            fused updates; "torchgraph": networks by torch.compile, and the step as one CUDA graph.
    """
    import torch
    from torch import nn
    from torch.nn import functional

    device = "cuda" if torch.cuda.is_available() else "cpu"
    generator = _torch_generator().to(device, memory_format=torch.channels_last)
    discriminator = _torch_discriminator().to(device, memory_format=torch.channels_last)
    faster = {} if way == "torch" else {"fused": True, "capturable": True}
    optimizers = [
        torch.optim.Adam(network.parameters(), 2e-4, betas=(0.5, 0.999), **faster)
        for network in (generator, discriminator)
    ]
    shape = (2, batch_size, 3, SIZE, SIZE)
    pictures = (torch.rand(shape, device=device) * 2 - 1).unbind()
    input_image, target = (p.contiguous(memory_format=torch.channels_last) for p in pictures)
    make, look = generator, discriminator
    if way != "torch":
        torch.backends.cudnn.benchmark = True
        mode = "reduce-overhead" if way == "torchcompile" else "default"
        make, look = (torch.compile(network, mode=mode) for network in (generator, discriminator))

    def loss_of(logits: Any, goal: float) -> Any:
        return functional.binary_cross_entropy_with_logits(logits, torch.full_like(logits, goal))

    def judge(image: Any) -> Any:
        logits = look(torch.cat([input_image, image], 1))
        return logits.clone() if way == "torchcompile" else logits  # the graph's own is reused

    def step() -> Any:
        if way == "torchcompile":
            torch.compiler.cudagraph_mark_step_begin()
        with torch.autocast(device, torch.bfloat16):
            made = make(input_image)
            made = made.clone() if way == "torchcompile" else made
            fake_loss = loss_of(judge(made.detach()), 0.0)
            discriminator_loss = (fake_loss + loss_of(judge(target), 1.0)) / 2
        optimizers[1].zero_grad()
        discriminator_loss.backward()
        optimizers[1].step()
        discriminator.requires_grad_(False)
        with torch.autocast(device, torch.bfloat16):
            gan_loss = loss_of(judge(made), 1.0)
            loss = gan_loss + LAMBDA * nn.functional.l1_loss(made, target)
        optimizers[0].zero_grad()
        loss.backward()
        optimizers[0].step()
        discriminator.requires_grad_(True)
        return loss

    once = _captured(step) if way == "torchgraph" else step

    def steps(count: int) -> None:
        for _ in range(count):
            loss = once()
        loss.item()

    return steps


def _captured(step: Callable[[], Any]) -> Callable[[], Any]:
    """Returns a step as one CUDA graph."""
    import torch

    aside = torch.cuda.Stream()
    aside.wait_stream(torch.cuda.current_stream())
    with torch.cuda.stream(aside):
        for _ in range(3):
            step()
    torch.cuda.current_stream().wait_stream(aside)
    graph = torch.cuda.CUDAGraph()
    with torch.cuda.graph(graph):
        loss = step()

    def replay() -> Any:
        graph.replay()
        return loss

    return replay


def _torch_generator() -> Any:
    import torch
    from torch import nn

    class Level(nn.Module):  # type: ignore[misc]  # where torch is not installed
        """A halving, what lies below it, a doubling, and the way around them."""

        def __init__(self, level: int, inputs: int) -> None:
            super().__init__()
            width, deepest = WIDTHS[level], level == len(WIDTHS) - 1
            above = WIDTHS[level - 1] if level else 3
            down: list[nn.Module] = [nn.LeakyReLU(0.2)] if level else []
            down.append(nn.Conv2d(inputs, width, 4, 2, 1, bias=False))
            down += [nn.BatchNorm2d(width)] if level and not deepest else []
            below = [] if deepest else [Level(level + 1, width)]
            inner = width if deepest else 2 * width
            up = [nn.ReLU(), nn.ConvTranspose2d(inner, above, 4, 2, 1, bias=not level)]
            up += [nn.BatchNorm2d(above)] if level else [nn.Tanh()]
            up += [nn.Dropout(0.5)] if 4 <= level <= 6 else []
            self.body, self.outermost = nn.Sequential(*down, *below, *up), not level

        def forward(self, x: Any) -> Any:
            made = self.body(x)
            return made if self.outermost else torch.cat([x, made], 1)

    return Level(0, 3)


def _torch_discriminator() -> Any:
    from torch import nn

    parts: list[nn.Module] = [nn.Conv2d(6, 64, 4, 2, 1), nn.LeakyReLU(0.2)]
    for before, after, stride in ((64, 128, 2), (128, 256, 2), (256, 512, 1)):
        parts += [nn.Conv2d(before, after, 4, stride, 1, bias=False), nn.BatchNorm2d(after)]
        parts.append(nn.LeakyReLU(0.2))
    return nn.Sequential(*parts, nn.Conv2d(512, 1, 4, 1, 1))
