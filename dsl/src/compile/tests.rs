//! Programs held against a plain reading of the draft, in which nothing is done ahead.

use proptest::prelude::*;
use rappel_core::settings::SmsMode;
use rappel_core::{ChannelKind, Kind, Language};

use super::layout::{Atom, Lines};
use super::{Form, lower};
use crate::Options;
use crate::check::{self, Draft, Piece};
use crate::parse::{self, File};

/// Renders a draft word by word. `texts` are the slots' values.
struct Plain<'d> {
    draft: &'d Draft,
    texts: &'d [Option<&'d str>],
    lines: Lines,
    out: String,
}

impl Plain<'_> {
    /// Goes through the pieces; those that are not kept are only looked at for their lines.
    fn pieces(&mut self, pieces: &[Piece], kept: bool) {
        for piece in pieces {
            match piece {
                Piece::Text(range) => self.literal(&self.draft.literals[range.clone()], kept),
                Piece::Mark => self.lines.tag(),
                Piece::Value(slot) => {
                    // What a section asks for is there; otherwise a value that may be absent is a tag.
                    let slot_info = &self.draft.slots[*slot];
                    if slot_info.may_be_absent() || slot_info.has_default() {
                        self.lines.tag();
                    }
                    if kept {
                        self.out.push_str(self.texts[*slot].unwrap_or_default());
                    }
                }
                Piece::Section {
                    branches,
                    otherwise,
                } => {
                    self.lines.tag();
                    let mut open = kept;
                    for (test, pieces) in branches {
                        let holds = test.holds(&|slot| self.texts[slot].is_some(), &|_| false);
                        self.pieces(pieces, open && holds);
                        self.lines.tag();
                        open &= !holds;
                    }
                    self.pieces(otherwise, open);
                    self.lines.tag();
                }
            }
        }
    }

    fn literal(&mut self, text: &str, kept: bool) {
        let mut atoms = Vec::new();
        self.lines.atoms(text, false, &mut atoms);
        for atom in atoms.into_iter().filter(|_| kept) {
            let trim = |out: &mut String| out.truncate(out.trim_end_matches(' ').len());
            match atom {
                Atom::Words(words) => {
                    if words.starts_with([',', '.']) {
                        trim(&mut self.out);
                    }
                    self.out.push_str(words);
                }
                Atom::Blank if self.out.is_empty() || self.out.ends_with([' ', '\n']) => {}
                Atom::Blank => self.out.push(' '),
                Atom::Line { soft } => {
                    trim(&mut self.out);
                    let full = if soft { "\n" } else { "\n\n" };
                    if !self.out.is_empty() && !self.out.ends_with(full) {
                        self.out.push('\n');
                    }
                }
            }
        }
    }
}

/// Templates in which blanks, line breaks and tags meet in every way.
fn sources() -> impl Strategy<Value = String> {
    let leaf = prop::sample::select(vec![
        "a",
        "b c",
        " ",
        "  ",
        ",",
        ". ",
        " ,",
        "\n",
        "\n\n",
        " \n ",
        "\t",
        "[TRD3]",
        "[TRD14]",
        "[TRD23]",
        "[# x #]",
        "[TRD14|default \"\"]",
    ]);
    let condition = prop::sample::select(vec![
        "TRD14",
        "TRD23",
        "NOT TRD14",
        "TRD14 AND TRD23",
        "TRD14 OR TRD23",
    ]);
    leaf.prop_map(str::to_string)
        .prop_recursive(4, 40, 6, move |inner| {
            let many =
                || prop::collection::vec(inner.clone(), 0..6).prop_map(|parts| parts.concat());
            prop_oneof![
                many(),
                (condition.clone(), many()).prop_map(|(c, a)| format!("[IF {c}]{a}[/IF]")),
                (condition.clone(), condition.clone(), many(), many(), many()).prop_map(
                    |(c, d, a, b, e)| format!("[IF {c}]{a}[ELSE IF {d}]{b}[ELSE]{e}[/IF]")
                ),
            ]
        })
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(1000))]

    #[test]
    fn what_is_tidied_ahead_is_what_is_tidied_on_the_way(source in sources(), absent in 0u8..4) {
        let options = Options::new(Kind::REMINDER, ChannelKind::Sms, Language::Fr);
        let file = File::new("x", &source);
        let mut diagnostics = Vec::new();
        let tree = parse::parse(&file, &source, &mut diagnostics);
        let draft = check::check(&tree.nodes, &file, &options, &crate::no_parts, &mut diagnostics);
        let texts: Vec<Option<&str>> = draft
            .slots
            .iter()
            .map(|slot| match slot.variable.to_string().as_str() {
                "TRD3" => Some("Jean"),
                "TRD14" => (absent & 1 == 0).then_some("notes"),
                _ => (absent & 2 == 0).then_some("à jeun"),
            })
            .collect();
        let mut plain = Plain { draft: &draft, texts: &texts, lines: Lines::default(), out: String::new() };
        plain.pieces(&draft.pieces, true);
        let expected = plain.out.trim_end_matches([' ', '\n']);
        let program = lower(&draft, Form::Sms(SmsMode::Unicode));
        let rendered = program.render(&texts, &[]);
        prop_assert_eq!(rendered.as_deref(), Ok(expected), "{:?}: {:?}", source, program);
    }
}
