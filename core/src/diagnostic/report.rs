//! A diagnostic as a terminal shows it.

use std::fmt;

use miette::{
    GraphicalReportHandler, GraphicalTheme, LabeledSpan, SourceCode, ThemeCharacters, ThemeStyles,
};

use super::excerpt::Excerpt;
use super::{Diagnostic, Severity};

/// The columns beside a line of a file: its number and the frame.
const FRAME: usize = 10;

/// The fewest columns that a line of a file gets, however narrow the terminal is.
const LEAST_ROOM: usize = 40;

impl Diagnostic {
    /// The diagnostic as a terminal shows it, `width` columns wide. Of a long line only what stands around the
    /// place is shown.
    pub fn report(&self, width: usize, colours: bool) -> String {
        let width = width.max(LEAST_ROOM);
        let theme = GraphicalTheme {
            characters: ThemeCharacters::unicode(),
            styles: if colours {
                ThemeStyles::ansi()
            } else {
                ThemeStyles::none()
            },
        };
        let handler = GraphicalReportHandler::new_themed(theme)
            .with_width(width)
            .with_links(false);
        let room = width.saturating_sub(FRAME).max(LEAST_ROOM);
        let shown = Shown {
            diagnostic: self,
            excerpt: self.excerpt(room),
        };
        let mut report = String::new();
        // Writing to a String can't fail; a handler that gives up leaves the one-line form.
        if handler.render_report(&mut report, &shown).is_err() {
            report = self.to_string();
        }
        report
    }

    fn excerpt(&self, room: usize) -> Option<Excerpt> {
        let (source, span) = (self.source.as_ref()?, self.span.as_ref()?);
        let position = self.position()?;
        Some(Excerpt::new(&self.file, source, span, position, room))
    }
}

/// A diagnostic as miette wants it.
#[derive(Debug)]
struct Shown<'d> {
    diagnostic: &'d Diagnostic,
    excerpt: Option<Excerpt>,
}

impl fmt::Display for Shown<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.diagnostic.message)?;
        // Without a place to show, the report would not say which file it is about.
        if self.excerpt.is_none() {
            write!(f, " ({})", self.diagnostic.file)?;
        }
        Ok(())
    }
}

impl std::error::Error for Shown<'_> {}

impl miette::Diagnostic for Shown<'_> {
    fn code<'a>(&'a self) -> Option<Box<dyn fmt::Display + 'a>> {
        Some(Box::new(self.diagnostic.code))
    }

    fn severity(&self) -> Option<miette::Severity> {
        Some(match self.diagnostic.severity {
            Severity::Error => miette::Severity::Error,
            Severity::Warning => miette::Severity::Warning,
        })
    }

    fn help<'a>(&'a self) -> Option<Box<dyn fmt::Display + 'a>> {
        self.diagnostic
            .help
            .as_ref()
            .map(|help| Box::new(help) as _)
    }

    fn source_code(&self) -> Option<&dyn SourceCode> {
        self.excerpt.as_ref().map(|excerpt| excerpt as _)
    }

    fn labels(&self) -> Option<Box<dyn Iterator<Item = LabeledSpan> + '_>> {
        let place = self.excerpt.as_ref()?.place();
        let label = LabeledSpan::new(self.diagnostic.label.clone(), place.start, place.len());
        Some(Box::new(std::iter::once(label)))
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use std::ops::Range;

    use proptest::prelude::*;

    use super::*;
    use crate::diagnostic::codes;

    fn report(source: &str, place: Range<usize>) -> String {
        Diagnostic::new(
            codes::UNKNOWN_VARIABLE,
            "templates/reminder.sms.trd",
            "there is no variable 99",
        )
        .at(source, place)
        .label("unknown")
        .help("write another")
        .report(60, false)
    }

    fn of(source: &str, word: &str) -> String {
        let start = source.find(word).unwrap();
        report(source, start..start + word.len())
    }

    #[test]
    fn a_long_line_is_cut_around_the_place() {
        let filler = "Bonjour ".repeat(8_750);
        insta::assert_snapshot!(
            "long lines",
            [
                of(&format!("{filler}[TRD99]"), "TRD99"),
                of(&format!("[TRD99] {filler}"), "TRD99"),
                of(
                    &format!("Avant\n{filler}\u{e9}[TRD99]{filler}\n{filler}"),
                    "TRD99"
                ),
                report(&filler, 0..filler.len()),
                report(&filler, filler.len()..filler.len()),
            ]
            .join("\n")
        );
    }

    #[test]
    fn many_lines_are_cut_and_control_characters_stay_out() {
        let lines = "ligne\n".repeat(1_000);
        insta::assert_snapshot!(
            "many lines",
            [
                report(&lines, 12..lines.len()),
                of("a\tb \u{1b}[31m[TRD99]\r\nc", "TRD99"),
                report("a\n", 2..2),
                report("", 0..0),
            ]
            .join("\n")
        );
    }

    proptest! {
        #[test]
        fn any_text_and_place_can_be_shown(
            text in any::<String>(),
            blank_lines in "[ \t\r\n\u{1b}m]{0,20}",
            long in 0usize..70_000,
            place in any::<(u16, u16)>(),
            width in 0usize..200,
            label in any::<Option<String>>(),
            colours in any::<bool>(),
        ) {
            for source in [text.clone(), blank_lines.clone(), format!("{text}{}{text}", "é".repeat(long)), format!("{blank_lines}{text}{blank_lines}")] {
                let at = |part: u16| source.len() * usize::from(part) / usize::from(u16::MAX);
                let mut diagnostic = Diagnostic::new(codes::BAD_CONDITION, "f.trd", "wrong")
                    .at(source.as_str(), at(place.0)..at(place.1));
                diagnostic.label = label.clone();
                let (line, column) = diagnostic.position().unwrap();
                let report = diagnostic.report(width, colours);
                let head = format!("[f.trd:{line}:{column}]");
                prop_assert!(colours || report.contains(&head), "{head} in {report}");
                // A span that nobody cut to the text.
                diagnostic.span = Some(usize::from(place.0)..usize::from(place.1));
                let _ = diagnostic.report(width, colours);
                diagnostic.label = None;
                let obeyed = diagnostic.report(80, false).contains('\u{1b}');
                prop_assert!(!obeyed, "a terminal would obey the text");
            }
        }
    }
}
