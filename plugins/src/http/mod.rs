//! The channel that sends to an HTTP gateway: the adapter says what, this does it.

mod answer;
mod egress;
mod request;

use std::collections::BTreeMap;
use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use rappel_core::channel::{Channel, Outcome, Outgoing};
use rappel_core::provider::Provider;
use reqwest::Client;
use reqwest::redirect::Policy;

pub(crate) use self::egress::{Egress, Resolver};
use crate::open::token_of;
use crate::reason;
use crate::secrets::Secrets;
use crate::tls::install_tls;

/// What an [`HttpChannel`] must be told beside its adapter.
#[derive(Debug, Default)]
pub struct HttpSetup {
    /// The adapter's options, all of them.
    pub options: BTreeMap<String, String>,
    /// The adapter's secrets.
    pub secrets: Secrets,
    /// Whether the gateway may be at a loopback or private address, and spoken to without TLS.
    pub allow_private: bool,
    /// How long it may take.
    pub patience: HttpPatience,
}

/// How long a gateway may take.
#[derive(Clone, Copy, Debug)]
pub struct HttpPatience {
    /// Until it is connected, TLS included.
    pub connect: Duration,
    /// Until it has answered, from the beginning. Longer than `connect`, less than
    /// [`SEND_LIMIT`](rappel_core::channel::SEND_LIMIT).
    pub answer: Duration,
}

impl Default for HttpPatience {
    fn default() -> Self {
        Self {
            connect: Duration::from_secs(5),
            answer: Duration::from_secs(30),
        }
    }
}

/// How long a connection waits for the next message. Node's servers, the least patient of the usual
/// ones, close after 5 s; a message written to a connection just then would have no answer.
const IDLE: Duration = Duration::from_secs(4);

/// Sends through an adapter.
pub struct HttpChannel {
    provider: Arc<dyn Provider>,
    options: BTreeMap<String, String>,
    secrets: Secrets,
    egress: Egress,
    client: Client,
    patience: HttpPatience,
    /// Whether receipts and replies could be proved: otherwise the gateway isn't told where to send them.
    receipts: bool,
}

impl HttpChannel {
    /// A channel through an adapter. Nothing is connected yet.
    ///
    /// # Errors
    /// A sentence when the manifest's hosts can't be read or TLS can't be set up.
    pub fn new(provider: Arc<dyn Provider>, setup: HttpSetup) -> Result<Self, String> {
        install_tls();
        let patience = setup.patience;
        let client = Client::builder()
            .http1_only()
            // A redirect would lead to a host that nobody looked at.
            .redirect(Policy::none())
            // So would a proxy from the environment.
            .no_proxy()
            .retry(reqwest::retry::never())
            .referer(false)
            .dns_resolver(Resolver::new(setup.allow_private))
            .connect_timeout(patience.connect)
            .timeout(patience.answer)
            .pool_idle_timeout(IDLE)
            .user_agent(concat!("rappel/", env!("CARGO_PKG_VERSION")))
            .build()
            .map_err(|_| "TLS can't be set up".to_string())?;
        let manifest = provider.manifest();
        let token = token_of(manifest);
        Ok(Self {
            egress: Egress::new(&manifest.hosts, &setup.options, setup.allow_private)?,
            receipts: token.is_none_or(|token| setup.secrets.get(token).is_some()),
            provider,
            options: setup.options,
            secrets: setup.secrets,
            client,
            patience,
        })
    }

    /// What the adapter says of itself went wrong; nothing was sent. The message waits: the adapter can
    /// be mended.
    fn at_fault(&self, what: &str) -> Outcome {
        Outcome::Busy {
            reason: format!("adapter `{}`: {what}", self.provider.manifest().name),
            retry_after: None,
        }
    }

    fn clean(&self, outcome: Outcome, message: &Outgoing) -> Outcome {
        let scrub = |reason: String| reason::clean(&reason, message, self.secrets.values());
        match outcome {
            Outcome::Accepted { gateway_id } => Outcome::Accepted {
                gateway_id: gateway_id.and_then(usable_id),
            },
            Outcome::Refused { reason } => Outcome::Refused {
                reason: scrub(reason),
            },
            Outcome::Busy {
                reason,
                retry_after,
            } => Outcome::Busy {
                reason: scrub(reason),
                retry_after,
            },
            Outcome::Unreachable { reason } => Outcome::Unreachable {
                reason: scrub(reason),
            },
            Outcome::Unanswered { reason } => Outcome::Unanswered {
                reason: scrub(reason),
            },
        }
    }
}

/// A gateway's name for a message, if it is one.
fn usable_id(id: String) -> Option<String> {
    let good = !id.is_empty() && id.len() <= 200 && !id.chars().any(char::is_control);
    good.then_some(id)
}

#[async_trait]
impl Channel for HttpChannel {
    fn honours_reference(&self) -> bool {
        self.provider.manifest().honours_reference
    }

    async fn send(&self, message: &Outgoing) -> Outcome {
        let manifest = self.provider.manifest();
        if !manifest.channels.contains(&message.channel) {
            return Outcome::Refused {
                reason: format!("adapter `{}` carries no {}", manifest.name, message.channel),
            };
        }
        let told = message.receipts.is_some() || message.replies.is_some();
        let without_receipts = (told && !self.receipts).then(|| Outgoing {
            receipts: None,
            replies: None,
            ..message.clone()
        });
        let message = without_receipts.as_ref().unwrap_or(message);
        let request = match self.provider.request(message, &self.options) {
            Ok(request) => request,
            Err(error) => return self.clean(self.at_fault(&error.message), message),
        };
        let request = match request::build(request, &self.secrets) {
            Ok(request) => request,
            Err(what) => return self.at_fault(&what),
        };
        if let Err(blocked) = self.egress.check(request.url()) {
            return Outcome::Unreachable {
                reason: blocked.to_string(),
            };
        }
        let answer = match self.client.execute(request).await {
            Ok(response) => answer::read(response).await,
            Err(error) => Err(error),
        };
        let answer = match answer {
            Ok(answer) => answer,
            Err(error) => return answer::by_error(&error, self.patience.answer),
        };
        match self.provider.response(&answer) {
            Ok(Some(outcome)) => self.clean(outcome, message),
            Ok(None) => answer::by_status(&answer),
            Err(error) => {
                let reason = error.to_string();
                self.clean(Outcome::Unanswered { reason }, message)
            }
        }
    }
}

impl fmt::Debug for HttpChannel {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("HttpChannel")
            .field("adapter", &self.provider.manifest().name)
            .finish_non_exhaustive()
    }
}
