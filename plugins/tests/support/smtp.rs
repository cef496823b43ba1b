//! A mail server that says what it is told to say.

use std::sync::{Arc, Mutex};

use tokio::io::{AsyncBufReadExt, AsyncRead, AsyncWrite, AsyncWriteExt, BufReader};
use tokio::net::{TcpListener, TcpStream};

/// What the server says at each step. `HANG_UP` and `SILENCE` are no answers.
#[derive(Clone)]
pub(crate) struct Says {
    pub(crate) greeting: &'static str,
    pub(crate) ehlo: &'static str,
    pub(crate) mail: &'static str,
    pub(crate) rcpt: &'static str,
    pub(crate) data: &'static str,
    pub(crate) text: &'static str,
    /// The user and password it knows; any where there is none.
    pub(crate) login: Option<(&'static str, &'static str)>,
    /// TLS from the first byte.
    pub(crate) tls: bool,
    /// Closes a connection after so many mails,
    pub(crate) mails: usize,
    /// or says goodbye (421) to the next.
    pub(crate) says_goodbye: bool,
}

/// Closes the connection.
pub(crate) const HANG_UP: &str = "hang up";
/// Says nothing more, and keeps the connection.
pub(crate) const SILENCE: &str = "silence";

impl Default for Says {
    fn default() -> Self {
        Self {
            greeting: "220 localhost ESMTP",
            ehlo: "250-localhost\r\n250-8BITMIME\r\n250-AUTH PLAIN LOGIN\r\n250 SMTPUTF8",
            mail: "250 ok",
            rcpt: "250 ok",
            data: "354 go ahead",
            text: "250 2.0.0 queued",
            login: None,
            tls: false,
            mails: usize::MAX,
            says_goodbye: false,
        }
    }
}

/// A mail that the server took.
#[derive(Clone, Debug, Default)]
pub(crate) struct Taken {
    pub(crate) from: String,
    pub(crate) to: Vec<String>,
    pub(crate) text: String,
    pub(crate) encrypted: bool,
    pub(crate) user: Option<String>,
}

/// A running server; it ends with the test.
#[derive(Clone)]
pub(crate) struct MailServer {
    pub(crate) port: u16,
    taken: Arc<Mutex<Vec<Taken>>>,
    connections: Arc<Mutex<usize>>,
}

impl MailServer {
    pub(crate) async fn start(says: Says) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let server = Self {
            port: listener.local_addr().unwrap().port(),
            taken: Arc::default(),
            connections: Arc::default(),
        };
        let this = server.clone();
        tokio::spawn(async move {
            while let Ok((stream, _)) = listener.accept().await {
                *this.connections.lock().unwrap() += 1;
                let (this, says) = (this.clone(), says.clone());
                tokio::spawn(async move {
                    // A client that goes away is no fault of the server's.
                    let _ended = this.serve(stream, &says).await;
                });
            }
        });
        server
    }

    pub(crate) fn taken(&self) -> Vec<Taken> {
        self.taken.lock().unwrap().clone()
    }

    pub(crate) fn connections(&self) -> usize {
        *self.connections.lock().unwrap()
    }

    async fn serve(&self, stream: TcpStream, says: &Says) -> std::io::Result<()> {
        if says.tls {
            let stream = super::tls().accept(stream).await?;
            Talk::new(self, says, stream, true).run(true).await?;
            return Ok(());
        }
        let mut talk = Talk::new(self, says, stream, false);
        if talk.run(true).await? == End::Starttls {
            let stream = talk.stream.into_inner();
            let stream = super::tls().accept(stream).await?;
            Talk::new(self, says, stream, true).run(false).await?;
        }
        Ok(())
    }
}

#[derive(PartialEq)]
enum End {
    Over,
    Starttls,
}

struct Talk<'t, S> {
    server: &'t MailServer,
    says: &'t Says,
    stream: BufReader<S>,
    mail: Taken,
    user: Option<String>,
    encrypted: bool,
    mails: usize,
}

impl<'t, S: AsyncRead + AsyncWrite + Unpin> Talk<'t, S> {
    fn new(server: &'t MailServer, says: &'t Says, stream: S, encrypted: bool) -> Self {
        Self {
            server,
            says,
            stream: BufReader::new(stream),
            mail: Taken::default(),
            user: None,
            encrypted,
            mails: 0,
        }
    }

    /// Talks until the connection ends or is to become TLS.
    async fn run(&mut self, greet: bool) -> std::io::Result<End> {
        if greet && !self.say(self.says.greeting).await? {
            return Ok(End::Over);
        }
        loop {
            let line = self.line().await?;
            let (verb, rest) = line.split_once([' ', ':']).unwrap_or((&line, ""));
            let answer = match verb.to_uppercase().as_str() {
                "" => return Ok(End::Over),
                "EHLO" => self.says.ehlo,
                "STARTTLS" => {
                    self.say("220 go").await?;
                    return Ok(End::Starttls);
                }
                "AUTH" => self.login(rest),
                "MAIL" if self.mails >= self.says.mails => "421 goodbye",
                "MAIL" => {
                    self.mail = Taken {
                        from: address(&line),
                        encrypted: self.encrypted,
                        user: self.user.clone(),
                        ..Taken::default()
                    };
                    self.says.mail
                }
                "RCPT" => {
                    self.mail.to.push(address(&line));
                    self.says.rcpt
                }
                "DATA" => {
                    if !self.say(self.says.data).await? {
                        return Ok(End::Over);
                    }
                    if !self.says.data.starts_with('3') {
                        continue;
                    }
                    self.mail.text = self.text().await?;
                    if self.says.text.starts_with('2') {
                        self.server.taken.lock().unwrap().push(self.mail.clone());
                        self.mails += 1;
                    }
                    self.says.text
                }
                "QUIT" => "221 bye",
                _ => "502 what?",
            };
            let closes = self.mails >= self.says.mails && !self.says.says_goodbye;
            if !self.say(answer).await? || closes {
                return Ok(End::Over);
            }
        }
    }

    fn login(&mut self, rest: &str) -> &'static str {
        use base64::Engine;
        let token = rest.strip_prefix("PLAIN ").unwrap_or_default();
        let plain = base64::engine::general_purpose::STANDARD.decode(token);
        let plain = String::from_utf8(plain.unwrap_or_default()).unwrap_or_default();
        let mut parts = plain.split('\0').skip(1);
        let (user, password) = (parts.next().unwrap_or(""), parts.next().unwrap_or(""));
        if self
            .says
            .login
            .is_none_or(|login| login == (user, password))
        {
            self.user = Some(user.to_string());
            "235 welcome"
        } else {
            "535 5.7.8 wrong user or password"
        }
    }

    async fn line(&mut self) -> std::io::Result<String> {
        let mut line = String::new();
        self.stream.read_line(&mut line).await?;
        Ok(line.trim_end().to_string())
    }

    async fn text(&mut self) -> std::io::Result<String> {
        let mut text = String::new();
        loop {
            let mut line = String::new();
            if self.stream.read_line(&mut line).await? == 0 || line == ".\r\n" {
                return Ok(text);
            }
            text.push_str(line.strip_prefix('.').unwrap_or(&line));
        }
    }

    /// Says it; false where that ends the connection.
    async fn say(&mut self, answer: &str) -> std::io::Result<bool> {
        match answer {
            HANG_UP => return Ok(false),
            SILENCE => return std::future::pending().await,
            answer => {
                let stream = self.stream.get_mut();
                stream.write_all(format!("{answer}\r\n").as_bytes()).await?;
                stream.flush().await?;
            }
        }
        Ok(!answer.starts_with("221") && !answer.starts_with("421"))
    }
}

fn address(line: &str) -> String {
    let (_, rest) = line.split_once('<').unwrap_or_default();
    rest.split('>').next().unwrap_or_default().to_string()
}
