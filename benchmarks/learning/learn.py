#!/usr/bin/env python3
"""What makes sequence generators learn better: trains variants of bouncing balls' second stage and tells what came out.

`run` compiles the variant that its choices name (learn.cpp, into build/learning), trains it with the options behind
"--", which `run NAME -- --help` lists, and leaves runs/NAME.json beside this file. `compiles` only asks the compiler.
`table` writes the table of all runs there into docs/learning.md, between its two marks. It takes a C++20 compiler (CXX,
c++ unless set) and the packages of the examples.
"""

import argparse
import hashlib
import json
import os
import pathlib
import re
import shlex
import subprocess
import sys

ROOT = pathlib.Path(__file__).resolve().parents[2]
RUNS = pathlib.Path(__file__).resolve().parent / "runs"
SOURCE = pathlib.Path(__file__).resolve().parent / "learn.cpp"
PAGE = ROOT / "docs" / "learning.md"
BEGIN, END = "<!-- runs -->", "<!-- end of runs -->"
FRAME_GENERATORS = pathlib.Path(__file__).resolve().parent / "frame_generators"
FILE = "frame generator's file"

PROJECTIONS = {
    "paper": "projection::PaperFilm",
    "in_motion": "projection::FilmInMotion",
    "waves": "projection::FilmWaves",
    "waves_in_windows": "projection::FilmWavesInWindows",
    "random_over_time": "projection::UnitNormConvolution<Extents<3, 8, 8>, Extents<1, 3, 3>, Extents<0, 2, 2>>",
    "fine": "projection::UnitNormConvolution<Extents<1, 8, 8>, Extents<1, 2, 2>, Extents<0, 3, 3>>",
}
LOSSES = {"non_saturating": "NonSaturating", "hinge": "Hinge", "least_squares": "LeastSquares"}
OBJECTIVES = {"sum": "SumObjective", "average": "AverageObjective", "hypervolume": "HypervolumeObjective",
              "softmax": "SoftmaxObjective"}  # fmt: skip
SEQUENCES = {"paper": "BiLstmSequence", "recurrent": "RecurrentSequence"}
OPERANDS = {"fp32": "Fp32", "bf16": "Bf16"}
MODELS = {1: "one_ball", 3: "three_balls"}
FRAME_DIVISORS = {1: 8, 3: 4}

# Of a row's measures: the name, the column's title, digits.
MEASURES = [("velocity error", "velocity", 3), ("turns in mid-air", "turns", 2), ("energy drift", "energy", 2),
            ("coverage", "coverage", 2), ("classifier two-sample test", "classifier", 2),
            ("ball-count accuracy", "count", 3), ("MSE ratio", "MSE", 2)]  # fmt: skip
CLASSIFIER = "classifier two-sample test"  # measured at the end alone

# What a run of no choices and no options says of itself, as the preset demo's second stage did before waves; of a run
# the table says what is not so.
USUAL = {
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
    "weight average": 0,
    "spectral norm": 0,
    "frames learn on": False,
    "films measured": 300,
    "computed on": "Eigen, float",
}
# What runs without it say nothing of, since they were before it.
LATER = {"spectral norm": 0, "frames learn on": False}
# What stands in columns of its own, or decides nothing.
ELSEWHERE = {"balls", "seed", "steps", "every", "finished", "threads", "machine", "commit", "real films",
             "rows", "along films", "prior", "frame generator"}  # fmt: skip


class Refused(Exception):
    """A sentence for whoever called."""


def compiler_command(choice):
    """What compiles a variant, but for its source and what is made of it."""
    projection = PROJECTIONS[choice.film_projection]
    if choice.together > 1:
        projection = f"projection::Packed<{projection}, {choice.together}>"
    definitions = {
        "BALLS": choice.balls,
        "FRAME_DIVISOR": choice.frame_divisor or FRAME_DIVISORS[choice.balls],
        "FILM_DIVISOR": choice.film_divisor,
        "SEQUENCE_GENERATOR": f"arch::{SEQUENCES[choice.sequence_generator]}<{choice.sequence_divisor}, "
        f"{choice.hidden}, LatentOutput::{choice.ending}>",
        "FILM_PROJECTION": projection,
        "FRAME_JUDGES": choice.frame_judges,
        "NORM": choice.norm,
        "LOSS": LOSSES[choice.loss],
        "OPERANDS": OPERANDS[choice.precision],
        "OBJECTIVE": OBJECTIVES[choice.objective],
    }
    command = [os.environ.get("CXX", "c++"), "-std=c++20", "-O3", "-march=native", "-DNDEBUG", "-pthread",
               f"-I{ROOT / 'include'}", "-isystem", "/usr/include/eigen3"]  # fmt: skip
    command += [f"-DLEARN_{key}={value}" for key, value in definitions.items()]
    return command + shlex.split(os.environ.get("CXXFLAGS", ""))


def compiled(choice):
    """The program of a variant, compiled once for each state of the library and each choice."""
    command = compiler_command(choice)
    state = hashlib.sha256(" ".join(command).encode())
    for path in [SOURCE, ROOT / "examples" / "program" / "optimizer.hpp", *sorted((ROOT / "include").rglob("*.hpp"))]:
        state.update(path.read_bytes())
    program = ROOT / "build" / "learning" / state.hexdigest()[:16]
    if not program.exists():
        program.parent.mkdir(parents=True, exist_ok=True)
        unfinished = program.with_name(f"{program.name}.{os.getpid()}")
        if subprocess.run([*command, str(SOURCE), "-o", str(unfinished)]).returncode != 0:
            raise Refused("the variant does not compile: above the compiler says why")
        unfinished.rename(program)
    return program


def machine():
    lines = pathlib.Path("/proc/cpuinfo").read_text().splitlines() if pathlib.Path("/proc/cpuinfo").exists() else []
    models = [line.split(":", 1)[1].strip() for line in lines if line.startswith("model name")]
    return models[0] if models else "unknown"


def commit():
    described = subprocess.run(["git", "-C", str(ROOT), "describe", "--always", "--dirty"], capture_output=True, text=True)
    return described.stdout.strip() or "unknown"


def usual_frames(balls):
    return FRAME_GENERATORS / f"{MODELS[balls]}.safetensors"


def named(path):
    """A file's place in the project, and what tells it from an older one there."""
    return os.path.relpath(path.resolve(), ROOT) + ", sha256 " + hashlib.sha256(path.read_bytes()).hexdigest()[:12]


def same_file(name, other):
    """Whether both names, as of named(), are of one file, wherever it lay."""
    _, mark, checksum = name.partition("sha256 ")
    return mark and checksum == other.partition("sha256 ")[2]


def run(choice, options):
    if not re.fullmatch(r"\w[\w-]*", choice.name):
        raise Refused(f"expected a name of letters, digits, _ and -, got '{choice.name}'")
    if choice.together < 1:
        raise Refused(f"expected at least one film to be judged at once, got {choice.together}")
    result = RUNS / f"{choice.name}.json"
    asks = "--help" in options or "-h" in options
    if result.exists() and not choice.overwrite and not asks:
        raise Refused(f"{result}: there is such a run already; --overwrite replaces it")
    here = commit()
    program = compiled(choice)
    if asks:
        return subprocess.run([str(program), "--help"]).returncode
    frames = choice.frames_from or usual_frames(choice.balls)
    if not frames.is_file():
        raise Refused(f"{frames}: there is no such file")
    RUNS.mkdir(exist_ok=True)
    notes = {"machine": machine(), "commit": here, FILE: named(frames)}
    return subprocess.run([str(program), "--output", str(result), "--frames-from", str(frames), *options,
                           *(word for key, value in notes.items() for word in ("--note", f"{key}={value}"))]).returncode  # fmt: skip


def shown(row, key, digits, last):
    if key == CLASSIFIER and not last:
        return ""
    if key not in row["measures"]:
        raise Refused(f"a row of step {row['step']} has no '{key}'")
    value = row["measures"][key]
    return "not a number" if value is None else f"{value:.{digits}f}"


def what_is_different(run):
    usual = USUAL | {FILE: named(usual_frames(run["balls"]))}
    unknown = run.keys() - usual.keys() - ELSEWHERE
    if unknown:
        raise Refused(f"nobody knows where the table says of a run: {', '.join(sorted(unknown))}")
    run = LATER | run
    if same_file(run[FILE], usual[FILE]):
        run[FILE] = usual[FILE]
    different = [key if run[key] is True else f"{key} {run[key]}" for key, value in usual.items() if run[key] != value]
    return "; ".join(different) or "nothing"


def table_of(runs):
    titles = ["run", "balls", "seed", "different from the former demo", "threads, processor", "steps", "minutes", "weights"]
    titles += [title for _, title, _ in MEASURES]
    lines = ["| " + " | ".join(titles) + " |", "|---" * len(titles) + "|"]
    for name, run in runs:
        about = [name if run["finished"] else f"{name} (not finished)", str(run["balls"]), str(run["seed"]),
                 what_is_different(run), f"{run['threads']}, {run['machine']}"]  # fmt: skip
        for row in run["rows"]:
            at_end = run["finished"] and row is run["rows"][-1]
            lines.append("| " + " | ".join([
                *(about if row is run["rows"][0] else [""] * len(about)),
                f"{row['step']:,} of {run['steps']:,}", f"{row['minutes']:.1f}", row["weights"],
                *(shown(row, key, digits, at_end) for key, _, digits in MEASURES)]) + " |")  # fmt: skip
        if "prior" in run:
            deviation = f"{run['prior']['pixel standard deviation over real']:.2f}"
            lines.append("| " + " | ".join([
                f"{name}: frames of the prior, {deviation} of the real deviation of pixels", str(run["balls"]),
                "", "", "", "", "", run["rows"][-1]["weights"],
                *(shown({"measures": run["prior"]}, key, digits, False) if key in run["prior"] else ""
                  for key, _, digits in MEASURES)]) + " |")  # fmt: skip
        for part in run.get("along films", []):
            lines.append("| " + " | ".join([
                f"{name}: frames {part['frames']}", str(run["balls"]), "", "", "", "", "", "averaged",
                *(shown(run["rows"][-1] | part, key, digits, False) for key, _, digits in MEASURES)]) + " |")  # fmt: skip
        lines.append("| " + " | ".join([
            f"{name}: real films", str(run["balls"]), "", "", "", "", "", "",
            *(shown({"step": 0, "measures": run["real films"]}, key, digits, run["finished"])
              for key, _, digits in MEASURES)]) + " |")  # fmt: skip
    return "\n".join(lines)


def page_with_table():
    runs = []
    for path in sorted(RUNS.glob("*.json")):
        try:
            runs.append((path.stem, json.loads(path.read_text())))
        except json.JSONDecodeError as error:
            raise Refused(f"{path}: {error}") from error
    page = PAGE.read_text()
    if page.count(BEGIN) != 1 or page.count(END) != 1:
        raise Refused(f"{PAGE}: expected the lines '{BEGIN}' and '{END}' once each")
    before, rest = page.split(BEGIN)
    return page, f"{before}{BEGIN}\n\n{table_of(runs)}\n\n{END}{rest.split(END)[1]}"


def table(only_check):
    page, text = page_with_table()
    if not only_check:
        PAGE.write_text(text)
    elif text != page:
        raise Refused(f"{PAGE}: its table is not that of the runs in {RUNS}; learn.py table writes it")
    return 0


def add_choices(parser):
    parser.add_argument("--balls", type=int, default=1, choices=MODELS)
    parser.add_argument("--sequence-generator", choices=SEQUENCES, default="paper")
    parser.add_argument("--ending", choices=["scaled", "tanh", "normalized"], default="scaled")
    parser.add_argument("--hidden", type=int, default=128, help="of the LSTM, a direction")
    parser.add_argument("--sequence-divisor", type=int, default=8, help="what its widths are divided by")
    parser.add_argument("--frame-divisor", type=int, help="8 for one ball and 4 for three, as the usual frame generators have")
    parser.add_argument("--film-divisor", type=int, default=8)
    parser.add_argument("--film-projection", choices=PROJECTIONS, default="paper")
    parser.add_argument("--frame-judges", type=int, default=0, help="discriminators of films' single frames, beside those of films")
    parser.add_argument("--together", type=int, default=1, help="films that a discriminator judges at once")
    parser.add_argument("--norm", choices=["batch", "none"], default="batch", help="between discriminators' convolutions")
    parser.add_argument("--loss", choices=LOSSES, default="non_saturating")
    parser.add_argument("--objective", choices=OBJECTIVES, default="sum")
    parser.add_argument("--precision", choices=OPERANDS, default="fp32", help="of the operands of products")


def compiles(choice):
    return subprocess.run([*compiler_command(choice), "-fsyntax-only", str(SOURCE)]).returncode


def main(arguments):
    at = arguments.index("--") if "--" in arguments else len(arguments)
    parser = argparse.ArgumentParser(prog="learn.py", description=__doc__,
                                     formatter_class=argparse.RawDescriptionHelpFormatter)  # fmt: skip
    commands = parser.add_subparsers(dest="command", required=True)
    runs = commands.add_parser("run", usage="learn.py run NAME [choice...] [-- option...]")
    runs.add_argument("name", help="of the file in runs/")
    runs.add_argument("--overwrite", action="store_true", help="a run of the same name")
    runs.add_argument("--frames-from", type=pathlib.Path, help="another frame generator than the usual one, of former trained models")
    add_choices(runs)
    add_choices(commands.add_parser("compiles", help="whether a variant does, without a run"))
    tables = commands.add_parser("table")
    tables.add_argument("--check", action="store_true", help="that it stands in docs/learning.md")
    choice = parser.parse_args(arguments[:at])
    if choice.command == "run":
        return run(choice, arguments[at + 1 :])
    return compiles(choice) if choice.command == "compiles" else table(choice.check)


if __name__ == "__main__":
    try:
        sys.exit(main(sys.argv[1:]))
    except Refused as refusal:
        sys.exit(f"error: {refusal}")
    except KeyboardInterrupt:
        sys.exit("stopped: what was measured is in the run's file")
