//! Images in e-mails that were fetched. They are noted apart from the answer: how long that takes tells
//! nobody whether there is such an e-mail, and a flood of calls costs what waits here and no more.

use std::sync::Arc;

use rappel_core::civil::Instant;
use rappel_core::store::{OpeningToken, Store};
use tokio::sync::{mpsc, watch};

use super::Host;

/// How many wait to be noted. What comes beyond is lost: the store can't keep up.
const WAITING: usize = 4_096;

/// How many are noted in one transaction.
const AT_ONCE: usize = 256;

/// An image that was fetched, and when.
pub(super) type Opened = (OpeningToken, Instant);

/// A way to those that note, and their end of it.
pub(super) fn queue() -> (mpsc::Sender<Opened>, mpsc::Receiver<Opened>) {
    mpsc::channel(WAITING)
}

impl Host {
    /// An image was fetched. Whether there is an e-mail with it is found out later.
    pub fn note_opened(&self, token: &str) {
        let opened = (OpeningToken(token.into()), self.clock().now());
        let _ = self.opened.try_send(opened);
    }
}

/// Notes what comes, until told to stop; what came until then is noted.
pub(super) async fn keep_noting(
    store: Arc<dyn Store>,
    mut queue: mpsc::Receiver<Opened>,
    mut stop: watch::Receiver<bool>,
) {
    let mut batch = Vec::with_capacity(AT_ONCE);
    loop {
        tokio::select! {
            taken = queue.recv_many(&mut batch, AT_ONCE) => if taken == 0 { return },
            _ = stop.wait_for(|stop| *stop) => break,
        }
        note(&*store, &mut batch).await;
    }
    queue.close();
    while queue.recv_many(&mut batch, AT_ONCE).await > 0 {
        note(&*store, &mut batch).await;
    }
}

async fn note(store: &dyn Store, batch: &mut Vec<Opened>) {
    if let Err(error) = store.note_opened(batch).await {
        tracing::error!(%error, "can't note which e-mails were opened");
    }
    batch.clear();
}
