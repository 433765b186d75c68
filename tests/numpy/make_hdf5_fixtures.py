"""Writes tests/fixtures/hdf5: small arrays of films in every type and layout of HDF5 that zoetrope reads, and in some
that it refuses. Needs h5py (package python3-h5py on Debian and Ubuntu).

    /usr/bin/python3 tests/numpy/make_hdf5_fixtures.py

Value [film, time, height, width, channel] is (97 film + 31 time + 7 height + 3 width + channel) % 256, in floats
divided by 256, which every type holds exactly. There are 2 films of 5 frames of 4 x 3 pixels. Some layouts hold the
time they were written at, so not every byte is the same again.
"""

import pathlib

import h5py
import numpy

folder = pathlib.Path(__file__).resolve().parent.parent / "fixtures" / "hdf5"


def films(channels):
    film, time, height, width, channel = numpy.indices((2, 5, 4, 3, channels))
    return (97 * film + 31 * time + 7 * height + 3 * width + channel) % 256


def create(name, **settings):
    return h5py.File(folder / f"{name}.h5", "w", **settings)


def write(name, array, data="films", **settings):
    with create(name) as file:
        file.create_dataset(data, data=array, **settings)


def write_compact(name, array):
    """h5py has no short way to this layout."""
    with create(name) as file:
        creation = h5py.h5p.create(h5py.h5p.DATASET_CREATE)
        creation.set_layout(h5py.h5d.COMPACT)
        space = h5py.h5s.create_simple(array.shape)
        data = h5py.h5d.create(file.id, b"films", h5py.h5t.py_create(array.dtype), space, creation)
        data.write(h5py.h5s.ALL, h5py.h5s.ALL, numpy.ascontiguousarray(array))


grey, colour = films(1)[..., 0], films(3)
grey_bytes = grey.astype("u1")
folder.mkdir(exist_ok=True)
for old in folder.glob("*"):
    old.unlink()

# In one piece, and compressed in chunks that do not divide the array.
for kind in ["u1", "<f2", ">f2", "<f4", ">f4", "<f8", ">f8"]:
    scale = 1 if kind == "u1" else 256
    order = {"<": "little_", ">": "big_"}.get(kind[0], "") + kind[-2:]
    write(order, (grey / scale).astype(kind))
    with create(f"{order}_gzip", libver="earliest" if kind in ["u1", "<f4"] else "latest") as file:
        data = (colour / scale).astype(kind)
        file.create_dataset("films", data=data, chunks=(2, 2, 3, 2, 1), compression="gzip", shuffle=True)
write("bool", grey > 127)
write("bool_gzip", grey > 127, chunks=(1, 5, 4, 3), compression="gzip")
write("chunked", grey_bytes, chunks=(1, 2, 4, 3))
write("checksums", grey_bytes, chunks=(2, 3, 4, 3), fletcher32=True)
write_compact("compact", grey_bytes)

# As the paper's reference code stores films, and as Moving MNIST is stored.
write("reference", grey.transpose(0, 2, 3, 1).astype("f8") / 256, "data", chunks=True)
write("one_film", grey_bytes[0])

# Where the data set is.
with create("nested", libver="latest") as file:
    file["labels"] = numpy.arange(2)
    file["title"] = "a text"
    file["train/deep/films"] = grey_bytes
    file["link"] = h5py.SoftLink("/train/deep/films")
    file.create_group("empty")
with create("two", libver="latest") as file:
    file["first"] = grey_bytes
    file["group/second"] = grey_bytes[::-1]
with create("external_link") as file:
    file["films"] = h5py.ExternalLink("big_f8.h5", "films")
with create("user_block", userblock_size=512, libver="latest") as file:
    file["films"] = grey_bytes

# In other files.
layout = h5py.VirtualLayout(shape=grey.shape, dtype="u1")
for film in range(2):
    layout[film] = h5py.VirtualSource("two.h5", "first", shape=grey.shape)[film]
with create("virtual", libver="latest") as file:
    file.create_virtual_dataset("films", layout)
layout = h5py.VirtualLayout(shape=grey.shape, dtype="u1")
layout[:] = h5py.VirtualSource("nowhere.h5", "films", shape=grey.shape)
circle = h5py.VirtualLayout(shape=grey.shape, dtype="u1")
circle[:] = h5py.VirtualSource(".", "circle", shape=grey.shape)
with create("virtual_missing", libver="latest") as file:
    file.create_virtual_dataset("films", layout)
    file.create_virtual_dataset("circle", circle)
with create("external_missing") as file:
    file.create_dataset("films", grey.shape, "u1", external=[("zoetrope_nowhere.bin", 0, grey.size)])

# Where nothing, or not all, was written.
with create("fill") as file:
    file.create_dataset("films", grey.shape, "u1", fillvalue=51)
with create("fill_in_part") as file:
    file.create_dataset("films", grey.shape, "u1", chunks=(1, 5, 4, 3), fillvalue=51)[1] = grey_bytes[1]
with create("hostile") as file:
    file.create_dataset("rows", (2**40, 4, 3), "u1", chunks=(1, 4, 3), maxshape=(None, 4, 3))
    file.create_dataset("films", (2**20, 2**20, 4, 3), "u1", chunks=(1, 1, 4, 3))
    file.create_dataset("started", (2**20, 2**20, 4, 3), "u1", chunks=(1, 1, 4, 3))[0, 0] = 1
    file.create_dataset("overflow", (2**30, 2**30, 2**30, 3), "u1", chunks=(1, 1, 4, 3))

# What is refused.
with create("refused") as file:
    file["int64"] = grey.astype("i8")
    file["int8"] = (grey // 2).astype("i1")
    file["uint16"] = grey.astype("u2")
    file["long_double"] = grey[:, :, :1, :1].astype("longdouble")
    file.create_dataset("enumeration", data=grey_bytes % 2, dtype=h5py.enum_dtype({"OFF": 0, "ON": 1}, basetype="u1"))
    file["complex"] = grey[:1].astype("c8")
    file["compound"] = numpy.zeros((2, 2, 2), dtype=[("a", "f4"), ("b", "u1")])
    file["text"] = numpy.full((2, 2, 2), b"text")
    file["no_film"] = grey_bytes[:0]
    file["scalar"] = 3.0
    file["matrix"] = grey_bytes[0, 0]
    file["null"] = h5py.Empty("f4")
    bfloat16 = h5py.h5t.IEEE_F32LE.copy()
    bfloat16.set_fields(15, 7, 8, 0, 7)
    bfloat16.set_size(2)
    bfloat16.set_ebias(127)
    h5py.h5d.create(file.id, b"bfloat16", bfloat16, h5py.h5s.create_simple(grey.shape))
with create("nothing") as file:
    file["matrix"] = grey_bytes[0, 0]
with create("levels", libver="latest") as file:
    file["/".join(["level"] * 33)] = grey_bytes

# Tampered with: a file that ends too early, files that are none, a filter that nobody has.
whole = (folder / "chunked.h5").read_bytes()
(folder / "truncated.h5").write_bytes(whole[: len(whole) - 20])
(folder / "no_hdf5.h5").write_bytes(b"\x93NUMPY, or anything else")
(folder / "empty.h5").write_bytes(b"")
compressed = (folder / "u1_gzip.h5").read_bytes()
at = compressed.index(b"deflate\0") - 8
(folder / "unknown_filter.h5").write_bytes(compressed[:at] + (32001).to_bytes(2, "little") + compressed[at + 2 :])
