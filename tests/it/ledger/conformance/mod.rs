//! What every engine must do, as cases that take a ledger and nothing else.

pub mod journal;
pub mod leases;
pub mod lists;
pub mod log;
pub mod queue;

/// Runs every case on an engine, each on a ledger of its own that is audited afterwards. A case that
/// hangs fails.
macro_rules! conformance {
    ($engine:ty) => {
        $crate::ledger::conformance::conformance! { $engine:
            queue {
                submit_to_finish runs_before_submissions_before_rejudges first_come_first_served
                a_full_queue_refuses workers_share_the_queue a_released_one_keeps_its_place
                nothing_waits a_hundred_of_one_user_hold_nobody_up users_take_turns
                a_cancelled_one_costs_its_user_no_turn turns_are_taken_within_each_priority
                released_ones_get_their_turns_back
            }
            leases {
                an_expired_lease_is_taken_up an_expired_lease_is_its_holders_until_then
                expired_leases_keep_the_order renewal cancel_fences rejudge_fences release_fences
                finishing_twice a_verdict_that_came_second a_cancelled_one_has_ended
                rejudging_what_waits rejudging_what_was_cancelled lost_attempts_end
                a_release_is_no_lost_attempt a_failed_attempt_is_lost a_rejudge_forgives_lost_attempts
                an_expiry_wakes_workers an_abandoned_lease_goes_back unknown_leases
            }
            journal {
                events_of_every_kind_survive appending_nothing state_events_cannot_be_appended
                cursors_page replay_equals_the_live_tail a_commit_wakes_a_reader
                nothing_waits_wakes_nobody unknown_submissions_have_no_journal
                cursors_beyond_the_end
            }
            lists {
                filters pages unknown_submissions any_text a_megabyte_of_source counts
            }
            log {
                messages_and_events_have_one_order a_log_pages messages_stay_as_they_are
                what_is_no_message_is_not_found the_journal_has_no_messages
                posts_wake_readers_of_the_log_only many_post_at_once pages_of_long_entries_are_short
                receipts_only_grow sessions_are_their_users times_have_places
                what_is_past_its_time_is_swept places_are_given_once
                what_ended_is_swept_whole what_has_not_ended_stays the_epoch_is_a_name
            }
        }
    };
    ($engine:ty: $($room:ident { $($case:ident)* })*) => {
        $($(
            #[tokio::test(flavor = "multi_thread", worker_threads = 4)]
            async fn $case() {
                use $crate::ledger::{Engine, audit::audit, conformance::$room};
                let opened = <$engine as Engine>::open().await;
                let case = async {
                    $room::$case(opened.ledger.clone()).await;
                    audit(&*opened.ledger).await;
                };
                tokio::time::timeout(std::time::Duration::from_secs(120), case)
                    .await
                    .expect("the case hangs");
                drop(opened.keep);
            }
        )*)*
    };
}
pub(crate) use conformance;
