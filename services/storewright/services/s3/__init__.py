"""Amazon S3, and the many stores that speak its protocol.

What the spec declares is exported too: the service's pairs, features, defaults and metadata.
"""

from storewright.generated.s3 import *  # noqa: F403 - all that the spec declares
from storewright.services.s3.service import S3Service as S3Service
from storewright.services.s3.storage import S3Storage as S3Storage
