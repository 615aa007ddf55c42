"""Time the start of the command line and the check of the published package, next to frictionless on the same."""

import statistics
import subprocess
import sys
import time
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
PYTHON = sys.executable
PACKAGE = str(ROOT / "datapackage" / "datapackage.json")
COMMANDS = {
    "import typer": [PYTHON, "-c", "import typer"],
    "depositary --help": [PYTHON, "-m", "depositary", "--help"],
    "depositary validate datapackage": [PYTHON, "-m", "depositary", "validate", PACKAGE],
    "frictionless validate datapackage": [PYTHON, "-m", "frictionless", "validate", PACKAGE],
}
TURNS = 9


def main() -> None:
    """Run all commands in turn, and print medians and ratios."""
    times: dict[str, list[float]] = {name: [] for name in COMMANDS}
    for _ in range(TURNS):
        for name, command in COMMANDS.items():
            start = time.perf_counter()
            subprocess.run(command, capture_output=True, check=True)
            times[name].append(time.perf_counter() - start)
    medians = {name: statistics.median(values) for name, values in times.items()}
    for name, median in medians.items():
        print(f"{name:36} {median * 1000:6.0f} ms")
    print(f"--help / import typer: {medians['depositary --help'] / medians['import typer']:.2f}")
    ours, theirs = medians["depositary validate datapackage"], medians["frictionless validate datapackage"]
    print(f"frictionless / depositary: {theirs / ours:.2f}")


if __name__ == "__main__":
    main()
