//! What the end-to-end tests share: the real peers that Rappel sends to.

#![cfg_attr(test, allow(clippy::unwrap_used))]

pub mod month;
pub mod peers;
pub mod rappel;
