//! A gateway that answers what it is told to answer.

use std::sync::{Arc, Mutex};

use tokio::io::{AsyncBufReadExt, AsyncReadExt, AsyncWriteExt, BufReader};
use tokio::net::{TcpListener, TcpStream};

/// What the gateway does with a request that it has read.
#[derive(Clone, Debug)]
pub(crate) enum Does {
    /// Answers: status, further headers, body. Below 300 it took the message.
    Answer(u16, &'static str, String),
    /// Takes the message once for each reference, and answers 200.
    TakeOnce,
    /// Closes the connection.
    HangUp,
    /// Says nothing.
    Silence,
    /// Begins an answer and closes the connection.
    BreakOff,
    /// Answers 200 with so many bytes.
    Talk(usize),
}

/// A request that came.
#[derive(Clone, Debug)]
pub(crate) struct Came {
    pub(crate) head: String,
    pub(crate) body: String,
}

/// A running gateway; it ends with the test.
#[derive(Clone)]
pub(crate) struct Gateway {
    pub(crate) port: u16,
    came: Arc<Mutex<Vec<Came>>>,
    taken: Arc<Mutex<Vec<String>>>,
    connections: Arc<Mutex<usize>>,
}

impl Gateway {
    pub(crate) async fn start(does: Does) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let gateway = Self {
            port: listener.local_addr().unwrap().port(),
            came: Arc::default(),
            taken: Arc::default(),
            connections: Arc::default(),
        };
        let this = gateway.clone();
        tokio::spawn(async move {
            while let Ok((stream, _)) = listener.accept().await {
                *this.connections.lock().unwrap() += 1;
                let (this, does) = (this.clone(), does.clone());
                tokio::spawn(async move {
                    // A client that goes away is no fault of the gateway's.
                    let _ended = this.serve(stream, &does).await;
                });
            }
        });
        gateway
    }

    pub(crate) fn url(&self) -> String {
        format!("http://127.0.0.1:{}/send", self.port)
    }

    /// Every request.
    pub(crate) fn came(&self) -> Vec<Came> {
        self.came.lock().unwrap().clone()
    }

    /// The references of the messages that were taken.
    pub(crate) fn taken(&self) -> Vec<String> {
        self.taken.lock().unwrap().clone()
    }

    pub(crate) fn connections(&self) -> usize {
        *self.connections.lock().unwrap()
    }

    async fn serve(&self, stream: TcpStream, does: &Does) -> std::io::Result<()> {
        let mut stream = BufReader::new(stream);
        while let Some(came) = read(&mut stream).await? {
            self.came.lock().unwrap().push(came.clone());
            let json: Option<serde_json::Value> = serde_json::from_str(&came.body).ok();
            let reference = json.as_ref().and_then(|json| json["reference"].as_str());
            let reference = reference.unwrap_or_default().to_string();
            let answer = match does {
                Does::HangUp => return Ok(()),
                Does::Silence => return std::future::pending().await,
                Does::BreakOff => "HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\n{".to_string(),
                Does::Talk(bytes) => response(200, "", &"x".repeat(*bytes)),
                Does::Answer(status, headers, body) => {
                    if *status < 300 {
                        self.taken.lock().unwrap().push(reference);
                    }
                    response(*status, headers, body)
                }
                Does::TakeOnce => {
                    let mut taken = self.taken.lock().unwrap();
                    if !taken.contains(&reference) {
                        taken.push(reference);
                    }
                    response(200, "", r#"{"id":"gw-1"}"#)
                }
            };
            stream.get_mut().write_all(answer.as_bytes()).await?;
            if matches!(does, Does::BreakOff) {
                return Ok(());
            }
        }
        Ok(())
    }
}

fn response(status: u16, headers: &str, body: &str) -> String {
    let length = body.len();
    format!("HTTP/1.1 {status} X\r\nContent-Length: {length}\r\n{headers}\r\n{body}")
}

async fn read(stream: &mut BufReader<TcpStream>) -> std::io::Result<Option<Came>> {
    let mut head = String::new();
    let mut length = 0;
    loop {
        let mut line = String::new();
        if stream.read_line(&mut line).await? == 0 {
            return Ok(None);
        }
        if line == "\r\n" {
            break;
        }
        if let Some((name, value)) = line.split_once(':')
            && name.eq_ignore_ascii_case("content-length")
        {
            length = value.trim().parse().unwrap_or(0);
        }
        head.push_str(&line);
    }
    let mut body = vec![0; length];
    stream.read_exact(&mut body).await?;
    let body = String::from_utf8(body).unwrap();
    Ok(Some(Came { head, body }))
}
