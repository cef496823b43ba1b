//! Puts included parts in: what stands in them is checked like the template's own text.

use rappel_core::Diagnostic;
use rappel_core::diagnostic::codes;
use rappel_grammar::tree::Include;

use super::{Checker, NoPart, Piece};
use crate::parse::{self, File};

/// How deep parts include parts.
pub(crate) const MAX_INCLUDES: usize = 4;

/// The most that a template and all its parts may come to, in bytes: parts that include parts multiply.
pub(crate) const MAX_EXPANDED: usize = 4 * rappel_grammar::MAX_BYTES;

impl Checker<'_> {
    /// Adds the pieces of an included part.
    pub(super) fn include(&mut self, include: &Include<'_>, pieces: &mut Vec<Piece>) {
        // The tag may print nothing, whether the part can be read or not.
        pieces.push(Piece::Mark);
        let name = include.name.to_ascii_lowercase();
        let part = match (self.parts)(&name) {
            Ok(part) => part,
            Err(none) => return self.unknown_part(include, &name, none),
        };
        if let Some(diagnostic) = self.refuse(include, &name) {
            return self.tell(diagnostic);
        }
        // An empty part costs something too, or a few could be included without end.
        let before = self.expanded;
        self.expanded += part.source.len() + 16;
        if before > MAX_EXPANDED {
            // It was told.
            return;
        }
        if self.expanded > MAX_EXPANDED {
            let message = format!(
                "the template and its parts come to more than {} KiB",
                MAX_EXPANDED / 1024
            );
            let diagnostic = self
                .file
                .diagnostic(codes::PARTS_TOO_LONG, include.span, message)
                .label("too much with this part")
                .help("include less");
            return self.tell(diagnostic);
        }
        let file = File::new(&part.file, &part.source);
        let template = parse::parse(&file, &part.source, self.diagnostics);
        let outer = std::mem::replace(&mut self.file, file);
        self.including.push(name);
        // A part is included elsewhere too: what its sections say is judged without what stands around it here.
        let around = std::mem::take(&mut self.around);
        let unclosed = std::mem::take(&mut self.unclosed);
        // The line break that ends a file is not part of what it says.
        let inner = self.nodes(&template.nodes);
        pieces.extend(self.without_last_line_break(inner));
        pieces.push(Piece::Mark);
        self.including.pop();
        self.around = around;
        self.unclosed = unclosed;
        self.file = outer;
    }

    fn unknown_part(&mut self, include: &Include<'_>, name: &str, none: NoPart) {
        let help = match none.nearest {
            Some(nearest) => {
                format!("did you mean `[INCLUDE {nearest}]`? If not, write `templates/{name}.trd`")
            }
            None => format!("write it as `templates/{name}.trd`, or correct the name"),
        };
        let mut diagnostic = self
            .file
            .diagnostic(
                codes::UNKNOWN_PART,
                include.name_span,
                format!("there is no part `{name}`"),
            )
            .label("no such file")
            .help(help);
        if let Some(part) = none.surely {
            diagnostic = diagnostic.fix(include.name_span.start..include.name_span.end, part);
        }
        self.tell(diagnostic);
    }

    fn refuse(&self, include: &Include<'_>, name: &str) -> Option<Diagnostic> {
        let (code, message, label, help) =
            if let Some(first) = self.including.iter().position(|part| part == name) {
                let circle: Vec<&str> = self.including[first..]
                    .iter()
                    .map(String::as_str)
                    .chain([name])
                    .collect();
                (
                    codes::PART_CIRCLE,
                    format!(
                        "parts include each other in a circle: {}",
                        circle.join(" → ")
                    ),
                    "includes itself",
                    "take one of them out",
                )
            } else if self.including.len() == MAX_INCLUDES {
                (
                    codes::PARTS_TOO_DEEP,
                    format!("parts are included more than {MAX_INCLUDES} deep"),
                    "one too many",
                    "write the text itself here",
                )
            } else {
                return None;
            };
        Some(
            self.file
                .diagnostic(code, include.span, message)
                .label(label)
                .help(help),
        )
    }

    fn without_last_line_break(&self, mut pieces: Vec<Piece>) -> Vec<Piece> {
        if let Some(Piece::Text(range)) = pieces.last_mut() {
            let text = self.draft.literals.get(range.clone()).unwrap_or_default();
            range.end = range.start + text.trim_end_matches(['\n', '\r']).len();
        }
        pieces
    }
}
