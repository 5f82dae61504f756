"""Google Cloud Storage's buckets."""

from __future__ import annotations

from typing import Any, Final

from google.api_core.exceptions import GoogleAPICallError
from typing_extensions import override

from storewright.core.errors import PairRequired, StorageError
from storewright.core.iterators import Page
from storewright.core.listing import page_size
from storewright.generated.gcs import GcsServiceBase
from storewright.generated.gcs import options as opt
from storewright.generated.interfaces import Storager
from storewright.generated.objects import Fetch
from storewright.services.gcs import errors
from storewright.services.gcs.calls import Calls, quoted
from storewright.services.gcs.client import Clients
from storewright.services.gcs.inserting import json_of
from storewright.services.gcs.listing import PAGE
from storewright.services.gcs.storage import GcsStorage

__all__ = ["GcsService"]

_BUCKETS: Final = "/storage/v1/b"
_JSON: Final = {"content-type": "application/json; charset=UTF-8"}


class GcsService(GcsServiceBase):
    """The buckets of a project. See GcsServiceBase for its options."""

    _vendor_errors = errors.VENDOR_ERRORS

    @override
    def _connect(self, options: opt.NewServiceOptions) -> None:
        self._location = options.location
        self._clients = Clients(options)
        self._shared = {name: value for name, value in options.given() if name != "location"}

    @property
    def client(self) -> Any:
        """The google.cloud.storage.Client, for what only this service can do."""
        return self._clients.get().client

    @override
    def close(self) -> None:
        self._clients.close()

    @override
    def _map_error(self, error: Exception, op: str, path: str) -> StorageError:
        return errors.mapped(error)

    def _storage(self, name: str, location: str | None) -> GcsStorage:
        """A storage for a bucket, with the same connections."""
        store = GcsStorage(name=name, location=location or self._location, **self._shared)
        store.share(self._clients)
        return store

    def _calls(self, timeout: float | None) -> Calls:
        return Calls(self._clients.get(), timeout)

    def _project(self, calls: Calls) -> str:
        project: str | None = calls.client.project
        if project is None:
            message = "no project is known"
            hint = "give project_id, or a credential that belongs to a project"
            raise PairRequired(message, pair="project_id", hint=hint)
        return project

    @override
    def _create(self, name: str, options: opt.ServiceCreateOptions) -> Storager:
        calls, location = self._calls(options.timeout), options.location or self._location
        args = _given(
            project=self._project(calls),
            predefinedAcl=options.acl,
            predefinedDefaultObjectAcl=options.predefined_default_object_acl,
            userProject=options.user_project,
        )
        body = json_of({"name": name, **_resource(options, location)}).encode()
        calls.send("POST", _BUCKETS, args, headers=_JSON, body=body)
        return self._storage(name, location)

    @override
    def _delete(self, name: str, options: opt.ServiceDeleteOptions) -> None:
        try:
            self._calls(options.timeout).send("DELETE", _bucket(name), _conditions(options))
        except GoogleAPICallError as error:
            if errors.status_of(error) != 404:
                raise

    @override
    def _get(self, name: str, options: opt.ServiceGetOptions) -> Storager:
        found = self._calls(options.timeout).json("GET", _bucket(name), _conditions(options))
        return self._storage(name, options.location or found.get("location"))

    @override
    def _list(self, options: opt.ServiceListOptions) -> Fetch[Storager]:
        size = page_size(options.limit, options.continuation_token, PAGE)
        wanted = None if options.location is None else options.location.upper()

        def fetch(token: str | None) -> Page[Storager]:
            calls = self._calls(options.timeout)
            args = _given(
                project=self._project(calls),
                maxResults=size,
                pageToken=token,
                userProject=options.user_project,
            )
            answer = calls.json("GET", _BUCKETS, args)
            entries = [e for e in answer.get("items", ()) if _is_in(e, wanted)]
            found: list[Storager] = [self._storage(e["name"], e.get("location")) for e in entries]
            return Page(found, answer.get("nextPageToken") or None)

        return fetch


def _bucket(name: str) -> str:
    return f"{_BUCKETS}/{quoted(name)}"


def _is_in(entry: dict[str, Any], location: str | None) -> bool:
    """Whether a bucket is in a location; the service lists those of all."""
    return location is None or str(entry.get("location", "")).upper() == location


def _conditions(options: opt.ServiceDeleteOptions | opt.ServiceGetOptions) -> dict[str, Any]:
    return _given(
        ifMetagenerationMatch=options.if_metageneration_match, userProject=options.user_project
    )


def _resource(options: opt.ServiceCreateOptions, location: str | None) -> dict[str, Any]:
    """The fields of a new bucket's resource."""
    uniform, folders = options.uniform_bucket_level_access, options.hierarchical_namespace
    return _given(
        location=location,
        storageClass=options.storage_class,
        versioning=_enabled(options.versioning),
        hierarchicalNamespace=_enabled(folders),
        iamConfiguration=(
            None if uniform is None else {"uniformBucketLevelAccess": _enabled(uniform)}
        ),
    )


def _enabled(value: bool | None) -> dict[str, bool] | None:
    return None if value is None else {"enabled": value}


def _given(**args: Any) -> dict[str, Any]:
    """The arguments that are not None."""
    return {name: value for name, value in args.items() if value is not None}
