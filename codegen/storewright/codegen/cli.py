"""The generator's command line: generate, check, or generate one service of another repository."""

import argparse
import sys
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import ProcessPoolExecutor
from functools import partial
from multiprocessing import get_context
from pathlib import Path

from storewright.codegen.docs import render_docs
from storewright.codegen.evidence import Evidence, load_evidence
from storewright.codegen.load import Specs, load_service, load_specs
from storewright.codegen.output import Drift, compare, write_tree
from storewright.codegen.problems import SpecError
from storewright.codegen.render import render_core, render_service
from storewright.codegen.scaffold import ScaffoldError, scaffold

__all__ = ["main", "render_trees"]

EVIDENCE = Path("tests/conformance/evidence")
_ROOT = Path(__file__).parents[3]


def render_trees(specs: Specs, evidence: Evidence) -> dict[str, dict[str, str]]:
    """Every generated tree of the checkout: folder -> path -> text."""
    package = render_core(specs.core, specs.services)
    # Formatting a service takes seconds; black holds the interpreter's lock all the while.
    with ProcessPoolExecutor(mp_context=get_context("spawn")) as pool:
        rendered = pool.map(partial(render_service, specs.core), specs.services)
        for service, files in zip(specs.services, rendered, strict=True):
            package |= {f"{service.name}/{path}": text for path, text in files.items()}
    return {
        "generated/storewright/generated": package,
        "docs/reference": render_docs(specs, evidence),
    }


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command line; returns the exit status: 0, 1 for drift, 2 for bad input."""
    options = _parser().parse_args(arguments)
    try:
        return _run(options)
    except SpecError as error:
        for problem in error.problems:
            print(problem, file=sys.stderr)
        print(f"{len(error.problems)} problem(s); nothing was written", file=sys.stderr)
    except (ScaffoldError, OSError) as error:
        print(f"storewright.codegen: {error}", file=sys.stderr)
    return 2


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="python -m storewright.codegen",
        description="Generate typed Python and docs from storage specs.",
    )
    parser.add_argument(
        "spec", nargs="?", type=Path, help="one service.toml, for another repository"
    )
    parser.add_argument("--out", type=Path, help="where that service's package goes")
    parser.add_argument("--root", type=Path, default=_ROOT, help="the checkout (default: this one)")
    parser.add_argument("--check", action="store_true", help="compare instead of writing")
    parser.add_argument(
        "--new-service", metavar="NAME", help="scaffold a new service, then generate"
    )
    return parser


def _run(options: argparse.Namespace) -> int:
    if options.spec is not None:
        if options.out is None:
            print("storewright.codegen: --out DIR is needed with a service.toml", file=sys.stderr)
            return 2
        specs = load_service(options.spec)
        trees = {str(options.out): render_service(specs.core, specs.services[0])}
        return _emit(trees, Path(), check=options.check)
    if options.new_service is not None:
        for path in scaffold(options.new_service, options.root):
            print(f"new: {path}")
    evidence = load_evidence(options.root / EVIDENCE)
    trees = render_trees(load_specs(options.root / "specs"), evidence)
    return _emit(trees, options.root, check=options.check)


def _emit(trees: Mapping[str, Mapping[str, str]], root: Path, *, check: bool) -> int:
    act: Callable[[Mapping[str, str], Path], list[Drift]] = compare if check else write_tree
    changes = [
        (folder, change) for folder, tree in trees.items() for change in act(tree, root / folder)
    ]
    for folder, change in changes:
        print(f"{folder}/{change}" if check else f"{folder}/{change.path}: written")
    if check and changes:
        print("generated files differ from the specs; run: make generate", file=sys.stderr)
        return 1
    return 0
