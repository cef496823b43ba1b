//! Connections that wait for the next mail.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError, Weak};
use std::time::{Duration, Instant};

use super::session::Session;

/// How long a connection waits for the next mail. Mail servers close idle ones after 10 s (under load)
/// to 5 min; a short wait keeps most of the sends from meeting a closed one.
const IDLE: Duration = Duration::from_secs(8);

/// How many mails go over a connection: some servers refuse the 101st.
const MAILS: u32 = 100;

/// Open connections without work.
#[derive(Default)]
pub(super) struct Pool {
    waiting: Mutex<Waiting>,
}

#[derive(Default)]
struct Waiting {
    sessions: Vec<(Session, Instant)>,
    /// Whether a task is there that closes them when their time is over.
    watched: bool,
}

impl Pool {
    /// The connection that waited least.
    pub(super) fn take(&self) -> Option<Session> {
        let mut waiting = self.lock();
        let (session, since) = waiting.sessions.pop()?;
        if since.elapsed() < IDLE {
            return Some(session);
        }
        // The others have waited longer; the watch closes them.
        waiting.sessions.push((session, since));
        None
    }

    /// Forgets every waiting connection: when the server closed one, it closed the older ones, too.
    pub(super) fn clear(&self) {
        self.lock().sessions.clear();
    }

    /// Puts a connection by for the next mail.
    pub(super) fn put(self: &Arc<Self>, session: Session) {
        if session.mails() >= MAILS {
            tokio::spawn(session.quit());
            return;
        }
        let mut waiting = self.lock();
        waiting.sessions.push((session, Instant::now()));
        if !waiting.watched {
            waiting.watched = true;
            tokio::spawn(watch(Arc::downgrade(self)));
        }
    }

    fn lock(&self) -> MutexGuard<'_, Waiting> {
        // Nothing panics while it is held, and a list of connections has no half-done state.
        self.waiting.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Takes leave of connections that waited too long, until there are none.
async fn watch(pool: Weak<Pool>) {
    loop {
        tokio::time::sleep(IDLE).await;
        let Some(pool) = pool.upgrade() else { return };
        let over = {
            let mut waiting = pool.lock();
            let over: Vec<_> = waiting
                .sessions
                .extract_if(.., |(_, since)| since.elapsed() >= IDLE)
                .collect();
            waiting.watched = !waiting.sessions.is_empty() || !over.is_empty();
            if !waiting.watched {
                return;
            }
            over
        };
        drop(pool);
        for (session, _) in over {
            let _closed = tokio::time::timeout(Duration::from_secs(1), session.quit()).await;
        }
    }
}
