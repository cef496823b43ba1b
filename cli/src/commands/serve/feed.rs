//! Events that are given with the command: a file's at the start, standard input's as they come.

use std::io::BufRead;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use rappel_core::Event;
use rappel_core::store::Ingested;
use rappel_host::clinic::Clinic;
use rappel_host::serve::Host;
use tokio::sync::mpsc;

use crate::events::{self, Complaints, Events};
use crate::failure::Result;
use crate::input;
use crate::output::summary;

/// How many lines may wait to be applied.
const WAITING_LINES: usize = 1_000;

/// Where events come from.
pub(super) struct Feed {
    path: PathBuf,
    /// A file's events, where all are needed at once.
    read: Option<Events>,
}

impl Feed {
    /// A file, which is read `whole` for a demonstration, or standard input.
    pub(super) fn open(path: &Path, whole: bool) -> Result<Self> {
        let read = if path == Path::new("-") {
            None
        } else if whole {
            Some(events::read(path)?)
        } else {
            // What isn't there is told before the host begins.
            drop(events::pieces(path, 1)?);
            None
        };
        Ok(Self {
            path: path.to_path_buf(),
            read,
        })
    }

    /// The events in the order of their times, for a demonstration: those without a time follow the one
    /// before them. Lines that can't be read are told.
    pub(super) fn in_order(self) -> Result<Vec<Event>> {
        let read = match self.read {
            Some(read) => read,
            None => events::read(&self.path)?,
        };
        read.complain(&self.path, &[]);
        let mut last = None;
        let mut timed: Vec<_> = read
            .events
            .into_iter()
            .map(|event| {
                last = event.time.or(last);
                (last, event)
            })
            .collect();
        timed.sort_by_key(|(time, _)| *time);
        Ok(timed.into_iter().map(|(_, event)| event).collect())
    }

    /// When the first event happens.
    pub(super) fn begins(&self) -> Option<rappel_core::civil::Instant> {
        self.read
            .as_ref()?
            .events
            .iter()
            .filter_map(|event| event.time)
            .min()
    }

    /// Applies the events, and tells the log what became of them.
    pub(super) async fn take(self, host: &Arc<Host>, clinic: &Clinic) -> Result<()> {
        if self.path == Path::new("-") {
            return take_lines(host, clinic).await;
        }
        let mut summary = summary::Events::default();
        let mut complaints = Complaints::about(&self.path);
        for piece in events::pieces(&self.path, WAITING_LINES)? {
            let piece = piece?;
            let outcomes = host.ingest(clinic, &piece.events).await?;
            complaints.tell(&piece, &outcomes);
            summary.add(&outcomes, piece.slips.len());
        }
        complaints.end();
        tracing::info!("{}", anstream::adapter::strip_str(&summary.to_string()));
        Ok(())
    }
}

/// Applies standard input's events as they come. They are read on a thread of their own, because a
/// read of standard input can't be given up.
async fn take_lines(host: &Arc<Host>, clinic: &Clinic) -> Result<()> {
    let (sender, mut lines) = mpsc::channel::<std::io::Result<Vec<u8>>>(WAITING_LINES);
    std::thread::spawn(move || {
        for line in std::io::stdin().lock().split(b'\n') {
            if sender.blocking_send(line).is_err() {
                return;
            }
        }
    });
    let mut number = 0;
    let mut batch = Vec::new();
    while lines.recv_many(&mut batch, WAITING_LINES).await > 0 {
        let (mut events, mut at) = (Vec::new(), Vec::new());
        for line in batch.drain(..) {
            number += 1;
            let line = line.map_err(|error| input::unreadable(&error))?;
            match events::parse(&line) {
                Ok(None) => {}
                Ok(Some(event)) => {
                    events.push(event);
                    at.push(number);
                }
                Err(error) => tracing::error!(line = number, %error, "an event can't be read"),
            }
        }
        let outcomes = host.ingest(clinic, &events).await?;
        for (outcome, line) in outcomes.iter().zip(at) {
            match outcome {
                Ingested::Rejected { path, message } => {
                    tracing::error!(line, %path, error = %message, "an event is rejected")
                }
                Ingested::Applied { warnings, .. } => {
                    for warning in warnings {
                        tracing::warn!(line, %warning, "an event is applied");
                    }
                }
                Ingested::Repeated => {}
            }
        }
    }
    tracing::info!(lines = number, "standard input has ended; the host goes on");
    Ok(())
}
