//! Sections: what each condition keeps, and whether it can make a difference.

use rappel_core::Diagnostic;
use rappel_core::diagnostic::codes;
use rappel_grammar::Span;
use rappel_grammar::tree::Section;

use super::possible::possible;
use super::{Checker, Piece, Test};
use crate::parse::short;

/// The conditions that hold at a place, or don't.
#[derive(Debug, Default)]
pub(super) struct Around(Vec<Held>);

#[derive(Debug)]
struct Held {
    test: Test,
    holds: bool,
    /// Its tag.
    span: Span,
}

impl Around {
    fn tests(&self) -> Vec<(&Test, bool)> {
        self.0.iter().map(|held| (&held.test, held.holds)).collect()
    }
}

impl Checker<'_> {
    pub(super) fn section(&mut self, section: &Section<'_>) -> Piece {
        let outer = self.guards.clone();
        let (around, errors) = (self.around.0.len(), self.errors());
        let is_open = section.close.start == section.close.end;
        let unclosed = self.unclosed;
        self.unclosed += usize::from(is_open);
        let mut branches: Vec<(Test, Vec<Piece>)> = Vec::with_capacity(section.branches.len());
        for (index, branch) in section.branches.iter().enumerate() {
            // What an earlier condition's failing tells still holds here.
            let before = self.guards.clone();
            let told = self.diagnostics.len();
            let test = self.condition(&branch.condition);
            if self.diagnostics.len() == told && test.is_known() {
                let decides =
                    index == 0 || index + 1 < section.branches.len() || section.otherwise.is_some();
                self.makes_a_difference(&test, branch.tag, decides);
            }
            self.guards.add(test.present_if(true, &self.draft));
            let held = |holds| Held {
                test: test.clone(),
                holds,
                span: branch.tag,
            };
            self.around.0.push(held(true));
            let pieces = self.nodes(&branch.nodes);
            self.around.0.pop();
            self.around.0.push(held(false));
            self.guards = before;
            self.guards.add(test.present_if(false, &self.draft));
            branches.push((test, pieces));
        }
        let otherwise = section
            .otherwise
            .as_ref()
            .map(|otherwise| self.nodes(&otherwise.nodes));
        self.around.0.truncate(around);
        self.unclosed = self.unclosed.min(unclosed);
        self.guards = outer;
        if let (Some(otherwise), Some(first), true) = (
            &otherwise,
            section.branches.first(),
            self.errors() == errors,
        ) && branches
            .iter()
            .all(|(_, pieces)| self.draft.says_the_same(pieces, otherwise))
        {
            self.same_text(first.tag);
        }
        Piece::Section {
            branches,
            otherwise: otherwise.unwrap_or_default(),
        }
    }

    fn errors(&self) -> usize {
        let errors = self.diagnostics.iter().filter(|one| one.is_error());
        errors.count()
    }

    /// Warns of a condition that never holds, or always. `decides` is whether anything depends on its failing.
    fn makes_a_difference(&mut self, test: &Test, span: Span, decides: bool) {
        let can_be = |around: &[(&Test, bool)], holds| {
            let tests = [around, &[(test, holds)]].concat();
            // A part may be included by templates of every channel.
            let channel = self.including.is_empty().then_some(self.options.channel);
            possible(&tests, &self.draft, channel)
        };
        let around = self.around.tests();
        let (kept, left_out) = (can_be(&around, true), can_be(&around, false));
        let holds = match (kept, left_out) {
            (false, true) => false,
            (true, false) if decides => true,
            // Where neither can be, the place itself is never come to, which was told.
            _ => return,
        };
        let because = if can_be(&[], !holds) {
            let alone = self
                .around
                .0
                .iter()
                .rev()
                .find(|held| !can_be(&[(&held.test, held.holds)], !holds));
            match alone {
                Some(held) => self.decided_by(held),
                None => "what stands around it has decided it".into(),
            }
        } else {
            let channel = self.options.channel;
            match possible(&[(test, !holds)], &self.draft, None) {
                true => format!("this template is for {channel}"),
                false if holds => "there is no message for which it doesn't".into(),
                false => "it contradicts itself".into(),
            }
        };
        let tag = self.written(span);
        let diagnostic = if holds {
            let message = format!("`{tag}` always holds here: {because}");
            self.file
                .diagnostic(codes::ALWAYS_KEPT, span, message)
                .label("always kept")
                .help("correct the condition, or take the tags out and keep the text")
        } else {
            let message = format!("`{tag}` never holds here: {because}");
            self.file
                .diagnostic(codes::NEVER_HOLDS, span, message)
                .label("never kept")
                .help("correct the condition, or take the section out")
        };
        self.tell(diagnostic);
    }

    /// Which condition around a place has decided another.
    fn decided_by(&self, held: &Held) -> String {
        let tag = self.written(held.span);
        let before = self.file.source.get(..held.span.start).unwrap_or_default();
        let line = before.matches('\n').count() + 1;
        if held.holds {
            format!("it stands in `{tag}` of line {line}")
        } else {
            format!("it is come to only where `{tag}` of line {line} doesn't hold")
        }
    }

    fn written(&self, span: Span) -> String {
        let text = self.file.source.get(span.start..span.end);
        short(text.unwrap_or_default()).into_owned()
    }

    fn same_text(&mut self, span: Span) {
        let tag = self.written(span);
        let message = format!("the message says the same whether `{tag}` holds or not");
        let diagnostic: Diagnostic = self
            .file
            .diagnostic(codes::SAME_TEXT, span, message)
            .label("makes no difference")
            .help("write what should differ, or take the tags out and keep the text once");
        self.tell(diagnostic);
    }
}
