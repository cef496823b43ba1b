//! The template language from outside.

#![allow(clippy::unwrap_used)]

mod case;
mod corpus;
mod mends;
mod properties;
mod reference;
mod reports;
mod sms_length;
mod textmate;
mod variables;
