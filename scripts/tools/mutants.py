"""How many small changes to the pure modules the tests notice; exits with 1 if too few.

pyproject.toml has the modules and the tests that run for them, tests/mutants.toml the changes that change nothing.
String literals aren't changed: how a text reads is no promise. Neither is decorated code, which mutmut leaves alone.
"""

import os
import shutil
import sys
import tomllib
from collections import Counter
from pathlib import Path

import libcst
from mutmut.__main__ import cli
from mutmut.mutation.data import SourceFileMutationData
from mutmut.mutation.diff_apply import get_diff_for_mutant
from mutmut.mutation.mutators import mutation_operators, operator_string
from mutmut.stats import status_by_exit_code
from mutmut.utils.file_utils import walk_mutatable_files

from scripts.folders import ROOT

WORK = ROOT / "build" / "mutants"
LEAST = 0.9
SAME: dict[str, str] = tomllib.loads((ROOT / "tests" / "mutants.toml").read_text(encoding="utf-8"))


def main() -> int:
    shutil.rmtree(WORK, ignore_errors=True)
    WORK.mkdir(parents=True)
    for name in ("api", "ingest", "tests", "pyproject.toml"):
        (WORK / name).symlink_to(ROOT / name)
    os.chdir(WORK)
    mutation_operators.remove((libcst.BaseString, operator_string))  # type: ignore[attr-defined]
    cli(["run", *sys.argv[1:]], standalone_mode=False)
    by_module = {str(path): report(path) for path in walk_mutatable_files()}
    by_module["in total"] = total = sum(by_module.values(), Counter[bool]())
    print(*(f"{found[True]:4} of {found.total():4}  {name}" for name, found in by_module.items()), sep="\n")
    return int(total[True] < LEAST * total.total())


def report(path: Path) -> Counter[bool]:
    (data := SourceFileMutationData(path=path)).load()
    for name, code in data.exit_code_by_key.items():
        if not noticed(code):
            diff = get_diff_for_mutant(name, path=path)
            same = [why for line in diff.splitlines() if (why := SAME.get(line.removeprefix("+").strip()))]
            print(f"\n{name}: {same[0] if same else status_by_exit_code[code]}\n{diff}")
    return Counter(map(noticed, data.exit_code_by_key.values()))


def noticed(code: int | None) -> bool:
    """An endless change is stopped and counts as noticed; one without a test that runs it isn't."""
    return status_by_exit_code[code] in ("killed", "timeout")


if __name__ == "__main__":
    raise SystemExit(main())
