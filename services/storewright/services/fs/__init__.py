"""Files of a local or mounted file system. See README.md."""

from storewright.generated.fs import DefaultStoragePairs as DefaultStoragePairs
from storewright.generated.fs import FsObjectMetadata as FsObjectMetadata
from storewright.generated.fs import StorageFeatures as StorageFeatures
from storewright.generated.fs import object_metadata as object_metadata
from storewright.generated.fs.pairs import *  # noqa: F403 - all constructors, whatever the spec adds
from storewright.services.fs.storage import FsStorage as FsStorage
