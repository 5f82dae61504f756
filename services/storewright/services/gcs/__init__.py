"""Google Cloud Storage.

What the spec declares is exported too: the service's pairs, features, defaults and metadata.
"""

from storewright.generated.gcs import *  # noqa: F403 - all that the spec declares
from storewright.services.gcs.service import GcsService as GcsService
from storewright.services.gcs.storage import GcsStorage as GcsStorage
