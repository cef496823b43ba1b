//! The form of Rappel's template language: text in, a tree and every fault of form out.
//!
//! The crate knows brackets, sections, filters and conditions, but no clinic: which words name a value is
//! told by the caller. What a tree means, and how it renders, is `rappel-dsl`'s.
//!
//! ```
//! let known = |word: &str| word.eq_ignore_ascii_case("CONFIRM_URL");
//! let parsed = rappel_grammar::parse("Bonjour [trd3|upper], [Si TRD23]…[/SI]", &known);
//! assert_eq!(parsed.template.to_string(), "Bonjour [TRD3|upper], [IF TRD23]…[/IF]");
//! assert!(parsed.faults.is_empty());
//! ```

mod condition;
mod fault;
mod filter;
mod keywords;
mod nest;
mod piece;
mod print;
mod token;
pub mod tree;

pub use fault::{ConditionSlip, Fault, Slip};
pub use keywords::keywords;
pub use tree::{Span, Template};

/// The longest source that is read, in bytes.
pub const MAX_BYTES: usize = 64 * 1024;

/// How deep sections nest.
pub const MAX_SECTIONS: usize = 16;

/// How deep parentheses and `NOT`s nest in a condition.
pub const MAX_PARENTHESES: usize = 16;

/// What [`parse`] found.
#[derive(Clone, Debug, Default)]
pub struct Parsed<'s> {
    /// The tree; where there are faults, of what could be read.
    pub template: Template<'s>,
    /// Everything that is wrong with the form, in the order of the source.
    pub faults: Vec<Fault>,
}

/// Reads a template. `is_name` tells whether a word names a value; case must not matter to it.
pub fn parse<'s>(source: &'s str, is_name: &dyn Fn(&str) -> bool) -> Parsed<'s> {
    if source.len() > MAX_BYTES {
        let span = Span::new(MAX_BYTES, source.len());
        let fault = Fault {
            slip: Slip::FileTooLong { limit: MAX_BYTES },
            span,
        };
        return Parsed {
            faults: vec![fault],
            ..Parsed::default()
        };
    }
    parse_unlimited(source, is_name)
}

/// Reads a template of any length: for text that is no file, such as a machine-made one.
pub fn parse_unlimited<'s>(source: &'s str, is_name: &dyn Fn(&str) -> bool) -> Parsed<'s> {
    let mut faults = Vec::new();
    let pieces = piece::pieces(source, is_name, &mut faults);
    let template = nest::nest(pieces, &mut faults);
    faults.sort_by_key(|fault| (fault.span.start, fault.span.end));
    Parsed { template, faults }
}
