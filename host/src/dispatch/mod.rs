//! Dispatch: due messages are taken in batches, judged with fresh facts, handed over and settled.
//!
//! What a message goes through, and what a crash at each point does:
//!
//! 1. It is claimed: a lease on a waiting row. The next start of the host, or another when the lease
//!    is over, takes it again.
//! 2. It is judged and rendered. A crash loses nothing but the work.
//! 3. `sending` is committed, right before the first byte leaves. From here on a crash leaves open
//!    whether the gateway has it: it is sent again under the same reference where the gateway takes a
//!    reference once, and is `unknown` otherwise.
//! 4. The gateway's answer is committed.

mod alarms;
mod appetite;
mod backoff;
mod bucket;
pub(crate) mod credits;
mod dispatcher;
mod drain;
mod gate;
mod lane;
mod recover;
mod steps;
mod together;

pub use dispatcher::{Dispatcher, Lanes};
pub(crate) use drain::BATCH;
pub use drain::{Drained, Faults, drain};
pub use steps::Desk;
