"""Tencent Cloud Object Storage (COS).

What the spec declares is exported too: the service's pairs, features, defaults and metadata.
"""

from storewright.generated.cos import *  # noqa: F403 - all that the spec declares
from storewright.services.cos.service import CosService as CosService
from storewright.services.cos.storage import CosStorage as CosStorage
