"""Builds the functions' code and prints its size: `python -m scripts.bundle`."""

from scripts.bundle import bytecode
from scripts.bundle.build import SOURCES, build_bundles
from scripts.bundle.weight import weigh
from scripts.folders import ROOT


def main() -> None:
    build_bundles(ROOT)
    for name in SOURCES:
        print(f"{name:<6}  {weigh(ROOT / 'build' / name)}")
    match bytecode.runtime_python():
        case (_, version):
            print(f"Compiled by CPython {version}.")
        case None:
            print(
                f"Not compiled, because there is no CPython {bytecode.PYTHON}: every cold start compiles its imports."
            )


if __name__ == "__main__":
    main()
