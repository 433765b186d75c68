"""Long results of check_on_gpu.sh, made short.

    python3 sum_up.py steps FILE.json...   each row of Google Benchmark's files that are there
    python3 sum_up.py kernels FILE.csv     the kernels of the first training step in ncu's file, the longest first
"""

import collections
import csv
import json
import pathlib
import re
import sys


def steps(paths):
    for path in map(pathlib.Path, paths):
        if not path.exists():
            continue
        try:
            rows = json.loads(path.read_text())["benchmarks"]
        except (ValueError, KeyError) as error:
            print(f"{path.name} is not whole: {error}")
            continue
        for row in rows:
            line = f'{row["name"]:58s} median {row.get("median_ms", 0):9.3f} ms'
            if "nominal_flops" in row:
                line += f'  {row["nominal_flops"] / 1e12:7.1f} TFLOP/s'
            if "nominal_share" in row:
                line += f'  {100 * row["nominal_share"]:5.1f} %'
            if "bytes_read_and_written" in row:
                line += f'  {row["bytes_read_and_written"] / 1e12:6.2f} TB/s'
            print(line)


def short_name(kernel):
    # ncu leaves some of the namespaces out.
    ours = re.search(r"for_each_index<(?:InFours<)?(\w+)(?:<([A-Z]\w+))?", re.sub(r"\b\w+::", "", kernel))
    if ours:
        return "our " + ours[1] + (f"<{ours[2]}>" if ours[2] else "")
    return re.sub(r"^void ", "", kernel).split("(")[0][:110]


def kernels(path, rows=40):
    """A step ends with the second of its two updates: the discriminators', then the generator's."""
    with open(path, errors="replace") as file:
        table = csv.reader(line for line in file if line.startswith('"'))
        header = next(table, [])
        if "Kernel Name" not in header:
            sys.exit(f"there are no kernels in {path}")
        name_at = header.index("Kernel Name")
        time_at = next(i for i, title in enumerate(header) if title.startswith("gpu__time_duration"))
        milliseconds, counts, updates, updating = collections.Counter(), collections.Counter(), 0, False
        for row in table:
            try:
                nanoseconds = float(row[time_at].replace(",", ""))
            except (IndexError, ValueError):
                continue  # the row of units, and one that was cut off
            name = short_name(row[name_at])
            # An update is a row of kernels: biases and what is not copied, then each filter with its copy.
            updating, before = name.startswith("our Update"), updating
            updates += before and not updating
            if updates == 2:
                break
            milliseconds[name] += nanoseconds / 1e6
            counts[name] += 1
    if not counts:
        sys.exit(f"there are no kernels in {path}")
    everything = sum(milliseconds.values())
    print(f"{sum(counts.values())} kernels up to the second update{'' if updates == 2 else ', which did not come'}: "
          f"{everything:.2f} ms")
    for name, time in milliseconds.most_common(rows):
        print(f"{time:8.3f} ms {100 * time / everything:5.1f} % {counts[name]:5d} x  {name}")


if __name__ == "__main__":
    if len(sys.argv) > 2 and sys.argv[1] == "steps":
        steps(sys.argv[2:])
    elif len(sys.argv) == 3 and sys.argv[1] == "kernels":
        kernels(sys.argv[2])
    else:
        sys.exit(__doc__)
