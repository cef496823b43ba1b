//! Rappel's policy language: sandboxed Rhai, its hooks and cases, the stock policies.
//!
//! No clock, no environment, no file and no network is known in this crate: texts and times are
//! arguments.

pub mod adapter;
pub mod sandbox;
