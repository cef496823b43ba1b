//! Third stage: from a draft to a flat program, in which the tidying that can be done ahead is done.

mod layout;
mod lower;
mod program;

pub(crate) use lower::{Form, lower};
pub use program::{Program, SlotInfo};
pub(crate) use program::{Put, Source, Then};

#[cfg(test)]
mod tests;
