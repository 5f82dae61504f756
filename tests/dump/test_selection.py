"""The filter language, by the examples of dumpling's documents and their limits."""

import pickle
from pathlib import Path

import pytest

from storewright.dump.errors import OptionInvalid
from storewright.dump.selection import Selection


@pytest.mark.parametrize(
    ("rules", "chosen", "left"),
    [
        (["*.*"], ["a.b", "A.B", "mysql.user"], []),
        (["employees.*"], ["employees.x", "EMPLOYEES.X"], ["employee.x", "employees2.x"]),
        (["*.WorkOrder"], ["a.workorder"], ["a.workorders"]),
        (["*.*", "!employees.salaries"], ["a.b", "employees.x"], ["employees.salaries"]),
        (["!a.b", "a.*"], ["a.b"], ["b.b"]),
        (["db?.tbl[0-9]", "!db1.tbl[!1-3]"], ["db1.tbl1", "db2.tbl9"], ["db1.tbl9", "db.tbl1"]),
        ([r"/^d\d{2,}/./^t_\d{2,}$/"], ["d12x.t_34"], ["d1.t_34", "d12.t_3", "xd12.t_34"]),
        (["/^(a|b)$/.*"], ["a.x", "B.y"], ["ab.x"]),
        (['"some db"."a.b""c"'], ['some db.a.b"c'], ["some db.x"]),
        (["`w.x`.y"], [], ["w.x"]),
        ([r"a\*b.*"], ["a*b.x"], ["aXb.x"]),
        (["日本.*"], ["日本.表"], ["日.表"]),
    ],
)
def test_the_last_rule_that_matches_decides(
    rules: list[str], chosen: list[str], left: list[str]
) -> None:
    selection = Selection(rules)
    for name in chosen:
        assert selection.has_table(*name.split(".", 1)), name
        assert selection.has_schema(name.split(".", 1)[0])
    for name in left:
        assert not selection.has_table(*name.split(".", 1)), name


def test_the_default_leaves_out_the_servers_own() -> None:
    selection = Selection()
    assert selection.has_table("app", "user")
    assert selection.has_schema("app")
    for name in ("mysql", "SYS", "information_schema", "Performance_Schema"):
        assert not selection.has_table(name, "user")
        assert not selection.has_schema(name)


def test_case_counts_when_it_is_asked_to() -> None:
    assert not Selection(["A.*"], case_sensitive=True).has_table("a", "x")


def test_rules_in_a_file(tmp_path: Path) -> None:
    file = tmp_path / "rules"
    file.write_text("# comment\n\na.*\n !a.log \n")
    selection = Selection(["b.*", f"@{file}"])
    assert [selection.has_table(*name) for name in (("a", "x"), ("a", "log"), ("b", "log"))] == [
        True,
        False,
        True,
    ]
    file.write_text("@other")
    with pytest.raises(OptionInvalid, match="may not name another"):
        Selection([f"@{file}"])
    with pytest.raises(OptionInvalid, match="filter file"):
        Selection(["@nowhere"])


@pytest.mark.parametrize(
    "rule", ["a", "a.", ".b", "a.b.c", "/a.b", '"a.b', "a/b.c", "[.x", "/(/.*"]
)
def test_a_rule_that_is_none_is_named(rule: str) -> None:
    with pytest.raises(OptionInvalid, match="filter") as caught:
        Selection(["*.*", rule])
    assert repr(rule) in str(caught.value)


def test_a_list_of_tables() -> None:
    selection = Selection.of_tables(["db.t", "db.a*b"])
    assert selection.has_table("db", "t")
    assert selection.has_table("db", "a*b")
    assert not selection.has_table("db", "axb")
    for wrong in ("t", ".t", "db."):
        with pytest.raises(OptionInvalid, match=r"database\.table"):
            Selection.of_tables([wrong])


def test_a_selection_is_its_rules() -> None:
    selection = Selection(["a.*"])
    assert pickle.loads(pickle.dumps(selection)) == selection
    assert selection != Selection(["b.*"])
    assert len({selection, Selection(["a.*"])}) == 1
    assert "a.*" in repr(selection)
