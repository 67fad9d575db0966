"""The parts that plants are made of: blades (leaves, petals, grass), stems and round heads."""

from dataclasses import dataclass

import numpy as np

from meadow.paint import Array, Patch, blend, cut_patch, mix, smoothstep, soft_edge, soft_outline

Colour = tuple[float, float, float]


@dataclass(frozen=True)
class Blade:
    """A long shape with two pointed or round ends: leaf, petal, bud or blade of grass.

    Attributes:
        angle: direction it points to, in radians; -pi/2 is up.
        length: in frame heights.
        width: half its width, as a share of its length.
        bend: how far its tip is bent aside, as a share of its length.
        root, tip: colours at its two ends.
        peak: where it is widest: 0.5 is near the root, 1 is the middle, 2 is near the tip.
        roundness: below 1 makes it fuller and its ends rounder.
        veins: strength of the midrib and veins, 0 to 1.
        rim: how much darker its edges are, 0 to 1.
    """

    angle: float
    length: float
    width: float
    bend: float
    root: Array
    tip: Array
    peak: float = 0.8
    roundness: float = 1.0
    veins: float = 0.0
    rim: float = 0.0


def paint_blade(canvas: Array, origin: tuple[float, float], blade: Blade, unit: float) -> None:
    """Paint a blade that starts at the origin (frame heights)."""
    cos, sin = np.cos(blade.angle), np.sin(blade.angle)
    reach = blade.width + abs(blade.bend)
    ends = [(u * cos - v * sin, u * sin + v * cos) for u in (0, 1) for v in (-reach, reach)]
    xs, ys = zip(*ends)
    box = tuple(blade.length * edge for edge in (min(xs), min(ys), max(xs), max(ys)))
    patch = cut_patch(canvas, origin, box, unit)
    if patch is None:
        return
    u = (patch.x * cos + patch.y * sin) / blade.length
    v = (patch.y * cos - patch.x * sin) / blade.length - blade.bend * u * u
    along = np.clip(u, 0, 1)
    half = blade.width * np.sin(np.pi * along**blade.peak) ** blade.roundness
    alpha = soft_edge((half - np.abs(v)) * blade.length, patch.pixel) * (along == u)
    blend(patch, _blade_colour(blade, along, v), alpha)


def _blade_colour(blade: Blade, along: Array, v: Array) -> Array:
    across = v / blade.width
    shade = 1.0 + 0.16 * np.clip(across, -1, 1)
    if blade.rim:
        shade = shade - blade.rim * np.clip(np.abs(across), 0, 1) ** 3
    if blade.veins:
        rib = np.exp(-((across * 7) ** 2))
        rays = np.cos((along * 9 - np.abs(across) * 1.2) * 2 * np.pi)
        shade = shade + blade.veins * (0.30 * rib + 0.06 * rays)
    colour = mix(blade.root, blade.tip, along)
    colour[..., :3] *= shade[..., None]
    return colour


def paint_stem(
    canvas: Array,
    foot: tuple[float, float],
    head: tuple[float, float],
    width: float,
    colour: Array,
    unit: float,
) -> None:
    """Paint a stem that leaves the ground upright and leans more the higher it gets."""
    dx, dy = head[0] - foot[0], head[1] - foot[1]
    box = (min(dx, 0) - width, dy, max(dx, 0) + width, 0.0)
    patch = cut_patch(canvas, foot, box, unit)
    if patch is None or dy >= 0:
        return
    up = np.clip(patch.y / dy, 0, 1)
    half = width * (1 - 0.4 * up)
    off = patch.x - dx * up**1.8
    alpha = soft_edge(half - np.abs(off), patch.pixel)
    round_shade = 1.1 - 0.35 * np.clip(off / half, -1, 1) - 0.25 * up**6
    blend(patch, colour * round_shade[..., None], alpha)


@dataclass(frozen=True)
class RoundHead:
    """A flower seen from the front: a ring of petals around a disc.

    Attributes:
        petals: how many in each of the two layers.
        notch: how deep the gaps between petals are, as a share of the radius.
        point: shape of a petal's end: 1 is a spike, 3 is round.
        disc: radius of the centre as a share of the flower's radius.
        root, tip: colours of a petal at the disc and at its end.
        core, rim: colours of the disc, in the middle and at its rim.
    """

    petals: int
    notch: float
    point: float
    disc: float
    root: Colour
    tip: Colour
    core: Colour
    rim: Colour


def paint_round_head(
    canvas: Array,
    origin: tuple[float, float],
    head: RoundHead,
    *,
    radius: float,
    turn: float,
    squash: float,
    opened: float,
    light: Array,
    sun_x: float,
    unit: float,
) -> None:
    """Paint a round flower head.

    Args:
        radius: of the whole flower when open, in frame heights.
        turn: rotation in radians.
        squash: height over width, which shows the head's tilt.
        opened: 0 is a closed bud, 1 a full flower.
        light: colour of the light.
        sun_x: -1 to 1, the side that the sun is on.
    """
    size = radius * (0.30 + 0.70 * opened)
    patch = cut_patch(canvas, origin, (-size, -size, size, size), unit)
    if patch is None:
        return
    # A head that looks towards the sun shows its disc off centre, and its near side shortened.
    x, y = patch.x - 0.07 * sun_x * size * (1 - (patch.x / size) ** 2), patch.y / squash
    r, theta = np.hypot(x, y) / size, np.arctan2(y, x)
    side = 1 + 0.14 * sun_x * np.clip(patch.x / size, -1, 1) - 0.10 * np.clip(patch.y / size, -1, 1)
    for layer, (offset, reach, bright) in enumerate(((0.5, 1.0, 0.78), (0.0, 0.93, 1.0))):
        _paint_petals(
            patch,
            r,
            theta * head.petals / (2 * np.pi) + offset + turn,
            head,
            layer,
            size=size,
            reach=reach,
            gap=1.6 - 0.6 * opened,
            tone=side * bright,
            light=light,
        )
    _paint_disc(patch, r, theta, head, size * (1.25 - 0.25 * opened), side, light)


def _paint_petals(
    patch: Patch,
    r: Array,
    phase: Array,
    head: RoundHead,
    layer: int,
    *,
    size: float,
    reach: float,
    gap: float,
    tone: Array,
    light: Array,
) -> None:
    number = np.round(phase)
    local = 2 * (phase - number)  # -1 to 1 across a petal
    # A little unlike each other: any fixed, uneven function of the petal's number will do.
    unlike = np.sin((number % head.petals) * 2.4 + layer * 1.7)
    across = np.abs(local)
    edge = reach * (1 + 0.05 * unlike) - head.notch * np.clip(across * gap, 0, 2) ** head.point
    alpha = soft_outline(edge - r)
    fold = 1 - 0.30 * across**3 + 0.07 * np.cos(local * 9.4) * (r > head.disc)
    hollow = 0.72 + 0.28 * smoothstep(r, head.disc * 0.8, head.disc + 0.35)
    shade = tone * fold * hollow * (1 + 0.07 * unlike)
    colour = mix(head.root, head.tip, smoothstep(r, head.disc, 0.95)) * light
    blend(patch, colour * shade[..., None], alpha)


def _paint_disc(
    patch: Patch, r: Array, theta: Array, head: RoundHead, size: float, side: Array, light: Array
) -> None:
    share = r / head.disc
    alpha = soft_edge((1 - share) * head.disc * size, patch.pixel)
    # Seeds stand in two families of spirals, 13 one way and 21 the other.
    spiral = 5.0 * np.log(share + 0.25)
    seeds = np.cos(13 * theta + 2.0 * spiral) * np.cos(21 * theta - 3.2 * spiral)
    dome = 1.08 - 0.30 * share**3
    colour = mix(head.core, head.rim, smoothstep(share, 0.35, 0.95)) * light
    blend(
        patch,
        colour * (side * dome * (1 + 0.22 * seeds * np.clip(share * 2, 0, 1)))[..., None],
        alpha,
    )
