//! The peers by themselves, each with a bare client: what the other end-to-end tests may rely on.

#![allow(clippy::unwrap_used)]

mod exchange;
mod gateway;
mod kannel;
mod postfix;

use std::time::Duration;

/// How long something that arrives at once may take on a busy machine.
const SOON: Duration = Duration::from_secs(10);

/// An HTTP client. Its TLS library wants one provider of cryptography to be named, though nothing here is encrypted.
fn http_client() -> reqwest::Client {
    // An error says that another test of this process was first.
    let _ = rustls::crypto::ring::default_provider().install_default();
    reqwest::Client::builder().timeout(SOON).build().unwrap()
}
