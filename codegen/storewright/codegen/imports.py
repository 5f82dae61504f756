"""Imports of rendered modules: unused ones dropped, ours sorted, so that templates stay flat."""

import ast

__all__ = ["prune_imports", "sort_imports"]


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


def sort_imports(source: str) -> str:
    """``source`` with the imports from our own namespace in order, whatever a service is called."""
    tree = ast.parse(source)
    ours = [
        node
        for node in tree.body
        if isinstance(node, ast.ImportFrom) and (node.module or "").startswith("storewright.")
    ]
    lines = source.splitlines(keepends=True)
    if ours:
        ordered = sorted(ours, key=lambda node: node.module or "")
        texts = [_statement(node, node.names) for node in ordered]
        lines[ours[0].lineno - 1 : ours[-1].end_lineno] = texts
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
