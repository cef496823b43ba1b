//! The host at work: clinics in folders, their slips and what becomes of messages meanwhile.

#![allow(clippy::unwrap_used)]

mod alarms;
mod api;
mod brake;
mod changes;
mod faults;
mod opened;
mod roster;
mod town;
