"""Writes films of moving digits in the layout of Moving MNIST's mnist_test_seq.npy, without a download.

    python3 tests/numpy/make_moving_digits.py moving_digits.npy [--films 2000] [--frames 20] [--digits 2] [--seed 1]

The file holds bytes [time, film, height, width]: 20 frames of 64 x 64 pixels each, unless told otherwise. In each film
two digits of about 28 x 28 pixels glide at a constant speed and bounce from the walls; where they overlap, the brighter
one shows. Digits are strokes of varying slant, thickness, proportions and wobble.
"""

import argparse

import numpy

SIDE, DIGIT = 64, 28
SPEED = 3.6  # pixels a frame, as in Moving MNIST


def arc(centre_x, centre_y, radius_x, radius_y, begin, end):
    """Points of an ellipse's arc; angles in degrees, clockwise from the right, since y points down."""
    angles = numpy.radians(numpy.linspace(begin, end, 13))
    return numpy.stack([centre_x + radius_x * numpy.cos(angles), centre_y + radius_y * numpy.sin(angles)], axis=1)


def line(*points):
    return numpy.array(points, dtype=float)


# Strokes within x of -0.5 to 0.5 and y of -1 (above) to 1.
STROKES = [
    [arc(0, 0, 0.55, 1, 0, 360)],
    [line((-0.3, -0.65), (0.05, -1), (0.05, 1))],
    [arc(0, -0.5, 0.5, 0.5, 180, 390), line((0.43, -0.25), (-0.5, 1), (0.55, 1))],
    [arc(-0.05, -0.5, 0.5, 0.5, 200, 450), arc(-0.05, 0.47, 0.58, 0.53, 270, 520)],
    [line((0.2, 1), (0.2, -1), (-0.6, 0.35), (0.6, 0.35))],
    [line((0.5, -1), (-0.4, -1), (-0.45, -0.1)), arc(-0.05, 0.35, 0.55, 0.62, 225, 510)],
    [arc(0.3, 0.2, 0.8, 1.2, 260, 180), arc(0, 0.42, 0.5, 0.58, 0, 360)],
    [line((-0.55, -1), (0.55, -1), (-0.15, 1))],
    [arc(0, -0.5, 0.43, 0.48, 0, 360), arc(0, 0.48, 0.53, 0.52, 0, 360)],
    [arc(0, -0.42, 0.5, 0.58, 0, 360), line((0.5, -0.42), (0.3, 1))],
]


def draw_digit(digit, random):
    """A picture of DIGIT x DIGIT values from 0 to 1."""
    slant, tilt = random.uniform(-0.15, 0.35), random.uniform(-0.15, 0.15)
    height, width = random.uniform(8.0, 10.0), random.uniform(8.0, 11.0)
    thickness = random.uniform(1.0, 2.0)
    rotate = numpy.array([[numpy.cos(tilt), -numpy.sin(tilt)], [numpy.sin(tilt), numpy.cos(tilt)]])
    wobble = random.normal(0, 0.05, (2, 2))
    begins, ends = [], []
    for stroke in STROKES[digit]:
        bent = stroke + numpy.sin(2.5 * stroke) @ wobble
        points = numpy.stack([bent[:, 0] * width - slant * bent[:, 1] * height, bent[:, 1] * height], axis=1) @ rotate.T
        begins.append(points[:-1])
        ends.append(points[1:])
    begin, end = numpy.concatenate(begins), numpy.concatenate(ends)
    middle = (DIGIT - 1) / 2
    pixels = numpy.stack(numpy.meshgrid(numpy.arange(DIGIT), numpy.arange(DIGIT)), axis=-1)[:, :, None] - middle
    along = end - begin
    share = numpy.clip(((pixels - begin) * along).sum(-1) / (along**2).sum(-1), 0, 1)
    distance = numpy.sqrt(((pixels - begin - share[..., None] * along) ** 2).sum(-1)).min(-1)
    return numpy.clip(thickness + 0.5 - distance, 0, 1)


def walk(length, random):
    """Upper left corners [time, (y, x)] of a digit that bounces within the frame."""
    room = SIDE - DIGIT
    position, angle = random.uniform(0, room, 2), random.uniform(0, 2 * numpy.pi)
    path = position + SPEED * numpy.arange(length)[:, None] * numpy.array([numpy.sin(angle), numpy.cos(angle)])
    return numpy.rint(room - numpy.abs(path % (2 * room) - room)).astype(int)


def make_films(count, length, digits, random):
    films = numpy.zeros((length, count, SIDE, SIDE), dtype=numpy.uint8)
    for film in range(count):
        for _ in range(digits):
            picture = numpy.rint(255 * draw_digit(random.integers(10), random)).astype(numpy.uint8)
            for time, (top, left) in enumerate(walk(length, random)):
                place = films[time, film, top : top + DIGIT, left : left + DIGIT]
                numpy.maximum(place, picture, out=place)
    return films


def main():
    parser = argparse.ArgumentParser(description="Writes films of moving digits, [time, film, height, width] bytes.")
    parser.add_argument("path")
    parser.add_argument("--films", type=int, default=2000)
    parser.add_argument("--frames", type=int, default=20, help="of each film")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--digits", type=int, default=2, help="in each film")
    options = parser.parse_args()
    random = numpy.random.default_rng(options.seed)
    numpy.save(options.path, make_films(options.films, options.frames, options.digits, random))


if __name__ == "__main__":
    main()
