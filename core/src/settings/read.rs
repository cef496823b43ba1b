//! From the text of `clinic.toml` to settings that hold together, or every reason why not.

use std::ops::Range;
use std::sync::Arc;

use super::{Gateway, RecallSettings, SecondSms, Settings};
use crate::channel::{ChannelKind, Sender};
use crate::civil::Span;
use crate::contact::{EmailAddress, Phone};
use crate::diagnostic::{Diagnostic, codes};
use crate::opening::Opening;

/// The file's name in a clinic's folder.
pub(super) const FILE: &str = "clinic.toml";

impl Settings {
    /// Reads `clinic.toml`. Warnings come with the settings.
    ///
    /// # Errors
    /// Every slip that could be found, each with its place and remedy.
    pub fn read(text: &str) -> Result<(Self, Vec<Diagnostic>), Vec<Diagnostic>> {
        let source: Arc<str> = text.into();
        let mut settings = parse(&source).map_err(|slip| vec![*slip])?;
        let mut check = Check {
            source,
            found: Vec::new(),
        };
        check.settings(&mut settings);
        // It parsed above; an empty table would only make `with` find less.
        settings.written = Arc::new(text.parse().unwrap_or_default());
        if check.found.iter().any(Diagnostic::is_error) {
            Err(check.found)
        } else {
            Ok((settings, check.found))
        }
    }

    /// The settings with other values, as a policy's case gives them: a table merges into the one
    /// that is there, anything else replaces what is there.
    ///
    /// # Errors
    /// As [`Settings::read`]; the places are those of the merged text.
    pub fn with(&self, values: &toml::Table) -> Result<Self, Vec<Diagnostic>> {
        let mut merged = (*self.written).clone();
        merge(&mut merged, values);
        let (settings, _) = Self::read(&merged.to_string())?;
        Ok(settings)
    }
}

fn merge(into: &mut toml::Table, values: &toml::Table) {
    for (key, value) in values {
        match (into.get_mut(key), value) {
            (Some(toml::Value::Table(inner)), toml::Value::Table(values)) => merge(inner, values),
            _ => {
                into.insert(key.clone(), value.clone());
            }
        }
    }
}

impl Settings {
    /// Where a setting, or the nearest table around it, stands in the text of `clinic.toml`:
    /// `gateways.sms`. For what can only be found wrong outside the settings.
    pub fn place(text: &str, key: &str) -> Option<Range<usize>> {
        place(text, key)
    }
}

fn parse(source: &Arc<str>) -> Result<Settings, Box<Diagnostic>> {
    let deserializer =
        toml::Deserializer::parse(source).map_err(|error| slip(source, "", &error))?;
    serde_path_to_error::deserialize(deserializer).map_err(|error| {
        let path = error.path().to_string();
        slip(source, &path, error.inner())
    })
}

fn slip(source: &Arc<str>, path: &str, error: &toml::de::Error) -> Box<Diagnostic> {
    let text = error.message().trim_end_matches('\n');
    let message = if path.is_empty() || path == "." {
        text.to_string()
    } else {
        format!("`{path}`: {text}")
    };
    let diagnostic = Diagnostic::new(codes::BAD_SETTINGS, FILE, message);
    // Inside a gateway the parser tells the place of the gateway alone; its key is in the sentence.
    let key = text.split('`').nth(1).unwrap_or_default();
    let key = key_place(source, path, key).or_else(|| error.span());
    let diagnostic = match key {
        Some(span) => diagnostic.at(source.clone(), span).label("here"),
        None => diagnostic,
    };
    if let Some(near) = nearest(text) {
        return Box::new(diagnostic.help(format!("did you mean `{near}`?")));
    }
    Box::new(diagnostic)
}

/// From "unknown field `notise`, expected one of `notice`, …", the expected name that is nearest.
fn nearest(message: &str) -> Option<String> {
    let (unknown, expected) = message.split_once(", expected ")?;
    let unknown = unknown.split('`').nth(1)?;
    let names = expected.split('`').skip(1).step_by(2);
    names
        .map(|name| (strsim::damerau_levenshtein(unknown, name), name))
        .filter(|(distance, name)| *distance <= 1.max(name.len() / 3))
        .min()
        .map(|(_, name)| name.to_string())
}

struct Check {
    source: Arc<str>,
    found: Vec<Diagnostic>,
}

impl Check {
    fn settings(&mut self, settings: &mut Settings) {
        self.identity(settings);
        self.sender(settings);
        self.reminder(settings);
        self.after(settings);
        self.gateways(settings);
        self.links(settings);
        let hours = &settings.hours;
        match Opening::parse(
            &hours.allowed,
            &settings.country,
            hours.closed.iter().copied(),
            settings.zone,
        ) {
            Ok(opening) => settings.opening = Some(opening),
            Err(message) => self.error("hours.allowed", &message, "`24/7` allows every hour"),
        }
        settings.from = Arc::new(Sender {
            facility: settings.name.clone(),
            phone: settings
                .sender
                .phone
                .clone()
                .or_else(|| settings.phone.clone()),
            sms: settings.sender.sms.clone(),
            email: settings.sender.email.clone(),
            email_name: settings.sender.email_name.clone(),
            reply_to: settings.sender.reply_to.clone(),
        });
    }

    fn identity(&mut self, settings: &Settings) {
        let id = settings.id.as_str();
        let good = |c: char| c.is_ascii_alphanumeric() || "-_.".contains(c);
        if id.is_empty() || id.len() > 64 || !id.chars().all(good) {
            self.error(
                "id",
                "an id has 1 to 64 letters, digits, `-`, `_` or `.`",
                "for instance `id = \"lumiere\"`",
            );
        }
        if settings.name.trim().is_empty() {
            self.error(
                "name",
                "the clinic has no name, so no message could say who writes",
                "write its name",
            );
        }
        if let Some(phone) = &settings.phone
            && let Err(message) = Phone::parse(phone, &settings.country)
        {
            self.error(
                "phone",
                &message,
                "write it as patients would dial it, or as `+33…`",
            );
        }
    }

    fn sender(&mut self, settings: &Settings) {
        let sender = &settings.sender;
        if let Some(sms) = &sender.sms
            && !is_sms_sender(sms)
        {
            self.error(
                "sender.sms",
                "an SMS shows at most 11 letters, digits or blanks as its sender, or a number of at most 15 digits",
                "shorten it; accents are not possible",
            );
        }
        for (key, address) in [
            ("sender.email", &sender.email),
            ("sender.reply_to", &sender.reply_to),
            ("administrator.email", &settings.administrator.email),
        ] {
            if let Some(address) = address
                && let Err(message) = EmailAddress::parse(address)
            {
                self.error(key, &message, "write the bare address: `rdv@example.org`");
            }
        }
        if let Some(name) = &sender.email_name
            && name.chars().any(char::is_control)
        {
            self.error(
                "sender.email_name",
                "a sender's name has no line breaks or control characters",
                "remove them",
            );
        }
        if let Some(phone) = &sender.phone
            && let Err(message) = Phone::parse(phone, &settings.country)
        {
            self.error(
                "sender.phone",
                &message,
                "write it as patients would dial it, or as `+33…`",
            );
        }
    }

    fn reminder(&mut self, settings: &Settings) {
        let reminder = &settings.reminder;
        for (key, span) in [
            ("reminder.notice", reminder.notice),
            ("reminder.second_notice", reminder.second_notice),
        ] {
            if span.partial_cmp(&Span::ZERO) != Some(std::cmp::Ordering::Greater) {
                self.error(
                    key,
                    "a reminder goes before the visit, so this must be longer than nothing",
                    "for instance `48 hours`",
                );
            }
        }
        if reminder.second_sms != SecondSms::None && reminder.second_notice >= reminder.notice {
            self.error(
                "reminder.second_notice",
                "the second SMS would go before or with the reminder",
                "make it shorter than `notice`",
            );
        }
        if settings.unreliable.missed_percent == 0 || settings.unreliable.missed_percent > 100 {
            self.error(
                "unreliable.missed_percent",
                "a share of missed visits is 1 to 100 percent",
                "the usual one is 30",
            );
        }
        if !(1..=10_000).contains(&settings.channels.sms.max_characters) {
            self.error(
                "channels.sms.max_characters",
                "an SMS has 1 to 10,000 characters",
                "918 is six parts",
            );
        }
    }

    fn after(&mut self, settings: &Settings) {
        let recall = &settings.recall;
        if recall.intervals.len() > RecallSettings::MOST_INTERVALS {
            self.error(
                "recall.intervals",
                "there are at most three intervals to choose from",
                "leave the others out; an appointment or service can have an interval of its own",
            );
        }
        if let Some(after) = recall.after
            && !recall.intervals.contains(&after)
        {
            let known: Vec<_> = recall
                .intervals
                .iter()
                .map(|span| format!("`{span}`"))
                .collect();
            self.error(
                "recall.after",
                &format!("`{after}` is none of `intervals`"),
                &format!("choose one of {}, or add it there", known.join(", ")),
            );
        }
        let negative = |span: Span| span < Span::ZERO;
        let no_time = |span: &Span| negative(*span) || *span == Span::ZERO;
        let after = &settings.after_visit;
        for (key, wrong) in [
            ("recall.intervals", recall.intervals.iter().any(no_time)),
            ("after_visit.thanks", negative(after.thanks)),
            ("after_visit.survey", negative(after.survey)),
            ("resources.reminder", negative(settings.resources.reminder)),
        ] {
            if wrong {
                self.error(
                    key,
                    "this must be longer than nothing",
                    "for instance `2 hours`",
                );
            }
        }
    }

    fn gateways(&mut self, settings: &Settings) {
        let channels = [
            (ChannelKind::Sms, &settings.channels.sms.gateway),
            (ChannelKind::Email, &settings.channels.email.gateway),
            (ChannelKind::Voice, &settings.channels.voice.gateway),
        ];
        for (channel, gateway) in channels {
            let key = format!("channels.{channel}.gateway");
            match gateway {
                Some(name) if !settings.gateways.contains_key(name) => {
                    let known: Vec<_> = settings
                        .gateways
                        .keys()
                        .map(|name| format!("`{name}`"))
                        .collect();
                    let known = if known.is_empty() {
                        "none is".into()
                    } else {
                        format!("{} are", known.join(", "))
                    };
                    self.error(
                        &key,
                        &format!("there is no gateway `{name}`; {known} declared"),
                        &format!("add `[gateways.{name}]` or name another"),
                    );
                }
                Some(name) => {
                    if let Some(gateway) = settings.gateways.get(name)
                        && matches!(gateway, Gateway::Smtp { .. })
                        && channel != ChannelKind::Email
                    {
                        self.error(
                            &key,
                            &format!("`{name}` is a mail server and carries no {channel}"),
                            "name another gateway",
                        );
                    }
                }
                None => {
                    if let Some((kind, _)) = settings
                        .messages
                        .iter()
                        .find(|(_, cells)| cells.get(channel) != super::Cell::Off)
                    {
                        self.error(
                            &format!("messages.{kind}"),
                            &format!("`{kind}` goes by {channel}, but {channel} has no gateway"),
                            &format!(
                                "set `gateway` in `[channels.{channel}]`, or the cell to \"off\""
                            ),
                        );
                    }
                }
            }
        }
        if settings.sender.email.is_none()
            && let Some((name, _)) = settings
                .gateway(ChannelKind::Email)
                .filter(|(_, g)| matches!(g, Gateway::Smtp { .. }))
        {
            self.error(
                "sender",
                &format!("`{name}` sends e-mails, but they have no sender"),
                "set `email` in `[sender]`",
            );
        }
        for (name, gateway) in &settings.gateways {
            if !(1..=1_000).contains(&gateway.limits().concurrency) {
                self.error(
                    &format!("gateways.{name}.limits.concurrency"),
                    "1 to 1,000 messages can be under way at once",
                    "16 is usual",
                );
            }
            if !(1..=100).contains(&gateway.limits().attempts) {
                self.error(
                    &format!("gateways.{name}.limits.attempts"),
                    "a message is tried 1 to 100 times",
                    "8 is usual",
                );
            }
        }
    }

    fn links(&mut self, settings: &Settings) {
        let links = &settings.links;
        for (key, link) in [
            ("links.confirm", &links.confirm),
            ("links.cancel", &links.cancel),
            ("links.reschedule", &links.reschedule),
            ("links.password", &links.password),
            ("links.unsubscribe", &links.unsubscribe),
        ] {
            let Some(link) = link else { continue };
            let web = link.starts_with("https://") || link.starts_with("http://");
            if !web || link.chars().any(|c| c.is_whitespace() || c.is_control()) {
                self.error(
                    key,
                    "a link begins with `https://` and has no blanks",
                    "for instance `https://rdv.example.org/c/{token}`",
                );
            } else if !link.contains("{token}") {
                self.error(
                    key,
                    "without `{token}` the page can't tell who came",
                    "for instance `https://rdv.example.org/c/{token}`",
                );
            }
        }
    }

    fn error(&mut self, key: &str, message: &str, help: &str) {
        let mut diagnostic =
            Diagnostic::new(codes::BAD_SETTINGS, FILE, format!("`{key}`: {message}")).help(help);
        if let Some(span) = place(&self.source, key) {
            diagnostic = diagnostic.at(self.source.clone(), span);
        }
        self.found.push(diagnostic);
    }
}

fn is_sms_sender(sender: &str) -> bool {
    let number = sender.strip_prefix('+').unwrap_or(sender);
    let digits =
        !number.is_empty() && number.len() <= 15 && number.chars().all(|c| c.is_ascii_digit());
    let name = sender.len() <= 11
        && sender
            .chars()
            .all(|c| c.is_ascii_alphanumeric() || " -_.&".contains(c))
        && sender.chars().any(|c| c.is_ascii_alphabetic());
    digits || name
}

/// Where a key of a table stands in the text.
fn key_place(source: &str, table: &str, key: &str) -> Option<Range<usize>> {
    let root = toml::de::DeTable::parse(source).ok()?;
    let mut inner = root.get_ref();
    for part in table.split('.').filter(|part| !part.is_empty()) {
        inner = inner.get(part)?.get_ref().as_table()?;
    }
    inner.get_key_value(key).map(|(key, _)| key.span())
}

/// Where a key's value, or the nearest table around it, stands in the text.
fn place(source: &str, key: &str) -> Option<Range<usize>> {
    let table = toml::de::DeTable::parse(source).ok()?;
    let mut table = table.get_ref();
    let mut place = None;
    for part in key.split('.') {
        let Some(value) = table.get(part) else { break };
        place = Some(value.span());
        let Some(inner) = value.get_ref().as_table() else {
            break;
        };
        table = inner;
    }
    place
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    const LEAST: &str = "id = \"x\"\nname = \"X\"\nzone = \"Europe/Paris\"\ncountry = \"FR\"\n";

    fn slips(more: &str) -> String {
        let found = Settings::read(&format!("{LEAST}{more}")).unwrap_err();
        found
            .iter()
            .map(|slip| slip.report(80, false))
            .collect::<Vec<_>>()
            .join("\n")
    }

    #[test]
    fn four_lines_are_a_clinic() {
        let (settings, found) = Settings::read(LEAST).unwrap();
        assert!(found.is_empty());
        assert!(settings.communication);
        assert_eq!(settings.reminder.notice, Span::hours(48));
        assert!(settings.opening().is_some());
    }

    #[test]
    fn values_are_replaced_for_a_case() {
        let (settings, _) =
            Settings::read(&format!("{LEAST}[reminder]\nconfirmation = true\n")).unwrap();
        let values = "reminder.notice = \"3 days\"\nhours.allowed = \"24/7\"";
        let other = settings.with(&values.parse().unwrap()).unwrap();
        assert_eq!(other.reminder.notice, Span::days(3));
        assert!(other.reminder.confirmation);
        assert_eq!(other.opening().unwrap().as_str(), "24/7");
        assert_eq!(settings.reminder.notice, Span::hours(48));
        let slips = settings
            .with(&"reminder.notise = 1".parse().unwrap())
            .unwrap_err();
        assert!(slips[0].message.contains("notise"), "{slips:?}");
    }

    #[test]
    fn slips_show_their_place_and_remedy() {
        insta::assert_snapshot!("unknown key", slips("[reminder]\nnotise = \"48 hours\"\n"));
        insta::assert_snapshot!("wrong value", slips("[reminder]\nnotice = \"2 moons\"\n"));
        insta::assert_snapshot!(
            "bare secret",
            slips(
                "[gateways.mail]\ntype = \"smtp\"\nhost = \"localhost\"\npassword = \"hunter2\"\n"
            )
        );
        insta::assert_snapshot!(
            "no gateway",
            slips("[messages]\nreminder = { sms = \"on\" }\n")
        );
        insta::assert_snapshot!(
            "several at once",
            slips(
                "[sender]\nsms = \"Clinique Lumière\"\nemail = \"Rendez-vous\"\n[hours]\nallowed = \"8h-20h\"\n\
             [links]\nconfirm = \"https://example.org/c\"\n[channels.sms]\ngateway = \"sms\"\n"
            )
        );
        insta::assert_snapshot!("not toml", slips("[reminder\n"));
    }

    #[test]
    fn a_secret_written_into_the_file_is_not_repeated() {
        let report =
            slips("[gateways.mail]\ntype = \"smtp\"\nhost = \"h\"\npassword = \"hunter2\"\n");
        let said: String = report
            .lines()
            .filter(|line| !line.contains("password = "))
            .collect();
        assert!(!said.contains("hunter2"), "{report}");
    }

    #[test]
    fn sms_senders() {
        for good in [
            "LUMIERE",
            "Lumiere 75",
            "+33612345678",
            "36180",
            "12345678901",
        ] {
            assert!(is_sms_sender(good), "{good}");
        }
        for bad in [
            "",
            "LUMIERE-PARIS",
            "LUMIÈRE",
            "+33 6 12 34 56 78 90 12",
            "1234567890123456",
        ] {
            assert!(!is_sms_sender(bad), "{bad}");
        }
    }
}
