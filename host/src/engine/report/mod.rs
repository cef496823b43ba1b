//! The e-mail to the administrator: what needs a person, where, since when, and what to do, a point for
//! what went the same way wrong.

mod words;

use std::borrow::Cow;

use rappel_core::alarm::{AlarmKind, AlarmRecord};
use rappel_core::channel::ChannelKind;
use rappel_core::civil::{Civil, Zone};
use rappel_core::kind::Kind;
use rappel_core::language::Language;
use rappel_core::settings::Settings;
use rappel_core::store::Message;
use rappel_dsl::{Options, Template, compile, no_parts};

use words::{Words, words};

/// The most points of one kind that an e-mail tells.
const MOST_POINTS: usize = 10;

/// Whether a message is the host's own e-mail to the administrator, and not one that a policy planned.
pub(super) fn is_report(message: &Message) -> bool {
    message.kind == Kind::ADMINISTRATOR
        && message.appointment.is_none()
        && message.patient.is_none()
}

/// The template of a clinic that has none of its own, `templates/administrator.email.trd`.
pub(super) fn template(settings: &Settings, language: Language) -> Option<Template> {
    let options = Options::of(settings, Kind::ADMINISTRATOR, ChannelKind::Email, language);
    let source = words(language).template;
    compile("administrator.email.trd", source, &options, &no_parts).template
}

/// What is told, as the value `[REPORT]`.
pub(super) fn report_of(alarms: &[AlarmRecord], language: Language, zone: Zone) -> String {
    let words = words(language);
    let mut points = Vec::new();
    for kind in AlarmKind::ALL {
        let mut of_kind: Vec<_> = alarms
            .iter()
            .filter(|record| record.alarm.kind == kind)
            .collect();
        // Where there are too many, what happened most says most.
        of_kind.sort_by_key(|record| (std::cmp::Reverse(record.count), record.first));
        let shown = of_kind.iter().take(MOST_POINTS);
        points.extend(shown.map(|record| point(record, words, zone)));
        if let Some(more) = of_kind.len().checked_sub(MOST_POINTS + 1) {
            let more = (more + 1).to_string();
            points.push(words.more.replace("{count}", &more));
        }
    }
    points.join("\n\n")
}

/// When, what and why; below it what to do.
fn point(record: &AlarmRecord, words: &Words, zone: Zone) -> String {
    let alarm = &record.alarm;
    let (what, remedy) = (words.point)(alarm.kind);
    let (first, last) = (Civil::at(record.first, zone), Civil::at(record.last, zone));
    let when = if first.to_string() == last.to_string() {
        first.to_string()
    } else if first.date() == last.date() {
        format!("{first} – {}", last.0.format("%H:%M"))
    } else {
        format!("{first} – {last}")
    };
    let filled = |text: &str| {
        // Values are put in once, so that none is read for another's mark.
        text.split_inclusive('}')
            .map(|piece| match piece.split_once('{') {
                Some((before, mark)) => format!("{before}{}", value(mark, record, words)),
                None => piece.to_string(),
            })
            .collect::<String>()
    };
    match remedy {
        "" => format!("{when} · {}", filled(what)),
        remedy => format!("{when} · {}\n→ {}", filled(what), filled(remedy)),
    }
}

/// What stands at a mark, by its rest: `subject}`.
fn value<'r>(mark: &str, record: &'r AlarmRecord, words: &'r Words) -> Cow<'r, str> {
    let alarm = &record.alarm;
    match mark {
        "subject}" => alarm.subject.as_str().into(),
        "channel}" => alarm
            .channel
            .map_or("", |channel| (words.channel)(channel))
            .into(),
        "count}" => record.count.to_string().into(),
        "why}" if alarm.reason.is_empty() => "".into(),
        "why}" => format!("{}{}", words.because, alarm.reason).into(),
        "example}" => match record.message {
            Some(message) => format!("{}`rappel explain {message}`", words.for_example).into(),
            None => "".into(),
        },
        _ => "".into(),
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;
    use rappel_core::alarm::Alarm;
    use rappel_core::decision::{Origin, PolicyFault};
    use rappel_core::event::EventKind;
    use rappel_core::facts::Visit;
    use rappel_core::store::Braked;
    use rappel_dsl::Facts;

    fn settings() -> Settings {
        let text = "id = \"lumiere\"\nname = \"Centre Lumière\"\nzone = \"Europe/Paris\"\ncountry = \"FR\"\n";
        Settings::read(text).unwrap().0
    }

    fn record(alarm: Alarm, first: &str, last: &str, count: u64) -> AlarmRecord {
        let at = |time: &str| format!("2026-06-04T{time}:00Z").parse().unwrap();
        AlarmRecord {
            alarm,
            first: at(first),
            last: at(last),
            count,
            message: None,
            told: None,
        }
    }

    /// One of each kind.
    fn all() -> Vec<AlarmRecord> {
        let reminder = Kind::REMINDER;
        let id = "019e827c-63d2-7842-aad1-94ee1678754f";
        let about = |record: AlarmRecord| AlarmRecord {
            message: id.parse().ok(),
            ..record
        };
        let fault = PolicyFault {
            origin: Origin {
                policy: "preparation".into(),
                line: 7,
            },
            reason: "there is no appointment".into(),
        };
        let braked = Braked {
            facility: "lumiere".into(),
            generation: "0123456789ab".into(),
            approval: "3fa2c1".into(),
            event: EventKind::AppointmentCreated,
            events: 5,
            planned: 250,
            usual: 10,
            at: "2026-06-04T08:25:00Z".parse().unwrap(),
            rejected: false,
        };
        let refused = "clinic.toml: `reminder.notise`: there is no such setting";
        let no_number = "no such number";
        vec![
            record(
                Alarm::gateway_down("sms", "connection refused"),
                "06:00",
                "06:01",
                1,
            ),
            record(Alarm::gateway_back("sms"), "06:20", "06:20", 1),
            record(Alarm::credits_low(200.into()), "07:00", "07:00", 1),
            record(Alarm::credits_out(0.into()), "07:30", "07:30", 1),
            about(record(
                Alarm::undeliverable(&reminder, ChannelKind::Sms, no_number),
                "06:00",
                "09:30",
                12,
            )),
            about(record(
                Alarm::set_aside(&reminder, ChannelKind::Voice),
                "08:00",
                "08:00",
                1,
            )),
            about(record(
                Alarm::unclear_reply(ChannelKind::Sms),
                "06:10",
                "08:10",
                3,
            )),
            record(Alarm::files_refused(refused), "08:15", "08:15", 1),
            record(Alarm::files_mended(), "08:20", "08:20", 1),
            record(Alarm::braked(&braked), "08:25", "08:25", 1),
            record(Alarm::policy_failed(&fault), "08:30", "09:30", 5),
        ]
    }

    fn content(language: Language) -> rappel_core::Content {
        let (settings, visit) = (settings(), Visit::default());
        let report = report_of(&all(), language, settings.zone);
        let facts = Facts {
            report: Some(&report),
            ..Facts::of(&settings, &visit, ChannelKind::Email)
        };
        template(&settings, language)
            .unwrap()
            .render(&facts)
            .unwrap()
    }

    #[test]
    fn it_reads_well_in_every_language() {
        for language in Language::ALL {
            let content = content(language);
            let read = format!("{}\n\n{}", content.subject.unwrap(), content.text);
            assert!(!read.contains(['{', '}']), "{read}");
            insta::assert_snapshot!(format!("in {language}"), read);
        }
        insta::assert_snapshot!("as a page", content(Language::Fr).html.unwrap());
    }

    #[test]
    fn what_went_wrong_in_too_many_ways_is_counted() {
        let alarms: Vec<_> = (0..25)
            .map(|number| {
                let alarm =
                    Alarm::undeliverable(&Kind::REMINDER, ChannelKind::Sms, &format!("E{number}"));
                record(alarm, "06:00", "06:00", number)
            })
            .collect();
        let told = report_of(&alarms, Language::En, Zone::UTC);
        assert_eq!(told.split("\n\n").count(), MOST_POINTS + 1);
        assert!(
            told.contains("E24") && !told.contains("E14:") && told.contains("15 more"),
            "{told}"
        );
    }

    #[test]
    fn what_a_gateway_says_is_read_for_no_mark() {
        let alarm = Alarm::gateway_down("{count}", "{subject} [TRD0]");
        let told = report_of(
            &[record(alarm, "06:00", "06:00", 7)],
            Language::En,
            Zone::UTC,
        );
        assert!(
            told.contains("{count}") && told.contains("{subject} [TRD0]"),
            "{told}"
        );
    }
}
