//! The channels of Rappel: how a message leaves the house.
//!
//! [`open`] makes a channel of a clinic's `[gateways.NAME]`: `file` and `console` for trials, `smtp`
//! for a mail server, `http` for everything else, driven by a provider adapter whose scripts are pure
//! and see no secret. What every channel must hold to is the suite in `tests/conformance.rs`.

mod agenda;
mod cause;
mod console;
mod file;
mod http;
mod open;
mod readable;
mod reason;
mod secrets;
mod smtp;
mod stock;
mod tls;
mod webhook;

#[cfg(test)]
#[path = "../tests/support/example.rs"]
#[allow(clippy::unwrap_used)]
mod example;

pub use agenda::open_agenda;
pub use console::ConsoleChannel;
pub use file::FileChannel;
pub use http::{HttpChannel, HttpPatience, HttpSetup};
pub use open::{Lookup, open, open_proof};
pub use secrets::Secrets;
pub use smtp::{SmtpChannel, SmtpPatience, SmtpSetup};
pub use stock::{StockAdapter, stock_adapters};
pub use tls::install_tls;
pub use webhook::WebhookProof;
