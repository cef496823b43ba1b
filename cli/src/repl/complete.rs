//! Completion: what can stand where the cursor is.

use rappel_core::kind::STOCK_KINDS;
use rappel_core::{ChannelKind, EventKind, Language};
use rappel_dsl::filters::{FILTERS, Filter};
use rappel_dsl::variables::Type;
use rappel_dsl::{Variable, vocabulary};

use super::commands::{COMMANDS, TOPICS};
use super::session::Session;
use crate::visit::properties;

/// How many letters of a label find its variable.
const LABEL_LETTERS: usize = 3;

/// How many letters of a label are shown.
const LABEL: usize = 60;

/// A word that can stand at the cursor.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Candidate {
    /// What is put in.
    pub(super) text: String,
    /// What is shown.
    pub(super) shown: String,
}

impl Candidate {
    fn new(text: impl Into<String>, label: &str) -> Self {
        let text = text.into();
        let shown = if label.is_empty() {
            text.clone()
        } else {
            format!("{text}  {}", short(label))
        };
        Self { text, shown }
    }
}

/// Where the word at the cursor begins, and what it can be.
pub(super) fn candidates(session: &Session, line: &str, cursor: usize) -> (usize, Vec<Candidate>) {
    let Some(before) = line.get(..cursor) else {
        return (cursor, Vec::new());
    };
    match before.strip_prefix(':') {
        Some(command) => in_command(session, command),
        None => in_text(session, before),
    }
}

fn in_command(session: &Session, before: &str) -> (usize, Vec<Candidate>) {
    let Some((name, argument)) = before.split_once(' ') else {
        let commands = COMMANDS
            .iter()
            .map(|command| Candidate::new(command.name, command.summary));
        return (1, beginning(before, commands));
    };
    // Several words may stand there; the last one is completed.
    let word = argument.rsplit(' ').next().unwrap_or(argument);
    let start = 1 + before.len() - word.len();
    let words: Vec<Candidate> = match name {
        "kind" | "k" => kinds(session).collect(),
        "channel" | "c" => channels().collect(),
        "why" | "w" => channels().chain(kinds(session)).collect(),
        "lang" | "l" => Language::ALL
            .iter()
            .map(|language| Candidate::new(language.code(), ""))
            .collect(),
        "plan" | "p" => EventKind::ALL
            .iter()
            .map(|event| Candidate::new(event.name(), ""))
            .collect(),
        "set" | "unset" | "facts" => {
            let language = session.rules().settings().language;
            properties()
                .iter()
                .map(|place| Candidate::new(place.to_string(), place.label(language)))
                .collect()
        }
        "visit" => visits(session, &["example", "least"]).collect(),
        "with" => visits(session, &["family", "none"]).collect(),
        "help" | "h" => {
            let commands = COMMANDS
                .iter()
                .map(|command| (command.name, command.summary));
            let topics = TOPICS.iter().map(|(topic, _)| (*topic, ""));
            topics
                .chain(commands)
                .map(|(name, label)| Candidate::new(name, label))
                .collect()
        }
        _ => Vec::new(),
    };
    (start, beginning(word, words.into_iter()))
}

fn channels() -> impl Iterator<Item = Candidate> {
    let all = ChannelKind::ALL.iter();
    all.map(|channel| Candidate::new(channel.name(), ""))
}

/// The kinds of message that there are, the clinic's own too.
fn kinds(session: &Session) -> impl Iterator<Item = Candidate> {
    let stock = STOCK_KINDS
        .iter()
        .map(|kind| Candidate::new(kind.name, kind.summary));
    let own = session
        .rules()
        .settings()
        .messages
        .keys()
        .filter(|kind| kind.stock().is_none());
    stock.chain(own.map(|kind| Candidate::new(kind.as_str(), "")))
}

/// Some words, the clinic's own visits, and those that were listed last.
fn visits(session: &Session, words: &'static [&str]) -> impl Iterator<Item = Candidate> {
    let words = words.iter().map(|word| Candidate::new(*word, ""));
    let own = session.disk.visits().into_iter();
    let listed = session.found.iter();
    words
        .chain(own.map(|name| Candidate::new(name, "")))
        .chain(listed.map(|visit| Candidate::new(visit.id(), &visit.called())))
}

fn in_text(session: &Session, before: &str) -> (usize, Vec<Candidate>) {
    let nothing = (before.len(), Vec::new());
    let Some(open) = before.rfind('[') else {
        return nothing;
    };
    let Some(inner) = before.get(open + 1..) else {
        return nothing;
    };
    if inner.contains(']')
        || inner.starts_with('#')
        || before.get(..open).is_some_and(|text| text.ends_with('['))
    {
        return nothing;
    }
    let options = session
        .preview
        .options(session.rules(), session.visit.visit());
    if let Some(bar) = inner.rfind('|') {
        let (value, written) = inner.split_at(bar);
        let word = written.trim_start_matches('|').trim_start();
        let kind = kind_of(value);
        let filters = FILTERS
            .iter()
            .filter(|filter| filter.channels.contains(&options.channel))
            .filter(|filter| kind.is_none_or(|kind| filter.accepts.contains(&kind)))
            .map(|filter| Candidate::new(filter.name, filter.summary));
        return (before.len() - word.len(), beginning(word, filters));
    }
    let word = inner.rsplit([' ', '(', ',']).next().unwrap_or(inner);
    let start = before.len() - word.len();
    let first = inner.split_whitespace().next().unwrap_or_default();
    let is_include = vocabulary::KEYWORDS.iter().any(|(what, words)| {
        *what == "part" && words.iter().any(|word| word.eq_ignore_ascii_case(first))
    });
    if is_include && inner.contains(' ') {
        let parts = session
            .rules()
            .templates()
            .parts()
            .map(|part| Candidate::new(part, ""));
        return (start, beginning(word, parts));
    }
    let labels = session.rules().settings().language;
    let is_filter = |text: &str| FILTERS.iter().any(|filter| filter.name == text);
    let fits = |text: &str| !is_filter(text) && (!word.is_empty() || !is_foreign(text, labels));
    let words: Vec<_> = vocabulary::words(&options, labels)
        .into_iter()
        .filter(|word| fits(&word.text))
        .collect();
    let mut found = beginning(
        word,
        words
            .iter()
            .map(|word| Candidate::new(word.text.clone(), &word.label)),
    );
    if found.is_empty() && word.chars().count() >= LABEL_LETTERS {
        let said = word.to_lowercase();
        found = words
            .iter()
            .filter(|word| word.label.to_lowercase().contains(&said))
            .map(|word| Candidate::new(word.text.clone(), &word.label))
            .collect();
    }
    (start, found)
}

/// What a value with its filters is: `TRD9|time "hh"` is a text. `None` where it can't be told.
fn kind_of(value: &str) -> Option<Type> {
    let mut parts = value.split('|');
    let mut kind = Variable::find(parts.next()?)?.kind();
    for part in parts {
        kind = Filter::find(part.split_whitespace().next()?)?.gives;
    }
    Some(kind)
}

/// Whether a word is a keyword of another language than the clinic's. All are understood; a list of
/// everything has only its own.
fn is_foreign(text: &str, language: Language) -> bool {
    let column = match language {
        Language::Fr => 1,
        Language::It => 2,
        Language::Es => 3,
        Language::En | Language::De | Language::Pt => 0,
    };
    let is_keyword = vocabulary::KEYWORDS
        .iter()
        .any(|(_, words)| words.contains(&text));
    is_keyword
        && !vocabulary::KEYWORDS
            .iter()
            .any(|(_, words)| words.get(column) == Some(&text))
}

/// A label that leaves room for others.
fn short(label: &str) -> String {
    let mut short: String = label.chars().take(LABEL).collect();
    if short.len() < label.len() {
        short.push('…');
    }
    short
}

fn beginning(word: &str, candidates: impl Iterator<Item = Candidate>) -> Vec<Candidate> {
    let word = word.to_lowercase();
    candidates
        .filter(|candidate| candidate.text.to_lowercase().starts_with(&word))
        .collect()
}
