"""Dropping the imports that a rendered module does not use, so that templates stay flat."""

import ast

__all__ = ["prune_imports"]


def prune_imports(source: str) -> str:
    """``source`` without unused top-level imports; ``import x as x`` is an export and stays."""
    tree = ast.parse(source)
    used = _used_names(tree)
    lines = source.splitlines(keepends=True)
    for node in reversed([n for n in tree.body if isinstance(n, ast.ImportFrom)]):
        if node.module == "__future__":
            continue
        kept = [a for a in node.names if a.asname is not None or a.name in used]
        lines[node.lineno - 1 : node.end_lineno] = [_statement(node, kept)] if kept else []
    return "".join(lines)


def _used_names(tree: ast.Module) -> set[str]:
    names = {node.id for node in ast.walk(tree) if isinstance(node, ast.Name)}
    return names | {
        node.value
        for node in ast.walk(tree)
        if isinstance(node, ast.Constant)
        and isinstance(node.value, str)
        and node.value.isidentifier()
    }


def _statement(node: ast.ImportFrom, names: list[ast.alias]) -> str:
    module = "." * node.level + (node.module or "")
    shown = ", ".join(f"{a.name} as {a.asname}" if a.asname else a.name for a in names)
    return f"from {module} import {shown}\n"
