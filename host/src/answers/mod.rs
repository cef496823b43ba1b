//! What patients answer: replies through gateways, clicks on links. An answer becomes an event of
//! Rappel's own, which goes the way of every other: facts change, messages are planned anew, and the
//! agenda is told.

mod words;

use std::sync::Arc;
use std::time::Duration;

use chrono::TimeDelta;
use rappel_core::channel::ChannelKind;
use rappel_core::civil::{Civil, Instant};
use rappel_core::event::{Alert, Event, EventKind};
use rappel_core::facts::{Record, Records, Status};
use rappel_core::ids::{AppointmentId, FacilityId, PatientId};
use rappel_core::provider::{HttpReply, Inbound, Key, Reply};
use rappel_core::store::{
    Link, OWN_SOURCE, Purpose, ReplyRecord, RequestOf, Result, Store, StoreError,
};
use serde_json::{Map, Value, json};
use tokio::sync::watch;

use crate::clinic::Clinic;
use crate::clock::Clock;
use crate::engine::{Answered, Decided, EventPlanner, Reading, decide_reply, read_reply};
use crate::find::phone;
use crate::serve::{Host, ReceiptError, faults_of, tell_faults};

pub(crate) use words::words;

/// How many events the agenda is told in one look.
const AT_ONCE: u32 = 20;

/// How often somebody looks for events that the agenda is still to be told.
const LOOK: Duration = Duration::from_secs(1);

/// The longest wait before the agenda is told an event again.
const LONGEST_WAIT: TimeDelta = TimeDelta::minutes(30);

/// How long an agenda that takes an event in no way is tried.
const MOST_ATTEMPTS: u32 = 200;

/// What came of following a link.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Followed {
    /// It was done, or had been done before.
    Done(Purpose),
    /// The link is no longer of use: it is over, was used, or its appointment is.
    Over,
    /// There is no such link.
    Unknown,
}

impl Host {
    /// Takes what patients wrote or pressed; gives what the gateway is answered, where it wants words.
    /// `path` is what was called, with its query.
    ///
    /// # Errors
    /// When the call is not the gateway's, can't be read, or the store fails; then the gateway may call
    /// again.
    pub async fn replies(
        &self,
        facility: &FacilityId,
        gateway: &str,
        path: &str,
        headers: &[(String, String)],
        call: &Inbound,
    ) -> std::result::Result<Option<HttpReply>, ReceiptError> {
        let clinic = self
            .clinic(Some(facility))
            .map_err(|_| ReceiptError::Unknown)?;
        let live = clinic.live();
        let reporter = live.reporter(gateway).ok_or(ReceiptError::Unknown)?;
        let url = format!("{}{path}", self.public_url().unwrap_or_default());
        reporter
            .proof
            .check(&url, headers, call, self.clock().now())?;
        let replies = reporter
            .adapter
            .reply(call)
            .map_err(|error| ReceiptError::Unreadable(error.to_string()))?;
        let language = live.rules.settings().language;
        let mut said = None;
        for reply in &replies {
            let record = self.answers(&clinic).take(gateway, reply).await?;
            self.wake(facility);
            said = Some(match record.reading.as_str() {
                "yes" => words(language).confirmed,
                "no" => words(language).cancelled,
                "stop" => words(language).unsubscribed,
                _ => words(language).unclear,
            });
        }
        // The reply is taken, whatever the adapter makes of the answer.
        Ok(reporter
            .adapter
            .replied(said, language)
            .inspect_err(|error| tracing::warn!(%facility, %gateway, %error, "a reply is answered with nothing"))
            .unwrap_or_default())
    }

    fn answers<'a>(&'a self, clinic: &'a Clinic) -> Answers<'a> {
        Answers {
            store: &**self.store(),
            clinic,
            now: self.clock().now(),
        }
    }

    /// What a link leads to, if there is one of that secret.
    ///
    /// # Errors
    /// When the store fails.
    pub async fn link(&self, token: &str) -> Result<Option<Link>> {
        self.store().link(token).await
    }

    /// Whether a link can still be followed.
    pub fn is_of_use(&self, link: &Link) -> bool {
        let open = link.status.is_none_or(Status::is_open);
        let answers = matches!(link.purpose, Purpose::Confirm | Purpose::Cancel);
        let cancelled = link.purpose == Purpose::Cancel && link.status == Some(Status::Cancelled);
        link.expires > self.clock().now() && link.used.is_none() && (!answers || open || cancelled)
    }

    /// Does what a link is for. Following it twice is following it once.
    ///
    /// # Errors
    /// When the store fails.
    pub async fn follow(&self, token: &str) -> Result<Followed> {
        let Some(link) = self.link(token).await? else {
            return Ok(Followed::Unknown);
        };
        if !self.is_of_use(&link) {
            return Ok(Followed::Over);
        }
        let facility = &link.message.facility;
        let Ok(clinic) = self.clinic(Some(facility)) else {
            return Ok(Followed::Unknown);
        };
        let now = self.clock().now();
        // The token itself must stand in no event.
        let id = format!("link/{}/{}", link.message.id, link.purpose.name());
        let (reading, outcome) = match (link.purpose, &link.message.appointment) {
            (Purpose::Confirm | Purpose::Cancel, Some(appointment)) => {
                let answer = match link.purpose {
                    Purpose::Confirm => Answered::Yes,
                    _ => Answered::No,
                };
                let answers = [(appointment.clone(), answer)];
                self.ingest(&clinic, &[answer_event(&id, appointment, answer, now)])
                    .await?;
                (word(answer), outcome_of(&answers))
            }
            (Purpose::Unsubscribe, _) => {
                let channel = link.message.via.unwrap_or(link.message.channel);
                let patient = link.message.patient.as_ref();
                if let Some(address) = &link.message.address {
                    self.answers(&clinic)
                        .prefer(&id, address, (channel, false))
                        .await?;
                    self.wake(facility);
                } else if let Some(patient) = patient {
                    let event = channel_event(&id, patient, channel, false, now);
                    self.ingest(&clinic, &[event]).await?;
                }
                (
                    "stop",
                    format!("nothing more goes to the address by {channel}"),
                )
            }
            (Purpose::Password, _) => {
                if !self.store().use_link(facility, token, now).await? {
                    return Ok(Followed::Over);
                }
                return Ok(Followed::Done(Purpose::Password));
            }
            // Finding another time is the portal's business.
            _ => return Ok(Followed::Done(link.purpose)),
        };
        let record = ReplyRecord {
            id,
            at: now,
            channel: link.message.via.unwrap_or(link.message.channel),
            message: Some(link.message.id),
            text: None,
            reading: reading.into(),
            outcome,
        };
        self.store().note_reply(facility, &record).await?;
        Ok(Followed::Done(link.purpose))
    }
}

/// Where a clinic's answers are taken.
pub(crate) struct Answers<'a> {
    pub(crate) store: &'a dyn Store,
    pub(crate) clinic: &'a Clinic,
    pub(crate) now: Instant,
}

impl Answers<'_> {
    /// Takes what a patient wrote or pressed, as a gateway told it.
    pub(crate) async fn take(&self, gateway: &str, reply: &Reply) -> Result<ReplyRecord> {
        let (clinic, now) = (self.clinic, self.now);
        let live = clinic.live();
        let settings = live.rules.settings();
        let from = reply.from.as_deref();
        let address = from.and_then(|from| phone(from, &settings.country));
        let channel = match reply.key {
            Some(_) => ChannelKind::Voice,
            None => ChannelKind::Sms,
        };
        let id = match &reply.gateway_id {
            // A call has one name, however many keys are pressed in it.
            Some(id) if reply.key.is_some() => format!("{gateway}/{id}/{}", reply.text),
            Some(id) => format!("{gateway}/{id}"),
            // A gateway without names: the same words from there within a minute are the same reply.
            None => format!(
                "{gateway}/{}",
                digest(&[from.unwrap_or_default(), &reply.text, &minute(now)])
            ),
        };
        let of = match (reply.message, &address) {
            (Some(message), _) => Some(RequestOf::Message(message)),
            (None, Some(address)) => Some(RequestOf::Address(address.e164())),
            (None, None) => None,
        };
        let requests = match of {
            Some(of) => {
                let civil = Civil::at(now, settings.zone);
                self.store.requests(&clinic.facility, of, civil).await?
            }
            None => Vec::new(),
        };
        let reading = match reply.key {
            Some(Key::Yes) => Reading::All(Answered::Yes),
            Some(Key::No) => Reading::All(Answered::No),
            Some(Key::Unreadable) => Reading::Unclear,
            None => read_reply(&reply.text),
        };
        let decided = decide_reply(&reading, &requests);
        let message = requests
            .first()
            .map(|request| request.message)
            .or(reply.message);
        let (reading, outcome) = match &decided {
            Decided::Answers(answers) => {
                let events = answers
                    .iter()
                    .map(|(appointment, answer)| answer_event(&id, appointment, *answer, now));
                let events: Vec<Event> = events.collect();
                self.ingest(&events).await?;
                (of_all(answers), outcome_of(answers))
            }
            Decided::Known(answer) => (word(*answer), "that was known already".to_string()),
            Decided::Stop | Decided::Start => {
                let stop = decided == Decided::Stop;
                let wanted = (channel, !stop);
                if let Some(address) = &address {
                    self.prefer(&id, address.e164(), wanted).await?;
                }
                let (reading, outcome) = match stop {
                    true => ("stop", "nothing more goes to the address by"),
                    false => ("start", "messages go to the address again by"),
                };
                (reading, format!("{outcome} {channel}"))
            }
            Decided::Unclear(why) => {
                tracing::warn!(facility = %clinic.facility, reply = %id, %why, "a reply needs a person");
                (
                    ReplyRecord::UNCLEAR,
                    format!("a person has to read it: {why}"),
                )
            }
        };
        let record = ReplyRecord {
            id,
            at: now,
            channel,
            message,
            text: Some(reply.text.clone()),
            reading: reading.into(),
            outcome,
        };
        self.store.note_reply(&clinic.facility, &record).await?;
        Ok(record)
    }

    /// Lets nothing go to an address by a channel any more, or again: for the address, and for every
    /// patient who was written to there.
    async fn prefer(
        &self,
        id: &str,
        address: &str,
        (channel, wanted): (ChannelKind, bool),
    ) -> Result<()> {
        let (store, clinic, now) = (self.store, self.clinic, self.now);
        store
            .suppress(&clinic.facility, channel, address, !wanted, id, now)
            .await?;
        let people = store.people_at(&clinic.facility, address).await?;
        let events: Vec<Event> = people
            .iter()
            .map(|patient| channel_event(id, patient, channel, wanted, now))
            .collect();
        self.ingest(&events).await?;
        Ok(())
    }

    async fn ingest(&self, events: &[Event]) -> Result<()> {
        let planner = EventPlanner(self.clinic.live().rules.clone());
        let facility = &self.clinic.facility;
        let told = self
            .store
            .ingest(facility, events, self.now, &planner)
            .await?;
        tell_faults(facility, &faults_of(&told));
        Ok(())
    }
}

/// Tells the agendas of clinics what patients answered, until told to stop.
pub(crate) async fn keep_telling(
    clinics: impl Fn() -> Vec<Arc<Clinic>>,
    store: Arc<dyn Store>,
    clock: Arc<dyn Clock>,
    mut stop: watch::Receiver<bool>,
) {
    loop {
        for clinic in clinics() {
            if let Err(error) = tell(&clinic, &*store, &*clock).await {
                tracing::error!(facility = %clinic.facility, %error, "can't read what the agenda is to be told");
            }
        }
        tokio::select! {
            _ = stop.changed() => return,
            () = tokio::time::sleep(LOOK) => {}
        }
    }
}

async fn tell(
    clinic: &Clinic,
    store: &dyn Store,
    clock: &dyn Clock,
) -> std::result::Result<(), StoreError> {
    let live = clinic.live();
    let Some(agenda) = live.agenda() else {
        return Ok(());
    };
    for outgoing in store
        .outgoing(&clinic.facility, clock.now(), AT_ONCE)
        .await?
    {
        let again = match agenda.tell(&outgoing.event).await {
            Ok(()) => None,
            Err(why) if outgoing.attempts >= MOST_ATTEMPTS => {
                tracing::error!(facility = %clinic.facility, %why, "the agenda takes an event in no way; it is given up");
                None
            }
            Err(why) => {
                tracing::warn!(facility = %clinic.facility, %why, attempt = outgoing.attempts + 1, "the agenda isn't told; it is tried again");
                let wait = TimeDelta::seconds(1 << outgoing.attempts.min(10)).min(LONGEST_WAIT);
                Some(clock.now() + wait)
            }
        };
        let failed = again.is_some();
        store
            .outgoing_done(&clinic.facility, outgoing.seq, again)
            .await?;
        if failed {
            // The order of what is told stands.
            break;
        }
    }
    Ok(())
}

fn answer_event(id: &str, appointment: &AppointmentId, answer: Answered, now: Instant) -> Event {
    let kind = match answer {
        Answered::Yes => EventKind::AppointmentConfirmed,
        Answered::No => EventKind::AppointmentCancelled,
    };
    let data = json!({"id": appointment.as_str()});
    own_event(
        format!("{id}/{appointment}"),
        kind,
        Record::Appointment,
        data,
        now,
    )
}

fn channel_event(
    id: &str,
    patient: &PatientId,
    channel: ChannelKind,
    wanted: bool,
    now: Instant,
) -> Event {
    let data = json!({"id": patient.as_str(), "channels": {channel.name(): wanted}});
    own_event(
        format!("{id}/{patient}"),
        EventKind::PatientUpdated,
        Record::Patient,
        data,
        now,
    )
}

fn own_event(id: String, kind: EventKind, record: Record, data: Value, now: Instant) -> Event {
    let mut records = Records::default();
    let object: Map<String, Value> = match data {
        Value::Object(object) => object,
        _ => Map::new(),
    };
    records.set(record, object);
    Event {
        id,
        source: OWN_SOURCE.into(),
        kind,
        time: Some(now),
        records,
        alert: Alert::default(),
    }
}

fn word(answer: Answered) -> &'static str {
    match answer {
        Answered::Yes => "yes",
        Answered::No => "no",
    }
}

fn of_all(answers: &[(AppointmentId, Answered)]) -> &'static str {
    match answers {
        [(_, first), others @ ..] if others.iter().all(|(_, other)| other == first) => word(*first),
        _ => "each",
    }
}

fn outcome_of(answers: &[(AppointmentId, Answered)]) -> String {
    let each: Vec<String> = answers
        .iter()
        .map(|(appointment, answer)| {
            let is = match answer {
                Answered::Yes => "confirmed",
                Answered::No => "cancelled",
            };
            format!("the appointment {appointment} is {is}")
        })
        .collect();
    each.join(", ")
}

fn minute(now: Instant) -> String {
    now.format("%Y-%m-%dT%H:%M").to_string()
}

fn digest(parts: &[&str]) -> String {
    let mut hasher = blake3::Hasher::new();
    for part in parts {
        hasher.update(&(part.len() as u64).to_le_bytes());
        hasher.update(part.as_bytes());
    }
    hasher.finalize().to_hex()[..16].to_string()
}
