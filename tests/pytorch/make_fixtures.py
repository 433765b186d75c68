"""Writes tests/fixtures/*.safetensors: what PyTorch computes for the paper's networks, narrow, and for their parts.

    python3 tests/pytorch/make_fixtures.py [output folder]

Weights, inputs and output gradients are drawn in float32. From them PyTorch computes the expected values in float64,
and those are rounded to float32: so an expected value is as good as float32 can hold, and a float implementation is
charged with its own rounding alone. Seeds are fixed, and one thread computes: a second run writes the same bytes.

Tensors have PyTorch's layouts. A network's file holds "parameters.<name>" (its state_dict before anything ran),
"input", "output", "output_gradient", "input_gradient" and "gradients.<name>". With batch norm these are in training
mode, "statistics.<name>" are the running statistics after that one forward pass, and "evaluation.output",
"evaluation.input_gradient" and "evaluation.gradients.<name>" are in evaluation mode from the initial state.

A bias in front of batch norm has, in training, no gradient: the mean takes it out again. PyTorch leaves rounding noise
there; the files hold exact zeros, and the metadata's "zero_gradients" names them.

A stage's file holds two training steps (training_steps.py): "initial.<network>.<name>", "real" (step, batch, ...),
"latents" (step, one or two batches, batch, latent), and after each step "step.<n>.discriminator_losses",
"step.<n>.generator_losses" and "step.<n>.<network>.<name>", here the change since the beginning, which a parameter's
own size would hide. Networks are "generator", "frame_generator" (frozen), "discriminators.<k>" and "projections.<k>".
"""

import copy
import json
import pathlib
import struct
import sys

import networks
import torch
import training_steps
from torch import nn

BATCH_NORMS = (nn.BatchNorm1d, nn.BatchNorm2d, nn.BatchNorm3d)
WELL_CONDITIONED = 1e-6  # float32 PyTorch must come this near, else the seed is a bad one (or the batch too small)
AWAY_FROM_KINKS = 2e-6  # no (leaky) ReLU's input nearer to zero, as a part of that input's RMS, for the same reason


def save(path, tensors, **metadata):
    """Writes safetensors: header length, JSON header, data; eight-byte integers first, so all stay aligned."""
    header = {"__metadata__": {"torch": torch.__version__, **metadata}}
    data = b""
    for name, tensor in sorted(tensors.items(), key=lambda item: item[1].dtype != torch.int64):
        integer = tensor.dtype == torch.int64
        values = tensor.detach().to(torch.int64 if integer else torch.float32).contiguous().numpy()
        start, data = len(data), data + values.astype("<i8" if integer else "<f4").tobytes()
        header[name] = {"dtype": "I64" if integer else "F32", "shape": list(tensor.shape),
                        "data_offsets": [start, len(data)]}  # fmt: skip
    text = json.dumps(header).encode()
    text += b" " * (-len(text) % 8)
    path.write_bytes(struct.pack("<Q", len(text)) + text + data)
    print(f"{path.name}: {path.stat().st_size} bytes")
    for name, entry in header.items():
        print("   ", name, entry if name == "__metadata__" else entry["shape"])


def forward_and_backward(network, input, output_gradient):
    """Output, gradients and, with batch norm, the statistics afterwards; the network itself stays as it is."""
    network = copy.deepcopy(network)
    margins = watch_kinks(network)
    input = input.clone().requires_grad_()
    output = network(input)
    output.backward(output_gradient)
    assert min(margins, default=1) > AWAY_FROM_KINKS, f"a ReLU's input is {min(margins)} of its RMS"
    result = {"output": output, "input_gradient": input.grad}
    result.update({f"gradients.{name}": parameter.grad for name, parameter in network.named_parameters()})
    if network.training:
        result.update({f"statistics.{name}": buffer for name, buffer in network.named_buffers()})
    return result


def watch_kinks(network):
    """A list that the forward pass fills: for each (leaky) ReLU, its input's least magnitude as a part of the RMS."""
    margins = []
    for layer in network.modules():
        if isinstance(layer, (nn.ReLU, nn.LeakyReLU)):
            layer.register_forward_pre_hook(
                lambda _, inputs: margins.append((inputs[0].abs().min() / inputs[0].pow(2).mean().sqrt()).item()))
    return margins  # fmt: skip


def biases_before_batch_norm(network):
    layers = list(network.named_children())
    return [f"{name}.bias" for (name, layer), (_, following) in zip(layers, layers[1:])
            if isinstance(following, BATCH_NORMS) and layer.bias is not None]  # fmt: skip


def conditioned(name, exact, single):
    """Asserts that float32 PyTorch agrees with float64, by norms; prints the worst tensor."""
    errors = {}
    for key, value in exact.items():
        if value.dtype != torch.int64 and value.norm() > 0:
            errors[key] = ((single[key].double() - value).norm() / value.norm()).item()
    worst = max(errors, key=errors.get)
    print(f"{name}: float32 PyTorch is within {errors[worst]:.1e} ({worst})")
    assert errors[worst] < WELL_CONDITIONED


def network_fixture(folder, name, seed, make, input_shape, what, **metadata):
    torch.manual_seed(seed)
    network = make()
    for layer in network.modules():
        if isinstance(layer, BATCH_NORMS):
            layer.weight.data.uniform_(0.5, 1.5)
            layer.bias.data.normal_(0, 0.3)
            layer.running_mean.normal_(0, 0.3)
            layer.running_var.uniform_(0.5, 1.5)
            layer.num_batches_tracked.fill_(7)
    input = torch.randn(input_shape)
    output_gradient = torch.randn_like(network.eval()(input))

    has_batch_norm = any(isinstance(layer, BATCH_NORMS) for layer in network.modules())
    zeros = biases_before_batch_norm(network) if has_batch_norm else []
    results = []
    for number in (torch.float64, torch.float32):
        typed = copy.deepcopy(network).to(number)
        result = forward_and_backward(typed.train(), input.to(number), output_gradient.to(number))
        for bias in zeros:
            gradient = result[f"gradients.{bias}"]
            if number == torch.float64:
                assert gradient.norm() < 1e-11 * result["gradients." + bias.replace("bias", "weight")].norm()
            gradient.zero_()
        if has_batch_norm:
            evaluated = forward_and_backward(typed.eval(), input.to(number), output_gradient.to(number))
            result.update({f"evaluation.{key}": value for key, value in evaluated.items()})
        results.append(result)
    conditioned(name, *results)

    tensors = {f"parameters.{key}": value for key, value in network.state_dict().items()}
    tensors.update(input=input, output_gradient=output_gradient, **results[0])
    if zeros:
        metadata["zero_gradients"] = ",".join(f"gradients.{bias}" for bias in zeros)
    save(folder / f"{name}.safetensors", tensors, what=what, **metadata)


def projection_fixture(folder, name, seed, make, input_shape):
    torch.manual_seed(seed)
    projection = make()
    input = torch.randn(input_shape)
    output_gradient = torch.randn_like(projection(input))
    result = forward_and_backward(copy.deepcopy(projection).double(), input.double(), output_gradient.double())
    tensors = {"weight": projection.weight, "input": input, "output": result["output"],
               "output_gradient": output_gradient, "input_gradient": result["input_gradient"]}  # fmt: skip
    save(folder / f"{name}.safetensors", tensors, what="a fixed projection, its filter of norm 1")


def losses_fixture(folder, seed):
    torch.manual_seed(seed)
    extremes = torch.tensor([0.0, 1e-4, -1e-4, 20, -20, 60, -60, 88.8, -88.8, 200, -200])
    logits = torch.cat([extremes, 3 * torch.randn(22)])
    tensors = {"logits": logits}
    for name, target in ("ones", 1.0), ("zeros", 0.0):
        exact = logits.double().requires_grad_()
        targets = torch.full_like(exact, target)
        loss = nn.functional.binary_cross_entropy_with_logits(exact, targets)
        loss.backward()
        each = nn.functional.binary_cross_entropy_with_logits(exact, targets, reduction="none")
        tensors.update({f"{name}.loss": loss, f"{name}.losses": each, f"{name}.gradient": exact.grad})
    kinks = torch.tensor([1.0, -1.0, 1 - 1e-4, 1 + 1e-4, -1 - 1e-4, -1 + 1e-4, 1e4, -1e4])
    tensors["logits_with_kinks"] = torch.cat([logits, kinks])
    relu, squared = nn.functional.relu, nn.functional.mse_loss
    for name, function in {
        "hinge.real": lambda x: relu(1 - x),
        "hinge.generated": lambda x: relu(1 + x),
        "hinge.generator": lambda x: -x,
        "least_squares.real": lambda x: squared(x, torch.ones_like(x), reduction="none"),
        "least_squares.generated": lambda x: squared(x, torch.zeros_like(x), reduction="none"),
        "least_squares.generator": lambda x: squared(x, torch.ones_like(x), reduction="none"),
    }.items():
        exact = tensors["logits_with_kinks"].double().requires_grad_()
        each = function(exact)
        each.mean().backward()
        tensors.update({f"{name}.loss": each.mean(), f"{name}.losses": each, f"{name}.gradient": exact.grad})
    save(folder / "losses.safetensors", tensors, what="binary cross-entropy from logits against ones and against "
         "zeros: mean (loss), each (losses), gradient of the mean; the same of hinge and least squares, at "
         "logits_with_kinks")  # fmt: skip


def optimizer_fixture(folder, name, seed, make, state_names, **metadata):
    torch.manual_seed(seed)
    initial = 0.01 * torch.randn(37)  # small, so that the steps show
    gradients = torch.randn(10, 37) * 10 ** torch.linspace(-9, 1, 37)  # where eps counts, and where it does not
    gradients[:, 5] = 0
    parameter = initial.double().requires_grad_()
    optimizer = make([parameter])
    history = []
    for gradient in gradients:
        parameter.grad = gradient.double()
        optimizer.step()
        history.append(parameter.detach().clone())
    state = {f"state.{key}": optimizer.state[parameter][key] for key in state_names}
    tensors = {"initial": initial, "gradients": gradients, "parameters": torch.stack(history), **state}
    save(folder / f"{name}.safetensors", tensors, what="parameters after each of 10 steps, state after the last",
         **metadata)  # fmt: skip


def main(folder):
    torch.set_num_threads(1)
    for make, count in ((networks.frame_generator, 27_694_337), (networks.sequence_generator, 12_970_596),
                        (networks.frame_discriminator, 10_508_033),
                        (networks.film_discriminator, 33_621_505)):  # fmt: skip
        found = networks.parameter_count(make())
        print(f"{make.__name__} at the paper's widths: {found:,} parameters")
        assert found == count

    folder.mkdir(parents=True, exist_ok=True)
    network_fixture(folder, "frame_generator", 11, lambda: networks.frame_generator(64), (4, 100),
                    "frame generator, widths divided by 64", divisor="64")  # fmt: skip
    network_fixture(folder, "sequence_generator", 19, lambda: networks.sequence_generator(16), (6, 100),
                    "sequence generator, widths divided by 16", divisor="16")  # fmt: skip
    network_fixture(folder, "recurrent_generator", 19,
                    lambda: networks.recurrent_generator(64, 5, 7, latent=20, frame_latent=6, output="normalized"),
                    (6, 20), "sequence generator of free length, widths divided by 64, 7 steps", divisor="64")  # fmt: skip
    for suffix, batch_norm in ("", False), ("_batch_norm", True):
        network_fixture(folder, f"frame_discriminator{suffix}", 5, lambda: networks.frame_discriminator(64, batch_norm),
                        (4, 1, 15, 15), "frame discriminator, widths divided by 64", divisor="64")  # fmt: skip
        network_fixture(folder, f"film_discriminator{suffix}", 5, lambda: networks.film_discriminator(64, batch_norm),
                        (2, 1, 30, 9, 9), "film discriminator, widths divided by 64", divisor="64")  # fmt: skip
    network_fixture(folder, "lstm", 5, lambda: networks.Sequence(5, 7, num_layers=2, bidirectional=True,
                    batch_first=True), (3, 6, 5), "two-layer bidirectional LSTM, batch first")  # fmt: skip
    projection_fixture(folder, "frame_projection", 6, networks.frame_projection, (4, 1, 30, 30))
    projection_fixture(folder, "film_projection", 7, networks.film_projection, (2, 1, 30, 30, 30))
    losses_fixture(folder, 8)
    optimizer_fixture(folder, "rmsprop", 9, lambda p: torch.optim.RMSprop(p, lr=3e-4), ["square_avg"],
                      learning_rate="3e-4", alpha="0.99", epsilon="1e-8")  # fmt: skip
    optimizer_fixture(folder, "adam", 10, lambda p: torch.optim.Adam(p, lr=1e-3, betas=(0.5, 0.999)),
                      ["exp_avg", "exp_avg_sq"], learning_rate="1e-3", beta1="0.5", beta2="0.999",
                      epsilon="1e-8")  # fmt: skip
    save(folder / "frame_stage.safetensors", training_steps.frame_stage(), what="two steps of the frame stage")
    save(folder / "sequence_stage.safetensors", training_steps.sequence_stage(),
         what="two steps of the sequence stage")  # fmt: skip
    print(sum(path.stat().st_size for path in folder.glob("*.safetensors")), "bytes in all")


if __name__ == "__main__":
    default = pathlib.Path(__file__).resolve().parent.parent / "fixtures"
    main(pathlib.Path(sys.argv[1]) if len(sys.argv) > 1 else default)
