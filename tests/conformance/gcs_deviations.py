"""What the emulators of Google Cloud Storage cannot do, by test: why -> tests."""

from collections.abc import Mapping
from typing import Final

__all__ = ["EMULATOR", "FAKE_GCS", "FAKE_GCS_SERVICE"]


def _by_id(tests: Mapping[str, str]) -> dict[str, str]:
    """Test id -> why."""
    return {name: why for why, names in tests.items() for name in names.split()}


_BOTH: Final = _by_id(
    {
        "it deletes nothing through signed requests": """
        test_signed_delete
        """,
        "it has no moves": """
        test_every_operation_takes_a_timeout[move] test_every_operation_works_without_options[move]
        test_interceptor_sees_the_call[move] test_loose_operation_is_for_that_operation[move]
        test_move test_move_beside_a_virtual_directory test_move_between_folders
        test_move_is_for_one_object test_move_keeps_metadata test_move_missing
        test_move_onto_an_object
        """,
        "it has no multipart uploads": """
        test_abort_leaves_nothing test_abort_leaves_other_uploads test_abort_leaves_the_object
        test_complete_one_part test_complete_several_parts test_create_multipart_twice
        test_created_object_can_be_written_to test_delete_with_id_twice
        test_every_operation_takes_a_timeout[complete_multipart]
        test_every_operation_takes_a_timeout[create_multipart]
        test_every_operation_takes_a_timeout[list_multipart]
        test_every_operation_takes_a_timeout[query_sign_http_complete_multipart]
        test_every_operation_takes_a_timeout[query_sign_http_list_multipart]
        test_every_operation_takes_a_timeout[query_sign_http_write_multipart]
        test_every_operation_takes_a_timeout[write_multipart]
        test_every_operation_works_without_options[complete_multipart]
        test_every_operation_works_without_options[create_multipart]
        test_every_operation_works_without_options[list_multipart]
        test_every_operation_works_without_options[query_sign_http_complete_multipart]
        test_every_operation_works_without_options[query_sign_http_list_multipart]
        test_every_operation_works_without_options[query_sign_http_write_multipart]
        test_every_operation_works_without_options[write_multipart] test_failed_part_is_no_part
        test_interceptor_sees_the_call[complete_multipart]
        test_interceptor_sees_the_call[create_multipart]
        test_interceptor_sees_the_call[list_multipart]
        test_interceptor_sees_the_call[query_sign_http_complete_multipart]
        test_interceptor_sees_the_call[query_sign_http_list_multipart]
        test_interceptor_sees_the_call[query_sign_http_write_multipart]
        test_interceptor_sees_the_call[write_multipart]
        test_keyword_and_pair_conflict[complete_multipart]
        test_keyword_and_pair_conflict[list_multipart]
        test_keyword_and_pair_conflict[query_sign_http_complete_multipart]
        test_keyword_and_pair_conflict[query_sign_http_list_multipart]
        test_keyword_and_pair_conflict[query_sign_http_write_multipart]
        test_keyword_and_pair_conflict[write_multipart] test_last_completed_wins
        test_list_multipart test_list_multipart_from_a_token test_list_uploads
        test_list_uploads_from_a_token
        test_loose_operation_ignores_and_logs[complete_multipart-if_match]
        test_loose_operation_ignores_and_logs[complete_multipart-if_not_exists]
        test_loose_operation_is_for_that_operation[complete_multipart]
        test_loose_operation_is_for_that_operation[create_multipart]
        test_loose_operation_is_for_that_operation[list_multipart]
        test_loose_operation_is_for_that_operation[query_sign_http_complete_multipart]
        test_loose_operation_is_for_that_operation[query_sign_http_list_multipart]
        test_loose_operation_is_for_that_operation[query_sign_http_write_multipart]
        test_loose_operation_is_for_that_operation[write_multipart]
        test_multipart_keeps_metadata[cache_control]
        test_multipart_keeps_metadata[content_disposition]
        test_multipart_keeps_metadata[content_encoding]
        test_multipart_keeps_metadata[content_language] test_multipart_keeps_metadata[content_type]
        test_multipart_keeps_metadata[user_metadata]
        test_negative_size_is_refused[query_sign_http_write_multipart]
        test_negative_size_is_refused[write_multipart] test_no_parts_at_all
        test_object_of_another_mode_is_refused[complete_multipart]
        test_object_of_another_mode_is_refused[list_multipart]
        test_object_of_another_mode_is_refused[query_sign_http_complete_multipart]
        test_object_of_another_mode_is_refused[query_sign_http_list_multipart]
        test_object_of_another_mode_is_refused[query_sign_http_write_multipart]
        test_object_of_another_mode_is_refused[write_multipart]
        test_pair_of_another_service_is_refused[complete_multipart]
        test_pair_of_another_service_is_refused[list_multipart]
        test_pair_of_another_service_is_refused[query_sign_http_complete_multipart]
        test_pair_of_another_service_is_refused[query_sign_http_list_multipart]
        test_pair_of_another_service_is_refused[query_sign_http_write_multipart]
        test_pair_of_another_service_is_refused[write_multipart] test_part_above_the_maximum
        test_part_calls_back test_part_checks_content_md5 test_part_index_is_checked[-1]
        test_part_index_is_checked[maximum] test_part_is_replaced test_part_size
        test_part_too_short test_parts_below_the_minimum test_parts_of_many_threads
        test_parts_out_of_order test_parts_that_were_never_written
        test_security_pair_is_never_ignored[complete_multipart]
        test_security_pair_is_never_ignored[list_multipart]
        test_security_pair_is_never_ignored[query_sign_http_complete_multipart]
        test_security_pair_is_never_ignored[query_sign_http_list_multipart]
        test_security_pair_is_never_ignored[query_sign_http_write_multipart]
        test_security_pair_is_never_ignored[write_multipart] test_signed_abort test_signed_create
        test_signed_upload test_stat_with_id test_time_runs_out_while_data_comes[write_multipart]
        test_unknown_keyword_is_a_type_error[complete_multipart]
        test_unknown_keyword_is_a_type_error[list_multipart]
        test_unknown_keyword_is_a_type_error[query_sign_http_complete_multipart]
        test_unknown_keyword_is_a_type_error[query_sign_http_list_multipart]
        test_unknown_keyword_is_a_type_error[query_sign_http_write_multipart]
        test_unknown_keyword_is_a_type_error[write_multipart]
        test_unsupported_keyword_is_refused[complete_multipart-if_match]
        test_unsupported_keyword_is_refused[complete_multipart-if_not_exists]
        test_what_is_no_pair_is_refused[complete_multipart]
        test_what_is_no_pair_is_refused[list_multipart]
        test_what_is_no_pair_is_refused[query_sign_http_complete_multipart]
        test_what_is_no_pair_is_refused[query_sign_http_list_multipart]
        test_what_is_no_pair_is_refused[query_sign_http_write_multipart]
        test_what_is_no_pair_is_refused[write_multipart] test_write_multipart
        test_wrong_type_is_refused[complete_multipart-timeout]
        test_wrong_type_is_refused[complete_multipart-user_project]
        test_wrong_type_is_refused[list_multipart-continuation_token]
        test_wrong_type_is_refused[list_multipart-limit]
        test_wrong_type_is_refused[list_multipart-timeout]
        test_wrong_type_is_refused[list_multipart-user_project]
        test_wrong_type_is_refused[query_sign_http_complete_multipart-timeout]
        test_wrong_type_is_refused[query_sign_http_complete_multipart-user_project]
        test_wrong_type_is_refused[query_sign_http_list_multipart-timeout]
        test_wrong_type_is_refused[query_sign_http_list_multipart-user_project]
        test_wrong_type_is_refused[query_sign_http_write_multipart-content_md5]
        test_wrong_type_is_refused[query_sign_http_write_multipart-server_side_encryption_customer_key]
        test_wrong_type_is_refused[query_sign_http_write_multipart-size]
        test_wrong_type_is_refused[query_sign_http_write_multipart-timeout]
        test_wrong_type_is_refused[query_sign_http_write_multipart-user_project]
        test_wrong_type_is_refused[write_multipart-content_md5]
        test_wrong_type_is_refused[write_multipart-io_callback]
        test_wrong_type_is_refused[write_multipart-server_side_encryption_customer_key]
        test_wrong_type_is_refused[write_multipart-size]
        test_wrong_type_is_refused[write_multipart-timeout]
        test_wrong_type_is_refused[write_multipart-user_project]
        """,
        "it looks at no signature": """
        test_request_is_for_one_object_only
        """,
    }
)

FAKE_GCS: Final = _BOTH | _by_id(
    {
        "it ignores conditions of copies": """
        test_copy_if_not_exists
        """,
        "it ignores conditions of resumable uploads": """
        test_writer_if_not_exists[13631493]
        """,
        "it ignores conditions on ETags": """
        test_read_if_match test_read_if_none_match test_stat_if_match test_stat_if_none_match
        """,
        "it publishes what is there when it is asked how much that is": """
        test_writer_resumes
        """,
    }
)

FAKE_GCS_SERVICE: Final = _by_id(
    {
        "it lists all buckets at once": """
        test_list_from_a_token
        """,
    }
)

EMULATOR: Final = _BOTH | _by_id(
    {
        "it copies no new metadata": """
        test_copy_with_another_content_type test_copy_with_new_metadata
        """,
        "it does not tell how much of an upload is there": """
        test_writer_resumes
        """,
        "it has no multipart uploads": """
        test_abort test_failing_body_leaves_the_old_object[10]
        test_failing_body_leaves_the_old_object[13631493]
        test_failing_body_publishes_nothing[0-FileNotFoundError]
        test_failing_body_publishes_nothing[0-GeneratorExit]
        test_failing_body_publishes_nothing[0-KeyboardInterrupt]
        test_failing_body_publishes_nothing[0-SystemExit]
        test_failing_body_publishes_nothing[0-ValueError]
        test_failing_body_publishes_nothing[10-FileNotFoundError]
        test_failing_body_publishes_nothing[10-GeneratorExit]
        test_failing_body_publishes_nothing[10-KeyboardInterrupt]
        test_failing_body_publishes_nothing[10-SystemExit]
        test_failing_body_publishes_nothing[10-ValueError]
        test_failing_body_publishes_nothing[13631493-FileNotFoundError]
        test_failing_body_publishes_nothing[13631493-GeneratorExit]
        test_failing_body_publishes_nothing[13631493-KeyboardInterrupt]
        test_failing_body_publishes_nothing[13631493-SystemExit]
        test_failing_body_publishes_nothing[13631493-ValueError] test_work_dir_shows_nothing_else
        """,
        "it ignores conditions": """
        test_copy_if_not_exists test_of_many_that_must_be_new_one_is_written test_open_exclusively
        test_read_if_match test_read_if_none_match test_stat_if_match test_stat_if_none_match
        test_write_if_not_exists test_writer_if_not_exists[10] test_writer_if_not_exists[13631493]
        """,
        "it takes other keys for these": """
        test_backslash_is_an_ordinary_character test_unclean_path_is_no_other_object[./a/b]
        test_unclean_path_is_no_other_object[a/./b] test_unclean_path_is_no_other_object[a//b]
        test_unclean_path_is_no_other_object[a/b/.] test_unclean_path_is_no_other_object[a/b/]
        """,
    }
)
