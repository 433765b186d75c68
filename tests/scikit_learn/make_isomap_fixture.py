"""Writes tests/fixtures/isomap.safetensors: what scikit-learn's Isomap gives for a few sets of points.

    python3 tests/scikit_learn/make_isomap_fixture.py [output folder]

Points are float32 and are embedded in float64, with 6 neighbours. Each set has "<set>.points" (point, coordinate),
"<set>.coordinates" (point, component) and "<set>.eigenvalues". The seed is fixed and the eigenvalues are found by a full
decomposition, so that a second run writes the same values.

roll     a Swiss roll.
latents  draws of a normal distribution with walks between some of them, as in the paper's figure 5, in fewer dimensions.
islands  three clusters that their neighbours do not connect: scikit-learn joins each two at their nearest points.
"""

import json
import pathlib
import struct
import sys
import warnings

import numpy
import scipy.sparse.csgraph
import sklearn
from sklearn.manifold import Isomap

NEIGHBOURS = 6


def swiss_roll(random, count):
    angle = 1.5 * numpy.pi * (1 + 2 * random.random(count))
    return numpy.stack([angle * numpy.cos(angle), 20 * random.random(count), angle * numpy.sin(angle)], axis=1)


def latents(random, draws, walks, steps, dimension):
    # Unequal deviations: equal ones would leave eigenvalues that lie close together, and so axes that mean nothing.
    prior = random.standard_normal((draws + 2 * walks, dimension)) * 3 * 0.7 ** numpy.arange(dimension)
    share = numpy.linspace(0, 1, steps)[:, None]
    ends = prior[draws:].reshape(walks, 2, dimension)
    return numpy.concatenate([prior[:draws], *(start + share * (end - start) for start, end in ends)])


def islands(random, count, dimension):
    centres = 12 * random.standard_normal((3, dimension))
    return centres[numpy.arange(count) % 3] + random.standard_normal((count, dimension)) * numpy.linspace(2, 1, dimension)


def embed(name, points, components, parts):
    points = points.astype(numpy.float32)
    isomap = Isomap(n_neighbors=NEIGHBOURS, n_components=components, eigen_solver="dense", path_method="D")
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # the islands are meant to be apart
        coordinates = isomap.fit_transform(points.astype(numpy.float64))
    graph = isomap.nbrs_.kneighbors_graph(mode="distance")
    assert scipy.sparse.csgraph.connected_components(graph, directed=False)[0] == parts
    eigenvalues = isomap.kernel_pca_.eigenvalues_
    print(f"{name}: {points.shape}, eigenvalues {eigenvalues}")
    return {f"{name}.points": points, f"{name}.coordinates": coordinates, f"{name}.eigenvalues": eigenvalues}


def save(path, tensors):
    """Writes safetensors: header length, JSON header, data; eight-byte numbers first, so all stay aligned."""
    header = {"__metadata__": {"scikit-learn": sklearn.__version__, "neighbours": str(NEIGHBOURS)}}
    data = b""
    for name, tensor in sorted(tensors.items(), key=lambda item: -item[1].itemsize):
        start, data = len(data), data + tensor.astype(f"<f{tensor.itemsize}").tobytes()
        header[name] = {"dtype": f"F{8 * tensor.itemsize}", "shape": list(tensor.shape),
                        "data_offsets": [start, len(data)]}  # fmt: skip
    text = json.dumps(header).encode()
    text += b" " * (-len(text) % 8)
    path.write_bytes(struct.pack("<Q", len(text)) + text + data)
    print(f"{path.name}: {path.stat().st_size} bytes")


def main():
    here = pathlib.Path(__file__).parent
    folder = pathlib.Path(sys.argv[1]) if len(sys.argv) > 1 else here.parent / "fixtures"
    folder.mkdir(parents=True, exist_ok=True)
    random = numpy.random.default_rng(1)
    save(folder / "isomap.safetensors", {
        **embed("roll", swiss_roll(random, 500), components=2, parts=1),
        **embed("latents", latents(random, draws=280, walks=2, steps=30, dimension=16), components=2, parts=1),
        **embed("islands", islands(random, 150, dimension=4), components=3, parts=3),
    })  # fmt: skip


if __name__ == "__main__":
    main()
