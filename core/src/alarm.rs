//! Alarms: what needs a person, grouped by what it is about, so that the clinic's administrator reads a
//! point where five hundred things went the same way wrong.

use std::fmt;
use std::str::FromStr;

use rust_decimal::Decimal;
use serde::Serialize;

use crate::channel::ChannelKind;
use crate::civil::{Instant, Zone};
use crate::decision::PolicyFault;
use crate::ids::MessageId;
use crate::kind::Kind;
use crate::store::Braked;

/// What happened. Another kind is another variant: the compiler asks for its name, and for its words in
/// `host/src/engine/report`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum AlarmKind {
    /// A gateway isn't reached, for longer than a moment.
    GatewayDown,
    /// It takes messages again.
    GatewayBack,
    /// Credits are no more than the low-water mark.
    CreditsLow,
    /// Credits didn't cover a message.
    CreditsOut,
    /// Messages ended as failed.
    Undeliverable,
    /// A message was set aside because the host stopped each time it was handled.
    SetAside,
    /// What a patient answered can't be read.
    UnclearReply,
    /// The clinic's files can't be served as they are; the last good ones go on.
    FilesRefused,
    /// The clinic's files are in order again.
    FilesMended,
    /// A policy failed, and what it decides about waits.
    PolicyFailed,
    /// The brake stopped the clinic's new files; the ones before go on.
    Braked,
}

impl AlarmKind {
    /// Every kind, in the order in which an e-mail tells them.
    pub const ALL: [AlarmKind; 11] = [
        AlarmKind::GatewayDown,
        AlarmKind::GatewayBack,
        AlarmKind::Braked,
        AlarmKind::CreditsOut,
        AlarmKind::CreditsLow,
        AlarmKind::FilesRefused,
        AlarmKind::FilesMended,
        AlarmKind::PolicyFailed,
        AlarmKind::SetAside,
        AlarmKind::Undeliverable,
        AlarmKind::UnclearReply,
    ];

    /// Its name in the store and in JSON: `gateway_down`.
    pub const fn name(self) -> &'static str {
        match self {
            AlarmKind::GatewayDown => "gateway_down",
            AlarmKind::GatewayBack => "gateway_back",
            AlarmKind::CreditsLow => "credits_low",
            AlarmKind::CreditsOut => "credits_out",
            AlarmKind::Undeliverable => "undeliverable",
            AlarmKind::SetAside => "set_aside",
            AlarmKind::UnclearReply => "unclear_reply",
            AlarmKind::FilesRefused => "files_refused",
            AlarmKind::FilesMended => "files_mended",
            AlarmKind::PolicyFailed => "policy_failed",
            AlarmKind::Braked => "braked",
        }
    }

    /// Whether it happens one by one all day long, so that the same once more is no news: it comes with the
    /// next e-mail that tells some, when it has become many times as much, or a day later.
    pub const fn trickles(self) -> bool {
        matches!(
            self,
            AlarmKind::Undeliverable | AlarmKind::SetAside | AlarmKind::PolicyFailed
        )
    }

    /// The alarm that it tells the end of. Where nobody raised that one, there is nothing to tell.
    pub const fn ends(self) -> Option<AlarmKind> {
        match self {
            AlarmKind::GatewayBack => Some(AlarmKind::GatewayDown),
            AlarmKind::FilesMended => Some(AlarmKind::FilesRefused),
            _ => None,
        }
    }
}

impl fmt::Display for AlarmKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

impl FromStr for AlarmKind {
    type Err = String;

    fn from_str(name: &str) -> Result<Self, Self::Err> {
        AlarmKind::ALL
            .into_iter()
            .find(|kind| kind.name() == name)
            .ok_or_else(|| format!("unknown kind of alarm `{name}`"))
    }
}

/// What needs a person. What is equal is one point, however often it happens. It holds nothing of a
/// patient's: no name, address or text.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Alarm {
    /// What happened.
    pub kind: AlarmKind,
    /// What it happened to: the gateway, the kind of message, the policy and line; the credits that are
    /// left; the approval that is asked for. Empty where the kind says all.
    pub subject: String,
    /// The channel that it happened on.
    pub channel: Option<ChannelKind>,
    /// Why, as far as it is known. Empty where the kind says all.
    pub reason: String,
}

impl Alarm {
    fn of(kind: AlarmKind, subject: impl Into<String>, reason: &str) -> Self {
        Self {
            kind,
            subject: subject.into(),
            channel: None,
            reason: impersonal(reason),
        }
    }

    /// A gateway isn't reached.
    pub fn gateway_down(gateway: &str, reason: &str) -> Self {
        Self::of(AlarmKind::GatewayDown, gateway, reason)
    }

    /// It takes messages again.
    pub fn gateway_back(gateway: &str) -> Self {
        Self::of(AlarmKind::GatewayBack, gateway, "")
    }

    /// Credits are low, with so many left.
    pub fn credits_low(left: Decimal) -> Self {
        Self::of(AlarmKind::CreditsLow, left.normalize().to_string(), "")
    }

    /// Credits didn't cover a message, with so many left.
    pub fn credits_out(left: Decimal) -> Self {
        Self::of(AlarmKind::CreditsOut, left.normalize().to_string(), "")
    }

    /// A message of a kind ended as failed.
    pub fn undeliverable(kind: &Kind, channel: ChannelKind, reason: &str) -> Self {
        Self {
            channel: Some(channel),
            ..Self::of(AlarmKind::Undeliverable, kind.as_str(), reason)
        }
    }

    /// A message of a kind stopped the host each time it was handled.
    pub fn set_aside(kind: &Kind, channel: ChannelKind) -> Self {
        Self {
            channel: Some(channel),
            ..Self::of(AlarmKind::SetAside, kind.as_str(), "")
        }
    }

    /// An answer that came by a channel can't be read.
    pub fn unclear_reply(channel: ChannelKind) -> Self {
        Self {
            channel: Some(channel),
            ..Self::of(AlarmKind::UnclearReply, "", "")
        }
    }

    /// The clinic's files can't be served; the first line of the reason is told.
    pub fn files_refused(reason: &str) -> Self {
        Self::of(AlarmKind::FilesRefused, "", reason)
    }

    /// They are in order again.
    pub fn files_mended() -> Self {
        Self::of(AlarmKind::FilesMended, "", "")
    }

    /// The brake stopped a generation.
    pub fn braked(braked: &Braked) -> Self {
        Self::of(AlarmKind::Braked, &*braked.approval, &braked.measure())
    }

    /// A policy failed.
    pub fn policy_failed(fault: &PolicyFault) -> Self {
        let subject = match fault.origin.line {
            0 => fault.origin.policy.to_string(),
            line => format!("{}:{line}", fault.origin.policy),
        };
        Self::of(AlarmKind::PolicyFailed, subject, &fault.reason)
    }
}

/// An alarm as the store keeps it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AlarmRecord {
    /// What it is about.
    pub alarm: Alarm,
    /// When it happened first.
    pub first: Instant,
    /// When it happened last.
    pub last: Instant,
    /// How often.
    pub count: u64,
    /// The latest message that it happened to, where it happens to messages.
    pub message: Option<MessageId>,
    /// The e-mail that tells it, once there is one.
    pub told: Option<MessageId>,
}

/// An e-mail to the administrator that is to be planned where something is untold.
#[derive(Clone, Copy, Debug)]
pub struct NewReport {
    /// Its id.
    pub id: MessageId,
    /// The time of asking.
    pub now: Instant,
    /// The clinic's zone.
    pub zone: Zone,
    /// How long to wait for what happens together.
    pub gather: chrono::TimeDelta,
    /// At most one in this time.
    pub every: chrono::TimeDelta,
}

/// An e-mail to the administrator that was planned.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct PlannedReport {
    /// When it is due.
    pub due: Instant,
    /// The one before, where it failed: what it told is told again.
    pub failed: Option<MessageId>,
}

/// The most characters of a reason that are kept.
const LONGEST_REASON: usize = 200;

/// The fewest digits that may be somebody's number.
const NUMBER_DIGITS: usize = 7;

/// The first line of a reason, cut, without what may be somebody's address or number: a gateway's receipt
/// says what it likes. What is about one message only would also keep equal reasons from being grouped.
fn impersonal(reason: &str) -> String {
    let digits = |word: &str| word.chars().filter(char::is_ascii_digit).count();
    let words: Vec<&str> = reason
        .lines()
        .next()
        .unwrap_or_default()
        .split_whitespace()
        .collect();
    let mut kept: Vec<&str> = Vec::with_capacity(words.len());
    // Numbers that stand next to each other may be one number in groups.
    for group in words.chunk_by(|one, next| digits(one) > 0 && digits(next) > 0) {
        let personal = group.iter().any(|word| word.contains('@'));
        if personal || group.iter().map(|word| digits(word)).sum::<usize>() >= NUMBER_DIGITS {
            kept.push("…");
        } else {
            kept.extend(group);
        }
    }
    let text = kept.join(" ");
    match text.char_indices().nth(LONGEST_REASON) {
        Some((end, _)) => format!("{}…", text.get(..end).unwrap_or_default()),
        None => text,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_kind_is_known_by_its_name() {
        for kind in AlarmKind::ALL {
            assert_eq!(kind.name().parse(), Ok(kind));
            assert_eq!(
                serde_json::to_value(kind).ok(),
                Some(kind.name().into()),
                "JSON and the store say the same"
            );
        }
        assert!("brake".parse::<AlarmKind>().is_err());
    }

    #[test]
    fn a_reason_keeps_what_an_operator_looks_up_and_nothing_of_a_person() {
        for (said, kept) in [
            ("no such number", "no such number"),
            ("550 5.1.1 user unknown", "550 5.1.1 user unknown"),
            ("<jeannette@example.org>: user unknown", "… user unknown"),
            ("+33639980001 is switched off", "… is switched off"),
            ("06 39 98 00 01 is switched off", "… is switched off"),
            ("error 30003\nTo: Jeannette", "error 30003"),
            (
                "given up after 8 attempts: overloaded",
                "given up after 8 attempts: overloaded",
            ),
        ] {
            assert_eq!(impersonal(said), kept, "{said}");
        }
        assert_eq!(impersonal(&"é ".repeat(300)).chars().count(), 201);
    }
}
