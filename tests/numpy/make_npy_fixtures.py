"""Writes tests/fixtures/npy: small arrays of films in every type and order that NumPy writes and zoetrope reads.

    python3 tests/numpy/make_npy_fixtures.py

Value [film, time, height, width, channel] is (97 film + 31 time + 7 height + 3 width + channel) % 256, in floats
divided by 256, which every type holds exactly. There are 2 films of 5 frames of 4 x 3 pixels.
"""

import pathlib

import numpy

folder = pathlib.Path(__file__).resolve().parent.parent / "fixtures" / "npy"


def films(channels):
    film, time, height, width, channel = numpy.indices((2, 5, 4, 3, channels))
    return (97 * film + 31 * time + 7 * height + 3 * width + channel) % 256


def write(name, array):
    numpy.save(folder / f"{name}.npy", array)


grey, colour = films(1)[..., 0], films(3)
folder.mkdir(exist_ok=True)
for kind in ["u1", "<f2", ">f2", "<f4", ">f4", "<f8", ">f8"]:
    scale = 1 if kind == "u1" else 256
    order = {"<": "little_", ">": "big_"}.get(kind[0], "") + kind[-2:]
    write(order, (grey / scale).astype(kind))
    write(f"{order}_fortran", numpy.asfortranarray((colour / scale).astype(kind)))
write("moving_mnist", numpy.ascontiguousarray(grey.transpose(1, 0, 2, 3)).astype("u1"))  # time, film, height, width
write("reference", numpy.ascontiguousarray(grey.transpose(0, 2, 3, 1)).astype("f8") / 256)  # film, height, width, time
write("one_film", grey[0].astype("u1"))
write("bool", grey > 127)
write("int64", grey.astype("i8"))
write("complex", grey.astype("c8"))
write("structured", numpy.zeros(4, dtype=[("a", "f4"), ("b", "u1")]))
write("none", grey[:0].astype("u1"))
for version in [(2, 0), (3, 0)]:
    with open(folder / f"version_{version[0]}.npy", "wb") as file:
        numpy.lib.format.write_array(file, grey.astype("u1"), version=version)
