"""Loads a run's two generators into PyTorch modules, strictly, draws samples and prints what they look like.

    python3 tests/pytorch/load_generators.py frame_generator.safetensors sequence_generator.safetensors \
        [--films 16] [--seed 0] [--output films.npz]

Needs PyTorch, NumPy and the `safetensors` package. Widths are read off the tensors' shapes; frames are grey and of 30x30.
"""

import argparse

import networks
import numpy
import safetensors
import torch
from torch import nn


def read(path):
    """All tensors of a file, and its metadata."""
    with safetensors.safe_open(path, framework="np") as file:
        tensors = {name: torch.from_numpy(numpy.array(file.get_tensor(name))) for name in file.keys()}
        return tensors, file.metadata() or {}


def load_frame_generator(path):
    tensors, _ = read(path)
    generator = networks.frame_generator(1024 // tensors["4.weight"].shape[0], latent=tensors["0.weight"].shape[1])
    generator.load_state_dict(tensors, strict=True)
    return generator.eval()


def load_sequence_generator(path):
    tensors, metadata = read(path)
    features = tensors["13.weight_ih_l0"].shape[1]
    generator = networks.sequence_generator(
        512 // tensors["0.weight"].shape[0],
        hidden=tensors["13.weight_hh_l0"].shape[1],
        steps=tensors["9.weight"].shape[0] // features,
        latent=tensors["0.weight"].shape[1],
        frame_latent=tensors["14.weight"].shape[0],
        output=output_layer(output_text(metadata), tensors))  # fmt: skip
    generator.load_state_dict(tensors, strict=True)
    return generator.eval()


def output_text(metadata):
    """Programs say it apart; files that the library wrote have it in the architecture alone."""
    parts = metadata.get("architecture", "").split(", ")
    named = [part for part in parts if part == "normalized" or part.startswith("scaled ")]
    return metadata.get("output", named[0] if named else "tanh")


def output_layer(text, tensors):
    """The last layer that the metadata names: "tanh", "normalized" or "scaled <factor>"."""
    if text == "tanh":
        return nn.Tanh()
    if text == "normalized":
        return networks.StepNorm(tensors["15.weight"].shape[0])
    kind, factor = text.split()
    if kind != "scaled":
        raise ValueError(f"unknown output layer: {text}")
    return networks.Scale(float(factor))


def describe(name, pixels):
    print(f"{name} {tuple(pixels.shape)}: mean {pixels.mean():.4f}, standard deviation {pixels.std():.4f}, "
          f"bright pixels {(pixels > 0).float().mean():.4f}, "
          f"spread over samples {pixels.flatten(0, -3).std(0).mean():.4f}")  # fmt: skip


def binarised_step(films):
    """Mean squared difference between consecutive frames, each pixel first taken as bright or dark (Table 1)."""
    bright = (films > 0).float()
    return (bright[:, 1:] - bright[:, :-1]).pow(2).mean()


@torch.no_grad()
def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("frame_generator")
    parser.add_argument("sequence_generator")
    parser.add_argument("--films", type=int, default=16)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--output", help="an .npz file for the latents and the pixels")
    arguments = parser.parse_args()

    torch.manual_seed(arguments.seed)
    frame_generator = load_frame_generator(arguments.frame_generator)
    sequence_generator = load_sequence_generator(arguments.sequence_generator)

    frame_latents = torch.randn(30 * arguments.films, frame_generator[0].in_features)
    frames = frame_generator(frame_latents)
    film_latents = torch.randn(arguments.films, sequence_generator[0].in_features)
    path = sequence_generator(film_latents)
    films = frame_generator(path.flatten(0, 1)).reshape(*path.shape[:2], *frames.shape[2:])

    describe("frames", frames)
    describe("films", films)
    print(f"mean squared step between binarised frames: films {binarised_step(films):.4f}, "
          f"random z {binarised_step(frames.reshape(-1, 30, *frames.shape[2:])):.4f}")  # fmt: skip
    if arguments.output:
        numpy.savez(arguments.output, frame_latents=frame_latents, frames=frames, film_latents=film_latents,
                    path=path, films=films)  # fmt: skip


if __name__ == "__main__":
    main()
