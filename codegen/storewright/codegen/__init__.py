"""The generator: specs in TOML -> typed Python and docs.

load -> check -> model -> render (pure) -> write or compare. Run it as ``python -m storewright.codegen``.
"""
