//! The meaning of Rappel's template language: parse → check → compile → render.
//!
//! A clinic's staff write messages as text with tags in square brackets. [`compile`] reads such a text for a
//! kind of message, a channel and a language, tells everything that is wrong or doubtful, and makes a
//! [`Template`] that renders with the [`Values`] of one visit. `docs/language.md` is the reference.
//!
//! The crate knows no clock, file or network, and puts a value in once: what it says is never read again.
//!
//! ```
//! use rappel_core::{ChannelKind, Kind, Language};
//! use rappel_dsl::{Options, Sheet, compile, no_parts};
//!
//! let options = Options::new(Kind::REMINDER, ChannelKind::Sms, Language::Fr);
//! let compiled = compile("reminder.sms.trd", "Bonjour [TRD3], à [TRD9].", &options, &no_parts);
//! let message = compiled.template.unwrap().render(&Sheet::examples()).unwrap();
//! assert_eq!(message.text, "Bonjour Jeannette, à 14:30.");
//! assert_eq!(message.segments, 1);
//! ```

mod append;
mod check;
mod compile;
pub mod cost;
mod file_name;
pub mod filters;
mod options;
mod parse;
mod render;
pub mod sms;
mod template;
mod templates;
pub mod textmate;
pub mod values;
pub mod variables;
pub mod vocabulary;
mod words;

pub use check::{NoPart, Part, Parts, no_parts};
pub use compile::{Program, SlotInfo};
pub use cost::Cost;
pub use file_name::FileName;
pub use options::Options;
pub use parse::has_subject;
pub use render::Stopped;
pub use template::{Compiled, Template, compile};
pub use templates::Templates;
pub use values::{Facts, Sheet, Value, Values};
pub use variables::Variable;
