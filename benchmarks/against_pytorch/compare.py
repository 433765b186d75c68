"""zoetrope's training steps against PyTorch's and JAX's on the same machine, in turn (A B C A B C ...).

    ./run bench --against-pytorch [--python [LABEL=]PYTHON]... [--jax PYTHON] [option...]

First every form of PyTorch (pytorch_steps.py) runs alone for a moment, to find the fastest one of each PyTorch in
float32 and in bfloat16; then zoetrope, plain PyTorch, these two and, for frames, JAX (jax_steps.py) take turns. Prints
who is nearest to zoetrope, all races and all forms as Markdown tables; --output writes them to a file after every race,
with every round's median beside it as JSON. Labels are named behind the version.

Products of bfloat16 take part, on both sides, where the processor has instructions for them, or with --bf16.

Every contender is a process of its own that waits while another one runs. Ratios are its time over zoetrope's, round by
round: their median, and their least and greatest.
"""

import argparse
import contextlib
import datetime
import json
import os
import pathlib
import platform
import statistics
import subprocess
import sys
import tempfile

HERE = pathlib.Path(__file__).resolve().parent
FORMS = ["channels_last", "stacked", "stacked,channels_last",
         "compiled,channels_last", "compiled,stacked", "compiled,stacked,channels_last"]
BF16_FORMS = [f"bf16,{form}" for form in ["plain", *FORMS]]


class Contender:
    """A process that answers "run SECONDS" with the seconds of every step that it made."""

    def __init__(self, name, command, threads):
        self.name = name
        environment = dict(os.environ, OMP_NUM_THREADS=str(threads))
        self.errors = tempfile.TemporaryFile("w+")
        self.process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=self.errors,
                                        text=True, env=environment,
                                        preexec_fn=lambda: os.sched_setaffinity(0, processors(threads)))
        self.version = self.answer()["version"]

    def answer(self):
        line = self.process.stdout.readline()
        if not line:
            self.process.wait()
            self.errors.seek(0)
            errors = self.errors.read().strip().splitlines()
            raise RuntimeError(f"{self.name} ended: {errors[-1] if errors else 'it said nothing'}")
        return json.loads(line)

    def run(self, seconds):
        with contextlib.suppress(BrokenPipeError):  # answer() says why it has ended
            self.process.stdin.write(f"run {seconds}\n")
            self.process.stdin.flush()
        return self.answer()

    def __enter__(self):
        return self

    def __exit__(self, *_):
        with contextlib.suppress(BrokenPipeError):
            self.process.stdin.close()
        self.process.wait()
        self.errors.close()


def say(text):
    print(text, file=sys.stderr, flush=True)


def pytorch_command(python, stage, widths, threads, form):
    return [python, str(HERE / "pytorch_steps.py"), "--stage", stage, "--widths", widths, "--threads", str(threads),
            "--form", form]


def capture(command):
    result = subprocess.run(command, capture_output=True, text=True)
    return result.stdout.strip() if result.returncode == 0 else ""


def processors(count):
    """As many of those that this process may use, of different cores first."""
    def number_in_core(cpu):
        path = pathlib.Path(f"/sys/devices/system/cpu/cpu{cpu}/topology/thread_siblings_list")
        siblings = path.read_text().strip().replace("-", ",").split(",") if path.exists() else [str(cpu)]
        return siblings.index(str(cpu)) if str(cpu) in siblings else 1
    return sorted(os.sched_getaffinity(0), key=lambda cpu: (number_in_core(cpu), cpu))[:count]


def has_bf16():
    flags = pathlib.Path("/proc/cpuinfo").read_text() if os.path.exists("/proc/cpuinfo") else ""
    return "avx512_bf16" in flags


def forms_alone(python, stage, widths, threads, seconds, forms):
    """The version, and every form's median seconds a step."""
    can_compile = capture([python, "-c", "import torch; print(hasattr(torch, 'compile'))"]) == "True"
    times = {}
    for form in forms:
        if "compiled" in form and not can_compile:
            continue
        try:
            with Contender(form, pytorch_command(python, stage, widths, threads, form), threads) as contender:
                times[form] = statistics.median(contender.run(seconds))
                version = contender.version
                say(f"  {contender.version} {form}: {1e3 * times[form]:.1f} ms")
        except RuntimeError as error:
            say(f"  {error}")
    if not times:
        raise RuntimeError(f"{python} computes none of the forms {', '.join(forms)}")
    return version, times


def fastest(times):
    """The fastest form of each precision."""
    of_precision = [{form: time for form, time in times.items() if ("bf16" in form) == bf16} for bf16 in (False, True)]
    return [min(each, key=each.get) for each in of_precision if each]


def take_turns(contenders, rounds, seconds):
    """Medians of every round: {name: [seconds a step]}."""
    times = {contender.name: [] for contender in contenders}
    for number in range(rounds):
        for contender in contenders:
            times[contender.name].append(statistics.median(contender.run(seconds)))
        say(f"  round {number + 1} of {rounds}: " +
            ", ".join(f"{name} {1e3 * each[-1]:.1f} ms" for name, each in times.items()))
    return times


def ratio_text(theirs, ours):
    ratios = sorted(their / our for their, our in zip(theirs, ours))
    return f"**{statistics.median(ratios):.2f}** ({ratios[0]:.2f} to {ratios[-1]:.2f})"


def processor():
    for line in pathlib.Path("/proc/cpuinfo").read_text().splitlines():
        if line.startswith("model name"):
            return line.split(":")[1].strip()
    return platform.processor()


def compare(arguments, results):
    """Appends what it measures to results, and writes them after every race."""
    for widths in arguments.widths:
        for stage in arguments.stages:
            for threads in arguments.threads:
                say(f"{stage}, {widths} widths, {threads} threads")
                forms = {}
                for label, python in arguments.python:
                    version, times = forms_alone(python, stage, widths, threads, arguments.seconds, arguments.forms)
                    forms[label, python] = fastest(times)
                    results.append({"kind": "forms", "stage": stage, "widths": widths, "threads": threads,
                                    "version": labelled(version, label), "seconds": times})
                results.append(race(arguments, stage, widths, threads, forms))
                write(arguments, results)


def race(arguments, stage, widths, threads, forms):
    with contextlib.ExitStack() as stack:
        contenders, described = [], []

        def enter(name, command, product, form, label=""):
            contender = stack.enter_context(Contender(name, command, threads))
            contenders.append(contender)
            if product:
                described.append((name, f"{product} {labelled(contender.version, label)}", form))

        for precision in arguments.precisions:
            enter(ours(precision), [arguments.zoetrope, stage, widths, str(threads), precision], None, None)
        for (label, python), found in forms.items():
            for form in ("plain", *(form for form in found if form != "plain")):
                enter(f"{label} {python} {form}", pytorch_command(python, stage, widths, threads, form), "PyTorch", form, label)
        if arguments.jax and stage == "frames":
            command = [arguments.jax, str(HERE / "jax_steps.py"), "--widths", widths, "--threads", str(threads)]
            enter("JAX", command, "JAX", "patches, one function")
        if arguments.libtorch and stage == "frames":
            enter("LibTorch", [arguments.libtorch, widths, str(threads)], "LibTorch", "plain, in C++")
        times = take_turns(contenders, arguments.rounds, arguments.seconds)
    return {"kind": "race", "stage": stage, "widths": widths, "threads": threads, "contenders": described,
            "seconds": times}


def ours(precision):
    return f"zoetrope {precision}"


def labelled(version, label):
    return f"{version}, {label}" if label else version


def spaced(form):
    return ", ".join(part.strip() for part in form.split(","))


def markdown(results):
    """Who is nearest to zoetrope in each race, then all that took part, then the forms of PyTorch that were tried."""
    races = [result for result in results if result["kind"] == "race"]
    precisions = [name.split()[1] for race in races[:1] for name in race["seconds"] if name.startswith("zoetrope ")]
    head = ["| step | widths | threads | " + " | ".join(map(ours, precisions)) + " | against | form | its time | " +
            " | ".join(f"to {precision}" for precision in precisions) + " |", "|---" * (6 + 2 * len(precisions)) + "|"]

    def line(race, contender):
        name, version, form = contender
        theirs, times = race["seconds"][name], [race["seconds"][ours(precision)] for precision in precisions]
        return (f"| {race['stage']} | {race['widths']} | {race['threads']} | " +
                " | ".join(f"{1e3 * statistics.median(each):.1f} ms" for each in times) +
                f" | {version} | {spaced(form)} | {1e3 * statistics.median(theirs):.1f} ms | " +
                " | ".join(ratio_text(theirs, each) for each in times) + " |")

    def nearest(race, contenders):
        return min(contenders, key=lambda contender: statistics.median(race["seconds"][contender[0]]))

    lines = ["The fastest other of each race, and the fastest of those in float32:", "", *head]
    for race in races:
        winner = nearest(race, race["contenders"])
        in_float = nearest(race, [each for each in race["contenders"] if "bf16" not in each[2]])
        lines += [line(race, each) for each in ([winner] if winner == in_float else [winner, in_float])]
    lines += ["", "All that took part:", "", *head]
    lines += [line(race, contender) for race in races for contender in race["contenders"]]
    lines += ["", "| step | widths | threads | PyTorch | form, on its own | its time |", "|---|---|---|---|---|---|"]
    for result in (result for result in results if result["kind"] == "forms"):
        for form, seconds in result["seconds"].items():
            lines.append(f"| {result['stage']} | {result['widths']} | {result['threads']} | {result['version']} | "
                         f"{spaced(form)} | {1e3 * seconds:.1f} ms |")
    return "\n".join(lines)


def write(arguments, results):
    if arguments.output:
        head = f"{datetime.date.today()}, {processor()}, {os.cpu_count()} cores\n\n"
        write_whole(arguments.output, head + markdown(results) + "\n")
        write_whole(arguments.output.with_suffix(".json"), json.dumps(results, indent=1) + "\n")


def write_whole(path, text):
    temporary = path.with_name(path.name + ".part")
    temporary.write_text(text)
    temporary.replace(path)


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--zoetrope", required=True, help="the program zoetrope_steps")
    parser.add_argument("--libtorch", help="the program libtorch_steps, where it was built")
    parser.add_argument("--python", action="append", metavar="[LABEL=]PYTHON",
                        help="a Python with PyTorch, and what to call it; may be given again")
    parser.add_argument("--jax", metavar="PYTHON", help="a Python with JAX")
    parser.add_argument("--bf16", action="store_true", help="bfloat16 takes part, whatever the processor has")
    parser.add_argument("--stages", nargs="+", choices=["frames", "sequences"], default=["frames", "sequences"])
    parser.add_argument("--widths", nargs="+", choices=["demo", "paper"], default=["demo", "paper"])
    parser.add_argument("--threads", nargs="+", type=int, default=[os.cpu_count()])
    parser.add_argument("--forms", nargs="+", help="of PyTorch, beside plain (default: all)")
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--seconds", type=float, default=3, help="of every turn; at least one step is made")
    parser.add_argument("--output", type=pathlib.Path, help="a Markdown file; its .json holds every median")
    arguments = parser.parse_args()
    arguments.python = [tuple(each.split("=", 1)) if "=" in each else ("", each)
                        for each in arguments.python or ["python3"]]
    for _, each in arguments.python:
        if not capture([each, "-c", "import torch; print(torch.__version__)"]):
            parser.error(f"{each} has no PyTorch: install python3-torch, or name another Python with --python")
    if arguments.jax and not capture([arguments.jax, "-c", "import jax; print(jax.__version__)"]):
        parser.error(f"{arguments.jax} has no JAX")
    arguments.bf16 |= has_bf16()
    arguments.precisions = ["fp32", "bf16"] if arguments.bf16 else ["fp32"]
    arguments.forms = arguments.forms or FORMS + (BF16_FORMS if arguments.bf16 else [])
    results, problem = [], None
    try:
        compare(arguments, results)
    except KeyboardInterrupt:
        problem = 130
    except RuntimeError as error:
        problem = f"compare.py: {error}"
    if results:
        print(markdown(results))
    sys.exit(problem)
