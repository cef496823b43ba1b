//! From the text of `clinic.toml` to settings that hold together, or every reason why not.

use std::ops::Range;
use std::sync::Arc;

use serde_path_to_error::Segment;
use toml::de::DeTable;

use super::forms::Wrong;
use super::near::nearest_within;
use super::sift::{Slip, Sort, sift};
use super::wanted::{Shape, Wanted, as_toml, either};
use super::{Gateway, RecallSettings, SecondSms, Settings, syntax};
use crate::channel::{ChannelKind, Sender};
use crate::civil::Span;
use crate::contact::{EmailAddress, Phone};
use crate::diagnostic::{Diagnostic, Severity, codes};
use crate::opening::Opening;

/// The file's name in a clinic's folder.
pub(super) const FILE: &str = "clinic.toml";

/// What came of reading `clinic.toml`.
#[derive(Debug)]
pub struct Inspection {
    /// The settings. Where a value can't be used, its default or example stands for it, so that whatever
    /// doesn't depend on it can be checked.
    /// `None` where not even that could be done.
    pub settings: Option<Settings>,
    /// Every slip that could be found, each with its place and remedy.
    pub found: Vec<Diagnostic>,
    /// The file's text for showing places, with marks where secrets stand that have no business there.
    pub text: Arc<str>,
    doubt: Doubt,
}

impl Inspection {
    /// Whether the settings are what the clinic wrote, and can be used.
    pub fn is_usable(&self) -> bool {
        !self.found.iter().any(Diagnostic::is_error)
    }

    /// Whether a key, all below it and the tables around it are as the clinic wrote them.
    pub fn is_certain(&self, key: &str) -> bool {
        self.doubt.spares(key)
    }
}

/// What can't be relied on, because something is wrong with it.
#[derive(Debug, Default)]
struct Doubt {
    /// The file is no TOML, so that any key may be missing from what was read.
    everything: bool,
    keys: Vec<String>,
}

impl Doubt {
    fn spares(&self, key: &str) -> bool {
        let inside = |outer: &str, inner: &str| {
            inner
                .strip_prefix(outer)
                .is_some_and(|rest| rest.is_empty() || rest.starts_with('.'))
        };
        !self.everything
            && !self
                .keys
                .iter()
                .any(|doubtful| inside(doubtful, key) || inside(key, doubtful))
    }
}

impl Settings {
    /// Reads `clinic.toml`. Warnings come with the settings.
    ///
    /// # Errors
    /// Every slip that could be found, each with its place and remedy.
    pub fn read(text: &str) -> Result<(Self, Vec<Diagnostic>), Vec<Diagnostic>> {
        let inspection = Self::inspect(text);
        match inspection.settings {
            Some(settings) if !inspection.found.iter().any(Diagnostic::is_error) => {
                Ok((settings, inspection.found))
            }
            _ => Err(inspection.found),
        }
    }

    /// Reads `clinic.toml` as far as it goes: what is wrong with it doesn't hide what else can be checked.
    pub fn inspect(text: &str) -> Inspection {
        let (document, errors) = DeTable::parse_recoverable(text);
        let sifted = sift(document.get_ref());
        let source: Arc<str> = hidden(text, &sifted.secrets).into();
        let mut slips = syntax::slips(&source, document.get_ref(), &errors);
        let doubt = Doubt {
            everything: !slips.is_empty(),
            keys: sifted.doubtful,
        };
        slips.extend(if doubt.everything {
            syntax::believable(&source, &slips, sifted.slips)
        } else {
            sifted.slips
        });
        let mut check = Check {
            source,
            found: Vec::new(),
            doubt,
        };
        let mut table = sifted.table;
        let mut settings = deserialise(&check.source, &mut table, &mut slips);
        let keys = slips.iter().map(|slip| slip.key.clone());
        check.doubt.keys.extend(keys.filter(|key| !key.is_empty()));
        if let Some(settings) = &mut settings {
            settings.written = Arc::new(table);
            check.settings(settings);
        }
        let told = slips.into_iter().map(|slip| slip.diagnostic(&check.source));
        let mut found: Vec<Diagnostic> = told.chain(check.found).collect();
        // In the order in which they are met in the file.
        found.sort_by_key(|one| one.span.as_ref().map_or(0, |span| span.start));
        Inspection {
            settings,
            found,
            text: check.source,
            doubt: check.doubt,
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

/// A text with marks where secrets stand: reports show the line that they are about, and the ones around it.
fn hidden(text: &str, secrets: &[Range<usize>]) -> String {
    let mut hidden = text.to_string();
    for secret in secrets {
        if let Some(shown) = text.get(secret.clone()) {
            // As many bytes as before, so that every place stays where it is.
            let marks = shown
                .bytes()
                .map(|byte| if byte == b'\n' { '\n' } else { '*' });
            hidden.replace_range(secret.clone(), &marks.collect::<String>());
        }
    }
    hidden
}

/// Makes settings of what the schema lets through. What only reading can tell is told and left out.
fn deserialise(source: &str, table: &mut toml::Table, slips: &mut Vec<Slip>) -> Option<Settings> {
    loop {
        let value = toml::Value::Table(table.clone());
        let error = match serde_path_to_error::deserialize(value) {
            Ok(settings) => return Some(settings),
            Err(error) => error,
        };
        let keys = error.path().iter().map_while(|segment| match segment {
            Segment::Map { key } => Some(key.as_str()),
            _ => None,
        });
        let keys: Vec<&str> = keys.collect();
        let key = keys.join(".");
        let wrong = Wrong::split(error.inner().message().trim_end());
        let again = slips.iter().any(|slip| slip.key == key);
        slips.push(Slip {
            sort: Sort::Value,
            span: place(source, &key).unwrap_or(0..0),
            message: wrong.message,
            help: wrong
                .help
                .or_else(|| Some("docs/settings.md shows how it is written".into())),
            meant: None,
            key,
        });
        // What stands for a value is from the schema; where it is no better, the schema is wrong.
        if again || !leave_out(table, &keys) {
            return None;
        }
    }
}

/// Takes a value out; one that has to be there is replaced by the schema's example.
fn leave_out(table: &mut toml::Table, keys: &[&str]) -> bool {
    let [key, inner @ ..] = keys else {
        return false;
    };
    if let (false, Some(toml::Value::Table(table))) = (inner.is_empty(), table.get_mut(*key)) {
        return leave_out(table, inner);
    }
    let was_there = table.remove(*key).is_some();
    if let Shape::Table(root) = Wanted::root().shape()
        && root.required.contains(key)
        && let Some(example) = root.get(key).and_then(|wanted| as_toml(&wanted.example()))
    {
        table.insert((*key).into(), example);
    }
    was_there
}

impl Slip {
    fn diagnostic(self, source: &Arc<str>) -> Diagnostic {
        let message = match self.key.as_str() {
            "" => self.message,
            key => format!("`{key}`: {}", self.message),
        };
        let span = self.span.clone();
        let mut diagnostic =
            Diagnostic::new(codes::BAD_SETTINGS, FILE, message).at(source.clone(), self.span);
        diagnostic.help = self.help;
        match self.meant {
            Some(meant) => diagnostic.fix(span, meant),
            None => diagnostic,
        }
    }
}

struct Check {
    source: Arc<str>,
    found: Vec<Diagnostic>,
    doubt: Doubt,
}

impl Check {
    fn settings(&mut self, settings: &mut Settings) {
        self.identity(settings);
        self.sender(settings);
        self.reminder(settings);
        self.after(settings);
        self.gateways(settings);
        self.administrator(settings);
        self.links(settings);
        self.tracking(settings);
        self.brake(settings);
        self.hours(settings);
        settings.from = Arc::new(Sender {
            facility: settings.name.clone(),
            phone: caller(settings),
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
        if let Some(website) = &settings.website
            && (website.is_empty() || website.chars().any(|c| c.is_whitespace() || c.is_control()))
        {
            self.error(
                "website",
                "an address of the web is not empty and has no blanks",
                "for instance `https://lumiere.example.org`",
            );
        }
        if let Some(phone) = &settings.phone
            && self.certain(&["country"])
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
            && self.certain(&["country"])
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
        if reminder.second_sms != SecondSms::None
            && reminder.second_notice >= reminder.notice
            && self.certain(&["reminder"])
        {
            self.error(
                "reminder.second_notice",
                "the second SMS would go before or with the reminder",
                "make it shorter than `notice`",
            );
        }
        if settings.notices.max_age == Span::ZERO {
            self.error(
                "notices.max_age",
                "every event is older than this, so nothing would ever be told of one",
                "for instance `24 hours`; `[messages]` switches kinds of message off",
            );
        }
        if settings.unreliable.missed_percent == 0 || settings.unreliable.missed_percent > 100 {
            self.error(
                "unreliable.missed_percent",
                "a share of missed visits is 1 to 100 percent",
                "the usual one is 30",
            );
        }
        for (channel, credits) in [
            ("sms", settings.channels.sms.credits),
            ("email", settings.channels.email.credits),
            ("voice", settings.channels.voice.credits),
        ] {
            if credits.is_sign_negative() && !credits.is_zero() {
                self.error(
                    &format!("channels.{channel}.credits"),
                    "a message costs nothing or more",
                    "for instance `credits = \"1\"`",
                );
            }
        }
        if settings.credits.low.is_sign_negative() && !settings.credits.low.is_zero() {
            self.error(
                "credits.low",
                "credits are low when few are left, and fewer than none are never left",
                "for instance `low = \"100\"`, or `low = \"0\"` to be told only when none are left",
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
                    if !self.certain(&[&format!("gateways.{name}")]) {
                        continue;
                    }
                    let known = settings.gateways.keys().map(String::as_str);
                    let help = match nearest_within(name, known.clone(), 2) {
                        Some(near) => format!("did you mean `\"{near}\"`?"),
                        None if settings.gateways.is_empty() => format!("add `[gateways.{name}]`"),
                        None => format!("add `[gateways.{name}]`, or name {}", either(known)),
                    };
                    self.error(&key, &format!("there is no gateway `{name}`"), &help);
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
                None if self.certain(&[&format!("channels.{channel}")]) => {
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
                None => {}
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
            if let Gateway::Smtp { host, port, .. } = gateway {
                let bare = |c: char| !c.is_whitespace() && !c.is_control() && !"/@".contains(c);
                if host.is_empty() || !host.chars().all(bare) {
                    self.error(
                        &format!("gateways.{name}.host"),
                        "a mail server's name has no `smtp://`, no user and no blanks",
                        "for instance `host = \"smtp.example.org\"`",
                    );
                }
                if *port == Some(0) {
                    self.error(
                        &format!("gateways.{name}.port"),
                        "there is no port 0",
                        "leave it out, or write 587 for STARTTLS and 465 for TLS",
                    );
                }
            }
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

    fn brake(&mut self, settings: &Settings) {
        if settings.brake.multiple < 2 {
            self.error(
                "brake.multiple",
                "the usual volume itself would stop the clinic's files",
                "5 is the default; `enabled = false` switches the brake off",
            );
        }
    }

    fn administrator(&mut self, settings: &Settings) {
        let administrator = &settings.administrator;
        if administrator.every < Span::minutes(1) {
            self.error(
                "administrator.every",
                "with less than a minute between them, every message that fails would be an e-mail of its own",
                "for instance `30 minutes`",
            );
        }
        let Some(email) = &administrator.email else {
            return;
        };
        if let Err(message) = EmailAddress::parse(email) {
            self.error(
                "administrator.email",
                &message,
                "write the bare address: `secretariat@example.org`",
            );
        }
        if settings.channels.email.gateway.is_none() && self.certain(&["channels.email"]) {
            self.error(
                "administrator.email",
                "the administrator is told by e-mail, but email has no gateway",
                "set `gateway` in `[channels.email]`, or take the address away",
            );
        }
    }

    /// A kind may be the clinic's own, so that a name alone is never an error.
    fn hours(&mut self, settings: &mut Settings) {
        let hours = &settings.hours;
        match Opening::parse(
            &hours.allowed,
            &settings.country,
            hours.closed.iter().copied(),
            settings.zone,
        ) {
            Ok(opening) => {
                if opening.never_opens() {
                    self.error(
                        "hours.allowed",
                        &format!("`{}` is never open, so nothing could ever be sent", hours.allowed),
                        "`communication = false` switches all messages off, `24/7` allows every hour",
                    );
                }
                settings.opening = Some(opening);
            }
            Err(sentence) => {
                let wrong = Wrong::split(&sentence);
                let help = wrong.help.map(|help| format!("{help}; "));
                let help = help.unwrap_or_default() + "`24/7` allows every hour";
                self.error("hours.allowed", &wrong.message, &help);
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

    /// A kind that goes by no e-mail is listed for nothing; one that there isn't is a slip.
    fn tracking(&mut self, settings: &Settings) {
        if !self.certain(&["messages"]) {
            return;
        }
        let tracked = |cells: super::Cells| cells.email != super::Cell::Off;
        for kind in &settings.tracking.opens {
            if tracked(settings.cells(kind)) {
                continue;
            }
            let sent = settings.messages.iter();
            let names = sent.filter(|(_, cells)| tracked(**cells));
            let names: Vec<&str> = names.map(|(kind, _)| kind.as_str()).collect();
            let name = kind.as_str();
            let help = match nearest_within(name, names, 2) {
                Some(near) => format!("did you mean `\"{near}\"`?"),
                None => format!("set `email` of `{name}` in `[messages]`, or leave `{name}` out"),
            };
            let known = kind.stock().is_some() || settings.messages.contains_key(kind);
            let (severity, what) = match known {
                true => (Severity::Warning, "goes by no e-mail"),
                false => (
                    Severity::Error,
                    "is no kind of message that the clinic sends",
                ),
            };
            let message = format!("`{name}` {what}, so nobody can be seen to open it");
            self.tell(severity, "tracking.opens", &message, &help);
        }
    }

    /// Tells an error of a key, unless something was told of it already: then the value is not the
    /// clinic's own.
    fn error(&mut self, key: &str, message: &str, help: &str) {
        self.tell(Severity::Error, key, message, help);
    }

    fn tell(&mut self, severity: Severity, key: &str, message: &str, help: &str) {
        if !self.doubt.spares(key) {
            return;
        }
        let mut diagnostic =
            Diagnostic::new(codes::BAD_SETTINGS, FILE, format!("`{key}`: {message}")).help(help);
        diagnostic.severity = severity;
        if let Some(span) = place(&self.source, key) {
            diagnostic = diagnostic.at(self.source.clone(), span);
        }
        self.found.push(diagnostic);
    }

    /// Whether these keys are what the clinic wrote: what depends on another key can only be told then.
    fn certain(&self, keys: &[&str]) -> bool {
        keys.iter().all(|key| self.doubt.spares(key))
    }
}

/// The number that calls come from, as gateways want it: `+33…`. One that can't be read is an error of
/// its own.
fn caller(settings: &Settings) -> Option<String> {
    let own = settings.sender.phone.as_ref();
    let phone = own.or(settings.phone.as_ref())?;
    match Phone::parse(phone, &settings.country) {
        Ok(number) => Some(number.e164().to_string()),
        Err(_) => Some(phone.clone()),
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
    fn calls_come_from_a_number_that_gateways_can_read() {
        let phone = |more: &str| {
            let (settings, _) = Settings::read(&format!("{LEAST}{more}")).unwrap();
            settings.from().phone.clone()
        };
        let own = "phone = \"01 42 34 56 78\"\n";
        assert_eq!(phone(""), None);
        assert_eq!(phone(own).as_deref(), Some("+33142345678"));
        let other = format!("{own}[sender]\nphone = \"06 39 98 00 01\"\n");
        assert_eq!(phone(&other).as_deref(), Some("+33639980001"));
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
        for line in [
            "password = \"hunter2\"",
            "password = hunter2",
            "pasword = \"hunter2\"",
            "secret = \"hunter2\"",
            "password = { env = \"X\", value = \"hunter2\" }",
        ] {
            let text =
                format!("[gateways.mail]\ntype = \"smtp\"\nhost = \"h\"\n{line}\nhots = 3\n");
            let report = slips(&text);
            assert!(!report.contains("hunter2"), "{report}");
        }
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
