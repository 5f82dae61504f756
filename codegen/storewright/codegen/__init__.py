"""The generator: specs in TOML -> typed Python and docs.

load -> check -> model -> render (pure) -> write or compare: ``python -m storewright.codegen``.
"""
