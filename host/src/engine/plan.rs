//! Planning: the difference between the messages that policies want and those that stand.

use rappel_core::channel::ChannelKind;
use rappel_core::civil::{Civil, Instant, Zone};
use rappel_core::decision::{Due, Planned, PolicyFault};
use rappel_core::event::EventKind;
use rappel_core::facts::Status;
use rappel_core::ids::MessageId;
use rappel_core::kind::Kind;
use rappel_core::message::{Recipient, State};
use rappel_core::store::{Change, Message, NewMessage};

/// What the difference depends on beside the messages.
#[derive(Clone, Copy, Debug)]
pub struct Occasion {
    /// What happened.
    pub event: EventKind,
    /// When it happened.
    pub time: Instant,
    /// When it became known: when it was applied. What was due before is not sent late.
    pub known: Instant,
    /// When it is planned.
    pub now: Instant,
    /// The clinic's zone.
    pub zone: Zone,
    /// When the visit begins.
    pub visit_start: Option<Civil>,
    /// Where the appointment stands.
    pub status: Option<Status>,
    /// How many minutes late the resource is, where that is what happened.
    pub delay: Option<u32>,
}

/// What makes two messages the same but for their ordinal.
pub(super) type Key<'m> = (&'m Kind, ChannelKind, Recipient);

/// The changes that lead from the standing messages to the wanted ones. `id` names a new message by
/// its number among the changes.
///
/// A message with a time of its own stands for the appointment: it is added once, moved while it
/// waits, withdrawn when nobody wants it any more, and planned anew after it went only when the visit
/// has moved since. A message that answers an event is added once and replaces older answers that
/// still wait on its channel.
pub fn difference(
    wanted: &[Planned],
    standing: &[Message],
    occasion: Occasion,
    id: &dyn Fn(usize) -> MessageId,
) -> Vec<Change> {
    let mut changes = Vec::new();
    let mut seen: Vec<Key<'_>> = Vec::new();
    for planned in wanted {
        if planned.lists.is_some() {
            // It is about a day and not about this appointment: it is there or it isn't, and once its
            // time is over no list is missed.
            if let Due::At(due) = planned.due
                && due.instant(occasion.zone) >= occasion.now
            {
                changes.push(add(planned, None, due, occasion, id(changes.len())));
            }
            continue;
        }
        let key = key_of_planned(planned);
        // Two policies may want the same message; the first in their order has it.
        if seen.contains(&key) {
            continue;
        }
        seen.push(key);
        let latest = standing
            .iter()
            .filter(|m| key_of(m) == key)
            .max_by_key(|m| m.ordinal);
        match planned.due {
            Due::Now => {
                for old in standing.iter().filter(|m| replaces(planned, m)) {
                    changes.push(withdraw(old, format!("replaced by `{}`", planned.kind)));
                }
                let due = Civil::at(occasion.time, occasion.zone);
                changes.push(add(planned, latest, due, occasion, id(changes.len())));
            }
            Due::At(due) => match latest {
                Some(message) if message.state.is_waiting() => {
                    changes.extend(reschedule(planned, message, due, occasion));
                }
                // It went, or it was decided that it doesn't go, for the visit as it is now.
                Some(message)
                    if message.state != State::Withdrawn
                        && message.visit_start == occasion.visit_start => {}
                _ => changes.push(add(planned, latest, due, occasion, id(changes.len()))),
            },
        }
    }
    for message in standing.iter().filter(|message| message.state.is_waiting()) {
        let withdrawn = changes
            .iter()
            .any(|c| matches!(c, Change::Withdraw { id, .. } if *id == message.id));
        if withdrawn || (!message.notice && seen.contains(&key_of(message))) {
            continue;
        }
        if let Some(reason) = no_longer_wanted(message, occasion) {
            changes.push(withdraw(message, reason));
        }
    }
    changes
}

/// Keeps back what would be withdrawn because no policy wants it, where one failed: it may be the one
/// that does. What the others want, or what an event answers, isn't its business.
pub(super) fn keep_what_may_be_wanted(
    changes: &mut [Change],
    wanted: &[Planned],
    standing: &[Message],
    fault: &PolicyFault,
    zone: Zone,
) {
    for change in changes {
        let Change::Withdraw { id, .. } = change else {
            continue;
        };
        let doubtful = standing.iter().find(|message| {
            let key = key_of(message);
            message.id == *id
                && !message.notice
                && !wanted.iter().any(|planned| key == key_of_planned(planned))
        });
        if let Some(message) = doubtful {
            *change = Change::Keep {
                id: message.id,
                fault: fault.clone(),
                until: message
                    .expires
                    .map(|expires| (expires, Civil::at(expires, zone))),
            };
        }
    }
}

/// Lets an answer to an event go that the brake stopped, where these rules want it too.
pub(super) fn resume(
    planned: &Planned,
    standing: &[Message],
    occasion: Occasion,
) -> Option<Change> {
    let key = (&planned.kind, planned.channel, planned.recipient);
    let stopped = |message: &&Message| {
        message.is_braked()
            && message.notice
            && message.state.is_waiting()
            && key_of(message) == key
    };
    let message = standing
        .iter()
        .filter(stopped)
        .max_by_key(|message| message.ordinal)
        .filter(|_| planned.due == Due::Now)?;
    Some(Change::Move {
        id: message.id,
        due: occasion.time,
        due_civil: Civil::at(occasion.time, occasion.zone),
        expires: expires(planned, occasion),
        confirmation_requested: planned.confirmation_requested,
        origin: planned.origin.clone(),
    })
}

pub(super) fn key_of(message: &Message) -> Key<'_> {
    (&message.kind, message.channel, message.recipient)
}

pub(super) fn key_of_planned(planned: &Planned) -> Key<'_> {
    (&planned.kind, planned.channel, planned.recipient)
}

/// Whether a message with a time of its own is wanted too late.
pub(super) fn may_not_come_in_time(planned: &Planned, occasion: Occasion) -> bool {
    let Due::At(due) = planned.due else {
        return false;
    };
    let expires = expires(planned, occasion);
    too_late(due.instant(occasion.zone), expires, due, occasion).is_some()
}

fn replaces(planned: &Planned, old: &Message) -> bool {
    old.notice
        && old.state.is_waiting()
        && (old.channel, old.recipient) == (planned.channel, planned.recipient)
}

fn withdraw(message: &Message, reason: String) -> Change {
    Change::Withdraw {
        id: message.id,
        reason,
    }
}

fn no_longer_wanted(message: &Message, occasion: Occasion) -> Option<String> {
    match occasion.status {
        Some(Status::Cancelled) if !(message.notice && message.kind.is_urgent()) => {
            Some("the appointment was cancelled".into())
        }
        // An answer to an earlier event stands until something newer is told by its channel.
        _ if message.notice => None,
        Some(status) => Some(match status {
            Status::Attended => "the visit took place".into(),
            Status::Missed => "the visit was missed".into(),
            _ => format!("after `{}` no policy wants it any more", occasion.event),
        }),
        None => None,
    }
}

/// When it is too late: as the policy says, and never after the visit began unless it says so.
pub(super) fn expires(planned: &Planned, occasion: Occasion) -> Option<Instant> {
    planned
        .expires
        .or(occasion.visit_start)
        .map(|time| time.instant(occasion.zone))
}

fn reschedule(
    planned: &Planned,
    message: &Message,
    due: Civil,
    occasion: Occasion,
) -> Option<Change> {
    let expires = expires(planned, occasion);
    // The same minute: a message that is held for the same visit keeps its place.
    let same_plan = !message.unplanned
        && message.visit_start == occasion.visit_start
        && message.expires == expires
        && message.confirmation_requested == planned.confirmation_requested
        && (message.due_civil == due || message.state == State::Held);
    if same_plan {
        return None;
    }
    let instant = due.instant(occasion.zone);
    if let Some(reason) = too_late(instant, expires, due, occasion) {
        return Some(withdraw(message, reason));
    }
    Some(Change::Move {
        id: message.id,
        due: instant,
        due_civil: due,
        expires,
        confirmation_requested: planned.confirmation_requested,
        origin: planned.origin.clone(),
    })
}

fn add(
    planned: &Planned,
    latest: Option<&Message>,
    due: Civil,
    occasion: Occasion,
    id: MessageId,
) -> Change {
    let instant = due.instant(occasion.zone);
    let expires = expires(planned, occasion);
    let notice = planned.due == Due::Now;
    let reason = if notice {
        over(expires, occasion)
    } else {
        too_late(instant, expires, due, occasion)
    };
    Change::Add(Box::new(NewMessage {
        id,
        kind: planned.kind.clone(),
        channel: planned.channel,
        recipient: planned.recipient,
        ordinal: latest.map_or(1, |message| message.ordinal + 1),
        notice,
        state: if reason.is_some() {
            State::Skipped
        } else {
            State::Planned
        },
        reason,
        origin: planned.origin.clone(),
        due: instant,
        due_civil: due,
        expires,
        confirmation_requested: planned.confirmation_requested,
        lists: planned.lists,
        delay: occasion.delay,
    }))
}

fn over(expires: Option<Instant>, occasion: Occasion) -> Option<String> {
    let expires = expires.filter(|expires| *expires <= occasion.now)?;
    Some(format!(
        "too late: its time ended on {}",
        Civil::at(expires, occasion.zone)
    ))
}

fn too_late(
    due: Instant,
    expires: Option<Instant>,
    due_civil: Civil,
    occasion: Occasion,
) -> Option<String> {
    if let Some(reason) = over(expires, occasion) {
        return Some(reason);
    }
    (due < occasion.known).then(|| {
        let told = Civil::at(occasion.known, occasion.zone);
        format!("too late: it was due on {due_civil} and became known on {told}")
    })
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;
    use rappel_core::decision::Origin;
    use rappel_core::ids::FacilityId;

    const ZONE: Zone = chrono_tz::Europe::Paris;

    fn civil(text: &str) -> Civil {
        text.parse().unwrap()
    }

    fn id(number: u128) -> MessageId {
        MessageId(uuid::Uuid::from_u128(number))
    }

    fn wanted(kind: &str, channel: ChannelKind, due: Due) -> Planned {
        Planned {
            kind: Kind::parse(kind).unwrap(),
            channel,
            recipient: Recipient::Patient,
            due,
            expires: None,
            confirmation_requested: false,
            lists: None,
            origin: Origin {
                policy: "test".into(),
                line: 1,
            },
        }
    }

    fn reminder(at: &str) -> Planned {
        wanted("reminder", ChannelKind::Sms, Due::At(civil(at)))
    }

    fn notice(kind: &str, channel: ChannelKind) -> Planned {
        wanted(kind, channel, Due::Now)
    }

    /// A message of the outbox for a visit on 3 June at 14:30.
    fn standing(
        number: u128,
        kind: &str,
        channel: ChannelKind,
        due: &str,
        state: State,
    ) -> Message {
        let kind = Kind::parse(kind).unwrap();
        let due_civil = civil(due);
        Message {
            notice: !kind.is_reminder(),
            state,
            expires: Some(civil("2026-06-03T14:30").instant(ZONE)),
            visit_start: Some(civil("2026-06-03T14:30")),
            ..Message::new(
                FacilityId::new("f"),
                id(number),
                (kind, channel),
                (due_civil.instant(ZONE), due_civil),
            )
        }
    }

    /// The visit is on 3 June at 14:30 unless said otherwise, and it is 1 June, 10:00.
    fn occasion(event: EventKind, status: Status) -> Occasion {
        let now = civil("2026-06-01T10:00").instant(ZONE);
        Occasion {
            event,
            time: now,
            known: now,
            now,
            zone: ZONE,
            visit_start: Some(civil("2026-06-03T14:30")),
            status: Some(status),
            delay: None,
        }
    }

    fn show(changes: &[Change]) -> Vec<String> {
        changes
            .iter()
            .map(|change| match change {
                Change::Add(new) => format!(
                    "add {} {} #{} {} {}{}",
                    new.kind,
                    new.channel,
                    new.ordinal,
                    new.state,
                    new.due_civil,
                    new.reason
                        .as_ref()
                        .map(|reason| format!(": {reason}"))
                        .unwrap_or_default()
                ),
                Change::Move { id, due_civil, .. } => {
                    format!("move {} to {due_civil}", id.0.as_u128())
                }
                Change::Keep { id, fault, .. } => format!("keep {}: {fault}", id.0.as_u128()),
                Change::Withdraw { id, reason } => format!("withdraw {}: {reason}", id.0.as_u128()),
            })
            .collect()
    }

    fn diff(wanted: &[Planned], standing: &[Message], occasion: Occasion) -> Vec<String> {
        show(&difference(wanted, standing, occasion, &|number| {
            id(100 + number as u128)
        }))
    }

    use ChannelKind::{Email, Sms};
    use EventKind::{
        AppointmentAttended, AppointmentCancelled, AppointmentCreated, AppointmentModified,
    };
    use State::{Delivered, Held, Planned as Waiting, Sending, Skipped, Withdrawn};

    #[test]
    fn a_new_appointment_gets_its_messages_once() {
        let occasion = occasion(AppointmentCreated, Status::Booked);
        let wanted = [reminder("2026-06-02T14:30"), notice("created", Email)];
        assert_eq!(
            diff(&wanted, &[], occasion),
            [
                "add reminder sms #1 planned 2026-06-02 14:30",
                "add created email #1 planned 2026-06-01 10:00"
            ]
        );
    }

    #[test]
    fn planning_again_changes_nothing() {
        for state in [Waiting, Held, Sending, Delivered, Skipped] {
            let there = [standing(1, "reminder", Sms, "2026-06-02T14:30", state)];
            let changes = diff(
                &[reminder("2026-06-02T14:30")],
                &there,
                occasion(AppointmentModified, Status::Booked),
            );
            assert!(changes.is_empty(), "{state}: {changes:?}");
        }
    }

    #[test]
    fn a_moved_appointment_moves_what_waits_and_plans_anew_what_went() {
        let mut moved = occasion(AppointmentModified, Status::Booked);
        moved.visit_start = Some(civil("2026-06-10T09:00"));
        let wanted = [reminder("2026-06-09T09:00")];
        for (state, expected) in [
            (Waiting, "move 1 to 2026-06-09 09:00"),
            (Held, "move 1 to 2026-06-09 09:00"),
            (Sending, "add reminder sms #2 planned 2026-06-09 09:00"),
            (Delivered, "add reminder sms #2 planned 2026-06-09 09:00"),
            (Skipped, "add reminder sms #2 planned 2026-06-09 09:00"),
        ] {
            let there = [standing(1, "reminder", Sms, "2026-06-02T14:30", state)];
            assert_eq!(diff(&wanted, &there, moved), [expected], "{state}");
        }
    }

    #[test]
    fn an_appointment_moved_so_near_that_its_reminder_would_be_late_loses_it() {
        let mut moved = occasion(AppointmentModified, Status::Booked);
        moved.visit_start = Some(civil("2026-06-01T18:00"));
        let there = [standing(1, "reminder", Sms, "2026-06-02T14:30", Waiting)];
        assert_eq!(
            diff(&[reminder("2026-05-31T18:00")], &there, moved),
            [
                "withdraw 1: too late: it was due on 2026-05-31 18:00 and became known on 2026-06-01 10:00"
            ]
        );
    }

    #[test]
    fn a_cancelled_appointment_withdraws_what_waits_and_tells() {
        let there = [
            standing(1, "reminder", Sms, "2026-06-02T14:30", Waiting),
            standing(2, "created", Email, "2026-06-01T09:00", Held),
            standing(3, "reminder", Email, "2026-06-01T09:00", Delivered),
        ];
        assert_eq!(
            diff(
                &[notice("cancelled", Sms)],
                &there,
                occasion(AppointmentCancelled, Status::Cancelled)
            ),
            [
                "add cancelled sms #1 planned 2026-06-01 10:00",
                "withdraw 1: the appointment was cancelled",
                "withdraw 2: the appointment was cancelled",
            ]
        );
    }

    #[test]
    fn a_booking_that_is_taken_back_is_planned_anew() {
        let there = [standing(1, "reminder", Sms, "2026-06-02T14:30", Withdrawn)];
        assert_eq!(
            diff(
                &[reminder("2026-06-02T14:30")],
                &there,
                occasion(AppointmentModified, Status::Booked)
            ),
            ["add reminder sms #2 planned 2026-06-02 14:30"]
        );
    }

    #[test]
    fn a_reminder_that_is_late_is_told_and_not_sent() {
        assert_eq!(
            diff(
                &[reminder("2026-06-01T09:00")],
                &[],
                occasion(AppointmentCreated, Status::Booked)
            ),
            [
                "add reminder sms #1 skipped 2026-06-01 09:00: too late: it was due on 2026-06-01 09:00 and became known on 2026-06-01 10:00"
            ]
        );
    }

    #[test]
    fn nothing_is_sent_about_a_visit_that_is_over() {
        let mut over = occasion(AppointmentModified, Status::Booked);
        over.visit_start = Some(civil("2026-05-30T09:00"));
        let wanted = [reminder("2026-05-29T09:00"), notice("modified", Email)];
        let changes = diff(&wanted, &[], over);
        assert!(
            changes.iter().all(|change| change.contains("skipped")),
            "{changes:?}"
        );
        assert!(
            changes[1].ends_with("too late: its time ended on 2026-05-30 09:00"),
            "{changes:?}"
        );
    }

    #[test]
    fn a_days_list_is_wanted_as_long_as_its_time_is_to_come() {
        let list = |at: &str| Planned {
            lists: Some(civil(at).date()),
            recipient: Recipient::Resource,
            ..wanted("resource_day", Email, Due::At(civil(at)))
        };
        let occasion = occasion(AppointmentCreated, Status::Booked);
        assert_eq!(
            diff(&[list("2026-06-03T07:00")], &[], occasion),
            ["add resource_day email #1 planned 2026-06-03 07:00"]
        );
        assert!(diff(&[list("2026-06-01T07:00")], &[], occasion).is_empty());
    }

    #[test]
    fn a_newer_answer_replaces_an_older_one_on_its_channel() {
        let there = [
            standing(1, "created", Sms, "2026-06-01T09:00", Held),
            standing(2, "created", Email, "2026-06-01T09:00", Held),
        ];
        assert_eq!(
            diff(
                &[notice("modified", Sms)],
                &there,
                occasion(AppointmentModified, Status::Booked)
            ),
            [
                "withdraw 1: replaced by `modified`",
                "add modified sms #1 planned 2026-06-01 10:00"
            ]
        );
    }

    #[test]
    fn an_answer_to_each_event_is_a_message_of_its_own() {
        let there = [standing(1, "modified", Sms, "2026-05-31T09:00", Delivered)];
        assert_eq!(
            diff(
                &[notice("modified", Sms)],
                &there,
                occasion(AppointmentModified, Status::Booked)
            ),
            ["add modified sms #2 planned 2026-06-01 10:00"]
        );
    }

    #[test]
    fn after_the_visit_what_waits_is_withdrawn() {
        let there = [standing(1, "reminder", Sms, "2026-06-02T14:30", Waiting)];
        assert_eq!(
            diff(&[], &there, occasion(AppointmentAttended, Status::Attended)),
            ["withdraw 1: the visit took place"]
        );
    }

    #[test]
    fn two_policies_that_want_the_same_message_get_it_once() {
        let wanted = [reminder("2026-06-02T14:30"), reminder("2026-06-02T18:00")];
        assert_eq!(
            diff(&wanted, &[], occasion(AppointmentCreated, Status::Booked)),
            ["add reminder sms #1 planned 2026-06-02 14:30"]
        );
    }

    #[test]
    fn a_message_that_a_policy_holds_keeps_its_place_while_the_visit_stands() {
        let mut there = standing(1, "reminder", Sms, "2026-06-02T20:00", Held);
        there.reason = Some("outside the allowed hours".into());
        assert!(
            diff(
                &[reminder("2026-06-02T14:30")],
                &[there],
                occasion(AppointmentModified, Status::Booked)
            )
            .is_empty()
        );
    }
}
