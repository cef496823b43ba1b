//! A session: what is set, and what a line of it answers.

use std::sync::Arc;

use rappel_core::ids::FacilityId;
use rappel_core::store::{Account, StoreError};
use rappel_core::{ChannelKind, Diagnostic, Kind};
use rappel_host::engine::Generation;

use super::commands;
use super::text;
use crate::clinic::LoadedClinic;
use crate::output::style;
use crate::preview::Preview;
use crate::visit::KnownVisit;

/// What a session may ask of the world.
pub(super) trait Disk {
    /// The clinic's folder as it is now.
    fn load(&self) -> Result<LoadedClinic, Vec<Diagnostic>>;

    /// A visit, and the properties in it that nothing reads.
    fn visit(&self, path: &str) -> Result<(KnownVisit, Vec<String>), String>;

    /// What a clinic has to spend, where a host keeps that.
    fn account(&self, clinic: &FacilityId) -> Result<Option<Account>, StoreError>;

    /// The names of the clinic's own visits.
    fn visits(&self) -> Vec<String>;
}

/// A session.
pub(super) struct Session {
    pub(super) clinic: LoadedClinic,
    pub(super) disk: Box<dyn Disk>,
    pub(super) visit: KnownVisit,
    /// What the visit is called.
    pub(super) visit_name: String,
    /// The message that texts are for.
    pub(super) preview: Preview,
    /// The text that was rendered last.
    pub(super) text: Option<String>,
    /// Lines that end with `\`, until one doesn't.
    unfinished: String,
    failed: bool,
}

/// What a line leads to.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Reply {
    /// Something to read.
    Say(String),
    /// Nothing yet: the line goes on.
    More,
    /// The end.
    Quit,
}

impl Session {
    /// A session with the built-in visit and the clinic's reminder by SMS.
    pub(super) fn new(clinic: LoadedClinic, disk: Box<dyn Disk>) -> Self {
        let visit = KnownVisit::example(&clinic.rules.settings().country);
        let preview = Preview {
            kind: Kind::REMINDER,
            channel: ChannelKind::Sms,
            language: None,
            now: None,
        };
        Self {
            clinic,
            disk,
            visit,
            visit_name: "example".into(),
            preview,
            text: None,
            unfinished: String::new(),
            failed: false,
        }
    }

    /// Takes a visit.
    pub(super) fn meet(&mut self, name: String, visit: KnownVisit) {
        self.visit_name = name;
        self.visit = visit;
    }

    /// The clinic's rules.
    pub(super) fn rules(&self) -> &Arc<Generation> {
        &self.clinic.rules
    }

    /// Whether a line couldn't be answered as it was meant.
    pub(super) fn has_failed(&self) -> bool {
        self.failed
    }

    /// Answers a line: a command, or a text to render. A line that ends with `\` goes on in the next.
    pub(super) fn answer(&mut self, line: &str) -> Reply {
        if let Some(begun) = line.strip_suffix('\\') {
            self.unfinished.push_str(begun);
            self.unfinished.push('\n');
            return Reply::More;
        }
        let mut whole = std::mem::take(&mut self.unfinished);
        whole.push_str(&line.replace("\\\n", "\n"));
        self.finished(&whole)
    }

    /// Answers what was begun, at the end of the input.
    pub(super) fn end(&mut self) -> Reply {
        let begun = std::mem::take(&mut self.unfinished);
        self.finished(begun.trim_end_matches('\n'))
    }

    fn finished(&mut self, line: &str) -> Reply {
        if line.trim().is_empty() {
            return Reply::Say(String::new());
        }
        let answer = match line.trim_start().strip_prefix(':') {
            Some(command) => match commands::run(self, command) {
                Some(answer) => answer,
                None => return Reply::Quit,
            },
            None => {
                self.text = Some(line.to_string());
                text::show(self, line)
            }
        };
        Reply::Say(answer.unwrap_or_else(|error| {
            self.failed = true;
            // Reports bring their own mark.
            if error.contains('×') {
                error
            } else {
                format!("{}error{}: {error}", style::ERROR, style::END)
            }
        }))
    }

    /// What is set, in a line: `reminder by sms · fr · visit example`.
    pub(super) fn setting(&self) -> String {
        let language = self.preview.language(self.rules(), self.visit.visit());
        let now = self
            .preview
            .now
            .map(|now| format!(" · now {now}"))
            .unwrap_or_default();
        format!(
            "{} by {} · {language} · visit {}{now}",
            self.preview.kind, self.preview.channel, self.visit_name
        )
    }

    /// What stands before a line on a terminal.
    pub(super) fn prompt(&self) -> String {
        let language = self.preview.language(self.rules(), self.visit.visit());
        format!(
            "{}.{}.{language}> ",
            self.preview.kind, self.preview.channel
        )
    }
}
