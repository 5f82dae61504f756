"""The commands of this package, as click commands that any group can mount.

Each is in the module of its name, for none needs what another one imports.
"""
