"""Who may import what: design decisions that only stay true while a test holds them."""

import ast
import graphlib
import json
import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

# What the modules below a name may import besides the standard library, typing_extensions and
# themselves. The longest name wins. A vendor's SDK appears in the line of its own service only.
PUBLIC = ["storewright.storage", "storewright.services", "storewright.testing"]
GCS_SDK = ["google", "google_crc32c", "requests", "urllib3"]
S3_SDK = ["boto3", "botocore", "types_boto3_s3", "urllib3"]
AZURE_SDK = ["azure", "requests", "urllib3"]  # of which requests and urllib3 carry it
COS_SDK = ["qcloud_cos", "requests", "urllib3"]
OSS_SDK = ["oss2", "requests", "urllib3", "fastcrc"]  # fastcrc does what oss2's own is slow at
RULES: dict[str, list[str]] = {
    "storewright.core": ["zstandard"],  # the writer compresses, where the user asks for it
    "storewright.generated": ["storewright.core"],
    "storewright.storage": ["storewright.core", "storewright.generated"],
    "storewright.services": ["storewright.core", "storewright.generated", "storewright.storage"],
    "storewright.services.s3": [
        "storewright.core",
        "storewright.generated",
        "storewright.storage",
        *S3_SDK,
    ],
    "storewright.services.azblob": [
        "storewright.core",
        "storewright.generated",
        "storewright.storage",
        *AZURE_SDK,
    ],
    "storewright.services.gcs": [
        "storewright.core",
        "storewright.generated",
        "storewright.storage",
        *GCS_SDK,
    ],
    "storewright.services.cos": [
        "storewright.core",
        "storewright.generated",
        "storewright.storage",
        *COS_SDK,
    ],
    "storewright.services.oss": [
        "storewright.core",
        "storewright.generated",
        "storewright.storage",
        *OSS_SDK,
    ],
    "storewright.codegen": ["storewright.core", "jinja2", "black"],
    "storewright.testing": [
        *PUBLIC,
        "pytest",
        "hypothesis",
        "trustme",
        "cryptography",
        "google",
        *S3_SDK,
        *AZURE_SDK,
    ],
    "storewright.dump": [
        *PUBLIC,
        "click",
        "rich",
        "zstandard",
        "MySQLdb",
        "pymysql",
        "prometheus_client",
        "inotify_simple",
        "setproctitle",
    ],
    "storewright.cli": [*PUBLIC, "storewright.dump", "click", "rich"],
    "storewright.fsspec": [*PUBLIC, "fsspec"],
}
SDKS = {"boto3", "botocore", "google", "oss2", "qcloud_cos", "azure", "qiniu"}

# Forks one child for each module, from an interpreter that has imported nothing of ours. What
# others made and the package imports is there already: SDKs take longer than all that is ours.
IMPORT_EACH_ALONE = """
import contextlib, importlib, json, os, sys

def in_child(work):
    sys.stdout.flush()
    if os.fork() == 0:
        work()
        sys.stdout.flush()
        os._exit(0)
    os.wait()

def load(name):
    before = set(sys.modules)
    try:
        importlib.import_module(name)
        error = ""
    except BaseException as problem:
        error = repr(problem)
    print(json.dumps({"name": name, "error": error, "loaded": sorted(set(sys.modules) - before)}))

def load_all(names, needed):
    for name in needed:
        with contextlib.suppress(ImportError):  # what is optional
            importlib.import_module(name)
    for name in names:
        in_child(lambda: load(name))

for names, needed in json.load(sys.stdin):
    in_child(lambda: load_all(names, needed))
"""


def imported_names(tree: ast.AST, package: str, modules: dict[str, Path]) -> Iterator[str]:
    """The modules that the import statements of `tree` name, absolute."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            parent = ".".join(package.split(".")[: 1 - node.level or None]) if node.level else ""
            base = ".".join(filter(None, [parent, node.module]))
            for alias in node.names:
                name = f"{base}.{alias.name}"
                yield name if name in modules else base


def eager(tree: ast.Module) -> ast.Module:
    """`tree` without function bodies and TYPE_CHECKING blocks: what an import really executes."""

    class Prune(ast.NodeTransformer):
        def visit_FunctionDef(self, node: ast.FunctionDef) -> None: ...

        def visit_AsyncFunctionDef(self, node: ast.AsyncFunctionDef) -> None: ...

        def visit_If(self, node: ast.If) -> ast.AST:
            if "TYPE_CHECKING" in ast.unparse(node.test):
                return ast.Module(body=node.orelse, type_ignores=[])
            return self.generic_visit(node)

    pruned = Prune().visit(tree)
    assert isinstance(pruned, ast.Module)
    return pruned


def package_of(name: str, path: Path) -> str:
    return name if path.name == "__init__.py" else name.rpartition(".")[0]


def is_below(name: str, parent: str) -> bool:
    return name == parent or name.startswith(parent + ".")


def rule_of(name: str) -> str:
    return max((rule for rule in RULES if is_below(name, rule)), key=len)


def own_package(name: str) -> str:
    """A service sees its own package only, everything else the whole of its top package."""
    parts = name.split(".")
    return ".".join(parts[: 3 if parts[1] == "services" else 2])


def is_allowed(imported: str, importer: str) -> bool:
    if imported.partition(".")[0] in sys.stdlib_module_names | {"typing_extensions"}:
        return True
    allowed = [own_package(importer), *RULES[rule_of(importer)]]
    return any(is_below(imported, name) for name in allowed)


def test_every_module_has_a_rule(modules: dict[str, Path]) -> None:
    assert [name for name in modules if not any(is_below(name, rule) for rule in RULES)] == []


def test_modules_import_only_what_their_layer_may(modules: dict[str, Path]) -> None:
    forbidden = [
        f"{name} imports {imported}"
        for name, path in modules.items()
        for imported in imported_names(
            ast.parse(path.read_bytes()), package_of(name, path), modules
        )
        if not is_allowed(imported, name)
    ]
    assert forbidden == []


@pytest.mark.parametrize(
    ("importer", "imported", "allowed"),
    [
        ("storewright.core.paths", "os.path", True),
        ("storewright.core.paths", "storewright.core.errors", True),
        ("storewright.core.paths", "storewright.storage", False),
        ("storewright.core.paths", "boto3", False),
        ("storewright.generated.s3.pairs", "storewright.core.pairs", True),
        ("storewright.generated.s3.pairs", "storewright.services.s3", False),
        ("storewright.services.s3.client", "boto3.session", True),
        ("storewright.services.s3.client", "storewright.services.fs", False),
        ("storewright.services.fs.storage", "boto3", False),
        ("storewright.storage.registry", "storewright.services.s3", False),
        ("storewright.storage.registry", "storewright.coreless", False),
        ("storewright.dump.sqlite", "storewright.storage", True),
        ("storewright.dump.sqlite", "storewright.core.errors", False),
    ],
)
def test_rules_say(importer: str, imported: str, allowed: bool) -> None:
    assert is_allowed(imported, importer) is allowed


def test_imports_are_read_off_the_source() -> None:
    source = """
import a.b, c
from .near import x
from ..far.off import y
from storewright.core import errors, Thing
if TYPE_CHECKING: import only_for_types
def f(): import later
"""
    modules = {"storewright.core.errors": Path()}
    always = ["a.b", "c", "storewright.p.near", "storewright.far.off"]
    always += ["storewright.core.errors", "storewright.core"]
    everything = [*always, "only_for_types", "later"]
    tree = ast.parse(source)
    assert sorted(imported_names(tree, "storewright.p", modules)) == sorted(everything)
    assert sorted(imported_names(eager(tree), "storewright.p", modules)) == sorted(always)


def test_no_import_cycle(modules: dict[str, Path]) -> None:
    graph = {
        name: {
            imported
            for imported in imported_names(
                eager(ast.parse(path.read_bytes())), package_of(name, path), modules
            )
            if imported in modules
        }
        for name, path in modules.items()
    }
    assert any(graph.values())
    try:
        graphlib.TopologicalSorter(graph).prepare()
    except graphlib.CycleError as error:
        pytest.fail(" imports ".join(reversed(error.args[1])))


def foreign_imports(names: list[str], modules: dict[str, Path]) -> list[str]:
    """What others made and importing the modules imports too; what `from` names may be modules."""
    trees = [(eager(ast.parse(modules[n].read_bytes())), package_of(n, modules[n])) for n in names]
    found = {name for tree, package in trees for name in imported_names(tree, package, modules)}
    return sorted(name for name in found if not is_below(name, "storewright"))


def test_every_module_imports_alone_and_loads_no_foreign_sdk(
    modules: dict[str, Path], roots: list[Path]
) -> None:
    programs = [name for name in modules if name.endswith(".__main__")]
    packages: dict[str, list[str]] = {}
    for name in sorted(set(modules).difference(programs)):
        packages.setdefault(own_package(name), []).append(name)
    groups = [(names, foreign_imports(names, modules)) for names in packages.values()]
    done = subprocess.run(
        [sys.executable, "-W", "error", "-c", IMPORT_EACH_ALONE],
        input=json.dumps(groups),
        env={**os.environ, "PYTHONPATH": os.pathsep.join(map(str, roots))},
        stdout=subprocess.PIPE,
        text=True,
        check=True,
    )
    results = [json.loads(line) for line in done.stdout.splitlines()]
    assert [result["name"] for result in results] == [n for names, _ in groups for n in names]
    assert [f"{result['name']}: {result['error']}" for result in results if result["error"]] == []
    for result in results:
        loaded = {name.split(".")[0] for name in result["loaded"]} & SDKS
        unexpected = [sdk for sdk in loaded if not is_allowed(sdk, result["name"])]
        assert not unexpected, f"importing {result['name']} loads {unexpected}"
