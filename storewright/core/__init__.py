"""The ground every other part of Storewright stands on.

Errors, option values, paths, streams, iterators and the small grammars (credential, endpoint,
connection string). Imports the standard library and ``typing_extensions``, and nothing of ours
above it. Import from its modules, or from ``storewright.storage``, which re-exports what users
need.
"""
