//! A message on a visit, before anything is sent: what it says, whether the policies want it and let it
//! go. Everything is asked of the engine that serves; nothing is decided here.

use std::sync::Arc;

use rappel_core::channel::Content;
use rappel_core::civil::{Civil, Instant, Span, Zone};
use rappel_core::event::Alert;
use rappel_core::facts::{Record, Records};
use rappel_core::ids::{AppointmentId, MessageId, PatientId};
use rappel_core::kind::Named;
use rappel_core::message::MessageFacts;
use rappel_core::store::{Change, Claimed, Message, NewMessage, Plan, Planner};
use rappel_core::{ChannelKind, Event, EventKind, Kind, Language, Visit};
use rappel_dsl::{Compiled, Options, Stopped, Template, compile};
use rappel_host::engine::{
    Applied, Beside, EventPlanner, Generation, Judgement, Links, Situation, judge, list_of,
    list_together,
};
use rappel_host::why::{Planned, planned_after};

use crate::visit::KnownVisit;

/// A message to look at.
#[derive(Clone, Debug)]
pub(crate) struct Preview {
    /// Its kind.
    pub(crate) kind: Kind,
    /// Its channel.
    pub(crate) channel: ChannelKind,
    /// Its language, unless the patient's or the clinic's holds.
    pub(crate) language: Option<Language>,
    /// What the clock shows, unless the moment that the message is due.
    pub(crate) now: Option<Civil>,
    /// Other visits of the family, which the message tells of too.
    pub(crate) together: Vec<KnownVisit>,
}

/// What the policies say of a message.
pub(crate) struct Asked {
    /// The event that it follows from.
    pub(crate) event: EventKind,
    /// The message as it was planned; `None` where no policy wants it.
    pub(crate) planned: Option<NewMessage>,
    /// When the policies were asked.
    pub(crate) now: Civil,
    /// What each said, and what comes of it.
    pub(crate) judgement: Judgement,
    /// The same to be asked again, with other facts.
    pub(crate) situation: Situation,
}

impl Preview {
    /// The language that the message goes in.
    pub(crate) fn language(&self, rules: &Arc<Generation>, visit: &Visit) -> Language {
        let preferred = visit.patient.as_ref().and_then(|patient| patient.language);
        self.language
            .or(preferred)
            .unwrap_or(rules.settings().language)
    }

    /// What a template is compiled for.
    pub(crate) fn options(&self, rules: &Arc<Generation>, visit: &Visit) -> Options {
        Options::of(
            rules.settings(),
            self.kind.clone(),
            self.channel,
            self.language(rules, visit),
        )
    }

    /// Compiles a text as this message's template.
    pub(crate) fn compile(
        &self,
        rules: &Arc<Generation>,
        visit: &Visit,
        file: &str,
        text: &str,
    ) -> Compiled {
        let options = self.options(rules, visit);
        compile(file, text, &options, &|name| {
            rules.templates().part(name, options.language)
        })
    }

    /// Renders a template.
    pub(crate) fn render(
        &self,
        rules: &Arc<Generation>,
        visit: &KnownVisit,
        template: &Template,
    ) -> Result<Content, Stopped> {
        rules.render(
            template,
            visit.visit(),
            &self.facts(rules, visit),
            Beside {
                links: &self.links(rules),
                day: day(visit),
                appointments: Some(&list_of(&[visit.visit().clone()])),
                family: self.family(rules, visit).as_deref(),
                ..Beside::default()
            },
        )
    }

    /// Each variable's value as it prints now.
    pub(crate) fn values(
        &self,
        rules: &Arc<Generation>,
        visit: &KnownVisit,
    ) -> Vec<(rappel_dsl::Variable, Option<String>)> {
        let facts = self.facts(rules, visit);
        let links = self.links(rules);
        let listed = list_of(&[visit.visit().clone()]);
        let family = self.family(rules, visit);
        let beside = Beside {
            links: &links,
            day: day(visit),
            appointments: Some(&listed),
            family: family.as_deref(),
            ..Beside::default()
        };
        let values = rules.facts(visit.visit(), &facts, beside);
        rappel_dsl::vocabulary::current(&values, &self.options(rules, visit.visit()))
    }

    /// The event that a message of this kind answers or follows from.
    pub(crate) fn event(&self) -> EventKind {
        match self.kind.as_str() {
            "modified" => EventKind::AppointmentModified,
            "approved" => EventKind::AppointmentApproved,
            "confirmed" => EventKind::AppointmentConfirmed,
            "cancelled" | "resource_cancelled" => EventKind::AppointmentCancelled,
            "delayed" => EventKind::ResourceDelayed,
            "unavailable" => EventKind::ResourceUnavailable,
            "thanks" | "survey" | "recall" => EventKind::AppointmentAttended,
            "password" => EventKind::PatientRegistered,
            "password_lost" => EventKind::PatientPasswordLost,
            _ => EventKind::AppointmentCreated,
        }
    }

    fn facts(&self, rules: &Arc<Generation>, visit: &KnownVisit) -> MessageFacts {
        let zone = rules.settings().zone;
        let planned = self.planned(rules, visit);
        let due = planned
            .as_ref()
            .map_or_else(|| self.usual_due(rules, visit), |planned| planned.due_civil);
        // Nobody asks about a message before it is known.
        let now = self
            .now
            .unwrap_or(due.max(Civil::at(self.event_time(rules, visit), zone)));
        MessageFacts {
            recipient: planned
                .as_ref()
                .map(|planned| planned.recipient)
                .unwrap_or_default(),
            event: Some(self.event()),
            due,
            expires: planned
                .as_ref()
                .and_then(|planned| planned.expires)
                .map(|at| Civil::at(at, zone)),
            confirmation_requested: planned
                .as_ref()
                .is_some_and(|planned| planned.confirmation_requested),
            delay: planned
                .and_then(|planned| planned.delay)
                .map(|minutes| Span::minutes(minutes.into())),
            ..MessageFacts::due(self.kind.clone(), self.channel, now)
        }
    }

    /// The message as the policies plan it.
    fn planned(&self, rules: &Arc<Generation>, visit: &KnownVisit) -> Option<NewMessage> {
        let plan = plan(rules, visit, self.event(), self.event_time(rules, visit)).ok()?;
        plan.changes.into_iter().find_map(|change| match change {
            Change::Add(new) if new.kind == self.kind && new.channel == self.channel => Some(*new),
            _ => None,
        })
    }

    /// When the event happens that the message follows from: the booking, and for an answer to a change
    /// the time of asking.
    fn event_time(&self, rules: &Arc<Generation>, visit: &KnownVisit) -> Instant {
        let zone = rules.settings().zone;
        let appointment = visit.visit().appointment.as_deref();
        let booked = appointment.and_then(|appointment| appointment.booked_at);
        let start = appointment.map(|appointment| appointment.start);
        let week_before = start.and_then(|start| start.checked_add(-Span::days(7)));
        let notice = self.kind.stock().is_some_and(|kind| kind.notice);
        let time = match (
            self.now,
            notice && self.event() != EventKind::AppointmentCreated,
        ) {
            (Some(now), true) => Some(now),
            (None, true) => week_before.max(booked),
            (_, false) => booked.or(week_before),
        };
        time.map(|time| time.instant(zone)).unwrap_or_default()
    }

    /// When a message is due that no policy plans: with its event, or as long before the visit as
    /// reminders go.
    fn usual_due(&self, rules: &Arc<Generation>, visit: &KnownVisit) -> Civil {
        let settings = rules.settings();
        let start = visit
            .visit()
            .appointment
            .as_ref()
            .map(|appointment| appointment.start);
        let notice = if self.kind == Kind::SECOND_REMINDER {
            settings.reminder.second_notice
        } else {
            settings.reminder.notice
        };
        start
            .filter(|_| self.kind.is_reminder())
            .and_then(|start| start.checked_add(-notice))
            .unwrap_or_else(|| Civil::at(self.event_time(rules, visit), settings.zone))
    }

    /// Asks every policy whether the message goes, and sees to it that it can.
    pub(crate) fn ask(&self, rules: &Arc<Generation>, visit: &KnownVisit) -> Asked {
        let settings = rules.settings();
        let mut visit = visit.clone();
        if let Some(language) = self.language {
            // What the patient prefers is what the engine asks for.
            let _ = visit.set("patient.language", language.code());
        }
        let planned = self.planned(rules, &visit);
        let facts = self.facts(rules, &visit);
        let now = facts.now;
        let claim = self.claimed(rules, &visit, planned.as_ref(), &facts);
        let at = now.instant(settings.zone);
        let judgement = judge(&claim, rules, &Links::preview(), at);
        let situation = Situation {
            rules: rules.clone(),
            records: after(self.event(), &visit, rules)
                .map_or_else(|| visit.records().clone(), |applied| applied.records),
            claim: Some(claim),
        };
        Asked {
            event: self.event(),
            planned,
            now,
            judgement,
            situation,
        }
    }

    /// What the policies that plan want after the message's event, and what would make each want this
    /// message. `None` where the facts can't be read.
    pub(crate) fn would_plan(
        &self,
        rules: &Arc<Generation>,
        visit: &KnownVisit,
    ) -> Option<Planned> {
        let event = (self.event(), self.event_time(rules, visit));
        planned_after(rules, visit.records().clone(), event, &|new| {
            new.kind == self.kind && new.channel == self.channel
        })
    }

    /// The message as it is taken when it is due.
    pub(crate) fn claim(&self, rules: &Arc<Generation>, visit: &KnownVisit) -> Claimed {
        let (planned, facts) = (self.planned(rules, visit), self.facts(rules, visit));
        self.claimed(rules, visit, planned.as_ref(), &facts)
    }

    fn claimed(
        &self,
        rules: &Arc<Generation>,
        visit: &KnownVisit,
        planned: Option<&NewMessage>,
        facts: &MessageFacts,
    ) -> Claimed {
        let settings = rules.settings();
        let event = self.event();
        let id = |record| visit.records().id(record).unwrap_or_default().to_string();
        let message = Message {
            appointment: Some(AppointmentId::new(id(Record::Appointment))),
            patient: Some(PatientId::new(id(Record::Patient))),
            recipient: facts.recipient,
            origin: planned.map(|planned| planned.origin.clone()),
            expires: planned.and_then(|planned| planned.expires),
            confirmation_requested: facts.confirmation_requested,
            event: Some(event),
            visit_start: visit
                .visit()
                .appointment
                .as_ref()
                .map(|appointment| appointment.start),
            day: planned.and_then(|planned| planned.lists),
            delay: planned.and_then(|planned| planned.delay),
            generation: Some(rules.id().to_string()),
            ..Message::new(
                settings.id.clone(),
                PREVIEW,
                (self.kind.clone(), self.channel),
                (facts.due.instant(settings.zone), facts.due),
            )
        };
        Claimed {
            message,
            fence: 0,
            visit: after(event, visit, rules)
                .map_or_else(|| visit.visit().clone(), |applied| applied.visit),
            reminders_today: 0,
            other_channels: Vec::new(),
            next_visit: None,
            sent_before: 0,
            listed: vec![visit.visit().clone()],
            alarms: Vec::new(),
        }
    }

    /// The family's appointments as the message lists them; `None` where it tells of one.
    fn family(&self, rules: &Arc<Generation>, visit: &KnownVisit) -> Option<String> {
        if self.together.is_empty() || !self.kind.is_reminder() {
            return None;
        }
        let visits = std::iter::once(visit).chain(&self.together);
        let mut claims: Vec<Claimed> = visits.map(|visit| self.claim(rules, visit)).collect();
        claims.sort_by_key(|claim| claim.message.visit_start);
        Some(list_together(
            &claims.iter().collect::<Vec<_>>(),
            rules.settings(),
            &Links::preview(),
            self.language(rules, visit.visit()),
        ))
    }

    fn links(&self, rules: &Arc<Generation>) -> Vec<(Named, String)> {
        let made = Links::preview().of(rules.settings(), &self.kind, PREVIEW, true);
        made.into_iter().map(|link| (link.name, link.url)).collect()
    }
}

/// The day of a visit, which previews of a day's list show with nothing else on it.
fn day(visit: &KnownVisit) -> Option<chrono::NaiveDate> {
    let appointment = visit.visit().appointment.as_ref();
    appointment.map(|appointment| appointment.start.date())
}

/// How many minutes late practitioners are in previews.
const DELAY: u32 = 20;

/// The id that links in previews are made for.
const PREVIEW: MessageId = MessageId(uuid::Uuid::nil());

/// The visit as it is after an event: cancelled after a cancellation.
fn after(event: EventKind, visit: &KnownVisit, rules: &Arc<Generation>) -> Option<Applied> {
    let event = told(event, visit, Instant::default());
    let zone = rules.settings().zone;
    rappel_host::engine::apply(&event, &Records::default(), false, zone).ok()
}

/// The booking of a visit: when it was booked, or a week before it.
pub(crate) fn booking(visit: &KnownVisit, zone: Zone) -> Event {
    let appointment = visit.visit().appointment.as_deref();
    let time = appointment.and_then(|appointment| {
        appointment
            .booked_at
            .or_else(|| appointment.start.checked_add(-Span::days(7)))
    });
    Event {
        id: visit.id().into(),
        time: time.map(|time| time.instant(zone)),
        ..told(EventKind::AppointmentCreated, visit, Instant::default())
    }
}

fn told(kind: EventKind, visit: &KnownVisit, time: Instant) -> Event {
    Event {
        id: "preview".into(),
        source: "preview".into(),
        kind,
        time: Some(time),
        records: visit.records().clone(),
        alert: Alert {
            delay: (kind == EventKind::ResourceDelayed).then_some(DELAY),
            ..Alert::default()
        },
    }
}

/// What the policies want after an event about a visit of which nothing stands yet.
///
/// # Errors
/// A sentence where the visit's facts don't allow the event.
pub(crate) fn plan(
    rules: &Arc<Generation>,
    visit: &KnownVisit,
    event: EventKind,
    time: Instant,
) -> Result<Plan, String> {
    // A visit that was moved was known at another time before.
    let mut before = visit.clone();
    let known = match event {
        EventKind::AppointmentCreated | EventKind::PatientRegistered => Records::default(),
        EventKind::AppointmentModified => {
            let start = visit
                .visit()
                .appointment
                .as_ref()
                .map(|appointment| appointment.start);
            if let Some(earlier) = start.and_then(|start| start.checked_add(-Span::days(1))) {
                before.set("appointment.start", &earlier.to_string())?;
            }
            before.records().clone()
        }
        _ => visit.records().clone(),
    };
    let mut plan = EventPlanner(Arc::clone(rules))
        .plan(&told(event, visit, time), &known, false, &[], time)
        .map_err(|error| error.to_string())?;
    plan.warnings
        .extend(plan.faults.iter().map(ToString::to_string));
    Ok(plan)
}
