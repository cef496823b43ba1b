//! `[[events]]`: what each row tells.

use rappel_core::nearest;
use std::ops::Range;

use rappel_core::facts::Record;
use rappel_core::{EventKind, Span};
use toml::de::{DeTable, DeValue};

use super::super::map::{Choice, Choices, Condition, EventRule, Kind, Moment, Time};
use super::slips::{Entry, Reader, listed};
use super::{Rest, key_span};

impl Reader {
    /// The events of a row.
    pub(super) fn events(&mut self, table: &DeTable<'_>, rest: &Rest<'_>) -> Vec<EventRule> {
        const HELP: &str = "write `[[events]]` with a `type` and a `time`";
        let Some(entry) = table.get("events") else {
            self.form(
                0..0,
                "the map has no `events`, so nothing would be made of the rows",
                HELP,
            );
            return Vec::new();
        };
        let tables: Option<Vec<_>> = entry
            .get_ref()
            .as_array()
            .filter(|list| !list.is_empty())
            .and_then(|list| {
                list.iter()
                    .map(|entry| entry.get_ref().as_table())
                    .collect()
            });
        let Some(tables) = tables else {
            self.form(entry.span(), "`events` must be a list of tables", HELP);
            return Vec::new();
        };
        tables
            .into_iter()
            .filter_map(|table| self.event(table, rest))
            .collect()
    }

    fn event(&mut self, table: &DeTable<'_>, rest: &Rest<'_>) -> Option<EventRule> {
        self.only(
            "events",
            table,
            &["type", "time", "id", "whole", "when", "unless"],
        );
        let first = table.keys().next().map_or(0..0, |key| key.span());
        for key in ["type", "time"] {
            if !table.contains_key(key) {
                self.form(first.clone(), format!("an event has no `{key}`"), "for instance `type = \"appointment.created\"` and `time = \"appointment.booked_at\"`");
            }
        }
        let condition = self.condition("events", table);
        let id = match table.contains_key("id") {
            true => Some(self.text_of("events", table, "id")?),
            false => None,
        };
        let time = self.event_time(table, rest);
        let whole = self.flag("events", table, "whole");
        let rule = EventRule {
            kind: self.kind(table)?,
            condition,
            id,
            time: time?,
            whole,
        };
        for kind in rule.kind.all() {
            self.subject(kind, rule.carries_all(kind), key_span(table, "type"), rest);
        }
        Some(rule)
    }

    /// An event's type, or the table that says it.
    fn kind(&mut self, table: &DeTable<'_>) -> Option<Kind> {
        let entry = table.get("type")?;
        let Some(table) = entry.get_ref().as_table() else {
            return self.event_kind("events.type", entry).map(Kind::Always);
        };
        self.only("events.type", table, &["from", "values"]);
        let from = self.text_of("events.type", table, "from");
        let Some(values) = table.get("values") else {
            self.form(
                entry.span(),
                "`events.type` doesn't say which event each text is",
                "for instance `values = { Yes = \"appointment.missed\", No = \"appointment.attended\" }`",
            );
            return None;
        };
        let values = self.table("events.type.values", values)?;
        let values: Option<_> = values
            .iter()
            .map(|(text, entry)| {
                let kind = self.event_kind("events.type.values", entry)?;
                Some((text.get_ref().trim().to_string(), kind))
            })
            .collect();
        Some(Kind::Table {
            from: from?,
            values: values?,
        })
    }

    fn event_kind(&mut self, path: &str, entry: &Entry<'_>) -> Option<EventKind> {
        let Some(text) = entry.get_ref().as_str() else {
            self.form(
                entry.span(),
                format!("`{path}` must be a text"),
                "for instance `\"appointment.created\"`",
            );
            return None;
        };
        let kind = text.parse().ok();
        if kind.is_none() {
            let known = EventKind::ALL.map(EventKind::name);
            let help = match nearest(text, known) {
                Some(near) => format!("did you mean `{near}`?"),
                None => format!("known are {}", listed(&known)),
            };
            self.meaning(entry.span(), format!("there is no event `{text}`"), &help);
        }
        kind
    }

    /// An event's time: the name of one of the appointment's, or a way of its own.
    fn event_time(&mut self, table: &DeTable<'_>, rest: &Rest<'_>) -> Option<Choices<Moment>> {
        let entry = table.get("time")?;
        let choices = match entry.get_ref() {
            DeValue::String(_) => vec![Choice {
                condition: Condition::default(),
                how: Moment::Of {
                    time: self.time_of("events", table, "time")?,
                    shift: Span::ZERO,
                },
            }],
            _ => self.moments("events.time", entry, rest.place),
        };
        self.known_times(entry.span(), &choices, rest.times);
        Some(choices)
    }

    /// Tells a subject that the map says nothing of.
    fn subject(&mut self, kind: EventKind, whole: bool, span: Range<usize>, rest: &Rest<'_>) {
        let subject = kind.subject();
        if !rest.records.iter().any(|rule| rule.record == subject) {
            let name = subject.name();
            self.form(
                span,
                format!("`{kind}` is about the {name}, and the map has no `[{name}]`"),
                "add it, with its `id`",
            );
        } else if whole && subject == Record::Appointment && !rest.times.told[Time::Start as usize]
        {
            self.form(
                span,
                format!("`{kind}` must say when the visit begins"),
                "add `start` to `[appointment]`, or `whole = false` to send its id alone",
            );
        }
    }
}
