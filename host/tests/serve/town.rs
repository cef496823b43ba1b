//! A host with the folders of its clinics.

use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use async_trait::async_trait;
use rappel_core::channel::{Channel, Outcome, Outgoing};
use rappel_core::event::Event;
use rappel_core::provider::{Proof, Provider};
use rappel_core::settings::Gateway;
use rappel_core::store::{Filter, Ingested, Message, Store};
use rappel_host::clinic::OpenGateway;
use rappel_host::clock::LapseClock;
use rappel_host::engine::Folder;
use rappel_host::serve::{Host, Setup};
use rappel_host::store::SqliteStore;
use serde_json::{Value, json};
use tempfile::TempDir;

/// Takes every message, and remembers which.
#[derive(Clone, Default)]
pub(crate) struct Gateways(Arc<Mutex<Vec<String>>>);

impl Gateways {
    /// What an e-mail looks like that was sent.
    pub(crate) fn html(&self) -> Option<String> {
        let sent = self.0.lock().unwrap();
        let html = sent.iter().find(|sent| sent.starts_with("<!doctype"));
        html.cloned()
    }
}

#[async_trait]
impl Channel for Gateways {
    fn honours_reference(&self) -> bool {
        true
    }

    async fn send(&self, message: &Outgoing) -> Outcome {
        let sent = format!("{}: {}", message.kind, message.content.text.trim());
        let mut all = self.0.lock().unwrap();
        all.push(sent);
        all.extend(message.content.html.clone());
        Outcome::Accepted { gateway_id: None }
    }
}

impl OpenGateway for Gateways {
    fn stock_adapters(&self) -> Folder {
        Folder::default()
    }

    fn open(
        &self,
        _name: &str,
        _gateway: &Gateway,
        _adapter: Option<Arc<dyn Provider>>,
        _folder: &Path,
    ) -> Result<Arc<dyn Channel>, String> {
        Ok(Arc::new(self.clone()))
    }

    fn proof(
        &self,
        _gateway: &Gateway,
        _adapter: &dyn Provider,
    ) -> Result<Option<Arc<dyn Proof>>, String> {
        Ok(None)
    }
}

/// A folder of clinics' folders with a host over them. It is Monday, 1 June 2026, 09:00.
pub(crate) struct Town {
    pub(crate) root: TempDir,
    pub(crate) gateways: Gateways,
    pub(crate) store: Arc<dyn Store>,
    /// Where patients reach the host.
    pub(crate) public_url: Option<Arc<str>>,
    clock: Arc<LapseClock>,
}

impl Town {
    pub(crate) async fn new() -> Self {
        let root = tempfile::tempdir().unwrap();
        Self {
            root,
            gateways: Gateways::default(),
            store: Arc::new(SqliteStore::in_memory().await.unwrap()),
            public_url: None,
            clock: Arc::new(LapseClock::new("2026-06-01T09:00:00Z".parse().unwrap(), 1)),
        }
    }

    pub(crate) fn folder(&self, clinic: &str) -> PathBuf {
        self.root.path().join(clinic)
    }

    /// Writes a clinic that reminds by SMS, a day before, and answers bookings.
    pub(crate) fn write_clinic(&self, clinic: &str) {
        let toml = format!(
            r#"
            id = "{clinic}"
            name = "Cabinet"
            zone = "UTC"
            country = "FR"
            [messages]
            reminder = {{ sms = "on" }}
            created = {{ sms = "on" }}
            [reminder]
            notice = "1 day"
            [hours]
            allowed = "24/7"
            [channels.sms]
            gateway = "sms"
            [gateways.sms]
            type = "console"
            "#
        );
        self.write(clinic, "clinic.toml", &toml);
        for kind in ["reminder", "created"] {
            let file = format!("templates/{kind}.sms.trd");
            self.write(clinic, &file, "Bonjour [TRD3], le [TRD8] à [TRD9].\n");
        }
    }

    pub(crate) fn write(&self, clinic: &str, file: &str, text: &str) {
        let path = self.folder(clinic).join(file);
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(path, text).unwrap();
    }

    /// Starts a host over the clinic.
    pub(crate) async fn start(&self, clinic: &str) -> Host {
        Host::start(self.setup(), vec![self.folder(clinic)])
            .await
            .unwrap()
    }

    /// Starts a host over all clinics.
    pub(crate) async fn start_all(&self) -> Host {
        let root = self.root.path().to_path_buf();
        Host::start(self.setup(), vec![root]).await.unwrap()
    }

    fn setup(&self) -> Setup {
        Setup {
            store: self.store.clone(),
            clock: self.clock.clone(),
            gateways: Arc::new(self.gateways.clone()),
            public_url: self.public_url.clone(),
            rescan: Duration::from_millis(50),
        }
    }

    /// Every message as `kind state`, the earliest due first.
    pub(crate) async fn states(&self) -> Vec<String> {
        let messages = self.messages().await;
        messages
            .iter()
            .map(|message| format!("{} {}", message.kind, message.state))
            .collect()
    }

    pub(crate) async fn messages(&self) -> Vec<Message> {
        let filter = Filter {
            limit: Some(u32::MAX),
            ..Filter::default()
        };
        let mut messages = self.store.messages(&filter).await.unwrap();
        messages.reverse();
        messages
    }

    /// Waits until something holds.
    pub(crate) async fn until(&self, what: &str, holds: impl AsyncFn(&Self) -> bool) {
        for _ in 0..4_000 {
            if holds(self).await {
                return;
            }
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
        panic!("{what} never came: {:?}", self.messages().await);
    }

    pub(crate) async fn until_states(&self, states: &[&str]) {
        self.until(&format!("{states:?}"), async |town| {
            town.states().await == states
        })
        .await;
    }
}

/// Tells an event about the visit `a-1` of `p-1`.
pub(crate) async fn tell(host: &Host, id: &str, kind: &str, data: Value) -> Ingested {
    let event = Event::from_value(&json!({
        "specversion": "1.0", "id": id, "source": "agenda", "type": kind, "data": data
    }))
    .unwrap();
    let clinic = host.clinic(None).unwrap().clone();
    host.ingest(&clinic, &[event]).await.unwrap().remove(0)
}

/// A visit on 3 June at 14:30.
pub(crate) fn visit() -> Value {
    json!({"appointment": {"id": "a-1", "start": "2026-06-03T14:30"},
           "patient": {"id": "p-1", "first_name": "Ana", "mobile": "+33639980001", "consent": true}})
}

/// The API of a host, on a port of its own until this is dropped.
pub(crate) struct Api {
    address: std::net::SocketAddr,
    serving: tokio::task::JoinHandle<()>,
}

impl Api {
    pub(crate) async fn of(host: &Arc<Host>) -> Self {
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let router = rappel_host::api::router(host.clone(), None);
        let serving = tokio::spawn(async move { axum::serve(listener, router).await.unwrap() });
        Self { address, serving }
    }

    /// The status and body of an answer.
    pub(crate) async fn ask(
        &self,
        method: &str,
        path: &str,
        kind: &str,
        body: &str,
    ) -> (u16, Value) {
        let answer = self.raw(method, path, kind, body).await;
        let answer = String::from_utf8(answer).unwrap();
        let status = answer.split(' ').nth(1).unwrap().parse().unwrap();
        let body = answer.split_once("\r\n\r\n").unwrap().1;
        (status, serde_json::from_str(body).unwrap())
    }

    /// An answer as it came.
    pub(crate) async fn raw(&self, method: &str, path: &str, kind: &str, body: &str) -> Vec<u8> {
        use tokio::io::{AsyncReadExt, AsyncWriteExt};
        let mut stream = tokio::net::TcpStream::connect(self.address).await.unwrap();
        let length = body.len();
        let call = format!(
            "{method} {path} HTTP/1.1\r\nHost: h\r\nConnection: close\r\nContent-Type: {kind}\r\nContent-Length: {length}\r\n\r\n{body}"
        );
        stream.write_all(call.as_bytes()).await.unwrap();
        let mut answer = Vec::new();
        stream.read_to_end(&mut answer).await.unwrap();
        answer
    }
}

impl Api {
    pub(crate) async fn get(&self, path: &str) -> (u16, Value) {
        self.ask("GET", path, "text/plain", "").await
    }
}

impl Drop for Api {
    fn drop(&mut self) {
        self.serving.abort();
    }
}
