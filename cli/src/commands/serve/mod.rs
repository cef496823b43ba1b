//! `rappel serve`: the host at work.

mod ending;
mod feed;
mod lapse;
mod open;
mod screen;

use std::collections::BTreeSet;
use std::net::SocketAddr;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use clap::Args;
use rappel_core::civil::Span;
use rappel_host::api::{self, Token};
use rappel_host::clock::{Clock, SystemClock};
use rappel_host::serve::{Host, RESCAN, Setup};
use tokio::net::TcpListener;
use tokio::sync::watch;
use tokio::task::JoinHandle;

use super::database;
use crate::args::Time;
use crate::clinic::{Gateways, token};
use crate::failure::{Exit, Failure, Result, reason};
use lapse::Speed;

const EXAMPLES: &str = "\
Examples:
  rappel serve clinic
  rappel serve clinics --database /var/lib/rappel/rappel.db --listen 0.0.0.0:8410 \\
      --token-env RAPPEL_TOKEN --public-url https://rappel.example.org
  export-agenda | rappel serve clinic --events -
  rappel serve clinic --events clinic/agenda.jsonl --lapse 3600

The API: POST /events, GET /messages, GET /messages/ID, GET /status, GET /health, and /receipts/…
for gateways. Changes in a clinic's folder go live by themselves, and a clinic that is added to a
folder of clinics is found; `rappel status` says what can't be served and why. A clinic whose files
are broken when the host starts is served by the last that were good, where there are any, until they
are mended.

--lapse is a demonstration: the clock begins at the first event and runs so many times faster, each
change of a message is a line, and it ends when nothing is left to do that is due until --until, or
without it in the four days after the last event. It has a database of its own, rappel-demo.db,
which every demonstration begins anew.

Ends in order on Ctrl+C and SIGTERM: what is under way comes to its answer, the rest waits.";

/// How long calls to the API may take to come to their end.
const LAST_CALLS: Duration = Duration::from_secs(10);

/// Serve clinics: take events, send messages
#[derive(Debug, Args)]
#[command(after_help = EXAMPLES)]
pub(crate) struct Serve {
    /// Clinics' folders, or a folder of such folders
    #[arg(required = true, value_name = "CLINIC|FOLDER")]
    clinics: Vec<PathBuf>,

    /// Where messages are kept [default: rappel.db, with --lapse rappel-demo.db]
    #[arg(
        long,
        value_name = "PATH",
        env = "RAPPEL_DATABASE",
        hide_env_values = true
    )]
    database: Option<PathBuf>,

    /// Where the API listens [default: 127.0.0.1:8410, with --lapse nowhere]
    #[arg(
        long,
        value_name = "ADDRESS",
        env = "RAPPEL_LISTEN",
        hide_env_values = true
    )]
    listen: Option<SocketAddr>,

    /// The environment variable with the token that callers of the API must bring; needed to listen
    /// on other addresses than this machine's own
    #[arg(long, value_name = "NAME")]
    token_env: Option<String>,

    /// The API's address as gateways and patients reach it: for receipts, answers and opened e-mails
    #[arg(
        long,
        value_name = "URL",
        env = "RAPPEL_PUBLIC_URL",
        hide_env_values = true
    )]
    public_url: Option<String>,

    /// Events to take at the start, one a line; `-` takes them from standard input as they come
    #[arg(long, value_name = "FILE")]
    events: Option<PathBuf>,

    /// The clinic that --events are for, where several are served
    #[arg(long, value_name = "ID", requires = "events")]
    clinic: Option<String>,

    /// Demonstrate: play --events on a clock that runs so many times faster, such as 3600
    #[arg(long, value_name = "SPEED", requires = "events")]
    lapse: Option<Speed>,

    /// End when the clock shows this time
    #[arg(long, value_name = "TIME")]
    until: Option<Time>,

    /// End after so long, such as `90s` or `8 hours`
    #[arg(long = "for", value_name = "SPAN")]
    span: Option<Span>,

    /// What is logged: error, warn, info, debug, or a list such as `info,rappel_host=debug`
    /// [default: info, with --lapse warn]
    #[arg(
        long,
        value_name = "FILTER",
        env = "RAPPEL_LOG",
        hide_env_values = true
    )]
    log: Option<String>,
}

impl Serve {
    pub(crate) async fn run(self) -> Result {
        open::log(self.log.as_deref().unwrap_or(if self.lapse.is_some() {
            "warn"
        } else {
            "info"
        }))?;
        rappel_plugins::install_tls();
        let token = self.token()?;
        let listener = self.listener(token.is_some()).await?;
        let public_url = self.public_url()?;
        let folders = open::folders(&self.clinics)?;
        let whole = self.lapse.is_some();
        let feed = self
            .events
            .as_deref()
            .map(|path| feed::Feed::open(path, whole))
            .transpose()?;
        let database = self.database.clone().unwrap_or_else(|| {
            PathBuf::from(if self.lapse.is_some() {
                database::DEMO
            } else {
                database::DEFAULT
            })
        });
        let demonstration = match (self.lapse, feed.as_ref()) {
            (Some(speed), Some(feed)) => Some(lapse::Demonstration::new(speed, feed, self.until)?),
            _ => None,
        };
        let clock: Arc<dyn Clock> = match &demonstration {
            Some(demonstration) => {
                open::anew(&database, self.database.is_none()).await?;
                demonstration.clock()
            }
            None => Arc::new(SystemClock::default()),
        };
        if !database.exists() && rappel_host::serve::folders(&folders, &BTreeSet::new()).is_empty()
        {
            return Err(open::nothing_to_serve(&folders, &[]));
        }
        let setup = Setup {
            store: Arc::new(rappel_host::store::SqliteStore::open(&database).await?),
            clock: clock.clone(),
            gateways: Arc::new(Gateways::Real),
            public_url,
            rescan: RESCAN,
        };
        let host = Host::start(setup, folders.clone()).await?;
        let Some(zone) = host
            .clinics()
            .first()
            .map(|clinic| clinic.live().rules.settings().zone)
        else {
            let absent = host.absent();
            host.stop().await;
            return Err(open::nothing_to_serve(&folders, &absent));
        };
        let host = Arc::new(host);
        let stop = watch::Sender::new(false);
        let api = listener.map(|listener| serve_api(listener, host.clone(), token, &stop));
        let ended = ending::wait(ending::Until {
            clock,
            time: self.until.map(|time| time.instant(zone)),
            span: self.span.and_then(Span::to_duration),
        });
        let worked = tokio::select! {
            worked = work(self.clinic.as_deref(), &host, feed, demonstration, &database) => worked,
            () = ended => Ok(()),
        };
        stop.send_replace(true);
        if let Some(api) = api {
            // Calls that don't end are cut off with the process.
            let _ = tokio::time::timeout(LAST_CALLS, api).await;
        }
        match Arc::into_inner(host) {
            Some(host) => host.stop().await,
            None => tracing::warn!("a call to the API didn't end; what it asked for is safe"),
        }
        worked.map(|()| Exit::Done)
    }

    fn token(&self) -> Result<Option<Token>> {
        self.token_env
            .as_deref()
            .map(|name| Ok(Token::new(&token(name)?)))
            .transpose()
    }

    async fn listener(&self, has_token: bool) -> Result<Option<TcpListener>> {
        let default = || SocketAddr::from(([127, 0, 0, 1], 8410));
        let address = match (self.listen, self.lapse) {
            (Some(address), _) => address,
            (None, None) => default(),
            (None, Some(_)) => return Ok(None),
        };
        if !address.ip().is_loopback() && !has_token {
            return Err(Failure::usage(format!("{address} can be reached from outside, and the API has no token"))
                .help("name an environment variable that holds one with `--token-env RAPPEL_TOKEN`, or listen on 127.0.0.1"));
        }
        let listener = TcpListener::bind(address).await.map_err(|error| {
            Failure::environment(format!(
                "the API can't listen on {address}: {}",
                reason(&error)
            ))
            .help("name another address with `--listen`, for instance 127.0.0.1:8411")
        })?;
        Ok(Some(listener))
    }

    fn public_url(&self) -> Result<Option<Arc<str>>> {
        let Some(url) = &self.public_url else {
            return Ok(None);
        };
        let web = url.starts_with("https://") || url.starts_with("http://");
        if !web || url.chars().any(|c| c.is_whitespace() || c.is_control()) {
            return Err(Failure::usage("--public-url is no web address")
                .help("write it as gateways reach it: `https://rappel.example.org`"));
        }
        Ok(Some(url.trim_end_matches('/').into()))
    }
}

/// Serves the API until the host stops.
fn serve_api(
    listener: TcpListener,
    host: Arc<Host>,
    token: Option<Token>,
    stop: &watch::Sender<bool>,
) -> JoinHandle<()> {
    let mut stopped = stop.subscribe();
    if let Ok(address) = listener.local_addr() {
        tracing::info!(%address, "the API listens");
    }
    tokio::spawn(async move {
        let router = api::router(host, token);
        let serving = axum::serve(listener, router).with_graceful_shutdown(async move {
            let _ = stopped.wait_for(|stop| *stop).await;
        });
        if let Err(error) = serving.await {
            tracing::error!(%error, "the API ended");
        }
    })
}

/// What is done while the host serves: events are taken. A demonstration ends; the rest doesn't.
async fn work(
    clinic: Option<&str>,
    host: &Arc<Host>,
    feed: Option<feed::Feed>,
    demonstration: Option<lapse::Demonstration>,
    database: &std::path::Path,
) -> Result<()> {
    if let Some(feed) = feed {
        let clinic = host
            .clinic(clinic.map(rappel_core::ids::FacilityId::new).as_ref())
            .map_err(|none| Failure::usage(none.message).help("name one with `--clinic ID`"))?;
        if let Some(demonstration) = demonstration {
            return demonstration.show(host, &clinic, feed, database).await;
        }
        feed.take(host, &clinic).await?;
    }
    std::future::pending().await
}
