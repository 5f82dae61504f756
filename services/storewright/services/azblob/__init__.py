"""Azure Blob Storage.

What the spec declares is exported too: the service's pairs, features, defaults and metadata.
"""

from storewright.generated.azblob import *  # noqa: F403 - all that the spec declares
from storewright.services.azblob.service import AzblobService as AzblobService
from storewright.services.azblob.storage import AzblobStorage as AzblobStorage
