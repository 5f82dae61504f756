"""The loader is as strict as a compiler: each mistake is named with file, table, key and cure."""

from collections.abc import Callable
from pathlib import Path

import pytest

from storewright.codegen.cli import main
from storewright.codegen.load import load_specs
from storewright.codegen.problems import SpecError

Edit = Callable[[str, str, str], None]

ALPHA = "services/alpha/service.toml"
BETA = "services/beta/service.toml"
PAIRS = "core/pairs.toml"
OPERATIONS = "core/operations.toml"
FEATURES = "core/features.toml"

MISTAKES = {
    "misspelt key": (
        *(
            ALPHA,
            '[namespace.storage.op.list]\noptional = ["',
            '[namespace.storage.op.list]\noptinal = ["',
        ),
        "specs/services/alpha/service.toml: namespace.storage.op.list.optinal: unknown key (did you mean 'optional'?)",
    ),
    "misspelt pair": (
        *(
            ALPHA,
            'optional = ["object_mode", "multipart_id"]',
            'optional = ["objekt_mode", "multipart_id"]',
        ),
        "specs/services/alpha/service.toml: namespace.storage.op.create.optional: "
        "unknown pair 'objekt_mode' (did you mean 'object_mode'?)",
    ),
    "mandatory pair missing": (
        *(ALPHA, 'optional = ["object_mode", "multipart_id"]', 'optional = ["multipart_id"]'),
        "specs/services/alpha/service.toml: namespace.storage.op.create: "
        "mandatory pair 'object_mode' is neither required, optional nor virtual",
    ),
    "unknown interface": (
        *(ALPHA, '"copier"', '"copyer"'),
        "specs/services/alpha/service.toml: namespace.storage.implement: "
        "unknown interface 'copyer' (did you mean 'copier'?)",
    ),
    "operation of an interface not implemented": (
        *(ALPHA, "[namespace.storage.op.copy]", "[namespace.storage.op.write_block]"),
        "specs/services/alpha/service.toml: namespace.storage.op.write_block: "
        "is no operation of the interfaces implemented",
    ),
    "unknown feature": (
        *(ALPHA, '"write_empty_object"', '"write_empty_objects"'),
        "specs/services/alpha/service.toml: namespace.storage.features: "
        "unknown feature 'write_empty_objects' (did you mean 'write_empty_object'?)",
    ),
    "pair listed twice": (
        *(
            ALPHA,
            'optional = ["object_mode", "multipart_id"]',
            'optional = ["object_mode", "object_mode"]',
        ),
        "specs/services/alpha/service.toml: namespace.storage.op.create.optional: 'object_mode' stands twice",
    ),
    "pair optional and virtual": (
        *(
            ALPHA,
            'optional = ["if_not_exists"]\nvirtual = ["content_type", "user_metadata"]',
            'optional = ["if_not_exists"]\nvirtual = ["if_not_exists"]',
        ),
        "specs/services/alpha/service.toml: namespace.storage.op.copy.virtual: 'if_not_exists' stands under optional too",
    ),
    "wrong type": (
        *(ALPHA, 'title = "Alpha"', "title = 3"),
        "specs/services/alpha/service.toml: title: expected a string, got int",
    ),
    "no description": (
        *(BETA, 'description = "Your own key', 'descripton = "Your own key'),
        "specs/services/beta/service.toml: pairs.server_side_encryption_customer_key.description: "
        "is missing (expected a string)",
    ),
    "unknown pair type": (
        *(ALPHA, 'type = "bool"', 'type = "boolean"'),
        "specs/services/alpha/service.toml: pairs.fsync.type: unknown type 'boolean' (did you mean 'bool'?)",
    ),
    "bad case": (
        *(ALPHA, "[pairs.fsync]", "[pairs.fSync]"),
        "specs/services/alpha/service.toml: pairs.fSync: must be snake_case: lower-case letters, digits and single _",
    ),
    "own pair hides a core pair": (
        *(ALPHA, "[pairs.fsync]", "[pairs.size]"),
        "specs/services/alpha/service.toml: pairs.size: the core vocabulary has a pair of this name",
    ),
    "dead pair": (
        *(ALPHA, 'new.optional = ["fsync"]', "new.optional = []"),
        "specs/services/alpha/service.toml: pairs.fsync: is used by no operation and not by new",
    ),
    "dead core pair": (
        *(PAIRS, "[work_dir]", '[unused]\ntype = "int"\ndescription = "x"\n\n[work_dir]'),
        "specs/core/pairs.toml: unused: is used by no service",
    ),
    "dead core feature": (
        *(
            FEATURES,
            "[write_empty",
            '[nobody]\nclass = "virtual"\ndescription = "x"\n\n[write_empty',
        ),
        "specs/core/features.toml: nobody: is used by no service",
    ),
    "name is not the folder": (
        *(ALPHA, 'name = "alpha"', 'name = "alfa"'),
        "specs/services/alpha/service.toml: name: 'alfa' must be the folder's name, 'alpha'",
    ),
    "unknown vendor call": (
        *(BETA, 'put_object = "StorageClass"', 'put_objct = "StorageClass"'),
        "specs/services/beta/service.toml: pairs.storage_class.bind: "
        "unknown call 'put_objct' (did you mean 'put_object'?)",
    ),
    "unknown encoder": (
        *(
            BETA,
            'put_object = "StorageClass"',
            'put_object = { name = "StorageClass", encode = "bas64" }',
        ),
        "specs/services/beta/service.toml: pairs.storage_class.bind.put_object.encode: "
        "unknown encoder 'bas64' (did you mean 'base64'?)",
    ),
    "unknown limit": (
        *(BETA, "write_size_maximum", "write_size_maximun"),
        "specs/services/beta/service.toml: limits: "
        "unknown limit 'write_size_maximun' (did you mean 'write_size_maximum'?)",
    ),
    "limit is not a size": (
        *(BETA, 'write_size_maximum = "5GiB"', 'write_size_maximum = "many"'),
        "specs/services/beta/service.toml: limits.write_size_maximum: pair 'write_size_maximum': ",
    ),
    "simulated operation of a virtual feature is not marked": (
        *(
            BETA,
            "[namespace.storage.op.create_dir]\nsimulated = true",
            "[namespace.storage.op.create_dir]",
        ),
        "specs/services/beta/service.toml: namespace.storage.op.create_dir.simulated: "
        "must be true, for the feature 'virtual_dir' makes it virtual",
    ),
    "list modes missing": (
        *(ALPHA, 'list_modes = ["dir", "prefix", "part"]', ""),
        "specs/services/alpha/service.toml: namespace.storage.op.list.list_modes: goes with the pair 'list_mode'",
    ),
    "unknown list mode": (
        *(ALPHA, 'list_modes = ["dir"', 'list_modes = ["dirs"'),
        "specs/services/alpha/service.toml: namespace.storage.op.list.list_modes: "
        "unknown list mode 'dirs' (did you mean 'dir'?)",
    ),
    "unknown status": (
        *(ALPHA, 'title = "Alpha"', 'status = "plannd"'),
        "specs/services/alpha/service.toml: status: unknown status 'plannd' (did you mean 'planned'?)",
    ),
    "syntax": (
        *(ALPHA, 'title = "Alpha"', "title = "),
        "specs/services/alpha/service.toml: Invalid value (at line 2, column 9)",
    ),
    "duplicate key": (
        *(ALPHA, 'title = "Alpha"', 'title = "a"\ntitle = "b"'),
        "specs/services/alpha/service.toml: Cannot overwrite a value",
    ),
    "unknown field of an operation": (
        *(OPERATIONS, 'params = ["src", "dst"]', 'params = ["source", "dst"]'),
        "specs/core/operations.toml: interfaces.copier.op.copy.params: unknown field 'source'",
    ),
    "unknown mode": (
        *(OPERATIONS, 'object_mode = "append"', 'object_mode = "apend"'),
        "specs/core/operations.toml: interfaces.appender.op.commit_append.object_mode: "
        "unknown mode 'apend' (did you mean 'append'?)",
    ),
    "reserved name": (
        *(ALPHA, "[pairs.fsync]", "[pairs.enable_fsync]"),
        "specs/services/alpha/service.toml: pairs.enable_fsync: names that begin with enable_ or default_ are generated",
    ),
}


@pytest.mark.parametrize("name", MISTAKES)
def test_each_mistake_is_one_clear_line(name: str, specs: Path, edit: Edit) -> None:
    file, old, new, expected = MISTAKES[name]
    if "[namespace.storage.op.commit_append]" in expected or "apend" in new:
        text = (specs / file).read_text(encoding="utf-8")
        old = text[text.index("[interfaces.appender.op.commit_append]") :].split("\n\n")[0]
        new = old.replace('"append"', '"apend"')
    edit(file, old, new)
    with pytest.raises(SpecError) as caught:
        load_specs(specs)
    lines = [str(problem) for problem in caught.value.problems]
    assert any(line.startswith(expected) for line in lines), "\n".join(lines)
    assert all("\n" not in line for line in lines)


def test_an_unbound_pair_fails(specs: Path, edit: Edit) -> None:
    edit(BETA, 'handled = ["location"', 'handled = ["limit"')
    edit(BETA, '"limit", "continuation_token"]', '"continuation_token"]')
    with pytest.raises(SpecError) as caught:
        load_specs(specs)
    expected = "pair 'location' is neither bound to a call nor listed under handled"
    assert expected in str(caught.value)


def test_all_mistakes_are_shown_in_one_run(specs: Path, edit: Edit) -> None:
    for name in ("misspelt key", "unknown interface", "unknown vendor call", "dead pair"):
        edit(*MISTAKES[name][:3])
    with pytest.raises(SpecError) as caught:
        load_specs(specs)
    shown = str(caught.value)
    for name in ("misspelt key", "unknown interface", "unknown vendor call", "dead pair"):
        assert MISTAKES[name][3] in shown


def test_nothing_is_written_while_a_mistake_remains(
    specs: Path, edit: Edit, capsys: pytest.CaptureFixture[str]
) -> None:
    root = specs.parent
    (root / "generated").mkdir()
    (root / "generated" / "old.py").write_text("old = True\n")
    before = _snapshot(root)
    edit(*MISTAKES["misspelt pair"][:3])
    assert main(["--root", str(root)]) == 2
    shown = capsys.readouterr().err
    assert MISTAKES["misspelt pair"][3] in shown
    assert "nothing was written" in shown
    assert "Traceback" not in shown
    after = _snapshot(root)
    assert {k: v for k, v in after.items() if "service.toml" not in k} == {
        k: v for k, v in before.items() if "service.toml" not in k
    }


def _snapshot(root: Path) -> dict[str, bytes]:
    files = [path for path in root.rglob("*") if path.is_file()]
    return {path.relative_to(root).as_posix(): path.read_bytes() for path in files}
