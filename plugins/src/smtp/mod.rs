//! The channel that sends e-mail through a mail server.

mod answer;
mod contain;
mod mail;
mod pool;
mod session;

use std::fmt;
use std::net::IpAddr;
use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use lettre::transport::smtp::client::{Certificate, TlsParametersBuilder};
use lettre::transport::smtp::extension::ClientId;
use rappel_core::channel::{Channel, Outcome, Outgoing};
use rappel_core::settings::Encryption;
use secrecy::{ExposeSecret, SecretString};
use tokio::time::timeout;

use self::contain::contained;
use self::mail::Mail;
use self::pool::Pool;
use self::session::{Announce, Server, Session};
use crate::tls::install_tls;

/// What an [`SmtpChannel`] must be told.
pub struct SmtpSetup {
    /// The mail server's name.
    pub host: String,
    /// Its port; the usual one of the encryption where it is `None`.
    pub port: Option<u16>,
    /// How the connection is secured.
    pub encryption: Encryption,
    /// The user and password to log in with.
    pub login: Option<(String, SecretString)>,
    /// Certificates (PEM) to trust beside the usual ones.
    pub trust: Option<Vec<u8>>,
    /// How long it may take.
    pub patience: SmtpPatience,
}

/// How long a mail server may take. Together less than
/// [`SEND_LIMIT`](rappel_core::channel::SEND_LIMIT).
#[derive(Clone, Copy, Debug)]
pub struct SmtpPatience {
    /// From connecting to the leave to send a mail's text.
    pub announce: Duration,
    /// From the text's first byte to the answer. Content filters take long.
    pub hand_over: Duration,
}

impl Default for SmtpPatience {
    fn default() -> Self {
        Self {
            announce: Duration::from_secs(20),
            hand_over: Duration::from_secs(35),
        }
    }
}

/// Sends each message as a mail of its own, to one recipient, over connections that are kept open for
/// a while.
pub struct SmtpChannel {
    server: Server,
    pool: Arc<Pool>,
    patience: SmtpPatience,
}

impl SmtpChannel {
    /// A channel to a mail server. Nothing is connected yet.
    ///
    /// # Errors
    /// A sentence when the setup contradicts itself or the certificates can't be read.
    pub fn new(setup: SmtpSetup) -> Result<Self, String> {
        install_tls();
        let host = setup.host;
        if setup.encryption == Encryption::None && setup.login.is_some() && !is_here(&host) {
            return Err(format!(
                "the password would go to `{host}` in the clear: set `encryption` to \"starttls\" or \"tls\""
            ));
        }
        let mut tls = TlsParametersBuilder::new(host.clone());
        if let Some(pem) = &setup.trust {
            let unreadable =
                |_| "the file of `trust` holds no certificates in PEM form".to_string();
            let certificates = Certificate::from_pem(pem).map_err(unreadable)?;
            tls = tls.add_root_certificate(certificates);
        }
        let tls = tls
            .build()
            .map_err(|_| format!("TLS can't be set up for `{host}`"))?;
        let usual = match setup.encryption {
            Encryption::Starttls => 587,
            Encryption::Tls => 465,
            Encryption::None => 25,
        };
        Ok(Self {
            server: Server {
                port: setup.port.unwrap_or(usual),
                encryption: setup.encryption,
                tls,
                login: setup.login,
                hello: ClientId::default(),
                host,
            },
            pool: Arc::default(),
            patience: setup.patience,
        })
    }

    /// A connection on which the mail's text may follow, or what became of the message instead.
    async fn announce(&self, message: &Outgoing, mail: &Mail) -> Result<Session, Outcome> {
        if let Some(mut session) = self.pool.take() {
            match session.announce(mail).await {
                Ok(()) => return Ok(session),
                // The server closed it while it waited: once more, on a new one.
                Err(Announce::Smtp(error)) if answer::is_gone(&error) => self.pool.clear(),
                Err(refusal) => return Err(self.refused(session, message, &refusal)),
            }
        }
        let mut session = self
            .server
            .open()
            .await
            .map_err(|reason| Outcome::Unreachable { reason })?;
        match session.announce(mail).await {
            Ok(()) => Ok(session),
            Err(refusal) => Err(self.refused(session, message, &refusal)),
        }
    }

    fn refused(&self, session: Session, message: &Outgoing, refusal: &Announce) -> Outcome {
        // After a refusal servers count errors and slow down; a new connection is a clean start.
        tokio::spawn(timeout(Duration::from_secs(1), session.quit()));
        match refusal {
            Announce::Unspeakable => Outcome::Refused {
                reason: "the mail server takes no addresses with accents (SMTPUTF8)".into(),
            },
            Announce::Confused => Outcome::Unreachable {
                reason: "the mail server does not answer DATA as a mail server does".into(),
            },
            Announce::Smtp(error) => answer::before_text(error, &self.scrub(message)),
        }
    }

    fn scrub<'s>(&'s self, message: &'s Outgoing) -> impl Fn(&str) -> String + 's {
        let login = self.server.login.as_ref();
        let secret = login.map(|(_, password)| password.expose_secret());
        move |words| crate::reason::clean(words, message, secret.into_iter())
    }
}

#[async_trait]
impl Channel for SmtpChannel {
    fn honours_reference(&self) -> bool {
        false
    }

    async fn send(&self, message: &Outgoing) -> Outcome {
        let mail = match Mail::of(message) {
            Ok(mail) => mail,
            Err(reason) => return Outcome::Refused { reason },
        };
        let host = &self.server.host;
        let unreachable = |why: String| Outcome::Unreachable {
            reason: format!("the mail server `{host}` {why}; nothing was sent"),
        };
        let announce = contained(self.announce(message, &mail));
        let mut session = match timeout(self.patience.announce, announce).await {
            Ok(Some(Ok(session))) => session,
            Ok(Some(Err(outcome))) => return outcome,
            Ok(None) => return unreachable("answered what can't be read".into()),
            Err(_) => {
                let seconds = self.patience.announce.as_secs();
                return unreachable(format!("did not answer in {seconds} s"));
            }
        };
        let unanswered = |why: String| Outcome::Unanswered {
            reason: format!("the mail server `{host}` took the text and {why}"),
        };
        let hand_over = contained(session.hand_over(&mail));
        match timeout(self.patience.hand_over, hand_over).await {
            Ok(Some(Ok(()))) => {
                self.pool.put(session);
                Outcome::Accepted { gateway_id: None }
            }
            Ok(Some(Err(error))) => answer::after_text(&error, &self.scrub(message)),
            Ok(None) => unanswered("answered what can't be read".into()),
            Err(_) => {
                let seconds = self.patience.hand_over.as_secs();
                unanswered(format!("said nothing for {seconds} s"))
            }
        }
    }
}

impl fmt::Debug for SmtpChannel {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("SmtpChannel")
            .field("host", &self.server.host)
            .field("port", &self.server.port)
            .finish_non_exhaustive()
    }
}

/// Whether a host is this machine.
fn is_here(host: &str) -> bool {
    let address = host.parse::<IpAddr>();
    host.eq_ignore_ascii_case("localhost") || address.is_ok_and(|address| address.is_loopback())
}
