//! The vocabulary of Rappel: what a clinic, an event, a decision and a message are.
//!
//! Everything here is data and pure functions. No clock, no environment, no file and no network is
//! known in this crate: `now`, the zone and the language are arguments. The two ends that touch the
//! world are traits here ([`Channel`], [`Store`]) and implemented elsewhere.

pub mod agenda;
pub mod alarm;
pub mod channel;
pub mod civil;
pub mod contact;
pub mod decision;
pub mod diagnostic;
pub mod event;
pub mod facts;
pub mod ids;
pub mod kind;
pub mod language;
pub mod message;
mod nearest;
pub mod opening;
pub mod provider;
pub mod settings;
pub mod shadow;
pub mod store;
pub mod tally;

pub use channel::{Address, Channel, ChannelKind, Content, Outcome, Outgoing, SmsEncoding};
pub use civil::{Civil, Instant, Span, Zone};
pub use contact::{EmailAddress, Phone};
pub use decision::{Answer, Decision, Planned, Verdict};
pub use diagnostic::{Code, Diagnostic, Severity};
pub use event::{Event, EventKind};
pub use facts::Visit;
pub use kind::{Kind, Named};
pub use language::Language;
pub use message::{MessageFacts, Recipient, State};
pub use nearest::{nearest, surely_meant};
pub use opening::Opening;
pub use settings::Settings;
pub use store::Store;
