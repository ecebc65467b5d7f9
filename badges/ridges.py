"""The mountains in a badge's head: four ridges one behind the other, paler the farther they are."""

from typing import Final

from badges.layout import Box

Point = tuple[float, float]

# Each ridge from the farthest to the nearest, as points across the picture: how far from the left edge and
# how high, both as a share of the picture. Drawn by hand after the Taihang range: long backs, steep falls.
RIDGES: Final[tuple[tuple[Point, ...], ...]] = (
    ((0, 0.27), (0.1, 0.31), (0.2, 0.38), (0.27, 0.34), (0.36, 0.29), (0.47, 0.34), (0.57, 0.31),
     (0.68, 0.36), (0.76, 0.41), (0.82, 0.39), (0.9, 0.34), (1, 0.31)),
    ((0, 0.3), (0.06, 0.33), (0.13, 0.27), (0.24, 0.22), (0.34, 0.25), (0.42, 0.31), (0.47, 0.28),
     (0.56, 0.2), (0.68, 0.24), (0.8, 0.3), (0.88, 0.36), (0.93, 0.32), (1, 0.24)),
    ((0, 0.14), (0.1, 0.2), (0.17, 0.24), (0.22, 0.21), (0.3, 0.14), (0.42, 0.13), (0.55, 0.19),
     (0.62, 0.23), (0.67, 0.2), (0.78, 0.12), (0.9, 0.16), (1, 0.21)),
    ((0, 0.12), (0.08, 0.09), (0.2, 0.06), (0.32, 0.1), (0.38, 0.12), (0.45, 0.09), (0.6, 0.05),
     (0.74, 0.09), (0.83, 0.13), (0.88, 0.11), (0.95, 0.07), (1, 0.08)),
)  # fmt: skip

HAZE: Final = (0.8, 0.6, 0.34, 0.0)
"""How much of the sky's colour is in each ridge."""

SUN_AT: Final[Point] = (0.885, 0.52)
SUN_RADIUS: Final = 4.6
"""Millimetres."""


def curve_through(points: tuple[Point, ...], picture: Box) -> list[tuple[Point, Point, Point]]:
    """Bézier pieces (control, control, end) of a smooth curve through ``points`` (Catmull–Rom), in millimetres."""
    placed = [(picture.x + x * picture.width, picture.y + y * picture.height) for x, y in points]
    pieces: list[tuple[Point, Point, Point]] = []
    for index in range(len(placed) - 1):
        before = placed[max(index - 1, 0)]
        start, end = placed[index], placed[index + 1]
        after = placed[min(index + 2, len(placed) - 1)]
        pieces.append(
            (
                (start[0] + (end[0] - before[0]) / 6, start[1] + (end[1] - before[1]) / 6),
                (end[0] - (after[0] - start[0]) / 6, end[1] - (after[1] - start[1]) / 6),
                end,
            )
        )
    return pieces
