//! What every store must hold to, whatever database is behind it, and what SQLite does beside.
//!
//! A database joins with one line in [`conformance`]: its name and how a fresh store of it is opened.

#![allow(clippy::unwrap_used)]

mod alarms;
mod alerts;
mod answers;
mod bench;
mod brake;
mod changes;
mod claims;
mod commits;
mod credits;
mod erasure;
mod families;
mod ingest;
mod ledger;
mod opened;
mod plans;
mod properties;
mod receipts;
mod shadow;
mod sqlite;
mod strikes;
mod summary;
mod tally;
mod unplanned;

use bench::Bench;

/// Makes a module of tests for each way to open a store: each test gets a fresh one.
macro_rules! conformance {
    ($($database:ident: $open:path;)+) => {$(mod $database { suite! { $open;
        changes: [
            what_is_to_come_or_waits_is_planned_by_other_rules,
            other_rules_add_move_and_withdraw_and_the_story_says_so,
            what_went_stays_as_it_went,
            an_appointment_is_read_as_it_stands,
            an_older_event_is_not_the_last,
            who_is_erased_meanwhile_is_left_out,
            the_history_is_told_the_latest_first,
            the_history_has_an_end,
        ],
        brake: [
            a_generation_that_plans_too_much_is_stopped_with_all_that_it_planned,
            what_is_usual_is_measured_by_the_event,
            where_nothing_was_written_a_usual_day_is_the_bound,
            what_is_not_much_stops_nothing,
            the_first_files_are_their_own_measure,
            what_it_plans_after_it_was_stopped_waits_too,
            what_is_approved_goes_in_its_time_and_is_not_stopped_again,
            what_is_withdrawn_goes_nowhere,
            earlier_rules_let_go_what_they_want_and_leave_the_rest,
            what_waits_comes_too_late_in_its_time,
            the_files_before_are_kept_while_the_new_ones_prove_nothing,
            what_a_change_of_rules_adds_is_measured_by_what_was_there,
        ],
        shadow: [
            what_would_be_planned_is_said_anew_with_each_event,
            what_it_says_of_a_due_message_is_kept_with_it,
            a_step_that_is_not_made_says_nothing,
            how_it_fails_is_counted,
            it_is_forgotten_when_its_file_changes_or_its_time_is_over,
            what_is_known_of_a_patient_goes_with_them,
        ],
        claims: [
            only_what_is_due_in_the_lane_is_taken,
            urgent_ones_go_first_then_the_earliest,
            no_more_are_taken_than_asked_for,
            what_is_held_by_one_is_not_taken_by_another,
            an_expired_lease_lets_another_take_it_and_refuses_the_late_commit,
            what_is_let_go_is_free_at_once,
            a_change_of_facts_takes_the_message_from_its_worker,
            facts_that_an_event_only_refers_to_take_nothing,
            what_is_under_way_is_not_taken_by_a_change_of_facts,
            a_claim_brings_the_facts_as_they_are_now,
            reminders_about_other_visits_today_are_counted,
            the_same_message_on_another_channel_is_known,
            ten_thousand_messages_are_taken_in_order_and_once,
            workers_at_once_never_share_a_message,
            what_is_under_way_is_taken_over_when_its_lease_is_over,
            the_only_host_takes_over_everything_at_its_start,
            the_next_due_time_is_that_of_the_lane,
            what_a_fault_keeps_back_is_due_at_once_when_asked_for,
        ],
        commits: [
            every_pair_of_states_is_made_or_refused_by_the_table,
            a_step_from_another_state_is_refused,
            one_refused_step_keeps_no_other_back,
            what_was_handed_over_is_kept_to_the_letter,
            odd_texts_come_back_as_they_went_in,
            a_hold_moves_the_message_and_says_who_held_it,
            what_no_policy_decided_names_none,
            attempts_are_counted_when_handed_over_and_given_back_when_asked_to_wait,
            a_send_without_an_answer_stays_under_way_and_counts_once,
            the_story_is_told_in_order,
            two_visits_of_a_person_are_not_both_reminded_of_in_one_batch,
            nor_in_two_batches,
            a_visit_is_reminded_of_on_two_channels,
            steps_of_two_facilities_go_in_one_batch,
            nothing_to_do_is_done,
        ],
        credits: [
            a_cost_is_reserved_and_spent_when_the_gateway_took_the_message,
            what_no_gateway_took_is_given_back,
            what_may_have_gone_stays_reserved_until_a_receipt,
            what_no_receipt_settles_is_spent_in_its_time,
            what_is_not_covered_is_held_and_goes_after_a_top_up,
            urgent_ones_go_first_when_credits_come_back,
            what_waits_for_credits_moves_is_withdrawn_and_comes_too_late,
            other_rules_look_again_at_what_waits_for_credits,
            credits_that_were_given_back_are_offered,
            a_crossing_is_told_once_until_there_is_a_top_up,
            a_call_is_paid_by_its_length,
            without_a_limit_nothing_is_counted_and_costs_are_told,
            nothing_is_reserved_for_a_step_that_is_not_made,
            nothing_is_reserved_for_an_address_that_wants_nothing,
            no_workers_together_overdraw_an_account,
            each_clinic_has_its_own,
            the_ledger_tells_the_latest_first_and_outlives_a_patient,
        ],
        ledger: [
            the_ledger_adds_up_whatever_happens,
        ],
        erasure: [
            an_erased_patient_leaves_nothing,
            of_later_events_about_an_erased_patient_nothing_is_kept,
            who_registers_anew_and_consents_is_somebody_again,
            others_are_not_touched_by_an_erasure,
            what_an_erased_patient_waits_for_is_never_sent,
            texts_are_redacted_when_their_time_is_over,
            what_policies_read_is_redacted_with_the_texts,
        ],
        families: [
            who_has_the_same_number_or_mailbox_on_that_day_joins,
            only_what_waits_and_is_nobodys_joins,
            nothing_joins_what_may_have_stopped_its_worker,
            nor_does_what_may_have_itself,
            messages_that_go_as_one_all_begin_or_none,
            one_that_is_not_covered_keeps_the_others,
            a_receipt_moves_what_was_carried_too,
            what_was_told_in_one_message_is_no_other_reminder_of_the_day,
            a_reply_means_each_by_its_number,
            what_was_handed_over_as_one_is_taken_over_as_one,
            an_erased_patient_is_named_in_nobody_elses_message,
        ],
        ingest: [
            the_same_event_ten_times_is_one_message,
            the_same_id_of_another_source_is_another_event,
            facts_and_messages_stand_together,
            a_rejected_event_leaves_nothing_and_may_come_again,
            what_is_known_reaches_the_planner,
            events_of_one_batch_see_each_other,
            a_late_event_is_told_to_be_late,
            a_time_to_come_makes_nothing_late,
            an_event_that_only_refers_to_a_patient_makes_nothing_late,
            the_standing_messages_reach_the_planner,
            a_new_message_is_kept_to_the_letter,
            a_waiting_message_is_moved,
            a_waiting_message_is_withdrawn,
            what_went_is_neither_moved_nor_withdrawn,
            waiting_messages_follow_their_appointment_to_another_patient,
            facilities_never_see_each_other,
        ],
        opened: [
            the_first_opening_is_told_and_each_is_counted,
            what_brings_no_image_is_never_opened,
            the_token_of_an_image_opens_no_link,
            opening_without_end_ends,
            whether_it_was_opened_goes_with_the_text_and_comes_no_more,
        ],
        properties: [
            no_sequence_leaves_a_final_state_or_shares_a_message,
        ],
        receipts: [
            a_receipt_by_our_reference_settles_the_message,
            a_receipt_by_the_gateways_own_name_settles_the_message,
            a_reused_name_means_the_latest_message,
            doubled_receipts_change_nothing,
            receipts_out_of_order_only_move_forward,
            a_receipt_before_the_answer_is_not_undone_by_it,
            a_receipt_by_a_name_that_is_not_known_yet_waits_for_the_answer,
            an_unknown_send_is_settled_by_its_receipt,
            nobody_elses_receipt_counts,
            a_receipt_for_what_was_never_handed_over_changes_nothing,
        ],
        alarms: [
            what_is_equal_is_one_point,
            messages_that_fail_the_same_way_are_one_point,
            what_the_store_sees_is_noted_where_it_happens,
            an_end_is_noted_where_there_was_a_beginning,
            an_email_tells_all_that_is_untold_when_it_goes,
            more_of_the_same_is_no_news_within_a_day_unless_it_is_much_more,
            what_an_email_told_in_vain_is_told_by_the_next,
            what_is_sent_once_more_tells_the_same,
            each_clinic_is_told_its_own,
            what_is_over_is_forgotten_with_the_texts,
            a_message_to_the_administrator_that_a_policy_planned_raises_no_alarm,
        ],
        alerts: [
            an_alert_reaches_the_open_appointments_of_its_while,
            an_alert_that_concerns_many_waits_for_an_approval,
            what_is_not_approved_is_withdrawn,
            a_days_list_exists_once_and_brings_its_appointments,
            a_message_after_a_visit_knows_the_next_one_and_those_before,
            a_policy_that_fails_on_an_alert_is_remembered_for_each_appointment,
        ],
        answers: [
            a_link_is_found_by_its_secret_and_used_once,
            a_reply_is_about_open_appointments_that_were_asked_about,
            a_reply_is_kept_once_and_stands_in_its_messages_story,
            nothing_leaves_for_an_address_that_wants_nothing,
            every_change_of_consent_is_kept_with_its_source,
            the_agenda_is_told_what_it_did_not_tell_itself_in_order,
            an_erased_patients_answers_go_with_them,
        ],
        strikes: [
            what_was_taken_and_never_judged_is_taken_alone,
            what_stops_its_worker_again_and_again_is_set_aside_and_others_go_on,
            a_host_that_is_killed_again_and_again_blames_no_message,
            what_was_judged_is_no_suspect,
        ],
        summary: [
            each_filter_holds,
            the_latest_due_come_first_and_no_more_than_asked_for,
            ids_are_found_by_how_they_begin,
            appointments_are_found_by_whose_they_are,
            what_is_not_there_is_not_found,
            messages_are_counted_by_state,
            a_generation_is_remembered_since_it_serves,
            the_link_key_stays_the_same,
            a_host_that_begins_serves_nothing_yet,
            folders_that_can_not_be_served_are_remembered,
            the_files_that_served_last_are_kept,
        ],
        tally: [
            messages_are_counted_by_whatever_is_asked_in_its_order,
            only_what_a_filter_leaves_is_counted,
            messages_are_read_on_page_by_page,
        ],
        unplanned: [
            an_event_that_a_policy_fails_on_waits_until_it_is_planned_again,
            they_are_planned_again_in_their_order,
            what_still_fails_waits_on,
            what_may_be_wanted_is_kept_back_until_it_is_planned_anew,
            what_is_kept_back_is_taken_again_when_it_is_too_late,
            an_erased_patients_events_wait_no_longer,
        ],
    } })+};
}

macro_rules! suite {
    ($open:path; $($topic:ident: [$($test:ident),* $(,)?],)+) => {$(
        mod $topic {
            $(
                #[tokio::test]
                async fn $test() {
                    crate::$topic::$test($open().await).await;
                }
            )*
        }
    )+};
}

conformance! {
    sqlite_file: crate::Bench::sqlite_file;
    sqlite_memory: crate::Bench::sqlite_memory;
}
