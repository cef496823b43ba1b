//! The desk: from a claimed message to what is handed over, and from a gateway's answer to the step
//! that settles it. Everything here is a function of its arguments.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;
use std::time::Duration;

use chrono::TimeDelta;
use rappel_core::channel::{Channel, Outcome, Outgoing};
use rappel_core::civil::{Civil, Instant};
use rappel_core::ids::{FacilityId, MessageId};
use rappel_core::message::{Recipient, State};
use rappel_core::settings::Limits;
use rappel_core::store::{Claimed, Handover, Message, Step, Transition};

use super::backoff;
use crate::clinic::Live;
use crate::engine::{self, Judgement, Letter, Links};

/// What a desk needs to know beside the clinic.
#[derive(Clone, Debug)]
pub struct Desk {
    /// Makes the links in messages.
    pub links: Links,
    /// The host's address as gateways and patients reach it, without a slash at its end.
    pub public_url: Option<Arc<str>>,
}

/// A message that may go, with the step that says so.
pub(super) struct Ready {
    pub(super) claim: Claimed,
    pub(super) outgoing: Outgoing,
    pub(super) channel: Arc<dyn Channel>,
    pub(super) gateway: Arc<str>,
    pub(super) limits: Limits,
    pub(super) begin: Transition,
    /// The steps of the messages that go in one with it.
    pub(super) carried: Vec<Transition>,
    /// Until when the judgement holds.
    fresh_until: Instant,
}

impl Ready {
    /// Whether it has to be judged anew, because what a clock decides may be otherwise by now: the
    /// allowed hours, or that it comes too late. A change of facts takes it from its worker anyway.
    pub(super) fn is_stale(&self, now: Instant) -> bool {
        let expires = self.claim.message.expires;
        self.fresh_until <= now || expires.is_some_and(|expires| expires <= now)
    }

    /// What its worker holds of it and of what it carries.
    pub(super) fn held(&self) -> impl Iterator<Item = (MessageId, i64)> {
        std::iter::once(&self.begin)
            .chain(&self.carried)
            .map(|begin| (begin.id, begin.fence))
    }

    /// The steps that begin it and what it carries.
    pub(super) fn begins(&mut self) -> impl Iterator<Item = &mut Transition> {
        std::iter::once(&mut self.begin).chain(&mut self.carried)
    }

    /// Takes from what came of steps that of its own; tells whether it began. What goes as one begins as one.
    pub(super) fn has_begun(&self, made: &mut impl Iterator<Item = bool>) -> bool {
        let refused = made
            .take(1 + self.carried.len())
            .filter(|made| !made)
            .count();
        refused == 0
    }

    /// Until when the judgement holds.
    pub(super) fn fresh_until(&self) -> Instant {
        self.fresh_until
    }

    /// Whether it was handed over before and no answer came: it may have been taken then.
    pub(super) fn is_resend(&self) -> bool {
        self.claim.message.state == State::Sending
    }
}

/// What judging leads to.
pub(super) enum Judged {
    Ready(Box<Ready>),
    Stays(Box<Transition>),
}

/// How long a message may be under way before its worker counts as gone.
pub(super) const SENDING_LEASE: TimeDelta = TimeDelta::seconds(120);

/// How long a judgement holds. With the longest that a send takes it is less than the lease.
pub(super) const FRESH: TimeDelta = TimeDelta::seconds(30);

/// The longest wait for the next attempt that a gateway may ask for.
const LONGEST_WAIT: Duration = Duration::from_secs(86_400);

impl Desk {
    /// Judges a claimed message. `fresh_until` is until when that holds.
    pub(super) fn judge(
        &self,
        claim: Claimed,
        live: &Live,
        now: Instant,
        fresh_until: Instant,
    ) -> Judged {
        // A bug in the engine must not take the clinic's other messages with it.
        let judgement = catch_unwind(AssertUnwindSafe(|| {
            engine::judge(&claim, &live.rules, &self.links, now)
        }))
        .unwrap_or_else(|_| {
            Judgement::unasked(engine::Outcome::Stay {
                state: State::Failed,
                reason: "set aside: judging it failed inside Rappel; please report it".into(),
                origin: None,
                due: None,
                fault: false,
            })
        });
        let generation = live.rules.id().to_string();
        let message = &claim.message;
        let mut step = step(&claim, message.state);
        step.generation = Some(generation.clone());
        let told = |state: State, reason: Option<String>| Step::Judged {
            generation,
            answers: judgement.answers,
            state,
            reason,
            shadow: judgement.shadow,
        };
        match judgement.outcome {
            engine::Outcome::Stay {
                state,
                reason,
                origin,
                due,
                fault,
            } => {
                step.to = state;
                step.fault = fault;
                step.story.push(told(state, Some(reason.clone())));
                step.reason = Some(reason);
                step.origin = origin;
                step.due = due.map(|due| (due.instant(live.rules.settings().zone), due));
                Judged::Stays(Box::new(step))
            }
            engine::Outcome::Go(letter) => {
                step.story.push(told(State::Sending, None));
                step.lease = Some(now + SENDING_LEASE);
                self.hand_over(claim, *letter, step, live, fresh_until)
            }
        }
    }

    pub(super) fn hand_over(
        &self,
        claim: Claimed,
        mut letter: Letter,
        mut step: Transition,
        live: &Live,
        fresh_until: Instant,
    ) -> Judged {
        let settings = live.rules.settings();
        let Some((gateway, limits, channel)) = live.gateway(letter.channel) else {
            // Rules and gateways are swapped together, so this is a gateway that was never opened.
            step.to = State::Failed;
            step.reason = Some(format!("{} has no open gateway", letter.channel));
            return Judged::Stays(Box::new(step));
        };
        let message = &claim.message;
        let attempt = message.attempts.saturating_add(1);
        let opening = self.links.track(
            settings,
            (&message.kind, letter.channel, message.id),
            self.public_url.as_deref(),
            &mut letter.content,
        );
        let content = Arc::new(letter.content);
        step.handover = Some(Arc::new(Handover {
            gateway: gateway.to_string(),
            via: (letter.channel != message.channel).then_some(letter.channel),
            address: letter.to.as_str().to_string(),
            subject: content.subject.clone(),
            text: content.text.clone(),
            encoding: content.encoding,
            segments: content.segments,
            credits: settings.cost(letter.channel, &content),
            minute: settings.cost_of_minute(letter.channel),
            // Who is told that there are no credits is told without any.
            limited: settings.credits.limited && message.recipient != Recipient::Administrator,
            shared: None,
            channel: letter.channel,
            links: letter.links,
            opening,
        }));
        step.reminders_today = message.kind.is_reminder().then_some(claim.reminders_today);
        step.story.push(Step::Handed {
            gateway: gateway.to_string(),
            channel: letter.channel,
            attempt,
            segments: content.segments,
        });
        let outgoing = Outgoing {
            id: message.id,
            facility: message.facility.clone(),
            kind: message.kind.clone(),
            channel: letter.channel,
            to: letter.to,
            sender: settings.from().clone(),
            language: letter.language,
            content,
            receipts: self.callback("receipts", &message.facility, gateway),
            replies: self.callback("replies", &message.facility, gateway),
            confirmation_requested: message.confirmation_requested,
            attempt: message.attempts,
        };
        Judged::Ready(Box::new(Ready {
            outgoing,
            channel: channel.clone(),
            gateway: gateway.into(),
            limits: limits.clone(),
            begin: step,
            carried: Vec::new(),
            claim,
            fresh_until,
        }))
    }

    /// Where a gateway may call the host about a message; the adapter adds which, and the proof.
    fn callback(&self, path: &str, facility: &FacilityId, gateway: &str) -> Option<Arc<str>> {
        let url = self.public_url.as_ref()?;
        Some(format!("{url}/{path}/{facility}/{gateway}").into())
    }
}

/// A step of a claimed message to `sending`, to fill in.
pub(super) fn step(claim: &Claimed, from: State) -> Transition {
    Transition {
        facility: claim.message.facility.clone(),
        id: claim.message.id,
        fence: claim.fence,
        from,
        to: State::Sending,
        reason: None,
        origin: None,
        due: None,
        lease: None,
        generation: None,
        handover: None,
        gateway_id: None,
        forgive_attempt: false,
        reminders_today: None,
        fault: false,
        story: Vec::new(),
    }
}

/// The steps that an answer leads to: that of the message, and those of what it carried, which arrives or
/// fails with it.
pub(super) fn settle(
    ready: &Ready,
    outcome: Outcome,
    live: &Live,
    now: Instant,
) -> Vec<Transition> {
    for_all(ready, settle_one(ready, outcome, live, now))
}

/// The same step for a message and for what it carries. The gateway's name is the carrier's alone, and what
/// goes back to wait keeps its own time.
fn for_all(ready: &Ready, of: Transition) -> Vec<Transition> {
    let mut steps = vec![of];
    for carried in &ready.carried {
        let [of, ..] = steps.as_slice() else { break };
        let mut step = Transition {
            id: carried.id,
            fence: carried.fence,
            gateway_id: None,
            due: None,
            reason: of.reason.clone().or_else(|| carried.reason.clone()),
            ..of.clone()
        };
        if step.to == State::Expired {
            // It may be in time for another visit than the carrier's.
            step.to = State::Planned;
        }
        for told in &mut step.story {
            if let Step::Answered {
                state, gateway_id, ..
            } = told
            {
                *state = step.to;
                *gateway_id = None;
            }
        }
        steps.push(step);
    }
    steps
}

/// `fence` and `attempts` are those of the message as it was handed over.
fn settle_one(ready: &Ready, outcome: Outcome, live: &Live, now: Instant) -> Transition {
    let message = &ready.claim.message;
    let attempts = message.attempts.saturating_add(1);
    let mut step = step(&ready.claim, State::Sending);
    let again =
        |wait: Duration| now + TimeDelta::from_std(wait.min(LONGEST_WAIT)).unwrap_or_default();
    let (to, reason) = match outcome {
        Outcome::Accepted { gateway_id } => {
            step.gateway_id = gateway_id;
            (State::Sent, None)
        }
        Outcome::Refused { reason } => (State::Failed, Some(reason)),
        Outcome::Busy {
            reason,
            retry_after,
        } => {
            step.forgive_attempt = retry_after.is_some();
            let wait = retry_after.unwrap_or_else(|| backoff::wait(message.id, attempts));
            let spent = !step.forgive_attempt && attempts >= ready.limits.attempts;
            if ready.is_resend() {
                unanswered(&mut step, again(wait), spent, reason)
            } else {
                retry(&mut step, message, again(wait), spent, reason, live)
            }
        }
        Outcome::Unreachable { reason } => {
            let at = again(backoff::wait(message.id, attempts));
            let spent = attempts >= ready.limits.attempts;
            if ready.is_resend() {
                unanswered(&mut step, at, spent, reason)
            } else {
                retry(&mut step, message, at, spent, reason, live)
            }
        }
        Outcome::Unanswered { reason } => {
            let at = again(backoff::wait(message.id, attempts));
            let spent = !ready.channel.honours_reference() || attempts >= ready.limits.attempts;
            unanswered(&mut step, at, spent, reason)
        }
    };
    step.to = to;
    step.story.push(Step::Answered {
        state: to,
        gateway_id: step.gateway_id.clone(),
        reason: reason.clone(),
    });
    step.reason = reason;
    step
}

/// A message that may have been taken stays under way until it is asked about again under the same
/// reference: it can't be withdrawn or judged as if nothing had gone.
fn unanswered(
    step: &mut Transition,
    at: Instant,
    spent: bool,
    reason: String,
) -> (State, Option<String>) {
    if spent {
        let reason = format!("{reason}; it may have gone, so it is not sent again");
        return (State::Unknown, Some(reason));
    }
    step.lease = Some(at);
    (State::Sending, Some(reason))
}

/// A message that the gateway didn't take goes back to wait, unless it is spent or comes too late.
fn retry(
    step: &mut Transition,
    message: &Message,
    at: Instant,
    spent: bool,
    reason: String,
    live: &Live,
) -> (State, Option<String>) {
    if spent {
        return (
            State::Failed,
            Some(format!(
                "given up after {} attempts: {reason}",
                message.attempts + 1
            )),
        );
    }
    if message.expires.is_some_and(|expires| at >= expires) {
        return (
            State::Expired,
            Some(format!("{reason}; another attempt would come too late")),
        );
    }
    step.due = Some((at, Civil::at(at, live.rules.settings().zone)));
    (State::Planned, Some(reason))
}

/// The steps of a message that was marked as sending and is not handed over after all, and of what it carries.
pub(super) fn take_back(ready: &Ready, now: Instant, reason: &str) -> Vec<Transition> {
    let mut step = step(&ready.claim, State::Sending);
    step.forgive_attempt = true;
    step.reason = Some(reason.into());
    if ready.is_resend() {
        // An earlier attempt may have gone: it stays under way, for whoever looks next.
        step.lease = Some(now);
    } else {
        step.to = State::Planned;
    }
    step.story.push(Step::Answered {
        state: step.to,
        gateway_id: None,
        reason: step.reason.clone(),
    });
    for_all(ready, step)
}

/// The step of a judged message whose gateway is left alone until a time, while its lane goes on.
pub(super) fn postpone(ready: &Ready, until: Instant, live: &Live) -> Transition {
    let mut step = step(&ready.claim, ready.claim.message.state);
    step.to = State::Planned;
    step.reason = Some("its gateway is left alone for now".into());
    step.due = Some((until, Civil::at(until, live.rules.settings().zone)));
    step
}
