"""Training steps of either stage in PyTorch: one contender of compare.py, which starts it and says when to run.

    python3 pytorch_steps.py --stage frames --widths demo --threads 2 --form stacked,channels_last

Reads lines "run SECONDS" and answers each with the seconds of every step that it made in them, as JSON.

Forms, joined by commas:

    plain          a module and an optimizer for each discriminator, as in the paper's reference code
    stacked        all discriminators as one network of grouped convolutions, real and generated samples in one batch
                   where there is no batch norm, the frozen frame generator with its batch norm folded in, samples for
                   the discriminators without a graph, the fastest optimizer that this PyTorch has
    channels_last  memory format
    bf16           autocast to bfloat16
    compiled       torch.compile on what is called in a step
    tuned          torch.compile with mode="max-autotune-no-cudagraphs"

The stacked form starts with checking that its ensemble and its frame generator compute what plain's do.
"""

import argparse
import inspect
import json
import pathlib
import sys
import time
from dataclasses import dataclass

import torch
from torch import nn
from torch.nn.utils import fusion

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[2] / "tests" / "pytorch"))
import networks  # noqa: E402


@dataclass
class Workload:
    """As in workloads.hpp, at the widths of a preset of the example. Rates as there; they do not change how long a step takes."""

    divisor: int
    members: int
    frame_batch: int
    film_batch: int
    norm: bool
    hidden: int
    output: nn.Module
    adam: bool


WORKLOADS = {
    "demo": Workload(8, 4, 32, 16, True, 128, networks.Scale(3), True),
    "paper": Workload(1, 2, 64, 8, False, 256, nn.Tanh(), False),
}

bce = nn.functional.binary_cross_entropy_with_logits


def fake_loss(logits):
    return bce(logits, torch.zeros_like(logits))


def real_loss(logits):
    return bce(logits, torch.ones_like(logits))


# --- The ensemble as one network ------------------------------------------------------------------------------------


def joined(modules, attribute):
    return torch.cat([getattr(module, attribute).detach() for module in modules])


def stack_layer(layers, shares_input):
    """One layer that does what K layers do, each on its own share of the channels."""
    first = layers[0]
    count = len(layers)
    if isinstance(first, (nn.Conv2d, nn.Conv3d)):
        result = type(first)(first.in_channels * (1 if shares_input else count), first.out_channels * count,
                             first.kernel_size, first.stride, first.padding, groups=1 if shares_input else count,
                             bias=first.bias is not None)
    elif isinstance(first, (nn.BatchNorm2d, nn.BatchNorm3d)):
        result = type(first)(first.num_features * count)
    else:
        return first
    for name in ("weight", "bias"):
        if getattr(first, name) is not None:
            getattr(result, name).data.copy_(joined(layers, name))
    return result


def stack(projections, discriminators):
    """(b, 1, ...) -> logits (b, K)."""
    projection = stack_layer(projections, shares_input=True).requires_grad_(False)
    layers = [stack_layer(layers, shares_input=False) for layers in zip(*discriminators)]
    return nn.Sequential(projection, *layers, nn.Flatten())


def fold_batch_norm(frames):
    """The frozen frame generator with every batch norm folded into the layer before it."""
    layers = list(frames)
    result = []
    for layer, following in zip(layers, layers[1:] + [None]):
        if isinstance(following, (nn.BatchNorm1d, nn.BatchNorm2d)):
            if isinstance(layer, nn.Linear):
                result.append(fusion.fuse_linear_bn_eval(layer, following))
            else:
                result.append(fusion.fuse_conv_bn_eval(layer, following, transpose=True))
        elif not isinstance(layer, (nn.BatchNorm1d, nn.BatchNorm2d)):
            result.append(layer)
    return nn.Sequential(*result).eval().requires_grad_(False)


# --- Steps ----------------------------------------------------------------------------------------------------------


class Stage:
    """What both stages share: an ensemble, a generator and their updates."""

    def __init__(self, workload, form, films):
        self.work, self.form, self.films = workload, form, films
        self.batch = workload.film_batch if films else workload.frame_batch
        self.sample_shape = (self.batch, 1, 30, 30, 30) if films else (self.batch, 1, 30, 30)
        projection = networks.film_projection if films else networks.frame_projection
        discriminator = networks.film_discriminator if films else networks.frame_discriminator
        self.frames = networks.frame_generator(workload.divisor)
        self.generator = self.frames
        if films:
            self.frames.eval().requires_grad_(False)
            self.generator = networks.sequence_generator(workload.divisor, workload.hidden, output=workload.output)
        projections = [projection().requires_grad_(False) for _ in range(workload.members)]
        discriminators = [discriminator(workload.divisor, workload.norm) for _ in range(workload.members)]
        self.members = [nn.Sequential(*pair) for pair in zip(projections, discriminators)]
        self.compiled = lambda function: function
        if "compiled" in form or "tuned" in form:
            mode = "max-autotune-no-cudagraphs" if "tuned" in form else "default"
            self.compiled = lambda function: torch.compile(function, mode=mode, dynamic=False)
        self.layout = torch.contiguous_format
        if "channels_last" in form:
            self.layout = torch.channels_last_3d if films else torch.channels_last
            self.frames.to(memory_format=torch.channels_last)
        if "stacked" in form:
            self.prepare_stacked(projections, discriminators)
        else:
            self.prepare_apart()
        self.generator_optimizer = self.optimizer(self.generator.parameters())

    def compiled_generator(self):
        """torch.compile cannot take an LSTM, so it gets what is before and behind it."""
        if not self.films:
            return self.compiled(self.generator)
        at = next(i for i, layer in enumerate(self.generator) if isinstance(layer, nn.LSTM))
        return nn.Sequential(self.compiled(self.generator[:at]), self.generator[at],
                             self.compiled(self.generator[at + 1:]))

    def optimizer(self, parameters):
        """Demo: Adam for frames. Otherwise RMSprop."""
        kind, rates = (torch.optim.Adam, {"lr": 1e-3, "betas": (0.5, 0.999)})
        if self.films or not self.work.adam:
            kind, rates = (torch.optim.RMSprop, {"lr": 1e-4})
        parameters = [p for p in parameters if p.requires_grad]
        if self.form != {"plain"}:
            known = inspect.signature(kind).parameters
            for fast in ("fused", "foreach"):
                if fast in known:
                    try:
                        return kind(parameters, **rates, **{fast: True})
                    except RuntimeError:
                        continue
        return kind(parameters, **rates)

    def generate(self):
        output = self.generate_latents_or_frames(torch.randn(self.batch, 100))
        if not self.films:
            return output
        return self.decode(output.reshape(-1, 100)).reshape(self.sample_shape)

    # A module for each discriminator.

    def prepare_apart(self):
        for member in self.members:
            member.to(memory_format=self.layout)
        self.optimizers = [self.optimizer(member.parameters()) for member in self.members]
        self.judges = [self.compiled(member) for member in self.members]
        self.generate_latents_or_frames = self.compiled_generator()
        self.decode = self.compiled(self.frames)

    def train_apart(self, real):
        fake = self.generate()
        for judge, optimizer in zip(self.judges, self.optimizers):
            optimizer.zero_grad(set_to_none=True)
            (real_loss(judge(real)) + fake_loss(judge(fake.detach()))).backward()
            optimizer.step()
        if not self.films:
            fake = self.generate()
        loss = sum(real_loss(judge(fake)) for judge in self.judges)
        self.generator_optimizer.zero_grad(set_to_none=True)
        loss.backward()
        self.generator_optimizer.step()

    # All discriminators at once.

    def prepare_stacked(self, projections, discriminators):
        stacked = stack(projections, discriminators).to(memory_format=self.layout)
        sample = torch.rand(self.sample_shape)
        expected = torch.cat([member(sample).flatten(1) for member in self.members], 1)
        assert torch.allclose(stacked(sample), expected, atol=1e-4), "the stacked ensemble computes something else"
        decoder = self.frames
        if self.films:
            decoder = fold_batch_norm(self.frames)
            z = torch.randn(4, 100)
            assert torch.allclose(decoder(z), self.frames(z), atol=1e-4), "the folded generator computes something else"
        members, norm = self.work.members, self.work.norm

        def discriminators_loss(real, fake):
            if norm:
                return (real_loss(stacked(real)) + fake_loss(stacked(fake))) * members
            on_real, on_fake = stacked(torch.cat([real, fake])).chunk(2)
            return (real_loss(on_real) + fake_loss(on_fake)) * members

        self.discriminators_loss = self.compiled(discriminators_loss)
        self.generator_loss = self.compiled(lambda fake: real_loss(stacked(fake)) * members)
        self.stacked_optimizer = self.optimizer(stacked.parameters())
        self.stacked_parameters = [p for p in stacked.parameters() if p.requires_grad]
        self.generate_latents_or_frames = self.compiled_generator()
        self.decode = self.compiled(decoder)

    def train_stacked(self, real):
        with torch.set_grad_enabled(self.films):  # frames are made anew for the generator's update
            fake = self.generate()
        self.stacked_optimizer.zero_grad(set_to_none=True)
        self.discriminators_loss(real, fake.detach()).backward()
        self.stacked_optimizer.step()
        for parameter in self.stacked_parameters:
            parameter.requires_grad_(False)
        if not self.films:
            fake = self.generate()
        self.generator_optimizer.zero_grad(set_to_none=True)
        self.generator_loss(fake).backward()
        self.generator_optimizer.step()
        for parameter in self.stacked_parameters:
            parameter.requires_grad_(True)

    def train(self):
        real = (torch.rand(self.sample_shape) * 2 - 1).contiguous(memory_format=self.layout)
        with torch.autocast("cpu", dtype=torch.bfloat16, enabled="bf16" in self.form):
            (self.train_stacked if "stacked" in self.form else self.train_apart)(real)


def serve(step):
    """Answers every line "run SECONDS"."""
    for line in sys.stdin:
        until = time.perf_counter() + float(line.split()[1])
        times = []
        while not times or time.perf_counter() < until:
            start = time.perf_counter()
            step()
            times.append(time.perf_counter() - start)
        print(json.dumps(times), flush=True)


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--stage", choices=["frames", "sequences"], required=True)
    parser.add_argument("--widths", choices=list(WORKLOADS), required=True)
    parser.add_argument("--threads", type=int, default=1)
    parser.add_argument("--form", default="plain")
    arguments = parser.parse_args()
    torch.set_num_threads(arguments.threads)
    torch.manual_seed(1)
    stage = Stage(WORKLOADS[arguments.widths], set(arguments.form.split(",")), arguments.stage == "sequences")
    for _ in range(2):  # the first step compiles and allocates
        stage.train()
    print(json.dumps({"version": torch.__version__}), flush=True)
    serve(stage.train)
