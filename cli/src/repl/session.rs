//! A session: what is set, and what a line of it answers.

use std::sync::Arc;

use rappel_core::ids::FacilityId;
use rappel_core::store::{Account, StoreError};
use rappel_core::{ChannelKind, Diagnostic, Kind};
use rappel_host::engine::Generation;

use super::text;
use super::{commands, lines};
use crate::clinic::LoadedClinic;
use crate::output::message::count;
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

    /// The real visits that somebody names, the latest first.
    fn find(&self, rules: &Arc<Generation>, named: &str) -> Result<Vec<KnownVisit>, String>;

    /// What to say where there is none.
    fn not_found(&self) -> String;
}

/// A session.
pub(super) struct Session {
    pub(super) clinic: LoadedClinic,
    pub(super) disk: Box<dyn Disk>,
    pub(super) visit: KnownVisit,
    /// What the visit is called.
    pub(super) visit_name: String,
    /// The visit before its facts were changed.
    pub(super) unchanged: KnownVisit,
    /// The visits that were listed last, to choose from.
    pub(super) found: Vec<KnownVisit>,
    /// The message that texts are for.
    pub(super) preview: Preview,
    /// The text that was rendered last.
    pub(super) text: Option<String>,
    /// Lines that go on in the next.
    unfinished: String,
    /// The last line, where later sessions may know it.
    pub(super) kept: Option<String>,
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
            together: Vec::new(),
        };
        Self {
            clinic,
            disk,
            unchanged: visit.clone(),
            visit,
            found: Vec::new(),
            visit_name: "example".into(),
            preview,
            text: None,
            unfinished: String::new(),
            kept: None,
            failed: false,
        }
    }

    /// Takes a visit.
    pub(super) fn meet(&mut self, name: String, visit: KnownVisit) {
        self.visit_name = name;
        self.unchanged = visit.clone();
        self.visit = visit;
        self.preview.together.clear();
    }

    /// The clinic's rules.
    pub(super) fn rules(&self) -> &Arc<Generation> {
        &self.clinic.rules
    }

    /// Whether a line couldn't be answered as it was meant.
    pub(super) fn has_failed(&self) -> bool {
        self.failed
    }

    /// Notes that a line couldn't be answered as it was meant.
    pub(super) fn fail(&mut self) {
        self.failed = true;
    }

    /// Answers a line: a command, or a text to render. Some lines go on in the next.
    pub(super) fn answer(&mut self, line: &str) -> Reply {
        if !self.unfinished.is_empty() {
            self.unfinished.push('\n');
        }
        self.unfinished.push_str(line);
        match lines::whole(&self.unfinished) {
            Some(whole) => {
                self.unfinished.clear();
                self.finished(&whole)
            }
            None => Reply::More,
        }
    }

    /// Answers what was begun, at the end of the input.
    pub(super) fn end(&mut self) -> Reply {
        let begun = std::mem::take(&mut self.unfinished);
        self.finished(&lines::rest(&begun))
    }

    fn finished(&mut self, line: &str) -> Reply {
        if line.trim().is_empty() {
            return Reply::Say(String::new());
        }
        let answer = match line.trim_start().strip_prefix(':') {
            Some(command) => match commands::run(self, command) {
                Some(answer) => {
                    self.kept = answer.is_ok().then(|| commands::kept(command)).flatten();
                    answer
                }
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
        let with = match self.preview.together.len() {
            0 => String::new(),
            others => format!(" with {}", count(others as u64, "other")),
        };
        format!(
            "{} by {} · {language} · visit {}{with}{now}",
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
