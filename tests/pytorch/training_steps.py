"""PyTorch's two training steps of either stage, on networks of a few hundred parameters; make_fixtures.py saves them.

The optimizers' epsilon is large, about as large as the gradients: a step then depends on a gradient's size, not on its
sign alone as with the usual 1e-8, and rounding noise of a gradient that is nearly zero moves nothing.
"""

import networks
import torch
from torch import nn

LATENT, BATCH, MEMBERS, STEPS, LENGTH, SIDE = 5, 3, 2, 2, 4, 8


def frame_generator():
    """(b, 5) -> (b, 1, 8, 8)."""
    return nn.Sequential(
        nn.Linear(LATENT, 32, bias=False), nn.BatchNorm1d(32), nn.ReLU(), nn.Unflatten(1, (8, 2, 2)),
        nn.ConvTranspose2d(8, 4, 4, 2, 1, bias=False), nn.BatchNorm2d(4), nn.ReLU(),
        nn.ConvTranspose2d(4, 1, 4, 2, 1), nn.Tanh())  # fmt: skip


def sequence_generator():
    """(b, 5) -> (b, 4, 5)."""
    return nn.Sequential(
        nn.Linear(LATENT, LENGTH * 3, bias=False), nn.BatchNorm1d(LENGTH * 3), nn.ReLU(), nn.Unflatten(1, (LENGTH, 3)),
        networks.Sequence(3, 4, bidirectional=True, batch_first=True), nn.Linear(8, LATENT),
        networks.Scale(3))  # fmt: skip


def frame_discriminator():
    """(b, 1, 4, 4), a projected frame, -> (b, 1, 1, 1)."""
    return nn.Sequential(
        nn.Conv2d(1, 4, 3, 1, 1), nn.LeakyReLU(networks.LEAK),
        nn.Conv2d(4, 6, 4, 2, 1, bias=False), nn.BatchNorm2d(6), nn.LeakyReLU(networks.LEAK),
        nn.Conv2d(6, 1, 2))  # fmt: skip


def film_discriminator():
    """(b, 1, 4, 4, 4), a projected film, -> (b, 1, 1, 1, 1)."""
    return nn.Sequential(
        nn.Conv3d(1, 3, 3, 1, 1), nn.LeakyReLU(networks.LEAK),
        nn.Conv3d(3, 4, 4, 2, 1, bias=False), nn.BatchNorm3d(4), nn.LeakyReLU(networks.LEAK),
        nn.Conv3d(4, 1, 2))  # fmt: skip


def rmsprop(parameters):
    return torch.optim.RMSprop(parameters, lr=0.05, alpha=0.99, eps=0.1)


def adam(parameters):
    return torch.optim.Adam(parameters, lr=0.05, betas=(0.5, 0.999), eps=0.1)


def randomize(network):
    """Statistics that no forward pass has left yet, so that training and evaluation mode differ."""
    for layer in network.modules():
        if isinstance(layer, (nn.BatchNorm1d, nn.BatchNorm2d, nn.BatchNorm3d)):
            layer.weight.data.uniform_(0.5, 1.5)
            layer.bias.data.normal_(0, 0.3)
            layer.running_mean.normal_(0, 0.3)
            layer.running_var.uniform_(0.5, 1.5)
    return network


def cross_entropy(logits, target):
    return nn.functional.binary_cross_entropy_with_logits(logits, torch.full_like(logits, target))


def train(generator, decode, discriminators, projections, reals, latents, make_optimizer):
    """The paper's step, as often as there are batches: first each discriminator on its own (eq. 1), then the generator
    against the sum of all (eq. 3). One batch of latents a step: its samples serve both; two: one for each.
    Yields the losses and all state after each step."""
    discriminator_optimizers = [make_optimizer(member.parameters()) for member in discriminators]
    generator_optimizer = make_optimizer(generator.parameters())
    for real, batches in zip(reals, latents):
        samples = decode(generator(batches[0]))
        discriminator_losses = []
        for member, projection, optimizer in zip(discriminators, projections, discriminator_optimizers):
            optimizer.zero_grad()
            loss = cross_entropy(member(projection(real)), 1.0)
            loss = loss + cross_entropy(member(projection(samples.detach())), 0.0)
            loss.backward()
            optimizer.step()
            discriminator_losses.append(loss.item())

        if len(batches) == 2:
            samples = decode(generator(batches[1]))
        generator_losses = [cross_entropy(member(projection(samples)), 1.0)
                            for member, projection in zip(discriminators, projections)]  # fmt: skip
        generator_optimizer.zero_grad()
        sum(generator_losses).backward()
        generator_optimizer.step()
        yield {"discriminator_losses": torch.tensor(discriminator_losses, dtype=torch.float64),
               "generator_losses": torch.stack(generator_losses).detach()}  # fmt: skip


def stage(seed, make_generator, make_discriminator, projection, sample_shape, latent_batches, make_optimizer, frames):
    """All tensors of two steps. Networks and inputs are drawn in float32 and computed with in float64. `frames` makes
    the frozen frame generator of the sequence stage, or is None."""
    torch.manual_seed(seed)
    modules = {"generator": randomize(make_generator())}
    if frames:
        modules["frame_generator"] = randomize(frames())
    for k in range(MEMBERS):
        modules[f"discriminators.{k}"] = randomize(make_discriminator())
        modules[f"projections.{k}"] = networks.unit_norm(projection())
    reals = torch.rand(STEPS, BATCH, *sample_shape) * 2 - 1
    latents = torch.randn(STEPS, latent_batches, BATCH, LATENT)

    def state():
        return {f"{module_name}.{name}": value.detach().clone()
                for module_name, module in modules.items() for name, value in module.state_dict().items()}  # fmt: skip

    tensors = {f"initial.{name}": value for name, value in state().items()}
    tensors.update(real=reals, latents=latents)
    for module in modules.values():
        module.double()
    decode = nn.Identity()
    if frames:
        frozen = modules["frame_generator"].eval().requires_grad_(False)

        def decode(sequence):
            return frozen(sequence.flatten(0, 1)).reshape(BATCH, LENGTH, 1, SIDE, SIDE).transpose(1, 2)

    ensemble, projections = ([modules[f"{kind}.{k}"] for k in range(MEMBERS)]
                             for kind in ("discriminators", "projections"))  # fmt: skip
    initial = state()
    steps = train(modules["generator"], decode, ensemble, projections, reals.double(), latents.double(), make_optimizer)
    for step, losses in enumerate(steps):
        tensors.update({f"step.{step}.{name}": value for name, value in losses.items()})
        for name, value in state().items():
            if name.startswith(("projections", "frame_generator")):
                assert torch.equal(value, initial[name])
            else:
                tensors[f"step.{step}.{name}"] = value - initial[name]
    return tensors


def frame_stage():
    return stage(12, frame_generator, frame_discriminator, lambda: nn.Conv2d(1, 1, 4, 2, 1, bias=False),
                 (1, SIDE, SIDE), 2, rmsprop, None)  # fmt: skip


def sequence_stage():
    return stage(13, sequence_generator, film_discriminator,
                 lambda: nn.Conv3d(1, 1, (1, 4, 4), (1, 2, 2), (0, 1, 1), bias=False),
                 (1, LENGTH, SIDE, SIDE), 1, adam, frame_generator)  # fmt: skip
