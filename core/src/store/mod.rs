//! The outbox: what a store of facts, events and messages must do, whatever database is behind it.
//!
//! The message row is the summary's row. A status, the decision behind it and the place in the queue
//! change in one transaction, so a crash between two of them can't be seen.

mod answer;
mod brake;
mod change;
mod clinic;
mod credits;
mod message;
mod plan;
mod step;

use std::collections::BTreeMap;

use async_trait::async_trait;
use rust_decimal::Decimal;
use serde_json::{Map, Value};

use crate::alarm::{Alarm, AlarmRecord, NewReport, PlannedReport};
use crate::channel::ChannelKind;
use crate::civil::{Civil, Instant};
use crate::event::Event;
use crate::facts::Records;
use crate::ids::{AppointmentId, FacilityId, MessageId, PatientId};
use crate::provider::Receipt;
use crate::shadow;
use crate::tally::{By, Tally};

pub use answer::{
    ConsentChange, Link, NewLink, OWN_SOURCE, OpeningToken, OutgoingEvent, Purpose, ReplyRecord,
    Request, RequestOf,
};
pub use brake::{Brake, Braked};
pub use change::{ChangeRecord, ChangedFile, EffectCounts, LastEvent, PlannedAnew, Standing};
pub use clinic::{Absent, GenerationRecord, KeptFolder};
pub use credits::{Account, CreditLevel, Crossing, Posted, Posting};
pub use message::{Count, Filter, Message};
pub use plan::{
    Approval, Change, Ingested, NewMessage, Plan, Planner, Reach, Replanned, Unplanned,
};
pub use step::{Claimed, Committed, Did, Entry, Handover, Lane, Shared, Step, Transition};

/// A store that failed. The sentence says what to look at; it holds no facts.
#[derive(Clone, Debug, thiserror::Error)]
#[error("{0}")]
pub struct StoreError(pub String);

/// The result of a store's work.
pub type Result<T, E = StoreError> = std::result::Result<T, E>;

/// Tells whether a patient is meant, by what the agenda told of them.
pub type Whose<'w> = dyn Fn(&Map<String, Value>) -> bool + Sync + 'w;

/// A store. The conformance suite in `host/tests/store` says what every implementation must hold to.
#[async_trait]
pub trait Store: Send + Sync {
    /// Applies events in order: each one's facts and messages stand, or neither. A repeated event
    /// (same source and id) changes nothing.
    ///
    /// An erased patient leaves nothing but keyed hashes of what they are known by and of their
    /// appointments' ids. Of later events about them nothing is kept, until they register anew and
    /// consent.
    ///
    /// Where facts change, messages that were judged by the old ones are taken from their workers.
    /// Waiting messages follow their appointment to another patient.
    ///
    /// Where the planner has a [`Brake`], what it plans is counted, and compared with what other
    /// generations that weren't stopped planned for events of the same kind in the 28 days before. A
    /// generation that plans too much is stopped in the same transaction: its messages that haven't gone
    /// wait for an approval, also those that it plans from now on, and their appointments wait to be
    /// [planned again](Store::replan), by which what other rules want too is let go. Where no
    /// [earlier files](Store::kept_folders) could take its place it is not.
    async fn ingest(
        &self,
        facility: &FacilityId,
        events: &[Event],
        now: Instant,
        planner: &dyn Planner,
    ) -> Result<Vec<Ingested>>;

    /// Plans again, in their order, the events on which a policy failed; they wait for it since.
    async fn replan(
        &self,
        facility: &FacilityId,
        now: Instant,
        planner: &dyn Planner,
    ) -> Result<Replanned>;

    /// The appointments whose messages a change of rules may concern and that were planned by another
    /// generation than this one: those that are open and begin at or after `now`, and those that a message
    /// waits for which answers no event.
    async fn planned_otherwise(
        &self,
        facility: &FacilityId,
        generation: &str,
        now: Civil,
    ) -> Result<Vec<AppointmentId>>;

    /// Appointments as they stand; what isn't known any more is left out.
    async fn standing(
        &self,
        facility: &FacilityId,
        appointments: &[AppointmentId],
    ) -> Result<Vec<Standing>>;

    /// Plans appointments by other rules, all in one transaction, and remembers by which: each message
    /// stands as those want it, or none does. Planning them again changes nothing.
    async fn plan_anew(
        &self,
        facility: &FacilityId,
        appointments: &[AppointmentId],
        now: Instant,
        planner: &dyn Planner,
    ) -> Result<PlannedAnew>;

    /// The events that wait to be planned again, in their order; of one clinic, or of all.
    async fn unplanned(&self, facility: Option<&FacilityId>) -> Result<Vec<Unplanned>>;

    /// Takes at most `limit` due messages of a lane until `lease`, the urgent ones first, then by
    /// their time. `day` is today on the clinic's wall clock.
    ///
    /// A message that was taken and never [judged](Store::judged) may have stopped its worker: it is
    /// taken alone. One that was taken alone twice and never judged is set aside as failed.
    async fn claim(
        &self,
        lane: &Lane,
        now: Instant,
        day: (Instant, Instant),
        limit: u32,
        lease: Instant,
    ) -> Result<Vec<Claimed>>;

    /// Takes until `lease` what may go in one message with claimed ones of a lane: its waiting messages of their
    /// kind and recipient about open appointments of the same day, whose patients have a telephone
    /// number or e-mail address that looks the same; whether they are due or not. Tells which of `claimed`
    /// each belongs to, in the order in which the appointments begin.
    ///
    /// What somebody holds, what waits for an approval or for credits, and what may have stopped its
    /// worker before, is left alone; nothing joins a message that may have.
    async fn join(
        &self,
        lane: &Lane,
        claimed: &[MessageId],
        now: Instant,
        day: (Instant, Instant),
        lease: Instant,
    ) -> Result<Vec<(MessageId, Claimed)>>;

    /// Makes held messages due now that a fault in the clinic's files keeps back, and those that wait
    /// for credits: other rules serve, which may have mended it. Tells how many. `now` has the clinic's wall clock with it.
    async fn look_again(&self, facility: &FacilityId, now: (Instant, Civil)) -> Result<u64>;

    /// Takes messages that were handed over and whose worker is gone because its lease ran out.
    ///
    /// With `all`, every worker is gone: at the start of the only host of a database. Then no lease
    /// holds any longer, and what was only taken is free again; but what was taken alone, or
    /// handed over more than once, keeps its lease: it may have stopped that host, and killing a host
    /// again and again within a moment must not make a message look as if it did.
    ///
    /// What was handed over as one stands together, its carrier first.
    async fn claim_stuck(
        &self,
        facility: &FacilityId,
        now: Instant,
        day: (Instant, Instant),
        lease: Instant,
        all: bool,
    ) -> Result<Vec<Claimed>>;

    /// Makes steps, all in one transaction; tells for each whether it was made. A step is refused
    /// when the worker no longer holds the message or its state is another. An attempt is counted
    /// with each [`Handover`]. The steps of messages that are handed over as one ([`Handover::shared`]) stand
    /// behind that of their carrier, and are all made or none.
    ///
    /// The cost of a [`Handover`] that is limited is reserved with its step. Where the clinic's credits
    /// don't cover it the step is refused, and the message is held without a worker: it keeps its place
    /// and is taken again when there are credits. What is reserved is spent when a gateway took the
    /// message, and given back when none did.
    async fn commit(
        &self,
        steps: &[Transition],
        now: Instant,
        day: (Instant, Instant),
    ) -> Result<Committed>;

    /// Says that messages which are still held were judged: what stops their worker from now on is
    /// not their fault.
    async fn judged(&self, facility: &FacilityId, held: &[(MessageId, i64)]) -> Result<()>;

    /// Lets go of messages without a decision.
    async fn release(&self, facility: &FacilityId, held: &[(MessageId, i64)]) -> Result<()>;

    /// Applies receipts; tells for each which message it moved, if any.
    async fn receive(
        &self,
        facility: &FacilityId,
        gateway: &str,
        receipts: &[Receipt],
        now: Instant,
    ) -> Result<Vec<Option<MessageId>>>;

    /// Says whether a clinic's messages go only as far as its credits reach, and with how many left they
    /// are low: `None` where they aren't limited. Tells when they are low already and nobody said so.
    async fn limit_credits(
        &self,
        facility: &FacilityId,
        low: Option<Decimal>,
        now: Instant,
    ) -> Result<Option<Crossing>>;

    /// Adds credits; a negative amount takes some back. Messages that wait for credits may go as far as
    /// they reach, the urgent ones first. Tells how many may, and `None` where fewer credits are left
    /// than would be taken back: then nothing is done.
    async fn add_credits(
        &self,
        facility: &FacilityId,
        amount: Decimal,
        note: Option<&str>,
        now: Instant,
    ) -> Result<Option<u64>>;

    /// Lets messages go that wait for credits, as far as there are some by now: what was reserved for
    /// others was given back. What comes too late meanwhile is let go too, to come to its end. Tells how
    /// many.
    async fn offer_credits(&self, facility: &FacilityId, now: Instant) -> Result<u64>;

    /// Spends what is reserved for messages that are unknown since before a time: nobody will tell any
    /// more whether they went. Tells for how many.
    async fn spend_unknown(
        &self,
        facility: &FacilityId,
        before: Instant,
        now: Instant,
    ) -> Result<u64>;

    /// The credits of the clinics whose credits are or were limited.
    async fn accounts(&self) -> Result<Vec<Account>>;

    /// A clinic's ledger, the latest first.
    async fn ledger(&self, facility: &FacilityId, limit: u32) -> Result<Vec<Posted>>;

    /// What a clinic's messages cost by channel, of those that were handed over in a while; what is
    /// reserved counts.
    async fn spent(
        &self,
        facility: &FacilityId,
        between: (Instant, Instant),
    ) -> Result<BTreeMap<ChannelKind, Decimal>>;

    /// The generations that the brake stopped and nobody approved, of one clinic, or of all; the latest first.
    async fn braked(&self, facility: Option<&FacilityId>) -> Result<Vec<Braked>>;

    /// What waits for an approval, the oldest first: broadcasts, and generations that the brake stopped.
    async fn approvals(&self, facility: &FacilityId) -> Result<Vec<Approval>>;

    /// Lets the messages of an approval go, or withdraws them; tells how many, or `None` where nothing
    /// waits for it.
    ///
    /// `now` has the clinic's wall clock with it: what may go of a broadcast is due now, and what the brake
    /// stopped is due in its time. The generation may then serve again, or never again.
    async fn decide(
        &self,
        facility: &FacilityId,
        approval: &str,
        approved: bool,
        now: (Instant, Civil),
    ) -> Result<Option<u32>>;

    /// When the next message of a lane is due.
    async fn next_due(&self, lane: &Lane) -> Result<Option<Instant>>;

    /// Messages, the latest due first.
    async fn messages(&self, filter: &Filter) -> Result<Vec<Message>>;

    /// A message's story, in order.
    async fn story(&self, facility: &FacilityId, id: MessageId) -> Result<Vec<Entry>>;

    /// What is known of an appointment and of all that it refers to.
    async fn records(
        &self,
        facility: &FacilityId,
        appointment: &AppointmentId,
    ) -> Result<Option<Records>>;

    /// What is known of the appointments of some patients and of all that they refer to, the latest first;
    /// at most so many. Every patient of the clinic is looked at.
    async fn appointments_of(
        &self,
        facility: &FacilityId,
        whose: &Whose<'_>,
        limit: u32,
    ) -> Result<Vec<Records>>;

    /// How many messages are in each state.
    async fn counts(&self) -> Result<Vec<Count>>;

    /// What the messages of a filter come to, by what they are counted by; its limit means nothing here.
    /// However many there are, no more is held in memory than is answered.
    async fn tally(&self, filter: &Filter, by: &[By]) -> Result<Vec<Tally>>;

    /// Remembers that a host begins to serve from this store; it serves no clinic yet.
    async fn begin(&self, now: Instant) -> Result<()>;

    /// When a host began last to serve from this store.
    async fn begun(&self) -> Result<Option<Instant>>;

    /// Remembers that a folder can't be served: since when, and why now.
    async fn note_absent(&self, absent: &Absent) -> Result<()>;

    /// The folder is served now, or nobody's any more.
    async fn forget_absent(&self, folder: &str) -> Result<()>;

    /// The folders that can't be served.
    async fn absent(&self) -> Result<Vec<Absent>>;

    /// Keeps the files by which a clinic is served, in the place of those before. These are kept beside them
    /// as the earlier ones, unless they were stopped, or planned for too few events to say that
    /// they are good while there are others.
    async fn keep_folder(&self, kept: &KeptFolder) -> Result<()>;

    /// The files by which each clinic was served last and that the brake didn't stop.
    async fn kept_folders(&self) -> Result<Vec<KeptFolder>>;

    /// Remembers which generation serves, or that a newer one was refused.
    async fn note_generation(&self, record: &GenerationRecord) -> Result<()>;

    /// The generation that serves each clinic.
    async fn generations(&self) -> Result<Vec<GenerationRecord>>;

    /// Adds to the history of a clinic's rules. It keeps the latest thousand changes, of two years.
    async fn note_change(&self, change: &ChangeRecord) -> Result<()>;

    /// Remembers what the change to a generation did to standing messages: of the latest such change.
    async fn note_effect(
        &self,
        facility: &FacilityId,
        generation: &str,
        effect: &EffectCounts,
    ) -> Result<()>;

    /// What the latest change to a generation did to standing messages.
    async fn effect_of(
        &self,
        facility: &FacilityId,
        generation: &str,
    ) -> Result<Option<EffectCounts>>;

    /// The history of a clinic's rules, the latest first; at most so many.
    async fn changes(&self, facility: &FacilityId, limit: u32) -> Result<Vec<ChangeRecord>>;

    /// The policies in shadow that were asked, of one clinic or of all. What one said is forgotten when files
    /// are [kept](Store::keep_folder) of which its own is another.
    async fn shadows(&self, facility: Option<&FacilityId>) -> Result<Vec<shadow::Asked>>;

    /// What a policy in shadow would have changed, the latest first; at most so many.
    async fn shadow(
        &self,
        facility: &FacilityId,
        policy: &str,
        limit: u32,
    ) -> Result<Vec<shadow::Recorded>>;

    /// Notes that something needs a person, since a time. What ends an alarm is noted only where that one
    /// was noted since it ended last.
    ///
    /// What the store sees itself is noted by it, in the transaction in which it happens: a message of a
    /// patient's or resource's that fails, or is set aside; credits that run low or out; an unclear reply;
    /// a policy that fails. A message to the administrator raises no alarm, so that none raises itself.
    async fn note_alarm(
        &self,
        facility: &FacilityId,
        alarm: &Alarm,
        since: Instant,
        now: Instant,
    ) -> Result<()>;

    /// What needed a person, the latest first, at most so many; of one clinic, or of all.
    async fn alarms(
        &self,
        facility: Option<&FacilityId>,
        limit: u32,
    ) -> Result<Vec<(FacilityId, AlarmRecord)>>;

    /// Plans the e-mail to the administrator, where there is news and no other is on its way. It tells all that
    /// is untold when it is claimed; should it fail, that is untold again.
    ///
    /// News is what is untold, but for what [trickles](crate::alarm::AlarmKind::trickles) and was told of the
    /// same within a day, unless it happened ten times as often since.
    async fn plan_report(
        &self,
        facility: &FacilityId,
        report: NewReport,
    ) -> Result<Option<PlannedReport>>;

    /// The link of a secret part, whichever clinic's it is.
    async fn link(&self, token: &str) -> Result<Option<Link>>;

    /// Uses a link that works once; `false` where it was used before, or there is none.
    async fn use_link(&self, facility: &FacilityId, token: &str, now: Instant) -> Result<bool>;

    /// Notes that e-mails were opened, by the secret parts of their images, and when. The first time is
    /// told in the story; what isn't known, or is past its retention, is nobody's. Tells how many were
    /// noted.
    async fn note_opened(&self, opened: &[(OpeningToken, Instant)]) -> Result<u64>;

    /// The appointments that a reply may be about: still to come at `now`, open, asked about by a
    /// message that went there. The one that was asked about last comes first; each once.
    async fn requests(
        &self,
        facility: &FacilityId,
        of: RequestOf<'_>,
        now: Civil,
    ) -> Result<Vec<Request>>;

    /// The patients who were asked for an answer at an address.
    async fn people_at(&self, facility: &FacilityId, address: &str) -> Result<Vec<PatientId>>;

    /// Keeps a reply; `false` where it is known already.
    async fn note_reply(&self, facility: &FacilityId, reply: &ReplyRecord) -> Result<bool>;

    /// The replies since a time, the latest first; at most so many.
    async fn replies(
        &self,
        facility: &FacilityId,
        since: Instant,
        limit: u32,
    ) -> Result<Vec<ReplyRecord>>;

    /// Lets nothing go to an address by a channel any more, or again.
    async fn suppress(
        &self,
        facility: &FacilityId,
        channel: ChannelKind,
        address: &str,
        suppressed: bool,
        source: &str,
        now: Instant,
    ) -> Result<()>;

    /// What a patient consented to, change by change.
    async fn consents(
        &self,
        facility: &FacilityId,
        patient: &PatientId,
    ) -> Result<Vec<ConsentChange>>;

    /// Events that the agenda is to be told now, in their order.
    async fn outgoing(
        &self,
        facility: &FacilityId,
        now: Instant,
        limit: u32,
    ) -> Result<Vec<OutgoingEvent>>;

    /// The agenda was told an event, or is to be told at a later time.
    async fn outgoing_done(
        &self,
        facility: &FacilityId,
        seq: i64,
        again: Option<Instant>,
    ) -> Result<()>;

    /// The key that the host makes links with: made once, kept with the messages it was used for.
    async fn link_key(&self) -> Result<[u8; 32]>;

    /// Removes the texts and addresses of messages whose state last changed before a time, and whether
    /// they were opened, unless they are still to go or under way; tells how many. What needed a person
    /// before it is forgotten.
    async fn redact(&self, facility: &FacilityId, before: Instant) -> Result<u64>;
}
