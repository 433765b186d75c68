"""The demo's training steps in PyTorch, for comparison with benchmark_training_step on the same machine.

    python3 benchmarks/pytorch_training_step.py [--threads 2] [--steps 20]

The same networks, batches, optimizers and order of updates as the `demo` preset (widths / 8, K = 4, batch norm in the
discriminators); each discriminator is a module of its own, as in the paper's reference code. Real samples are random
numbers here, so that making data costs nothing.
"""

import argparse
import pathlib
import sys
import time

import torch
from torch import nn

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent.parent / "tests" / "pytorch"))
import networks  # noqa: E402

DIVISOR, MEMBERS = 8, 4
bce = nn.functional.binary_cross_entropy_with_logits


def adam(parameters):
    return torch.optim.Adam(parameters, lr=1e-3, betas=(0.5, 0.999))


def rmsprop(parameters):
    return torch.optim.RMSprop(parameters, lr=1e-4)


def ensemble_of(projection, discriminator):
    return [nn.Sequential(projection().requires_grad_(False), discriminator(DIVISOR, batch_norm=True))
            for _ in range(MEMBERS)]


def update_discriminators(ensemble, optimizers, real, fake):
    for discriminator, optimizer in zip(ensemble, optimizers):
        optimizer.zero_grad(set_to_none=True)
        judged_real, judged_fake = discriminator(real), discriminator(fake)
        (bce(judged_real, torch.ones_like(judged_real)) + bce(judged_fake, torch.zeros_like(judged_fake))).backward()
        optimizer.step()


def update_generator(ensemble, optimizer, fake):
    loss = 0
    for discriminator in ensemble:
        judged = discriminator(fake)
        loss = loss + bce(judged, torch.ones_like(judged))
    optimizer.zero_grad(set_to_none=True)
    loss.backward()
    optimizer.step()


def trained_parameters(module):
    return [p for p in module.parameters() if p.requires_grad]


def frame_step():
    generator = networks.frame_generator(DIVISOR)
    ensemble = ensemble_of(networks.frame_projection, networks.frame_discriminator)
    generator_optimizer = adam(generator.parameters())
    optimizers = [adam(trained_parameters(d)) for d in ensemble]

    def step():
        real = torch.rand(32, 1, 30, 30) * 2 - 1
        update_discriminators(ensemble, optimizers, real, generator(torch.randn(32, 100)).detach())
        update_generator(ensemble, generator_optimizer, generator(torch.randn(32, 100)))

    return step


def sequence_step():
    frames = networks.frame_generator(DIVISOR).eval().requires_grad_(False)
    generator = networks.sequence_generator(DIVISOR, hidden=128, output=networks.Scale(3))
    ensemble = ensemble_of(networks.video_projection, networks.video_discriminator)
    generator_optimizer = rmsprop(generator.parameters())
    optimizers = [rmsprop(trained_parameters(d)) for d in ensemble]

    def step():
        real = torch.rand(16, 1, 30, 30, 30) * 2 - 1
        latents = generator(torch.randn(16, 100))
        film = frames(latents.reshape(-1, 100)).reshape(16, 1, 30, 30, 30)
        update_discriminators(ensemble, optimizers, real, film.detach())
        update_generator(ensemble, generator_optimizer, film)

    return step


def measure(name, step, steps):
    step()
    times = []
    for _ in range(steps):
        start = time.perf_counter()
        step()
        times.append(time.perf_counter() - start)
    times.sort()
    print(f"{name}: median {1e3 * times[len(times) // 2]:.1f} ms a step, best {1e3 * times[0]:.1f} ms")


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--threads", type=int, default=2)
    parser.add_argument("--steps", type=int, default=20)
    arguments = parser.parse_args()
    torch.set_num_threads(arguments.threads)
    print(f"PyTorch {torch.__version__}, {arguments.threads} threads")
    measure("frame_step", frame_step(), arguments.steps)
    measure("sequence_step", sequence_step(), arguments.steps)
