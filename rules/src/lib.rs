//! Rappel's policy language: sandboxed Rhai, its hooks and cases, the stock policies.
//!
//! No clock, no environment, no file and no network is known in this crate: texts and times are
//! arguments.

pub mod adapter;
#[allow(
    dead_code,
    unreachable_pub,
    unused_imports,
    reason = "the check of properties at load reads the rest of these tables"
)]
mod facts;
#[allow(
    dead_code,
    unreachable_pub,
    unused_imports,
    reason = "the check of properties at load reads the rest of these tables"
)]
mod functions;
mod hooks;
pub mod sandbox;
mod set;
mod stock;
pub mod told;

pub use hooks::PlanFault;
pub use set::{PolicySet, PolicySource};
