"""The paper's training steps in PyTorch on a GPU, for comparison with benchmark_gpu_training_step on the same machine.

    python3 benchmarks/pytorch_gpu_training_step.py [--forms reference grouped graph] [--steps 30]

Three forms of the same algorithm, at the paper's sizes (48 discriminators of frames, batch 64; 16 of films, batch 8):

reference  what the paper's code does: each discriminator a module of its own, one after the other, in TF32
grouped    all discriminators as groups of one convolution, channels last, bfloat16 by autocast
graph      grouped, compiled by torch.compile, and the whole step in one CUDA graph: the fastest that we know

Real samples are random numbers, so that making data costs nothing. Times are from CUDA events.

With --go FILE the graph form is compiled at once, which takes long, and what is timed waits until FILE is there: until
nothing else is on the GPU. A form that fails does not keep the others from being timed; the exit code is then 1, and 77
where there is no GPU or no PyTorch.
"""

import argparse
import pathlib
import sys
import time

try:
    import torch
    from torch import nn
except ImportError as error:
    print("skipped: there is no PyTorch here:", error)
    sys.exit(77)

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent.parent / "tests" / "pytorch"))
import networks  # noqa: E402

bce = nn.functional.binary_cross_entropy_with_logits


class Reference:
    """A list of discriminators, each behind a projection of its own."""

    def __init__(self, projection, discriminator, members, divisor, device):
        self.members = [nn.Sequential(projection().requires_grad_(False), discriminator(divisor)).to(device)
                        for _ in range(members)]
        self.optimizers = [rmsprop([p for p in d.parameters() if p.requires_grad]) for d in self.members]

    def learn(self, real, fake):
        for discriminator, optimizer in zip(self.members, self.optimizers):
            optimizer.zero_grad(set_to_none=True)
            judged_real, judged_fake = discriminator(real), discriminator(fake)
            loss = bce(judged_real, torch.ones_like(judged_real)) + bce(judged_fake, torch.zeros_like(judged_fake))
            loss.backward()
            optimizer.step()

    def generator_loss(self, fake):
        loss = 0
        for discriminator in self.members:
            judged = discriminator(fake)
            loss = loss + bce(judged, torch.ones_like(judged))
        return loss


class Grouped(nn.Module):
    """All members as groups of one network: the same layers with that many times the channels."""

    def __init__(self, projection, discriminator, members, divisor, device, compiled):
        super().__init__()
        self.count = members
        first = projection()
        convolution = type(first)
        self.projection = convolution(1, members, first.kernel_size, first.stride, first.padding, bias=False)
        self.projection.requires_grad_(False)
        layers = []
        for layer in discriminator(divisor):
            if isinstance(layer, (nn.Conv2d, nn.Conv3d)):
                layers.append(type(layer)(members * layer.in_channels, members * layer.out_channels, layer.kernel_size,
                                          layer.stride, layer.padding, groups=members))
            else:
                layers.append(layer)
        self.layers = nn.Sequential(*layers)
        layout = torch.channels_last if convolution is nn.Conv2d else torch.channels_last_3d
        self.to(device=device, memory_format=layout)
        self.trained = list(self.layers.parameters())
        self.optimizer = rmsprop(self.trained, device)
        self.judge = torch.compile(self.forward) if compiled else self.forward

    def forward(self, samples):
        with torch.autocast(samples.device.type, dtype=torch.bfloat16):
            return self.layers(self.projection(samples)).flatten(1).float()

    def loss(self, samples, target):
        judged = self.judge(samples)
        # The mean over the batch, the sum over the members.
        return self.count * bce(judged, torch.full_like(judged, target))

    def learn(self, real, fake):
        loss = self.loss(real, 1.0) + self.loss(fake, 0.0)
        step(self.optimizer, self.trained, torch.autograd.grad(loss, self.trained))

    def generator_loss(self, fake):
        return self.loss(fake, 1.0)


def rmsprop(parameters, device=None):
    capturable = device is not None and torch.device(device).type == "cuda"
    return torch.optim.RMSprop(parameters, lr=3e-4, capturable=capturable)


def step(optimizer, parameters, gradients):
    for parameter, gradient in zip(parameters, gradients):
        parameter.grad = gradient
    optimizer.step()


def compute(form, network):
    """The network's forward pass in a form's precision."""
    if form == "reference":
        return network

    def forward(latents):
        with torch.autocast(latents.device.type, dtype=torch.bfloat16):
            return network(latents).float()

    return torch.compile(forward) if form == "graph" else forward


def make_ensemble(form, projection, discriminator, members, divisor, device):
    if form == "reference":
        return Reference(projection, discriminator, members, divisor, device)
    return Grouped(projection, discriminator, members, divisor, device, compiled=form == "graph")


def frame_step(form, divisor, device, members=48, batch=64):
    network = networks.frame_generator(divisor).to(device)
    parameters = list(network.parameters())
    generate = compute(form, network)
    optimizer = rmsprop(parameters, device)
    ensemble = make_ensemble(form, networks.frame_projection, networks.frame_discriminator, members, divisor, device)

    def run():
        real = torch.rand(batch, 1, 30, 30, device=device) * 2 - 1
        ensemble.learn(real, generate(torch.randn(batch, 100, device=device)).detach())
        loss = ensemble.generator_loss(generate(torch.randn(batch, 100, device=device)))
        step(optimizer, parameters, torch.autograd.grad(loss, parameters))

    return run


def sequence_step(form, divisor, device, members=16, batch=8):
    frames = networks.frame_generator(divisor).to(device).eval().requires_grad_(False)
    network = networks.sequence_generator(divisor).to(device)
    parameters = list(network.parameters())
    generate, draw = compute(form, network), compute(form, frames)
    optimizer = rmsprop(parameters, device)
    ensemble = make_ensemble(form, networks.film_projection, networks.film_discriminator, members, divisor, device)

    def run():
        real = torch.rand(batch, 1, 30, 30, 30, device=device) * 2 - 1
        latents = generate(torch.randn(batch, 100, device=device))
        film = draw(latents.reshape(-1, 100)).reshape(batch, 1, 30, 30, 30)
        ensemble.learn(real, film.detach())
        step(optimizer, parameters, torch.autograd.grad(ensemble.generator_loss(film), parameters))

    return run


def in_graph(run):
    """The step as one CUDA graph, after some runs on another stream that compile and allocate."""
    stream = torch.cuda.Stream()
    stream.wait_stream(torch.cuda.current_stream())
    with torch.cuda.stream(stream):
        for _ in range(4):
            run()
    torch.cuda.current_stream().wait_stream(stream)
    graph = torch.cuda.CUDAGraph()
    with torch.cuda.graph(graph):
        run()
    return graph.replay


def measure(name, run, steps, device):
    for _ in range(3):
        run()
    times = []
    for _ in range(steps):
        if device == "cuda":
            begin, end = torch.cuda.Event(enable_timing=True), torch.cuda.Event(enable_timing=True)
            begin.record()
            run()
            end.record()
            end.synchronize()
            times.append(begin.elapsed_time(end))
        else:
            start = time.perf_counter()
            run()
            times.append(1e3 * (time.perf_counter() - start))
    times.sort()
    print(f"{name}: median {times[len(times) // 2]:.2f} ms a step, best {times[0]:.2f} ms", flush=True)


def attempt(what, action):
    """What the action gives, or None where it fails, which is said: other forms are still worth their time."""
    try:
        return action()
    except Exception as error:  # noqa: BLE001
        print(f"{what} FAILED: {type(error).__name__}: {str(error)[:1500]}", flush=True)
        return None


def compiled(make, divisor, device):
    run = make("graph", divisor, device)
    run()
    if device == "cuda":
        torch.cuda.synchronize()
    return run


def timed(name, run, steps, device):
    if run is None:
        return False
    if name.startswith("graph/") and device == "cuda":
        run = in_graph(run)
    measure(name, run, steps, device)
    if device == "cuda":
        print(f"{name}: {torch.cuda.max_memory_allocated() / 2**30:.1f} GiB at most", flush=True)
    return True


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--forms", nargs="+", default=["reference", "grouped", "graph"],
                        choices=["reference", "grouped", "graph"])
    parser.add_argument("--steps", type=int, default=30)
    parser.add_argument("--go", type=pathlib.Path, metavar="FILE", help="compile, then wait until FILE is there")
    parser.add_argument("--limit", type=float, default=float("inf"), metavar="SECONDS",
                        help="in all: afterwards no further form is begun, nor FILE waited for")
    parser.add_argument("--divisor", type=int, default=1, help="divides the paper's widths")
    parser.add_argument("--device", default="cuda", choices=["cuda", "cpu"], help="cpu only shows that it runs")
    arguments = parser.parse_args()
    began = time.monotonic()
    divisor, device = arguments.divisor, arguments.device
    if device == "cuda" and not torch.cuda.is_available():
        print("skipped: PyTorch finds no GPU")
        return 77
    # PyTorch's default rounds convolutions to TF32, and products not.
    torch.backends.cudnn.allow_tf32 = torch.backends.cuda.matmul.allow_tf32 = True
    print(f"PyTorch {torch.__version__}, {torch.cuda.get_device_name() if device == 'cuda' else 'CPU'}, "
          f"cuDNN {torch.backends.cudnn.version()}", flush=True)
    makers = (frame_step, sequence_step)

    ready = {}
    if arguments.go:
        if "graph" in arguments.forms:
            for make in makers:
                ready[make] = attempt(f"compiling graph/{make.__name__}", lambda: compiled(make, divisor, device))
            print(f"compiled after {time.monotonic() - began:.0f} s", flush=True)
        while not arguments.go.exists():
            if time.monotonic() - began > arguments.limit:
                print("FAILED: nobody said go")
                return 1
            time.sleep(0.05)

    # cuDNN's plans are timed, as zoetrope's are; from here on, since others' work would disturb that.
    torch.backends.cudnn.benchmark = True
    good = True
    for form in arguments.forms:
        for make in makers:
            name = f"{form}/{make.__name__}"
            if time.monotonic() - began > arguments.limit:
                print(f"{name}: no time", flush=True)
                continue
            if device == "cuda":
                torch.cuda.empty_cache()
                torch.cuda.reset_peak_memory_stats()

            def run_form():
                prepared = form == "graph" and make in ready
                run = ready.pop(make) if prepared else make(form, divisor, device)
                return timed(name, run, arguments.steps, device)

            good = bool(attempt(name, run_form)) and good
    return 0 if good else 1


if __name__ == "__main__":
    sys.exit(main())
