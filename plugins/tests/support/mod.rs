//! Peers that behave as a test tells them, and messages to send them.
#![allow(dead_code, reason = "each test uses a part")]
#![allow(clippy::unwrap_used)]

pub(crate) mod example;
pub(crate) mod http;
pub(crate) mod smtp;

use std::sync::Arc;

use rappel_core::provider::Provider;
use rappel_plugins::stock_adapters;
use rappel_rules::adapter::{Adapter, AdapterFiles};

/// An adapter that ships.
pub(crate) fn adapter(name: &str) -> Arc<dyn Provider> {
    let stock = stock_adapters().iter().find(|stock| stock.name == name);
    let stock = stock.unwrap();
    let adapter = Adapter::load(AdapterFiles {
        folder: name,
        manifest: stock.manifest,
        script: stock.script,
        cases: None,
    });
    Arc::new(adapter.unwrap())
}

/// The server's side of TLS for `localhost`.
pub(crate) fn tls() -> tokio_rustls::TlsAcceptor {
    use rustls::pki_types::pem::PemObject;
    use rustls::pki_types::{CertificateDer, PrivateKeyDer};
    rappel_plugins::install_tls();
    let certificate = include_bytes!("../data/tls/server.pem");
    let key = include_bytes!("../data/tls/server.key");
    let chain = CertificateDer::pem_slice_iter(certificate).map(Result::unwrap);
    let config = rustls::ServerConfig::builder()
        .with_no_client_auth()
        .with_single_cert(chain.collect(), PrivateKeyDer::from_pem_slice(key).unwrap())
        .unwrap();
    Arc::new(config).into()
}
