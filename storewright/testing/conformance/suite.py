"""The whole suite, from the tests of each subject."""

from storewright.testing.conformance.appending import Appending, Paging
from storewright.testing.conformance.blocks import Batches, Blocks, Segments
from storewright.testing.conformance.copying import Copying, Moving
from storewright.testing.conformance.directories import Directories, Links
from storewright.testing.conformance.fetching import Fetching
from storewright.testing.conformance.honesty import Honesty
from storewright.testing.conformance.identity import Errors, Identity
from storewright.testing.conformance.listing import Listing
from storewright.testing.conformance.multiparts import Multiparts
from storewright.testing.conformance.naming import Naming
from storewright.testing.conformance.options import Options
from storewright.testing.conformance.reading import Reading
from storewright.testing.conformance.signing import MultipartSigning, Reaching, StorageSigning
from storewright.testing.conformance.statting import Deleting, Statting
from storewright.testing.conformance.writers import Writers
from storewright.testing.conformance.writing import Writing

__all__ = ["ConformanceSuite"]


class ConformanceSuite(
    Reading,
    Writing,
    Statting,
    Deleting,
    Listing,
    Naming,
    Options,
    Honesty,
    Identity,
    Errors,
    Writers,
    Copying,
    Moving,
    Directories,
    Links,
    Fetching,
    Appending,
    Paging,
    Multiparts,
    Blocks,
    Segments,
    Batches,
    Reaching,
    StorageSigning,
    MultipartSigning,
):
    """What every storage service must do, as far as it declares that it does it.

    Subclass it in a test module, name the adapter's class, and say how a store is opened:

    .. code-block:: python

        class TestDemo(ConformanceSuite):
            storage = DemoStorage

            @pytest.fixture
            def open_store(self, tmp_path: Path) -> OpenStore:
                return functools.partial(DemoStorage, work_dir=str(tmp_path))

    The tests that apply are chosen from what the class declares: an interface that it has must
    work, one that it lacks must be absent. Nothing is skipped.
    """
