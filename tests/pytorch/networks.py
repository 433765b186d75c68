"""The paper's four networks in PyTorch, their widths divided by a divisor.

Every network is an `nn.Sequential`, so the names of its parameters ("0.weight", ...) are those in zoetrope's
.safetensors files. The discriminators end in logits, without a sigmoid.
"""

from torch import nn

LEAK = 0.2


class Sequence(nn.LSTM):
    """An LSTM that returns its output sequence alone, so that it fits into `nn.Sequential`."""

    def forward(self, sequence):
        return super().forward(sequence)[0]


class Scale(nn.Module):
    """Multiplies by a constant; replaces the sequence generator's tanh where wanted."""

    def __init__(self, factor):
        super().__init__()
        self.factor = factor

    def forward(self, data):
        return self.factor * data


class StepNorm(nn.BatchNorm1d):
    """Batch norm of every feature of every step over the samples (b, steps, features)."""

    def forward(self, sequence):
        return super().forward(sequence.flatten(1)).reshape(sequence.shape)


class RepeatOverTime(nn.Module):
    """(b, features) -> (b, steps, features), the same at every step."""

    def __init__(self, steps):
        super().__init__()
        self.steps = steps

    def forward(self, vector):
        return vector[:, None].expand(-1, self.steps, -1)


class CumulativeSum(nn.Module):
    """Each step's values added to those of all steps before it (b, steps, features)."""

    def forward(self, sequence):
        return sequence.cumsum(1)


class SequenceNorm(nn.BatchNorm1d):
    """Batch norm of every feature over samples and steps (b, steps, features)."""

    def forward(self, sequence):
        return super().forward(sequence.flatten(0, 1)).reshape(sequence.shape)


def frame_generator(divisor=1, latent=100):
    """(b, 100) -> (b, 1, 30, 30)."""
    c = 1024 // divisor
    return nn.Sequential(
        nn.Linear(latent, 4 * c), nn.BatchNorm1d(4 * c), nn.ReLU(),
        nn.Unflatten(1, (c, 2, 2)),
        nn.ConvTranspose2d(c, c, 4, 2, 1), nn.BatchNorm2d(c), nn.ReLU(),
        nn.ConvTranspose2d(c, c // 2, 4, 2, 1), nn.BatchNorm2d(c // 2), nn.ReLU(),
        nn.ConvTranspose2d(c // 2, c // 4, 4, 2, 1), nn.BatchNorm2d(c // 4), nn.ReLU(),
        nn.ConvTranspose2d(c // 4, 1, 4, 2, 2), nn.Tanh())  # fmt: skip


def sequence_generator(divisor=1, hidden=None, steps=30, latent=100, frame_latent=100, output=None):
    """(b, 100) -> (b, 30, 100), one latent of the frame generator a step; `output` is `nn.Tanh()` unless given."""
    features = 128 // divisor
    hidden = hidden or 256 // divisor
    widths = [latent, 512 // divisor, 1024 // divisor, 2048 // divisor, steps * features]
    layers = []
    for inputs, outputs in zip(widths, widths[1:]):
        layers += [nn.Linear(inputs, outputs, bias=False), nn.BatchNorm1d(outputs), nn.ReLU()]
    return nn.Sequential(
        *layers,
        nn.Unflatten(1, (steps, features)),
        Sequence(features, hidden, num_layers=2, bidirectional=True, batch_first=True),
        nn.Linear(2 * hidden, frame_latent),
        output or nn.Tanh())  # fmt: skip


def recurrent_generator(divisor=1, hidden=None, steps=30, latent=100, frame_latent=100, output=None):
    """(b, 100) -> (b, steps, 100) for any number of steps; `output` is `nn.Tanh()` unless given, or, when "normalized",
    batch norm over samples and steps."""
    hidden = hidden or 256 // divisor
    wide, narrow, state = 2048 // divisor, 1024 // divisor, 256 // divisor
    normalized = output == "normalized"
    return nn.Sequential(
        nn.Linear(latent, wide, bias=False), nn.BatchNorm1d(wide), nn.ReLU(),
        nn.Linear(wide, wide, bias=False), nn.BatchNorm1d(wide), nn.ReLU(),
        RepeatOverTime(steps),
        Sequence(wide, hidden, batch_first=True),
        nn.Linear(hidden, state), CumulativeSum(),
        nn.Linear(state, narrow, bias=False), SequenceNorm(narrow), nn.ReLU(),
        nn.Linear(narrow, frame_latent, bias=not normalized),
        SequenceNorm(frame_latent) if normalized else output or nn.Tanh())  # fmt: skip


def frame_discriminator(divisor=1, batch_norm=False):
    """(b, 1, 15, 15), a projected frame, -> (b, 1, 1, 1)."""
    c = 256 // divisor
    return nn.Sequential(
        nn.Conv2d(1, c, 4, 2, 2), nn.LeakyReLU(LEAK),
        nn.Conv2d(c, 2 * c, 4, 2, 1), *norm(nn.BatchNorm2d, 2 * c, batch_norm), nn.LeakyReLU(LEAK),
        nn.Conv2d(2 * c, 4 * c, 4, 2, 1), *norm(nn.BatchNorm2d, 4 * c, batch_norm), nn.LeakyReLU(LEAK),
        nn.Conv2d(4 * c, 1, 4, 1, 1))  # fmt: skip


def film_discriminator(divisor=1, batch_norm=False):
    """(b, 1, 30, 9, 9), a projected film, -> (b, 1, 1, 1, 1)."""
    c = 256 // divisor
    return nn.Sequential(
        nn.Conv3d(1, c, 4, 2, 1), nn.LeakyReLU(LEAK),
        nn.Conv3d(c, 2 * c, 4, (2, 1, 1), 1), *norm(nn.BatchNorm3d, 2 * c, batch_norm), nn.LeakyReLU(LEAK),
        nn.Conv3d(2 * c, 3 * c, 4, 1, (0, 1, 1)), *norm(nn.BatchNorm3d, 3 * c, batch_norm), nn.LeakyReLU(LEAK),
        nn.Conv3d(3 * c, 1, 4, 1, (0, 1, 1)))  # fmt: skip


def frame_projection():
    """(b, 1, 30, 30) -> (b, 1, 15, 15), filter of norm 1."""
    return unit_norm(nn.Conv2d(1, 1, 8, 2, 3, bias=False))


def film_projection():
    """(b, 1, t, 30, 30) -> (b, 1, t, 9, 9), filter of norm 1."""
    return unit_norm(nn.Conv3d(1, 1, (1, 8, 8), (1, 3, 3), (0, 2, 2), bias=False))


def norm(layer, channels, wanted):
    return [layer(channels)] if wanted else []


def unit_norm(projection):
    projection.weight.data /= projection.weight.data.norm()
    return projection


def parameter_count(network):
    return sum(parameter.numel() for parameter in network.parameters())
