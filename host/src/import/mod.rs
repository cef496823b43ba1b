//! From CSV to events: a file that an agenda exports, a map that says what its columns mean, and
//! CloudEvents in the order of their time.
//!
//! The map's language is told in `docs/import.md`. Everything here is a function of the file and the
//! map: the same file gives the same events in every run, so an import can be repeated, and the host
//! takes each event once.

mod cells;
mod convert;
mod events;
mod format;
mod made_up;
mod map;
mod read;
mod rows;
mod text;
mod times;
mod windows_1252;

pub use convert::{Conversion, ImportError, Progress, RowError, Summary, convert};
pub use map::Map;
