"""`python -m storewright.codegen`: see cli.py."""

from storewright.codegen.cli import main

raise SystemExit(main())
