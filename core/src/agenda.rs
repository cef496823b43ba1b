//! The way back to the agenda: what patients answered is told there.

use async_trait::async_trait;

/// An agenda that takes events.
#[async_trait]
pub trait Agenda: Send + Sync {
    /// Tells a CloudEvent.
    ///
    /// # Errors
    /// A sentence that says why it wasn't taken, without a secret or a patient's data. It is told again
    /// later: the agenda knows an event that it took by its id.
    async fn tell(&self, event: &serde_json::Value) -> Result<(), String>;
}
