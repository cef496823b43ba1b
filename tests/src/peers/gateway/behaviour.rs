//! How the gateway behaves: whether it knows a message again, how long it takes, what goes wrong.

use std::{sync::Arc, time::Duration};

use super::Answer;

/// What goes wrong with one request.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Fault {
    /// 429: not taken, come back after so many seconds (`Retry-After`; whole ones, a rest is cut off).
    Throttle {
        /// What the answer asks to wait.
        retry_after: Duration,
    },
    /// 500: not taken.
    Error,
    /// The connection is closed after the request was read, without an answer.
    HangUp {
        /// Whether the message was taken all the same.
        taken: bool,
    },
    /// There is never an answer, and the connection stays open.
    Silence {
        /// Whether the message was taken all the same.
        taken: bool,
    },
}

impl Fault {
    pub(super) fn takes(self) -> bool {
        match self {
            Self::Throttle { .. } | Self::Error => false,
            Self::HangUp { taken } | Self::Silence { taken } => taken,
        }
    }

    pub(super) fn answer(self) -> Answer {
        match self {
            Self::Throttle { .. } => Answer::Status(429),
            Self::Error => Answer::Status(500),
            Self::HangUp { .. } => Answer::HungUp,
            Self::Silence { .. } => Answer::Silence,
        }
    }
}

/// How the gateway treats a request. The default honours references, answers at once and never fails.
#[derive(Clone)]
pub struct Behaviour {
    pub(super) honours_reference: bool,
    pub(super) delay: Duration,
    faults: Arc<dyn Fn(u64) -> Option<Fault> + Send + Sync>,
}

impl Default for Behaviour {
    fn default() -> Self {
        Self {
            honours_reference: true,
            delay: Duration::ZERO,
            faults: Arc::new(|_| None),
        }
    }
}

impl Behaviour {
    /// Takes a message again, and sends it again, when its reference is known already: most gateways do.
    #[must_use]
    pub fn ignoring_references(mut self) -> Self {
        self.honours_reference = false;
        self
    }

    /// Answers after this time. The message is in the ledger before.
    #[must_use]
    pub fn delayed(mut self, delay: Duration) -> Self {
        self.delay = delay;
        self
    }

    /// What goes wrong, by the number of the request: 0 is the first since the gateway started.
    #[must_use]
    pub fn failing(
        mut self,
        faults: impl Fn(u64) -> Option<Fault> + Send + Sync + 'static,
    ) -> Self {
        self.faults = Arc::new(faults);
        self
    }

    pub(super) fn fault(&self, number: u64) -> Option<Fault> {
        (self.faults)(number)
    }
}
