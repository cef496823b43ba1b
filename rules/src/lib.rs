//! Rappel's policy language: sandboxed Rhai, its hooks and cases, the stock policies; and the scripts
//! of provider adapters, which run in the same sandbox.
//!
//! No clock, no environment, no file and no network is known in this crate: texts and times are
//! arguments.

pub mod adapter;
mod cases;
mod definitions;
mod facts;
mod functions;
mod hooks;
mod load;
mod reference;
pub mod sandbox;
mod set;
mod stock;
pub mod told;

pub use cases::{CaseOutcome, Coverage, Missed};
pub use definitions::definitions;
pub use facts::{Form, look};
pub use hooks::Planning;
pub use load::PlannedKinds;
pub use reference::reference;
pub use set::{InShadow, PolicySet, policy_file};
