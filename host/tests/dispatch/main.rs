//! Dispatch with gateways that do as they are told, on a clock that is set by hand.

#![allow(clippy::unwrap_used)]

mod alarms;
mod changes;
mod clock;
mod crashes;
mod credits;
mod drained;
mod failing_store;
mod families;
mod gateway;
mod house;
mod jumps;
mod limits;
mod outcomes;
mod stopping;
