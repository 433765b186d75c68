#!/usr/bin/env python3
"""What makes sequence generators learn better: trains variants of bouncing balls' second stage and tells what came out.

    python3 benchmarks/learning/learn.py run NAME [choice...] [-- option...]
    python3 benchmarks/learning/learn.py table [--check]

`run` compiles the variant that the choices name (learn.cpp, into build/learning), trains it with the options, which
`run NAME -- --help` lists, and leaves runs/NAME.json beside this file. `table` writes the table of all runs there into
docs/learning.md, between its two marks, or checks that it stands there. The frame generator is that of the trained models in
examples/bouncing_balls/pretrained unless --frames-from names another one.
"""

import argparse
import hashlib
import json
import pathlib
import subprocess
import sys

ROOT = pathlib.Path(__file__).resolve().parents[2]
RUNS = pathlib.Path(__file__).resolve().parent / "runs"
PAGE = ROOT / "docs" / "learning.md"
BEGIN, END = "<!-- runs -->", "<!-- end of runs -->"

PROJECTIONS = {
    "paper": "projection::PaperFilm",
    "in_motion": "projection::FilmInMotion",
    "random_over_time": "projection::UnitNormConvolution<Extents<3, 8, 8>, Extents<1, 3, 3>, Extents<1, 2, 2>>",
    "fine": "projection::UnitNormConvolution<Extents<1, 8, 8>, Extents<1, 2, 2>, Extents<0, 3, 3>>",
}
LOSSES = {"non_saturating": "NonSaturating", "hinge": "Hinge", "least_squares": "LeastSquares"}
OBJECTIVES = {"sum": "SumObjective", "average": "AverageObjective", "hypervolume": "HypervolumeObjective",
              "softmax": "SoftmaxObjective"}  # fmt: skip
SEQUENCES = {"paper": "BiLstmSequence", "recurrent": "RecurrentSequence"}
MEASURES = [("velocity error", "velocity", 3), ("turns in mid-air", "turns", 2), ("energy drift", "energy", 2),
            ("coverage", "coverage", 2), ("classifier two-sample test", "classifier", 2),
            ("ball-count accuracy", "count", 3), ("MSE ratio", "MSE", 2)]  # fmt: skip


def compile_variant(choice):
    """The program of a variant, compiled once for each state of the library and each choice."""
    projection = PROJECTIONS[choice.film_projection]
    if choice.together > 1:
        projection = f"projection::Packed<{projection}, {choice.together}>"
    definitions = {
        "BALLS": choice.balls,
        "FRAME_DIVISOR": choice.frame_divisor,
        "FILM_DIVISOR": choice.film_divisor,
        "SEQUENCE_GENERATOR": f"arch::{SEQUENCES[choice.sequence_generator]}<{choice.sequence_divisor}, "
        f"{choice.hidden}, LatentOutput::{choice.ending}>",
        "FILM_PROJECTION": projection,
        "NORM": choice.norm,
        "LOSS": LOSSES[choice.loss],
        "OBJECTIVE": OBJECTIVES[choice.objective],
    }
    command = ["c++", "-std=c++20", "-O3", "-march=native", "-DNDEBUG", "-pthread", f"-I{ROOT / 'include'}",
               "-isystem", "/usr/include/eigen3"]  # fmt: skip
    command += [f"-DLEARN_{key}={value}" for key, value in definitions.items()]
    source = pathlib.Path(__file__).resolve().parent / "learn.cpp"
    state = hashlib.sha256(" ".join(command).encode())
    for path in [source, *sorted((ROOT / "include").rglob("*.hpp"))]:
        state.update(path.read_bytes())
    program = ROOT / "build" / "learning" / state.hexdigest()[:16]
    if not program.exists():
        program.parent.mkdir(parents=True, exist_ok=True)
        unfinished = program.with_suffix(".partial")
        subprocess.run([*command, str(source), "-o", str(unfinished)], check=True)
        unfinished.rename(program)
    return program


def run(arguments):
    arguments, options = split(arguments)
    parser = argparse.ArgumentParser(prog="learn.py run")
    parser.add_argument("name", help="of the file in runs/")
    parser.add_argument("--balls", type=int, default=1, choices=[1, 3])
    parser.add_argument("--sequence-generator", choices=SEQUENCES, default="paper")
    parser.add_argument("--ending", choices=["scaled", "tanh", "normalized"], default="scaled")
    parser.add_argument("--hidden", type=int, default=128)
    parser.add_argument("--sequence-divisor", type=int, default=8)
    parser.add_argument("--frame-divisor", type=int, help="8 for one ball and 4 for three, as the trained models have")
    parser.add_argument("--film-divisor", type=int, default=8)
    parser.add_argument("--film-projection", choices=PROJECTIONS, default="paper")
    parser.add_argument("--together", type=int, default=1, help="films that a discriminator judges at once")
    parser.add_argument("--norm", choices=["batch", "none"], default="batch")
    parser.add_argument("--loss", choices=LOSSES, default="non_saturating")
    parser.add_argument("--objective", choices=OBJECTIVES, default="sum")
    choice = parser.parse_args(arguments)
    if choice.frame_divisor is None:
        choice.frame_divisor = {1: 8, 3: 4}[choice.balls]
    program = compile_variant(choice)
    if not any(option.startswith("--frames-from") for option in options):
        model = {1: "one_ball", 3: "three_balls"}[choice.balls]
        options += ["--frames-from",
                    str(ROOT / "examples/bouncing_balls/pretrained" / model / "frame_generator.safetensors")]  # fmt: skip
    RUNS.mkdir(exist_ok=True)
    result = RUNS / f"{choice.name}.json"
    finished = subprocess.run([str(program), *options, "--output", str(result)])
    if finished.returncode == 0 and result.exists():
        note_where(result)
    return finished.returncode


def note_where(path):
    """Adds to a run what computed it: the processor and the commit."""
    model = [line.split(":", 1)[1].strip() for line in pathlib.Path("/proc/cpuinfo").read_text().splitlines()
             if line.startswith("model name")]  # fmt: skip
    commit = subprocess.run(["git", "-C", str(ROOT), "describe", "--always", "--dirty"], capture_output=True, text=True)
    noted = json.loads(path.read_text()) | {"machine": model[0] if model else "", "commit": commit.stdout.strip()}
    path.write_text(json.dumps(noted, indent=1) + "\n")


def split(arguments):
    """What stands before and behind "--"."""
    at = arguments.index("--") if "--" in arguments else len(arguments)
    return arguments[:at], arguments[at + 1 :]


def shown(measures, key, digits):
    return f"{measures[key]:.{digits}f}" if measures.get(key) is not None else ""


def settings_of(run):
    """What a run has that the demo's second stage has not; its balls, seed and steps stand in columns of their own."""
    usual = {
        "sequence generator": "BiLstmSequence, hidden 128, latent 100, scaled 3, widths / 8",
        "discriminators": "VideoDiscriminator, widths / 8, batch norm; projection UnitNormConvolution, "
        "kernel 1x8x8, stride 1x3x3, padding 0x2x2",
        "number of discriminators": 4,
        "batch size": 16,
        "loss": "NonSaturating",
        "objective": "SumObjective",
        "optimizer": "RmsProp, alpha 0.99, epsilon 1e-08",
        "generator learning rate": 2e-4,
        "discriminator learning rate": 1e-4,
        "schedule": "LinearDecay, last part 0.5, final factor 1",
    }
    different = [f"{key} {run[key]}" for key, value in usual.items() if run[key] != value]
    return "; ".join(different) or "as the demo"


def table_of(runs):
    lines = ["| run | balls | seed | what is different | steps | minutes | weights | "
             + " | ".join(title for _, title, _ in MEASURES) + " |",
             "|---" * (7 + len(MEASURES)) + "|"]  # fmt: skip
    for name, run in runs:
        for row in run["rows"]:
            lines.append(f"| {name} | {run['balls']} | {run['seed']} | {settings_of(run)} | {row['step']:,} | "
                         f"{row['minutes']:.1f} | {row['weights']} | "
                         + " | ".join(shown(row["measures"], key, digits) for key, _, digits in MEASURES)
                         + " |")  # fmt: skip
    for balls in sorted({run["balls"] for _, run in runs}):
        last = [run for _, run in runs if run["balls"] == balls][-1]
        lines.append(f"| real films | {balls} | | | | | | "
                     + " | ".join(shown(last["real films"], key, digits) for key, _, digits in MEASURES)
                     + " |")  # fmt: skip
    return "\n".join(lines)


def write_table(only_check):
    runs = [(path.stem, json.loads(path.read_text())) for path in sorted(RUNS.glob("*.json"))]
    page = PAGE.read_text()
    if page.count(BEGIN) != 1 or page.count(END) != 1:
        raise SystemExit(f"{PAGE}: expected the lines '{BEGIN}' and '{END}' once each")
    before, rest = page.split(BEGIN)
    _, after = rest.split(END)
    text = f"{before}{BEGIN}\n\n{table_of(runs)}\n\n{END}{after}"
    if only_check:
        if text != page:
            raise SystemExit(f"{PAGE}: its table is not that of the runs in {RUNS}: learn.py table writes it")
        return 0
    PAGE.write_text(text)
    print(f"{PAGE}: {len(runs)} runs")
    return 0


def main(arguments):
    if arguments[:1] == ["run"]:
        return run(arguments[1:])
    if arguments in (["table"], ["table", "--check"]):
        return write_table(only_check="--check" in arguments)
    raise SystemExit(__doc__)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
