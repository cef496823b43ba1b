//! Where facts, events and messages are kept. `sqlx` is known in this module alone.

mod sqlite;

pub use sqlite::SqliteStore;
