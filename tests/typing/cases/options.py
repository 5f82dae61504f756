"""Options: right ones type-check, wrong ones do not. Each line marked E must be an error."""

from datetime import timedelta
from io import BytesIO

from storewright.core.parts import Part
from storewright.generated.interfaces import Storager
from storewright.generated.pairs import with_content_type, with_size
from storewright.generated.s3 import S3StorageBase, with_storage_class


def neutral(store: Storager) -> None:
    count: int = store.write("a", b"x", content_type="text/plain", size=1, timeout=2.5)
    store.write("a", BytesIO(b"x"), with_content_type("text/plain"), with_size(count))
    store.write("a", None, timeout=timedelta(seconds=3))
    store.read("a", BytesIO(), offset=1, size=count)
    content: bytes = store.read_bytes("a")
    for item in store.list("a", list_mode=1, limit=3):
        print(item.path, item.content_length, content)
    nothing: None = store.list("a", file_func=lambda item: print(item.path))
    also_nothing: None = store.list("a", dir_func=print)
    print(nothing, also_nothing)

    store.write("a", b"x", conten_type="text/plain")  # E: misspelt
    store.write("a", b"x", content_type=3)  # E: wrong type
    store.write("a", b"x", 1)  # E: options are keywords
    store.write("a", "text")  # E: text is not data
    store.write("a")  # E: data is missing
    store.write("a", b"x", storage_class="STANDARD")  # E: not an option of every service
    store.stat(b"a")  # E: a path is str
    with_size("1")  # E: wrong type
    text: str = store.read_bytes("a")  # E: bytes are not text
    print(text)


def service(store: S3StorageBase, part: Part) -> None:
    store.write("a", b"x", storage_class="STANDARD", content_type="text/plain")
    store.write("a", b"x", with_storage_class("STANDARD"))
    upload = store.create_multipart("a", storage_class="STANDARD")
    store.complete_multipart(upload, [store.write_multipart(upload, b"x", 0), part])

    store.write("a", b"x", storage_clas="STANDARD")  # E: misspelt
    store.write("a", b"x", server_side_encryption_customer_key="text")  # E: bytes wanted
    store.write_multipart(upload, b"x", "0")  # E: an index is int
    store.complete_multipart(upload, [1])  # E: parts wanted
