//! The exam for every database: what the rest of the house relies on, as tests.
//!
//! Each exam gets a fresh store. A test binary opens one its own way and calls
//! [`every_exam!`](crate::every_exam); `tests/it` does so for SQLite. Never part of a server.
#![expect(
    clippy::unwrap_used,
    clippy::wildcard_enum_match_arm,
    missing_docs,
    reason = "an exam fails by panicking, and its name is its documentation"
)]

pub mod calls;
pub mod developer;
pub mod log;
pub mod model;
pub mod people;
pub mod place;
pub mod reading;
pub mod rooms;
pub mod town;

pub use town::Town;

/// Makes one test per exam. `$town` is an async function that gives a [`Town`] on a fresh store
/// and whatever has to be kept alive beside it.
#[macro_export]
macro_rules! every_exam {
    ($town:path) => {
        $crate::every_exam!($town, log:
            events_of_a_room_are_numbered_densely_across_batches
            a_second_post_with_the_same_client_id_returns_the_first_result
            the_same_client_id_of_another_author_or_room_is_another_post
            a_stranger_can_not_post_and_does_not_hinder_others
            an_archived_room_takes_nothing_until_it_is_unarchived
            an_edit_shows_in_the_history_and_in_the_log
            a_deleted_message_keeps_its_place_and_loses_everything_else
            a_message_that_is_gone_can_not_be_changed
            a_reply_quotes_the_newest_state_of_its_message
            a_reaction_counts_once_per_person_and_keeps_its_order
            files_are_posted_once_by_who_uploaded_them
            people_come_and_go_and_the_log_says_so);
        $crate::every_exam!($town, reading:
            unread_counts_what_others_wrote_and_still_stands
            unread_stops_at_its_limit
            a_mention_counts_until_it_is_read_or_gone
            read_marks_merge_by_the_larger_unless_rewound
            pages_walk_a_history_without_gap_or_double
            a_log_after_a_cursor_is_dense_and_says_whether_it_is_complete
            somebody_new_has_read_what_was_there_before
            the_last_message_of_a_room_is_one_that_stands);
        $crate::every_exam!($town, rooms:
            the_same_people_have_one_direct_room
            a_group_follows_its_members
            open_rooms_are_seen_by_all_and_closed_ones_by_members
            a_room_is_read_for_all_its_members_as_for_each
            preferences_are_kept_per_member);
        $crate::every_exam!($town, calls:
            a_call_stands_in_the_history_and_counts_as_no_message
            a_room_shows_the_call_until_something_is_said
            a_room_has_one_call_at_a_time
            a_call_ends_whoever_left_and_whatever_became_of_the_room
            a_call_that_was_cut_off_is_known_as_it_was_noted
            a_stage_remembers_who_was_chosen_to_speak);
        $crate::every_exam!($town, people:
            a_place_is_opened_once
            the_visitor_is_made_once_and_opens_no_place
            an_invitation_lets_in_as_many_as_it_says
            a_guest_does_not_join_the_lobby
            an_invitation_does_not_outlive_the_rights_of_its_maker
            nobody_takes_all_invitations
            names_are_unique
            somebody_is_found_by_handle_or_unique_display_name
            the_last_owner_stays
            deactivating_ends_sessions_and_tokens
            nobody_shows_the_name_of_somebody_else
            what_goes_together_is_done_whole_or_not_at_all
            a_new_password_ends_what_the_old_one_opened
            a_login_by_a_password_that_was_replaced_is_refused
            a_session_is_found_by_its_secret_until_it_is_ended
            a_token_is_found_by_its_secret_until_it_is_revoked);
        $crate::every_exam!($town, place:
            rules_keep_what_they_counted_when_they_change
            audit_entries_are_read_newest_first_in_pages
            an_answer_is_remembered_once_for_a_day
            settings_are_replaced
            blobs_are_in_use_while_something_names_them
            what_a_person_uploads_and_does_not_post_is_bounded);
        $crate::every_exam!($town, developer:
            keys_stand_until_they_are_revoked
            a_rotated_secret_stands_beside_the_new_one_until_its_time
            the_newest_ban_of_a_subject_stands
            the_newest_revocation_of_a_user_stands
            a_webhook_is_changed_and_deleted
            each_webhook_takes_events_in_order_and_at_its_own_pace
            a_full_outbox_gives_up_the_oldest_and_counts_them_for_who_missed_them
            what_was_open_at_another_start_is_ended_in_order
            numbers_of_events_are_never_used_twice);
    };
    ($town:path, $module:ident: $($exam:ident)*) => {
        $(
            #[tokio::test]
            async fn $exam() {
                let (town, _kept) = $town().await;
                $crate::contract::$module::$exam(town).await;
            }
        )*
    };
}
