//! The host of Rappel: what happens between an event and a gateway.
//!
//! [`engine`] decides and is pure; [`store`] keeps; everything else moves things from one to the other.

pub mod answers;
pub mod api;
pub mod backtest;
pub mod clinic;
pub mod clock;
pub mod dispatch;
pub mod engine;
pub mod find;
pub mod folder;
pub mod import;
pub mod reload;
pub mod serve;
pub mod simulate;
pub mod store;
pub mod summary;
pub mod why;
