//! Second stage: from a tree to a draft, in which every name, filter and condition has its meaning.
//!
//! Included parts are put in here. What can't be understood is told and left out, so that one check
//! finds everything.

mod bracket;
mod condition;
mod draft;
mod evaluate;
mod include;
mod possible;
mod privacy;
mod section;
mod value;

use std::borrow::Cow;
use std::sync::Arc;

use rappel_core::diagnostic::codes;
use rappel_core::settings::SmsMode;
use rappel_core::{ChannelKind, Code, Diagnostic};
use rappel_grammar::Span;
use rappel_grammar::tree::{Node, Text};

pub(crate) use draft::{Comparison, Draft, Operator, Outside, Piece, Side, Slot, Test};
pub(crate) use evaluate::beside;

use crate::options::Options;
use crate::parse::{self, File};
use crate::render::clean;
use crate::sms;
use crate::variables::Variable;
use condition::Guards;
use section::Around;

/// A part that another template includes.
#[derive(Clone, Debug)]
pub struct Part {
    /// What diagnostics call its file: `templates/signature.trd`.
    pub file: String,
    /// Its text.
    pub source: String,
}

/// There is no part of a name.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct NoPart {
    /// The name of a part that may have been meant.
    pub nearest: Option<String>,
    /// The only one that can have been.
    pub surely: Option<String>,
}

/// Looks a part up by its name.
pub type Parts<'p> = dyn Fn(&str) -> Result<Part, NoPart> + 'p;

/// The parts of a template that has none to include.
///
/// # Errors
/// Always.
pub fn no_parts(_: &str) -> Result<Part, NoPart> {
    Err(NoPart::default())
}

/// Checks a template's nodes and turns them into a draft.
pub(crate) fn check(
    nodes: &[Node<'_>],
    file: &File,
    options: &Options,
    parts: &Parts<'_>,
    diagnostics: &mut Vec<Diagnostic>,
) -> Draft {
    let mut checker = Checker::new(file, options, parts, diagnostics);
    let pieces = checker.nodes(nodes);
    Draft {
        pieces,
        ..checker.draft
    }
}

/// Checks a part that no template includes. What depends on the template that would is not told: which
/// values its kind offers, which filters its channel takes, what its sections know to be present.
pub(crate) fn check_alone(
    name: &str,
    file: &File,
    options: &Options,
    parts: &Parts<'_>,
    diagnostics: &mut Vec<Diagnostic>,
) {
    const OF_THE_TEMPLATE: [Code; 4] = [
        codes::NOT_OFFERED,
        codes::WRONG_CHANNEL,
        codes::UNGUARDED_VALUE,
        codes::OUTSIDE_ALPHABET,
    ];
    let mut found = Vec::new();
    let template = parse::parse(file, &file.source, &mut found);
    let mut checker = Checker::new(file, options, parts, &mut found);
    checker.including.push(name.to_string());
    checker.nodes(&template.nodes);
    found.retain(|diagnostic| !OF_THE_TEMPLATE.contains(&diagnostic.code));
    diagnostics.extend(found);
}

struct Checker<'c> {
    options: &'c Options,
    parts: &'c Parts<'c>,
    diagnostics: &'c mut Vec<Diagnostic>,
    draft: Draft,
    /// The file that is being read: the template's own, or a part's.
    file: File,
    /// The names of the parts around it.
    including: Vec<String>,
    /// The bytes read so far, parts as often as they are included.
    expanded: usize,
    /// The values that are known to be present here.
    guards: Guards,
    /// The conditions around this place in its file.
    around: Around,
    /// The sections around it that are never closed.
    unclosed: usize,
    /// The template's own file.
    template: Arc<str>,
    /// The values that tell of a person's health, and were told.
    revealed: Vec<Variable>,
}

impl<'c> Checker<'c> {
    fn new(
        file: &File,
        options: &'c Options,
        parts: &'c Parts<'c>,
        diagnostics: &'c mut Vec<Diagnostic>,
    ) -> Self {
        Self {
            options,
            parts,
            diagnostics,
            draft: Draft::default(),
            file: file.clone(),
            including: Vec::new(),
            expanded: file.source.len(),
            guards: Guards::default(),
            around: Around::default(),
            unclosed: 0,
            template: file.name.clone(),
            revealed: Vec::new(),
        }
    }
}

impl Checker<'_> {
    fn tell(&mut self, diagnostic: Diagnostic) {
        self.diagnostics.push(diagnostic);
    }

    fn nodes(&mut self, nodes: &[Node<'_>]) -> Vec<Piece> {
        let mut pieces = Vec::with_capacity(nodes.len());
        for node in nodes {
            match node {
                Node::Text(text) => self.text(*text, &mut pieces),
                Node::Escape(span) => self.text(
                    Text {
                        text: "[",
                        span: *span,
                    },
                    &mut pieces,
                ),
                Node::Bracket(text) => {
                    self.bracket(*text);
                    self.text(*text, &mut pieces);
                }
                Node::Remark(_) => pieces.push(Piece::Mark),
                Node::Value(value) => pieces.extend(self.value(value)),
                Node::Section(section) => {
                    let section = self.section(section);
                    pieces.push(section);
                }
                Node::Include(include) => self.include(include, &mut pieces),
            }
        }
        pieces
    }

    fn text(&mut self, text: Text<'_>, pieces: &mut Vec<Piece>) {
        if self.options.channel == ChannelKind::Sms {
            self.alphabet(text.text, text.span.start);
        }
        let range = self.draft.literal(text.text);
        match pieces.last_mut() {
            Some(Piece::Text(last)) if last.end == range.start => last.end = range.end,
            _ => pieces.push(Piece::Text(range)),
        }
    }

    /// Notes the characters that keep an SMS out of the 7-bit alphabet.
    fn alphabet(&mut self, text: &str, offset: usize) {
        for (at, c) in text
            .char_indices()
            .filter(|(_, c)| !sms::is_in_alphabet(*c))
        {
            // Control characters are taken out anyway.
            if c.is_control() || !clean::is_visible(c) && c != '\u{a0}' && c != '\u{202f}' {
                continue;
            }
            let span = Span::new(offset + at, offset + at + c.len_utf8());
            // A part may be of an e-mail too, where the character is at home.
            let same = sms::counterpart(c)
                .filter(|_| sms::is_typographic(c) && self.including.is_empty())
                .map(Cow::into_owned);
            match self.options.sms_mode {
                SmsMode::Transliterate if sms::counterpart(c).is_some() => {}
                SmsMode::Transliterate | SmsMode::Unicode => {
                    self.draft.outside.push(Outside {
                        character: c,
                        file: self.file.clone(),
                        span,
                        instead: same,
                    });
                }
                SmsMode::Refuse => {
                    let mut diagnostic = self
                        .file
                        .diagnostic(codes::OUTSIDE_ALPHABET, span, format!("`{c}` is not in the SMS alphabet, and the clinic refuses such characters"))
                        .label("not in the alphabet")
                        .help(instead(c));
                    if let Some(same) = same {
                        diagnostic = diagnostic.fix(span.start..span.end, same);
                    }
                    self.tell(diagnostic);
                }
            }
        }
    }
}

/// What to write for a character that is not in the SMS alphabet.
pub(crate) fn instead(c: char) -> String {
    match sms::counterpart(c) {
        Some(text) if text.trim().is_empty() => "write a blank".into(),
        Some(text) => format!("write `{text}`"),
        None => "leave it out, or say it in words".into(),
    }
}

/// The variables that a draft uses, each once, in order.
pub(crate) fn variables(draft: &Draft) -> Vec<Variable> {
    let mut variables: Vec<Variable> = draft.slots.iter().map(|slot| slot.variable).collect();
    for comparison in &draft.comparisons {
        variables.push(comparison.left);
        if let Side::Variable(variable) = comparison.right {
            variables.push(variable);
        }
    }
    variables.sort();
    variables.dedup();
    variables
}

/// Whether a draft can say anything at all.
pub(crate) fn says_nothing(draft: &Draft) -> bool {
    fn prints(pieces: &[Piece]) -> bool {
        pieces.iter().any(|piece| match piece {
            Piece::Value(_) => true,
            Piece::Text(_) | Piece::Mark => false,
            Piece::Section {
                branches,
                otherwise,
            } => branches.iter().any(|(_, pieces)| prints(pieces)) || prints(otherwise),
        })
    }
    !draft.literals.chars().any(clean::is_visible) && !prints(&draft.pieces)
}
