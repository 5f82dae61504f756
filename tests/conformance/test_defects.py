"""Defects of the anchor, and ways in which rivals lose data: where each is kept out of this one.

The numbers are those of the list that was made of go-storage's defects. One of a service that we do
not have is held by the tests that every service must pass.
"""

import ast
from collections.abc import Mapping
from pathlib import Path

import pytest

from storewright.generated.registry import KNOWN_PAIRS
from storewright.testing import ConformanceSuite

ROOT = Path(__file__).parents[2]

SUITE = "suite"
"""The test is in ConformanceSuite, so that every service has it."""
BASE_OPTIONS, BASE_STORES = "tests/core/test_base_options.py", "tests/core/test_base_stores.py"
FS_PATHS, FS_WRITING = "tests/services/fs/test_fs_paths.py", "tests/services/fs/test_fs_writing.py"
WIRE, S3_KEYS = "tests/services/wire_proof.py", "tests/services/s3/test_encryption.py"
ANSWERS = "tests/services/wire_answers.py"
S3_ANSWERS = "tests/services/s3/test_wire_answers.py"

DEFECTS: Mapping[str, tuple[str, Mapping[str, str]]] = {
    "1": (
        "a limit that is exceeded cannot be told from other errors",
        {
            SUITE: "test_size_limit_holds_before_any_byte test_part_index_is_checked",
            BASE_OPTIONS: "test_too_much_data_is_refused_before_the_adapter_runs",
        },
    ),
    "2": (
        "errors of a listing's pages are the vendor's own",
        {
            BASE_STORES: "test_errors_of_a_page_are_mapped_and_located",
        },
    ),
    "2b": (
        "looking at a listed item makes a request",
        {
            SUITE: "test_items_cost_no_further_request test_items_are_what_stat_says",
        },
    ),
    "3": (
        "every page begins at the first object",
        {
            SUITE: "test_list_more_than_a_page",
        },
    ),
    "4": (
        "listing uploads goes on from the request's markers",
        {
            SUITE: "test_list_uploads_from_a_token",
        },
    ),
    "5": (
        "listing the empty path lists the bucket, or nothing",
        {
            SUITE: "test_work_dir_shows_nothing_else test_list_dir_is_one_level",
        },
    ),
    "6": (
        "an absolute path is put behind work_dir",
        {
            SUITE: "test_absolute_path test_work_dir_is_a_folder_of_the_same_place",
        },
    ),
    "7": (
        "declared options are dropped",
        {
            SUITE: "test_write_keeps_metadata test_write_checks_content_md5",
            WIRE: """
                test_option_is_sent test_the_table_has_every_option_of_every_operation
            """,
        },
    ),
    "8": (
        "customer keys lack their algorithm, or cannot go with a part",
        {
            WIRE: """
                test_option_is_sent test_the_table_has_every_option_of_every_operation
            """,
            S3_KEYS: "test_a_multipart_upload_by_hand_is_encrypted_part_by_part",
        },
    ),
    "9": (
        "stat tells a placeholder; an encoded value is encoded again",
        {
            ANSWERS: "test_stat_tells_what_the_headers_say test_every_metadatum_is_in_a_table",
        },
    ),
    "10": (
        "MD5 as text, stat without the key that read takes, a late close that commits half",
        {
            SUITE: "test_write_checks_content_md5 test_failing_body_publishes_nothing",
            S3_KEYS: "test_a_default_key_covers_every_operation",
        },
    ),
    "11": (
        "parts and appends take more than size, or less unnoticed",
        {
            SUITE: """
                test_part_size test_part_too_short test_append_size test_append_too_short
                test_page_size test_segment_size
            """,
        },
    ),
    "12": (
        "tokens are those of another listing, or ambiguous",
        {
            SUITE: "test_token_resumes_after_every_item test_list_uploads_from_a_token",
        },
    ),
    "13": (
        "stores share settings, defaults do nothing, false turns on, strings crash",
        {
            SUITE: """
                test_features_of_one_store_are_not_those_of_another
                test_defaults_of_one_store_are_not_those_of_another test_default_of_a_pair
                test_default_pair_of_an_operation test_features_as_keywords
                test_required_construction_option
            """,
            BASE_STORES: "test_settings_of_one_store_never_leak test_construction_is_checked",
            "tests/core/test_connection.py": """
                test_no_text_gets_past_the_typed_error
                test_a_credential_goes_through_both_grammars
            """,
        },
    ),
    "14": (
        "create returns nothing where a feature is off",
        {
            SUITE: "test_object_mode_needs_its_feature test_create_makes_no_request",
        },
    ),
    "15": (
        "memory: work_dir ignored, short reads, swallowed errors, lost moves, races",
        {
            SUITE: """
                test_work_dir_shows_nothing_else test_write_takes_every_form
                test_failed_append_appends_nothing test_move_between_folders
                test_appends_of_many_threads test_writes_of_one_path_are_whole
            """,
        },
    ),
    "16": (
        "fs: half files, dropped errors, pages without write, standard streams, links, list modes",
        {
            SUITE: """
                test_failed_write_leaves_the_old_object test_failed_write_leaves_nothing
                test_declared_interface_is_there test_write_replaces_a_link
                test_list_prefix_is_everything_below test_undeclared_mode_is_refused_at_once
            """,
            FS_PATHS: "test_streams_of_the_process_are_no_objects",
            FS_WRITING: "test_full_disk test_content_is_on_the_disk_before_the_name",
        },
    ),
    "17": (
        "a hidden request with every stat; a field holds another one's value",
        {
            SUITE: "test_interceptor_sees_the_call",
            ANSWERS: "test_stat_tells_what_the_headers_say",
            S3_ANSWERS: "test_list_tells_what_the_listing_says",
        },
    ),
    "18": (
        "virtual links are written although the feature is off",
        {
            SUITE: "test_simulated_operation_is_absent_at_first",
        },
    ),
    "19": (
        "names with quotes break searches; stat ignores errors; delete asks for nothing",
        {
            SUITE: "test_awkward_name test_stat_missing test_delete_missing",
        },
    ),
    "20": (
        "an option is sent only with another; a service forgets its own settings",
        {
            WIRE: """
                test_option_is_sent test_nothing_is_sent_unasked
            """,
        },
    ),
    "21": (
        "signed URLs that are not signed, or cannot be used",
        {
            SUITE: """
                test_signed_read test_signed_delete test_request_is_for_one_object_only
            """,
        },
    ),
    "22": (
        "the caller's list is written to",
        {
            SUITE: "test_delete_more_than_a_batch",
            BASE_OPTIONS: "test_first_pair_wins_and_the_callers_pairs_stay",
        },
    ),
    "23": (
        "an option of a wrong type crashes",
        {
            SUITE: "test_wrong_type_is_refused test_what_is_no_pair_is_refused",
            BASE_OPTIONS: "test_default_pairs_must_be_pairs",
        },
    ),
    "24": (
        "misspellings became names of the API",
        {
            "tests/conformance/test_defects.py": "test_known_misspellings_are_none_of_ours",
        },
    ),
}

WRITER = "tests/writer/test_outcome.py"
PROCESSES, PARTS = "tests/writer/test_processes.py", "tests/writer/test_parts.py"

RIVALS: Mapping[str, Mapping[str, str]] = {
    "a block that raises publishes half an object: s3fs, fsspec, UPath, cloudpathlib, MSC, "
    "django-storages, OpenDAL, google-cloud-storage for text": {
        SUITE: """
            test_failing_body_publishes_nothing test_failing_body_leaves_the_old_object
            test_wrapper_inside_the_block_changes_nothing
        """,
        WRITER: """
            test_own_with_that_raises_leaves_nothing_and_aborts_once
            test_own_with_whose_text_or_archive_is_closed_by_the_exception
        """,
    },
    "a cancelled task publishes half an object: OpenDAL": {
        WRITER: "test_cancelled_task_leaves_nothing",
    },
    "collection and the end of the interpreter publish: s3fs, UPath, MSC, smart_open, "
    "cloudpathlib, google-cloud-storage": {
        WRITER: "test_dropped_leaves_nothing_and_says_so",
        PROCESSES: "test_interpreter_exit_leaves_nothing_and_says_so",
    },
    "a failed upload leaves its parts, invisible and billed: obstore, object_store": {
        SUITE: "test_failing_body_publishes_nothing test_abort test_writer_if_not_exists",
        PARTS: "test_a_failed_part_surfaces_at_a_later_write_and_nothing_is_left",
    },
    "a source that ends early is uploaded as if it were whole: rclone": {
        SUITE: "test_data_shorter_than_size test_part_too_short test_append_too_short",
    },
    "the error of close is logged and dropped: dumpling": {
        WRITER: "test_a_swallowed_part_failure_raises_at_exit test_close_raises_a_failure_once",
        PARTS: "test_a_failed_request_is_raised_and_nothing_is_left",
    },
    "an answer to complete that says no, with status 200: smart_open": {
        PARTS: "test_a_lost_answer_that_was_a_no_is_raised_and_nothing_is_left",
    },
    "a misspelt option, encryption included, is ignored: s3fs, smart_open, cloudpathlib, MSC": {
        SUITE: """
            test_unknown_keyword_is_a_type_error test_unknown_feature_is_refused
            test_unknown_construction_keyword_is_a_type_error
        """,
    },
    "an option that the service lacks is dropped: OpenDAL": {
        SUITE: """
            test_unsupported_keyword_is_refused test_virtual_pair_is_refused_at_first
            test_pair_of_another_service_is_refused
        """,
        BASE_OPTIONS: "test_default_that_protects_data_is_never_dropped",
    },
    "where to go on listing is ignored: OpenDAL": {
        SUITE: "test_token_resumes_after_every_item test_limits_and_tokens_walk_the_whole",
    },
    "capabilities that are claimed are not there: OpenDAL": {
        SUITE: "test_every_operation_works_without_options test_undeclared_operation_is_absent",
    },
    "a cached listing hides what others wrote: fsspec, s3fs": {
        SUITE: "test_what_others_write_is_seen_at_once",
    },
    "a stream of unknown length dies at ten thousand parts: boto3, OpenDAL, obstore": {
        "tests/writer/test_endless.py": "test_200_gib_of_unknown_length",
    },
    "an ETag is taken for an MD5: libcloud": {
        SUITE: "test_etag_belongs_to_the_content",
    },
    "the caller's file is closed: s3transfer": {
        SUITE: "test_write_never_closes_the_data test_read_never_closes_the_writer",
    },
    "a forked child hangs: OpenDAL, obstore, s3fs": {
        SUITE: "test_fork_can_use_a_store",
    },
    "pickles hold secrets, and lose settings: OpenDAL, obstore": {
        SUITE: "test_pickle test_default_that_is_secret_is_never_shown",
        BASE_STORES: """
            test_pickle_keeps_configuration test_pickle_has_no_secret
            test_pickle_never_drops_a_default_that_protects
        """,
    },
    "paths are tidied up, so that an object cannot be reached or another one is: cloudpathlib, "
    "s3path, UPath": {
        SUITE: "test_unclean_path_is_no_other_object test_awkward_names_are_all_different",
    },
}


def names_in(path: str) -> set[str]:
    """Names of the tests in a file."""
    nodes = ast.walk(ast.parse((ROOT / path).read_text(encoding="utf-8")))
    return {node.name for node in nodes if isinstance(node, ast.FunctionDef)}


def test_every_defect_is_listed() -> None:
    assert {name.rstrip("b") for name in DEFECTS} == {str(n) for n in range(1, 25)}


def missing(places: Mapping[str, str]) -> list[str]:
    """The tests named that do not exist."""
    found = {
        place: set(dir(ConformanceSuite)) if place == SUITE else names_in(place) for place in places
    }
    return [name for place in places for name in places[place].split() if name not in found[place]]


@pytest.mark.parametrize("defect", DEFECTS)
def test_tests_of_defects_exist(defect: str) -> None:
    _, places = DEFECTS[defect]
    assert places
    assert missing(places) == []


@pytest.mark.parametrize("loss", RIVALS)
def test_tests_of_losses_exist(loss: str) -> None:
    assert RIVALS[loss]
    assert missing(RIVALS[loss]) == []


def test_known_misspellings_are_none_of_ours() -> None:
    misspelt = ["excepted_bucket_owner", "Access_tier", "with_locality;", "size_local;"]
    assert [name for name in misspelt if name in KNOWN_PAIRS] == []
    assert [name for name in KNOWN_PAIRS if not name.isidentifier() or name != name.lower()] == []
