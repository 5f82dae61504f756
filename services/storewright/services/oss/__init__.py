"""Alibaba Cloud OSS.

What the spec declares is exported too: the service's pairs, features, defaults and metadata.
"""

from storewright.generated.oss import *  # noqa: F403 - all that the spec declares
from storewright.services.oss.service import OssService as OssService
from storewright.services.oss.storage import OssStorage as OssStorage
