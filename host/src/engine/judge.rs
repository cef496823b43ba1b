//! Judging: whether a due message may go now, where to and with which words.

use rappel_core::channel::{Address, ChannelKind, Content};
use rappel_core::civil::{Civil, Instant, Span};
use rappel_core::contact::{EmailAddress, Phone};
use rappel_core::decision::{Answer, Decision, Origin, Verdict};
use rappel_core::facts::Visit;
use rappel_core::kind::Named;
use rappel_core::language::Language;
use rappel_core::message::{MessageFacts, Recipient, State};
use rappel_core::settings::Settings;
use rappel_core::shadow;
use rappel_core::store::{Claimed, Message, NewLink, Purpose};

use super::generation::{Beside, Generation};
use super::links::{Links, MadeLink};
use super::list::list_of;
use super::report::{self, is_report};
use super::shadow::in_shadow;

/// For how many minutes a message is kept back when a policy or a template fails, before it is tried
/// again: the fault may be mended meanwhile.
const FAULT_PAUSE_MINUTES: i64 = 15;

/// For how many minutes a policy holds a message at least, so that none is asked without end.
const SHORTEST_HOLD_MINUTES: i64 = 1;

/// What came of judging a message.
#[derive(Debug)]
pub struct Judgement {
    /// What each policy said.
    pub answers: Vec<Answer>,
    /// What each policy in shadow said, which changes nothing.
    pub shadow: Vec<shadow::Judged>,
    /// What is to be done.
    pub outcome: Outcome,
}

impl Judgement {
    /// No policy was asked.
    pub fn unasked(outcome: Outcome) -> Self {
        Self {
            answers: Vec::new(),
            shadow: Vec::new(),
            outcome,
        }
    }
}

/// What is to be done with a judged message.
#[derive(Debug)]
pub enum Outcome {
    /// It goes.
    Go(Box<Letter>),
    /// It doesn't go, now or ever.
    Stay {
        /// The state it enters.
        state: State,
        /// Why.
        reason: String,
        /// Which policy decided, if one did.
        origin: Option<Origin>,
        /// When to look at it again.
        due: Option<Civil>,
        /// Whether something in the clinic's files keeps it back, so that other rules may let it go.
        fault: bool,
    },
}

impl Outcome {
    /// It doesn't go by the engine's own decision.
    fn stay(state: State, reason: String) -> Self {
        Outcome::Stay {
            state,
            reason,
            origin: None,
            due: None,
            fault: false,
        }
    }

    /// It doesn't go because a policy says so.
    fn skipped(reason: String, origin: Origin) -> Self {
        Outcome::Stay {
            state: State::Skipped,
            reason,
            origin: Some(origin),
            due: None,
            fault: false,
        }
    }
}

/// A message that may go.
#[derive(Debug)]
pub struct Letter {
    /// By which channel.
    pub channel: ChannelKind,
    /// Where to.
    pub to: Address,
    /// In which language.
    pub language: Language,
    /// With which words.
    pub content: Content,
    /// The links that stand in them.
    pub links: Vec<NewLink>,
}

/// Judges a message with the facts that it was taken with. Every policy is asked, and what may go is
/// rendered, so that nothing can stop it afterwards but its gateway.
pub fn judge(claim: &Claimed, rules: &Generation, links: &Links, now: Instant) -> Judgement {
    let zone = rules.settings().zone;
    let now = Civil::at(now, zone);
    let message = &claim.message;
    let expires = message.expires.map(|expires| Civil::at(expires, zone));
    if let Some(expires) = expires.filter(|expires| *expires <= now) {
        let reason = format!("its time ended on {expires}, before it could go");
        return Judgement::unasked(Outcome::stay(State::Expired, reason));
    }
    if message.day.is_some() && claim.listed.is_empty() {
        let reason = "there is no appointment on that day".into();
        return Judgement::unasked(Outcome::stay(State::Skipped, reason));
    }
    let mut facts = facts_of(claim, rules.settings(), now);
    if is_report(message) {
        // A policy that is at fault must not keep back the e-mail that tells of it.
        return Judgement::unasked(written(claim, &facts, rules, links));
    }
    let decision = rules.check(&facts, &claim.visit);
    let ask = |facts: &MessageFacts| rules.check(facts, &claim.visit);
    let (more, fate) = obey(&decision, claim, &facts, ask);
    let shadow = in_shadow(rules, claim, &facts, &decision, &fate);
    let mut answers = decision.answers;
    answers.extend(more);
    let outcome = match fate {
        Ok(channel) => {
            facts.channel = channel;
            written(claim, &facts, rules, links)
        }
        Err(stays) => stays,
    };
    Judgement {
        answers,
        shadow,
        outcome,
    }
}

/// By which channel the policies let a message go, or what becomes of it instead; with what they answered
/// where they had to be asked again.
pub(super) fn obey(
    decision: &Decision,
    claim: &Claimed,
    facts: &MessageFacts,
    ask: impl FnOnce(&MessageFacts) -> Decision,
) -> (Vec<Answer>, Result<ChannelKind, Outcome>) {
    let Some(Answer {
        verdict: Verdict::Via { channel, reason },
        origin,
        ..
    }) = decision.deciding()
    else {
        let stopped = stopped(decision, facts);
        return (Vec::new(), stopped.map_or(Ok(facts.channel), Err));
    };
    if *channel == facts.channel || claim.other_channels.contains(channel) {
        let reason = format!("{reason}; it already goes by {channel}");
        return (Vec::new(), Err(Outcome::skipped(reason, origin.clone())));
    }
    // The policies are asked again, because what holds for one channel (consent, a switch) need
    // not hold for the other.
    let facts = MessageFacts {
        channel: *channel,
        ..facts.clone()
    };
    let again = ask(&facts);
    let stopped = stopped(&again, &facts);
    (again.answers, stopped.map_or(Ok(*channel), Err))
}

/// What becomes of a message that may go, as far as it can be written.
fn written(claim: &Claimed, facts: &MessageFacts, rules: &Generation, links: &Links) -> Outcome {
    match write(claim, facts, rules, links, None) {
        Ok(letter) => Outcome::Go(Box::new(letter)),
        Err(Unwritable::Never(reason)) => Outcome::stay(State::Failed, reason),
        Err(Unwritable::Unreached(reason)) => unreached(claim, facts, rules.settings(), reason),
        Err(Unwritable::Now(reason)) => held_by_a_fault(facts, reason, None),
    }
}

/// What policies and templates are told of a claimed message.
pub(super) fn facts_of(claim: &Claimed, settings: &Settings, now: Civil) -> MessageFacts {
    let message = &claim.message;
    MessageFacts {
        recipient: message.recipient,
        event: message.event,
        due: message.due_civil,
        expires: message
            .expires
            .map(|expires| Civil::at(expires, settings.zone)),
        confirmation_requested: message.confirmation_requested,
        reminders_today: claim.reminders_today,
        delay: message.delay.map(|minutes| Span::minutes(minutes.into())),
        next_visit: claim.next_visit,
        sent_before: claim.sent_before,
        ..MessageFacts::due(message.kind.clone(), message.channel, now)
    }
}

fn pause(now: Civil) -> Civil {
    now.checked_add(Span::minutes(FAULT_PAUSE_MINUTES))
        .unwrap_or(now)
}

/// What a decision that isn't "go" leads to.
fn stopped(decision: &Decision, facts: &MessageFacts) -> Option<Outcome> {
    let Answer {
        origin, verdict, ..
    } = decision.deciding()?;
    let origin = origin.clone();
    Some(match verdict {
        Verdict::Allow => return None,
        Verdict::Skip { reason } => Outcome::skipped(reason.clone(), origin),
        Verdict::Hold { until, reason } => {
            let soonest = facts
                .now
                .checked_add(Span::minutes(SHORTEST_HOLD_MINUTES))
                .unwrap_or(facts.now);
            held(facts, reason.clone(), Some(origin), (*until).max(soonest))
        }
        Verdict::Fault { reason } => held_by_a_fault(facts, reason.clone(), Some(origin)),
        // Two policies that send a message to each other's channel.
        Verdict::Via { reason, .. } => Outcome::skipped(
            format!("{reason}; but that channel was changed already"),
            origin,
        ),
    })
}

/// A hold, or its end when the message would come too late.
fn held(facts: &MessageFacts, reason: String, origin: Option<Origin>, until: Civil) -> Outcome {
    match facts.expires {
        Some(expires) if until >= expires => Outcome::Stay {
            state: State::Expired,
            reason: format!("{reason}; held until {until} it would come too late"),
            origin,
            due: None,
            fault: false,
        },
        _ => Outcome::Stay {
            state: State::Held,
            reason,
            origin,
            due: Some(until),
            fault: false,
        },
    }
}

/// The same where something in the clinic's files is at fault.
fn held_by_a_fault(facts: &MessageFacts, reason: String, origin: Option<Origin>) -> Outcome {
    let mut held = held(facts, reason, origin, pause(facts.now));
    if let Outcome::Stay { fault, .. } = &mut held {
        *fault = true;
    }
    held
}

/// Why a message can't be written.
pub(super) enum Unwritable {
    /// As long as the clinic's files are as they are.
    Now(String),
    /// The facts don't let it.
    Never(String),
    /// There is no address that it could go to.
    Unreached(String),
}

/// What becomes of a message without an address. That a room has none, or that a patient is told by
/// another channel, is nothing to look after; a patient whom nothing reaches is.
fn unreached(
    claim: &Claimed,
    facts: &MessageFacts,
    settings: &Settings,
    reason: String,
) -> Outcome {
    let reaches =
        |channel: &&ChannelKind| address(&claim.visit, facts, **channel, settings).is_ok();
    if facts.recipient == Recipient::Resource {
        return Outcome::stay(State::Skipped, reason);
    }
    match claim.other_channels.iter().find(reaches) {
        Some(channel) => Outcome::stay(State::Skipped, format!("{reason}; it goes by {channel}")),
        None => Outcome::stay(State::Failed, reason),
    }
}

/// Writes a message: about its own appointment, or about those of a `family`, which are listed.
pub(super) fn write(
    claim: &Claimed,
    facts: &MessageFacts,
    rules: &Generation,
    links: &Links,
    family: Option<&str>,
) -> Result<Letter, Unwritable> {
    let settings = rules.settings();
    let (message, visit) = (&claim.message, &claim.visit);
    if settings.gateway(facts.channel).is_none() {
        return Err(Unwritable::Now(format!("{} has no gateway", facts.channel)));
    }
    let to = address(visit, facts, facts.channel, settings).map_err(Unwritable::Unreached)?;
    let language = match facts.recipient {
        Recipient::Patient => visit.patient.as_ref().and_then(|patient| patient.language),
        Recipient::Resource => None,
        Recipient::Administrator => settings.administrator.language,
    }
    .unwrap_or(settings.language);
    let own = rules.template(&facts.kind, facts.channel, language);
    let stock = match own {
        None if is_report(message) => report::template(settings, language),
        _ => None,
    };
    let template = own.or(stock.as_ref()).ok_or_else(|| {
        Unwritable::Now(format!(
            "there is no template {}.{}.trd",
            facts.kind, facts.channel
        ))
    })?;
    let made = links.of(settings, &message.kind, message.id, claim.sent_before == 0);
    let links: Vec<(Named, String)> = made
        .iter()
        // Such a link is about one appointment: it stands in the list.
        .filter(|link| family.is_none() || link.purpose == Purpose::Unsubscribe)
        .map(|link| (link.name, link.url.clone()))
        .collect();
    let appointments = message.day.map(|_| list_of(&claim.listed));
    let report = is_report(message)
        .then(|| report::report_of(&claim.alarms, template.options().language, settings.zone));
    let beside = Beside {
        links: &links,
        day: message.day,
        appointments: appointments.as_deref(),
        family,
        report: report.as_deref(),
    };
    let content = rules
        .render(template, visit, facts, beside)
        .map_err(|stopped| Unwritable::Never(stopped.to_string()))?;
    Ok(Letter {
        channel: facts.channel,
        to,
        // A patient who prefers a language that nothing is written in gets the clinic's.
        language: template.options().language,
        links: brought(made, &content, message, facts.now, settings),
        content,
    })
}

/// The links of a message that stand in a text.
pub(super) fn brought(
    made: Vec<MadeLink>,
    content: &Content,
    message: &Message,
    now: Civil,
    settings: &Settings,
) -> Vec<NewLink> {
    made.into_iter()
        .filter(|link| brings(content, &link.token))
        .filter_map(|link| {
            let expires = until(link.purpose, message, now)?.instant(settings.zone);
            Some(NewLink {
                token: link.token,
                purpose: link.purpose,
                expires,
            })
        })
        .collect()
}

/// Whether a link stands in a message.
fn brings(content: &Content, token: &str) -> bool {
    content.text.contains(token)
        || content
            .html
            .as_deref()
            .is_some_and(|html| html.contains(token))
}

/// When a link stops working. An answer is of use until the visit begins; a password's link is short-lived
/// because whoever has it is the patient; unsubscribing must work for long.
fn until(purpose: Purpose, message: &Message, now: Civil) -> Option<Civil> {
    const ANSWER_DAYS: i64 = 30;
    const PASSWORD_HOURS: i64 = 24;
    const UNSUBSCRIBE_MONTHS: i64 = 24;
    let span = match purpose {
        Purpose::Confirm | Purpose::Cancel => match message.visit_start {
            Some(start) if start > now => return Some(start),
            _ => Span::days(ANSWER_DAYS),
        },
        Purpose::Reschedule => Span::days(ANSWER_DAYS),
        Purpose::Password => Span::hours(PASSWORD_HOURS),
        Purpose::Unsubscribe => Span::months(UNSUBSCRIBE_MONTHS),
    };
    now.checked_add(span)
}

/// Where a message goes by a channel, or why it can't.
pub(super) fn address(
    visit: &Visit,
    facts: &MessageFacts,
    channel: ChannelKind,
    settings: &Settings,
) -> Result<Address, String> {
    let (who, mobile, email) = match facts.recipient {
        Recipient::Administrator => (
            "administrator",
            None,
            settings.administrator.email.as_deref(),
        ),
        Recipient::Patient => {
            let patient = visit.patient.as_ref().ok_or("the patient is not known")?;
            (
                "patient",
                patient.mobile.as_deref(),
                patient.email.as_deref(),
            )
        }
        Recipient::Resource => {
            let resource = visit.resource.as_ref().ok_or("the resource is not known")?;
            (
                "resource",
                resource.mobile.as_deref(),
                resource.email.as_deref(),
            )
        }
    };
    let given = |text: Option<&'_ str>| {
        text.map(str::trim)
            .filter(|text| !text.is_empty())
            .map(str::to_string)
    };
    match channel {
        ChannelKind::Email => {
            let email = given(email).ok_or_else(|| format!("the {who} has no e-mail address"))?;
            EmailAddress::parse(&email).map(Address::Email)
        }
        channel => {
            let mobile = given(mobile).ok_or_else(|| format!("the {who} has no mobile number"))?;
            let phone = Phone::parse(&mobile, &settings.country)?;
            if channel == ChannelKind::Sms && !phone.can_receive_sms() {
                return Err("the telephone number is a fixed line, which receives no SMS".into());
            }
            Ok(Address::Phone(phone))
        }
    }
}
