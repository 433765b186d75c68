"""Training steps of the frame stage in JAX: one contender of compare.py, which starts it and says when to run.

    python3 jax_steps.py --widths demo --threads 2

Reads lines "run SECONDS" and answers each with the seconds of every step that it made in them, as JSON.

XLA's own grouped convolutions are slow on a CPU, so everything is products of patches: all discriminators at once, a
transposed convolution as one of half the size for each of the four places within a pixel's square. A step is one
compiled function, whose buffers are reused.
"""

import argparse
import json
import os
import sys
import time
from dataclasses import dataclass

LEAK = 0.2


@dataclass
class Workload:
    """The paper's networks at the widths of a preset of the example; rates do not change how long a step takes."""

    divisor: int
    members: int
    batch: int
    norm: bool
    adam: bool


WORKLOADS = {"demo": Workload(8, 4, 32, True, True), "paper": Workload(1, 2, 64, False, False)}


def make_step(work):
    """A function of (state, real samples, two draws of latents) that returns the next state."""
    import jax
    from jax import numpy as jnp

    def patches(x, kernel, stride, padding):
        """(..., h, w, c) -> (..., h', w', taps * c)."""
        x = jnp.pad(x, [(0, 0)] * (x.ndim - 3) + [(padding, padding)] * 2 + [(0, 0)])
        rows, columns = ((size - kernel) // stride + 1 for size in x.shape[-3:-1])
        taps = [x[..., i:i + stride * (rows - 1) + 1:stride, j:j + stride * (columns - 1) + 1:stride, :]
                for i in range(kernel) for j in range(kernel)]
        return jnp.concatenate(taps, axis=-1)

    def batch_norm(x, scale, offset, axes):
        mean = x.mean(axes, keepdims=True)
        centred = x - mean
        return centred * jax.lax.rsqrt((centred * centred).mean(axes, keepdims=True) + 1e-5) * scale + offset

    def transposed(x, weights, padding):
        """Stride 2, kernel 4: weights (2, 2, 4 * c, o), for each place in a square those of its four neighbours."""
        small, around = x.shape[1], jnp.pad(x, [(0, 0), (1, 1), (1, 1), (0, 0)])
        size = small if padding == 1 else small - 1
        first = {1: (0, 1), 2: (1, 1)}[padding]  # where the neighbours of even and of odd rows begin
        rows = []
        for i in range(2):
            places = []
            for j in range(2):
                seen = [around[:, first[i] + a:first[i] + a + size, first[j] + b:first[j] + b + size]
                        for a in range(2) for b in range(2)]
                places.append(jnp.concatenate(seen, -1) @ weights[i, j])
            rows.append(jnp.stack(places, 3))
        out = jnp.stack(rows, 2)  # (b, h, row in square, w, column in square, o)
        return out.reshape(x.shape[0], 2 * size, 2 * size, -1)

    widths = [1024 // work.divisor // by for by in (1, 1, 2, 4)]

    def generate(g, z):
        x = jax.nn.relu(batch_norm(z @ g["linear"] + g["bias"], g["scale"], g["offset"], 0))
        x = x.reshape(z.shape[0], 2, 2, widths[0])
        for layer in g["hidden"]:
            x = transposed(x, layer["weights"], 1) + layer["bias"]
            x = jax.nn.relu(batch_norm(x, layer["scale"], layer["offset"], (0, 1, 2)))
        return jnp.tanh(transposed(x, g["last"], 2) + g["last_bias"])

    def judge(d, projections, samples):
        """Logits (member, sample)."""
        views = patches(samples, 8, 2, 3) @ projections
        x = jnp.moveaxis(views, -1, 0)[..., None]
        for i, layer in enumerate(d["layers"]):
            x = patches(x, 4, 2, 2 if i == 0 else 1)
            x = jnp.einsum("kbhwp,kpo->kbhwo", x, layer["weights"]) + layer["bias"][:, None, None, None]
            if work.norm and i > 0:
                x = batch_norm(x, layer["scale"][:, None, None, None], layer["offset"][:, None, None, None], (1, 2, 3))
            x = jax.nn.leaky_relu(x, LEAK)
        x = patches(x, 4, 1, 1)
        return jnp.einsum("kbhwp,kp->kb", x, d["last"]) + d["last_bias"][:, None]

    def discriminators_loss(d, projections, real, fake):
        if work.norm:
            on_real, on_fake = judge(d, projections, real), judge(d, projections, fake)
        else:
            on_real, on_fake = jnp.split(judge(d, projections, jnp.concatenate([real, fake])), 2, axis=1)
        return (jax.nn.softplus(-on_real).mean(1) + jax.nn.softplus(on_fake).mean(1)).sum()

    def generator_loss(g, d, projections, z):
        return jax.nn.softplus(-judge(d, projections, generate(g, z))).mean(1).sum()

    def update(parameters, moments, gradients, count):
        if work.adam:
            first = jax.tree.map(lambda m, x: 0.5 * m + 0.5 * x, moments["first"], gradients)
            second = jax.tree.map(lambda v, x: 0.999 * v + 0.001 * x * x, moments["second"], gradients)
            step = jax.tree.map(lambda p, m, v: p - 1e-3 * (m / (1 - 0.5**count)) /
                                (jnp.sqrt(v / (1 - 0.999**count)) + 1e-8), parameters, first, second)
            return step, {"first": first, "second": second}
        second = jax.tree.map(lambda v, x: 0.99 * v + 0.01 * x * x, moments["second"], gradients)
        step = jax.tree.map(lambda p, x, v: p - 1e-4 * x / (jnp.sqrt(v) + 1e-8), parameters, gradients, second)
        return step, {"second": second}

    def step(state, real, z, new_z):
        count = state["count"] + 1
        fake = generate(state["g"], z)
        gradients = jax.grad(discriminators_loss)(state["d"], state["projections"], real, fake)
        d, d_moments = update(state["d"], state["d_moments"], gradients, count)
        gradients = jax.grad(generator_loss)(state["g"], d, state["projections"], new_z)
        g, g_moments = update(state["g"], state["g_moments"], gradients, count)
        return {"g": g, "d": d, "g_moments": g_moments, "d_moments": d_moments, "count": count,
                "projections": state["projections"]}

    check_transposed(transposed)
    return jax.jit(step, donate_argnums=0), widths


def check_transposed(transposed):
    """The transposed convolutions of places in a square are XLA's own."""
    import jax
    import numpy

    random = numpy.random.default_rng(2)
    for padding, taps in ((1, ((3, 1), (2, 0))), (2, ((2, 0), (3, 1)))):
        x = random.normal(size=(2, 5, 5, 3)).astype(numpy.float32)
        places = random.normal(size=(2, 2, 2, 2, 3, 4)).astype(numpy.float32)  # place, neighbour, channels
        kernel = numpy.zeros((4, 4, 3, 4), numpy.float32)
        for place in numpy.ndindex(2, 2, 2, 2):
            i, j, a, b = place
            kernel[taps[i][a], taps[j][b]] = places[place]
        expected = jax.lax.conv_general_dilated(x, kernel[::-1, ::-1], (1, 1), [(3 - padding,) * 2] * 2,
                                                lhs_dilation=(2, 2), dimension_numbers=("NHWC", "HWIO", "NHWC"))
        found = transposed(jax.numpy.asarray(x), places.reshape(2, 2, 12, 4), padding)
        assert numpy.allclose(found, expected, atol=1e-4), "the transposed convolution computes something else"


def first_state(work, widths, random):
    import jax
    from jax import numpy as jnp

    def weights(*shape):
        return jnp.asarray(random.normal(0, 0.05, shape), jnp.float32)

    def norm(*shape):
        return {"bias": jnp.zeros(shape), "scale": jnp.ones(shape), "offset": jnp.zeros(shape)}

    k, c = work.members, 256 // work.divisor
    g = {"linear": weights(100, 4 * widths[0]), **norm(4 * widths[0]),
         "hidden": [{"weights": weights(2, 2, 4 * a, b), **norm(b)} for a, b in zip(widths, widths[1:])],
         "last": weights(2, 2, 4 * widths[3], 1), "last_bias": jnp.zeros(1)}
    sizes = [1, c, 2 * c, 4 * c]
    d = {"layers": [{"weights": weights(k, 16 * a, b), **norm(k, b)} for a, b in zip(sizes, sizes[1:])],
         "last": weights(k, 16 * sizes[-1]), "last_bias": jnp.zeros(k)}

    def moments(parameters):
        names = ("first", "second") if work.adam else ("second",)
        return {name: jax.tree.map(jnp.zeros_like, parameters) for name in names}

    return {"g": g, "d": d, "g_moments": moments(g), "d_moments": moments(d), "count": jnp.zeros(()),
            "projections": weights(64, k)}


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--widths", choices=list(WORKLOADS), required=True)
    parser.add_argument("--threads", type=int, default=1)
    arguments = parser.parse_args()
    # XLA has as many threads as the process may use processors; compare.py has chosen them already.
    os.sched_setaffinity(0, sorted(os.sched_getaffinity(0))[:arguments.threads])
    os.environ.setdefault("JAX_PLATFORMS", "cpu")

    import jax
    import numpy

    work = WORKLOADS[arguments.widths]
    step, widths = make_step(work)
    random = numpy.random.default_rng(1)
    state = first_state(work, widths, random)

    def train():
        global state
        real = random.random((work.batch, 30, 30, 1), numpy.float32) * 2 - 1
        z, new_z = (random.standard_normal((work.batch, 100), numpy.float32) for _ in range(2))
        state = jax.block_until_ready(step(state, real, z, new_z))

    for _ in range(2):  # the first step compiles
        train()
    assert all(bool(jax.numpy.isfinite(leaf).all()) for leaf in jax.tree.leaves(state)), "the steps diverge"
    print(json.dumps({"version": jax.__version__}), flush=True)
    for line in sys.stdin:
        until = time.perf_counter() + float(line.split()[1])
        times = []
        while not times or time.perf_counter() < until:
            start = time.perf_counter()
            train()
            times.append(time.perf_counter() - start)
        print(json.dumps(times), flush=True)
