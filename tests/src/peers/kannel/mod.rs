//! A real Kannel with its fake SMSC, private to one test.

mod config;
mod received;

use std::{
    io::{Read, Write},
    net::{Ipv4Addr, TcpStream},
    path::{Path, PathBuf},
    process::{Child, ChildStdin, Command, Stdio},
    sync::{Mutex, PoisonError},
    time::Duration,
};

use tempfile::TempDir;

pub use self::received::{Coding, Sms};
use self::{config::Ports, received::read_log};
use super::{
    PeerError,
    ports::listens,
    process::{Server, missing},
    wait::{INTERVAL, wait_for},
};

const BEARERBOX: &str = "/usr/sbin/bearerbox";
const SMSBOX: &str = "/usr/sbin/smsbox";
const FAKESMSC: &str = "/usr/lib/kannel/test/fakesmsc";

/// Generous, for a machine that runs many tests at once; alone, all three are up in a fifth of a second.
const START: Duration = Duration::from_secs(20);

/// `fakesmsc` reads its standard input in pieces of this size, and each piece is a message.
const LONGEST_INBOUND: usize = 254;

/// A Kannel SMS gateway: its `bearerbox` and `smsbox`, and the `fakesmsc` that plays the telephone network and shows
/// what it got. Needs the Debian packages `kannel` and `kannel-extras`.
///
/// It takes messages on [`sendsms_url`](Self::sendsms_url) and keeps what reached the "telephones" for
/// [`received`](Self::received). Texts of any length are chained. Receipts asked for by `dlr-mask` and `dlr-url` come
/// at once and in any order: 8 (the SMSC took it) and 1 (delivered), one of each for a whole chain.
pub struct Kannel {
    // Dropped in this order: the phones first, the directory last.
    phones: Phones,
    _smsbox: Server,
    _bearerbox: Server,
    ports: Ports,
    dir: TempDir,
}

impl Kannel {
    /// The user that may send.
    pub const USERNAME: &str = "rappel";
    /// That user's password.
    pub const PASSWORD: &str = "kannel-secret";
    /// Numbers that begin so are refused: 403 "Not routable. Do not try again."
    pub const UNROUTABLE_PREFIX: &str = "+999";

    /// Whether Kannel is installed.
    ///
    /// # Errors
    /// Says what to install when it isn't.
    pub fn available() -> Result<(), PeerError> {
        match missing(&[BEARERBOX, SMSBOX, FAKESMSC]) {
            None => Ok(()),
            Some(program) => Err(PeerError::new(format!(
                "{program} is missing; install it with: apt-get install kannel kannel-extras"
            ))),
        }
    }

    /// Starts a Kannel. What its phones send is thrown away.
    ///
    /// # Errors
    /// When it isn't installed or doesn't start.
    pub fn start() -> Result<Self, PeerError> {
        Self::launch(None)
    }

    /// Starts a Kannel that passes on what its phones send, by a GET to this URL. Kannel's escapes stand for the
    /// facts: `%p` the phone, `%P` the number it wrote to, `%b` the text, `%c` the coding, `%I` Kannel's id, `%T` the Unix time.
    ///
    /// # Errors
    /// When it isn't installed or doesn't start.
    pub fn start_with_inbound(get_url: &str) -> Result<Self, PeerError> {
        Self::launch(Some(get_url))
    }

    fn launch(inbound: Option<&str>) -> Result<Self, PeerError> {
        Self::available()?;
        let dir = tempfile::Builder::new()
            .prefix("rappel-kannel-")
            .tempdir()
            .map_err(|error| PeerError::new(format!("creating a directory for Kannel: {error}")))?;
        let ports = Ports::free();
        let conf = dir.path().join("kannel.conf");
        std::fs::write(&conf, config::text(ports, inbound))
            .map_err(|error| PeerError::io("writing", &conf, &error))?;
        let conf = conf.display().to_string();

        let log = dir.path().join("bearerbox.log");
        let mut bearerbox = Server::start(Path::new(BEARERBOX), &["-v", "1", &conf], &log)?;
        // smsbox and fakesmsc give up when nobody listens yet.
        wait_for("bearerbox to listen", START, || {
            bearerbox.check_alive()?;
            Ok((listens(ports.smsbox) && listens(ports.smsc)).then_some(()))
        })
        .map_err(|error| error.with_log(&log))?;

        let mut smsbox = Server::start(
            Path::new(SMSBOX),
            &["-v", "1", &conf],
            &dir.path().join("smsbox.log"),
        )?;
        let phones = Phones::start(ports.smsc, dir.path().join("fakesmsc.log"))?;
        wait_for("smsbox and fakesmsc to connect", START, || {
            bearerbox.check_alive()?;
            smsbox.check_alive()?;
            let connected = status(ports)
                .is_some_and(|status| status.contains("smsbox:") && status.contains("(online "));
            Ok((connected && listens(ports.sendsms)).then_some(()))
        })
        .map_err(|error| error.with_log(&log))?;
        Ok(Self {
            phones,
            _smsbox: smsbox,
            _bearerbox: bearerbox,
            ports,
            dir,
        })
    }

    /// Where messages are handed in: `http://127.0.0.1:port/cgi-bin/sendsms`.
    #[must_use]
    pub fn sendsms_url(&self) -> String {
        format!("http://127.0.0.1:{}/cgi-bin/sendsms", self.ports.sendsms)
    }

    /// The loopback port of [`sendsms_url`](Self::sendsms_url).
    #[must_use]
    pub fn sendsms_port(&self) -> u16 {
        self.ports.sendsms
    }

    /// Every message that arrived whole, in the order in which they became whole.
    ///
    /// # Errors
    /// When the log of the fake SMSC can't be read.
    pub fn received(&self) -> Result<Vec<Sms>, PeerError> {
        self.phones.read()
    }

    /// Waits until at least `count` messages arrived whole, and gives them all.
    ///
    /// # Errors
    /// When they don't come within `limit`; the error shows what the fake SMSC saw.
    pub fn wait_for(&self, count: usize, limit: Duration) -> Result<Vec<Sms>, PeerError> {
        let found = wait_for(&format!("{count} whole SMS"), limit, || {
            Ok(Some(self.received()?).filter(|received| received.len() >= count))
        });
        let mut received = found.map_err(|error| error.with_log(&self.phones.log))?;
        // A text with line breaks is logged line by line: look until nothing more comes.
        loop {
            std::thread::sleep(INTERVAL);
            let again = self.received()?;
            if again == received {
                return Ok(received);
            }
            received = again;
        }
    }

    /// Sends a message from a phone to the clinic.
    ///
    /// # Errors
    /// When it has a line break or more than some 200 letters, which `fakesmsc` can't send, or `fakesmsc` is gone.
    pub fn send_from_phone(&self, phone: &str, to: &str, text: &str) -> Result<(), PeerError> {
        let line = format!("{phone} {to} text {text}");
        if line.contains(['\n', '\r']) || line.len() > LONGEST_INBOUND {
            return Err(PeerError::new(format!(
                "fakesmsc sends one line of at most {LONGEST_INBOUND} bytes, this one has {}",
                line.len()
            )));
        }
        self.phones.type_line(&line)
    }

    /// The directory with the logs of the three programs, for a test that fails.
    #[must_use]
    pub fn dir(&self) -> &Path {
        self.dir.path()
    }
}

/// The `fakesmsc` process. Without messages on its command line it reads them from standard input.
struct Phones {
    process: Child,
    input: Mutex<ChildStdin>,
    log: PathBuf,
}

impl Phones {
    fn start(port: u16, log: PathBuf) -> Result<Self, PeerError> {
        let output =
            std::fs::File::create(&log).map_err(|error| PeerError::io("creating", &log, &error))?;
        // It ends by itself when its input closes, so it needs no keeper. Interval 0: it never pauses between messages.
        let mut process = Command::new(FAKESMSC)
            .args(["-H", "127.0.0.1", "-r", &port.to_string(), "-i", "0"])
            .stdin(Stdio::piped())
            .stdout(Stdio::null())
            .stderr(output)
            .spawn()
            .map_err(|error| PeerError::io("starting", Path::new(FAKESMSC), &error))?;
        let input = process
            .stdin
            .take()
            .ok_or_else(|| PeerError::new("fakesmsc has no standard input"))?;
        Ok(Self {
            process,
            input: Mutex::new(input),
            log,
        })
    }

    fn type_line(&self, line: &str) -> Result<(), PeerError> {
        let mut input = self.input.lock().unwrap_or_else(PoisonError::into_inner);
        writeln!(input, "{line}").map_err(|error| {
            PeerError::new(format!("fakesmsc is gone: {error}")).with_log(&self.log)
        })
    }

    fn read(&self) -> Result<Vec<Sms>, PeerError> {
        // It waits up to a second for input before it looks at the network; an empty line wakes it and sends nothing.
        self.type_line("")?;
        let log = std::fs::read(&self.log)
            .map_err(|error| PeerError::io("reading", &self.log, &error))?;
        Ok(read_log(&String::from_utf8_lossy(&log)))
    }
}

impl Drop for Phones {
    fn drop(&mut self) {
        // Both fail only when it has ended already.
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}

/// Kannel's own status page.
fn status(ports: Ports) -> Option<String> {
    let mut stream = TcpStream::connect((Ipv4Addr::LOCALHOST, ports.admin)).ok()?;
    stream.set_read_timeout(Some(Duration::from_secs(2))).ok()?;
    write!(
        stream,
        "GET /status.txt HTTP/1.0\r\nHost: 127.0.0.1\r\n\r\n"
    )
    .ok()?;
    let mut page = Vec::new();
    stream.read_to_end(&mut page).ok()?;
    Some(String::from_utf8_lossy(&page).into_owned())
}
