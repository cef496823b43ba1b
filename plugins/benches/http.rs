//! The HTTP channel against a bare loop of the same client: what the adapter's script, the guard and
//! the secrets cost. Prints messages a second and the ratio, from one run.
//!
//! `cargo bench -p rappel-plugins --bench http`

#![allow(clippy::unwrap_used, clippy::print_stdout, missing_docs)]

#[path = "../tests/support/example.rs"]
#[allow(dead_code, reason = "the bench uses a part")]
mod example;

use std::collections::BTreeMap;
use std::future::Future;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};

use rappel_core::channel::{Channel, Outcome, Outgoing};
use rappel_core::provider::Provider;
use rappel_plugins::{HttpChannel, HttpPatience, HttpSetup, install_tls, stock_adapters};
use rappel_rules::adapter::{Adapter, AdapterFiles};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};

/// Requests under way at once.
const IN_FLIGHT: usize = 64;
/// How long each of the two is measured, in turns.
const TURN: Duration = Duration::from_millis(700);
const TURNS: usize = 5;

fn main() {
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .enable_all()
        .build()
        .unwrap();
    runtime.block_on(compare());
}

async fn compare() {
    let url = server().await;
    let channel = Arc::new(channel(&url));
    let bare = bare_client();
    let message = Arc::new(example::sms());
    let body: Arc<str> = format!(
        r#"{{"reference":"{}","channel":"sms","kind":"reminder","language":"fr","to":"+33600000001","text":"{}"}}"#,
        message.id,
        example::TEXT
    )
    .into();
    println!("scripts alone: {:.1} µs a message", scripts(&message, &url));
    let bare_send = {
        let url = url.clone();
        move || {
            let request = bare
                .post(&url)
                .bearer_auth("t0ken")
                .header("Content-Type", "application/json")
                .body(body.to_string());
            async move {
                let answer = request.send().await.unwrap();
                assert!(answer.status().is_success());
                answer.bytes().await.unwrap();
            }
        }
    };
    let send = move || {
        let (channel, message) = (channel.clone(), message.clone());
        async move {
            let outcome = channel.send(&message).await;
            assert!(matches!(outcome, Outcome::Accepted { .. }), "{outcome:?}");
        }
    };
    let (mut bare_rates, mut rates) = (Vec::new(), Vec::new());
    for _ in 0..TURNS {
        bare_rates.push(rate(bare_send.clone()).await);
        rates.push(rate(send.clone()).await);
    }
    let (bare, ours) = (median(bare_rates), median(rates));
    println!("bare reqwest:  {bare:>8.0} messages/s");
    println!("http channel:  {ours:>8.0} messages/s");
    println!("ratio:         {:>8.2}", ours / bare);
}

/// Microseconds that the adapter's two functions take for a message.
fn scripts(message: &Outgoing, url: &str) -> f64 {
    let adapter = adapter();
    let options = BTreeMap::from([("url".to_string(), url.to_string())]);
    let answer = rappel_core::provider::HttpAnswer {
        status: 200,
        headers: Vec::new(),
        body: r#"{"id":"gw-1"}"#.into(),
    };
    let begun = Instant::now();
    let rounds = 20_000;
    for _ in 0..rounds {
        adapter.request(message, &options).unwrap();
        adapter.response(&answer).unwrap();
    }
    begun.elapsed().as_secs_f64() * 1e6 / f64::from(rounds)
}

/// How often `send` completes in a second.
async fn rate<F: Future<Output = ()> + Send + 'static>(
    send: impl Fn() -> F + Clone + Send + Sync + 'static,
) -> f64 {
    let done = Arc::new(AtomicU64::new(0));
    let begun = Instant::now();
    let workers: Vec<_> = (0..IN_FLIGHT)
        .map(|_| {
            let (send, done) = (send.clone(), done.clone());
            tokio::spawn(async move {
                while begun.elapsed() < TURN {
                    send().await;
                    done.fetch_add(1, Ordering::Relaxed);
                }
            })
        })
        .collect();
    for worker in workers {
        worker.await.unwrap();
    }
    done.load(Ordering::Relaxed) as f64 / begun.elapsed().as_secs_f64()
}

fn median(mut rates: Vec<f64>) -> f64 {
    rates.sort_by(f64::total_cmp);
    rates[rates.len() / 2]
}

fn adapter() -> Adapter {
    let stock = stock_adapters()
        .iter()
        .find(|stock| stock.name == "json")
        .unwrap();
    Adapter::load(AdapterFiles {
        folder: stock.name,
        manifest: stock.manifest,
        script: stock.script,
        cases: None,
    })
    .unwrap()
}

fn channel(url: &str) -> HttpChannel {
    let setup = HttpSetup {
        options: BTreeMap::from([("url".to_string(), url.to_string())]),
        secrets: [("token", "t0ken")].into_iter().collect(),
        allow_private: true,
        patience: HttpPatience::default(),
    };
    HttpChannel::new(Arc::new(adapter()), setup).unwrap()
}

fn bare_client() -> reqwest::Client {
    install_tls();
    let client = reqwest::Client::builder().no_proxy().http1_only();
    client.timeout(Duration::from_secs(30)).build().unwrap()
}

/// A gateway that reads as little as it can and always says yes.
async fn server() -> String {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("http://{}/send", listener.local_addr().unwrap());
    tokio::spawn(async move {
        while let Ok((stream, _)) = listener.accept().await {
            tokio::spawn(serve(stream));
        }
    });
    url
}

async fn serve(mut stream: TcpStream) -> std::io::Result<()> {
    stream.set_nodelay(true)?;
    let mut buffer = vec![0; 16 * 1024];
    let mut filled = 0;
    loop {
        let read = stream.read(&mut buffer[filled..]).await?;
        if read == 0 {
            return Ok(());
        }
        filled += read;
        while let Some(length) = request_length(&buffer[..filled]) {
            buffer.copy_within(length..filled, 0);
            filled -= length;
            stream
                .write_all(b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: 13\r\n\r\n{\"id\":\"gw-1\"}")
                .await?;
        }
    }
}

/// The bytes of the first request, when it is there whole.
fn request_length(bytes: &[u8]) -> Option<usize> {
    let head = bytes.windows(4).position(|window| window == b"\r\n\r\n")? + 4;
    let text = std::str::from_utf8(&bytes[..head])
        .ok()?
        .to_ascii_lowercase();
    let (_, rest) = text.split_once("content-length:")?;
    let length: usize = rest.lines().next()?.trim().parse().ok()?;
    (bytes.len() >= head + length).then_some(head + length)
}
