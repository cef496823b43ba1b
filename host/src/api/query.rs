//! The parameters of `GET /messages`: those of `rappel messages`, by the same names.

use std::fmt::Display;
use std::str::FromStr;

use chrono::DateTime;
use rappel_core::Kind;
use rappel_core::civil::Instant;
use rappel_core::ids::{AppointmentId, FacilityId, PatientId};
use rappel_core::nearest;
use rappel_core::store::Filter;
use rappel_core::tally::By;

/// Every parameter.
pub(super) const PARAMETERS: [&str; 10] = [
    "clinic",
    "state",
    "kind",
    "channel",
    "patient",
    "appointment",
    "from",
    "until",
    "limit",
    "count",
];

/// What a query asks for.
#[derive(Debug, Default)]
pub(super) struct Asked {
    /// Which messages.
    pub(super) filter: Filter,
    /// By what they are counted instead of listed, where anything is said.
    pub(super) count: Vec<By>,
}

/// Reads a query.
///
/// # Errors
/// A sentence that names the parameter: one that isn't known would list more than was asked for.
pub(super) fn asked(query: &str) -> Result<Asked, String> {
    let mut asked = Asked::default();
    let filter = &mut asked.filter;
    for (name, value) in form_urlencoded::parse(query.as_bytes()) {
        let name = &*name;
        match name {
            "clinic" => filter.facility = Some(FacilityId::new(&*value)),
            "state" => filter.state = Some(read(name, &value)?),
            "kind" => filter.kind = Some(Kind::parse(&value).map_err(|why| slip(name, why))?),
            "channel" => filter.channel = Some(read(name, &value)?),
            "patient" => filter.patient = Some(PatientId::new(&*value)),
            "appointment" => filter.appointment = Some(AppointmentId::new(&*value)),
            "from" => filter.from = Some(time(name, &value)?),
            "until" => filter.until = Some(time(name, &value)?),
            "limit" => filter.limit = Some(read(name, &value)?),
            "count" => {
                let by = value.split(',').map(|by| read(name, by));
                asked.count = by.collect::<Result<_, _>>()?;
            }
            unknown => {
                return Err(match nearest(unknown, PARAMETERS) {
                    Some(near) => {
                        format!("there is no parameter `{unknown}`; did you mean `{near}`?")
                    }
                    None => format!("there is no parameter `{unknown}`"),
                });
            }
        }
    }
    if !asked.count.is_empty() && asked.filter.limit.is_some() {
        return Err(
            "`count` counts all that the other parameters leave; `limit` is for lists".into(),
        );
    }
    Ok(asked)
}

fn slip(name: &str, why: impl Display) -> String {
    format!("`{name}` can't be read: {why}")
}

fn read<T: FromStr<Err: Display>>(name: &str, value: &str) -> Result<T, String> {
    value.parse().map_err(|why| slip(name, why))
}

fn time(name: &str, value: &str) -> Result<Instant, String> {
    // A `+` that isn't written as `%2B` arrives as a blank.
    let written = value.replace(' ', "+");
    let read = DateTime::parse_from_rfc3339(&written);
    read.map(|time| time.to_utc())
        .map_err(|_| slip(name, "write it with its offset, as 2026-06-03T14:30:00Z"))
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    #[test]
    fn what_is_not_known_or_can_not_be_read_is_named() {
        for (query, said) in [
            (
                "stat=held",
                "there is no parameter `stat`; did you mean `state`?",
            ),
            ("facility=f", "there is no parameter `facility`"),
            (
                "state=sended",
                "`state` can't be read: unknown state `sended`; there are planned, held, sending, sent, unknown, delivered, skipped, withdrawn, expired, failed",
            ),
            (
                "limit=all",
                "`limit` can't be read: invalid digit found in string",
            ),
            (
                "from=tomorrow",
                "`from` can't be read: write it with its offset, as 2026-06-03T14:30:00Z",
            ),
            (
                "count=day,week",
                "`count` can't be read: messages are counted by clinic, day, kind, channel, state, in any order; there is no `week`",
            ),
            (
                "count=day&limit=3",
                "`count` counts all that the other parameters leave; `limit` is for lists",
            ),
        ] {
            assert_eq!(asked(query).unwrap_err(), said);
        }
    }

    #[test]
    fn every_parameter_is_read() {
        let values = [
            "f",
            "held",
            "reminder",
            "sms",
            "p-1",
            "a-1",
            "2026-06-03T14:30:00+02:00",
            "2026-06-04T00:00:00Z",
            "7",
        ];
        let pairs: Vec<String> = PARAMETERS
            .iter()
            .zip(values)
            .map(|(name, value)| format!("{name}={value}"))
            .collect();
        let Asked { filter, count } = asked(&pairs.join("&")).unwrap();
        assert_eq!(count, []);
        assert_eq!(
            asked("count=state,day").unwrap().count,
            [By::State, By::Day]
        );
        assert_eq!(
            filter.from.unwrap().to_rfc3339(),
            "2026-06-03T12:30:00+00:00"
        );
        assert_eq!(filter.limit, Some(7));
        assert!(filter.facility.is_some() && filter.state.is_some() && filter.kind.is_some());
        assert!(filter.channel.is_some() && filter.patient.is_some());
        assert!(filter.appointment.is_some() && filter.until.is_some());
    }
}
