//! A real Postfix, private to one test.

mod config;
mod mail;

use std::{
    fs::{self, File, Permissions},
    io::{BufRead, BufReader, Write},
    net::{Ipv4Addr, TcpStream},
    os::unix::fs::{MetadataExt, PermissionsExt, chown},
    path::{Path, PathBuf},
    process::{Command, Stdio},
    time::{Duration, SystemTime},
};

use tempfile::TempDir;

pub use self::mail::{Mail, Part};
use super::{
    PeerError, free_port,
    process::{Server, missing, run},
    wait::wait_for,
};

const MASTER: &str = "/usr/lib/postfix/sbin/master";
const OPENSSL: &str = "/usr/bin/openssl";
const SASLPASSWD: &str = "/usr/sbin/saslpasswd2";

/// Generous, for a machine that runs many tests at once; alone, it is up in a tenth of a second.
const START: Duration = Duration::from_secs(20);

/// A mail server that takes mail for any address at [`DOMAIN`](Self::DOMAIN) and delivers it into a Maildir for
/// [`received`](Self::received). Needs the Debian packages `postfix`, `sasl2-bin`, `libsasl2-modules` and `openssl`,
/// and root: Postfix gives up its rights by itself, and won't start without any.
///
/// It listens on two ports, both with STARTTLS and a certificate of its own: [`smtp_port`](Self::smtp_port) is open to
/// everyone, [`submission_port`](Self::submission_port) wants TLS and a login (PLAIN or LOGIN). Two addresses fail on
/// purpose: [`UNKNOWN`](Self::UNKNOWN) for good, [`BUSY`](Self::BUSY) for now.
pub struct Postfix {
    _master: Server,
    smtp: u16,
    submission: u16,
    dir: TempDir,
}

impl Postfix {
    /// Mail for this domain is delivered, mail for any other refused.
    pub const DOMAIN: &str = "example.org";
    /// The user that may log in on the submission port.
    pub const USERNAME: &str = "rappel";
    /// That user's password.
    pub const PASSWORD: &str = "postfix-secret";
    /// Refused with 550 5.1.1, a permanent error.
    pub const UNKNOWN: &str = "unknown@example.org";
    /// Refused with 450 4.2.1, a passing error.
    pub const BUSY: &str = "busy@example.org";

    /// Whether Postfix is installed and may be started.
    ///
    /// # Errors
    /// Says what to do when it can't.
    pub fn available() -> Result<(), PeerError> {
        if let Some(program) = missing(&[MASTER, OPENSSL, SASLPASSWD]) {
            return Err(PeerError::new(format!(
                "{program} is missing; install it with: apt-get install postfix sasl2-bin libsasl2-modules openssl"
            )));
        }
        let me = fs::metadata("/proc/self")
            .map_err(|error| PeerError::io("reading", Path::new("/proc/self"), &error))?;
        if me.uid() != 0 {
            return Err(PeerError::new(
                "Postfix starts only as root; run this test as root",
            ));
        }
        Ok(())
    }

    /// Starts a Postfix.
    ///
    /// # Errors
    /// When it isn't installed, the test doesn't run as root, or it doesn't start.
    pub fn start() -> Result<Self, PeerError> {
        Self::available()?;
        let dir = tempfile::Builder::new()
            .prefix("rappel-postfix-")
            .tempdir()
            .map_err(|error| {
                PeerError::new(format!("creating a directory for Postfix: {error}"))
            })?;
        let (smtp, submission) = (free_port(), free_port());
        lay_out(dir.path(), smtp, submission)?;

        let conf = dir.path().join(config::CONF).display().to_string();
        let log = dir.path().join("master.log");
        // `-d` keeps it in the process group by which it is ended; `postfix start` would leave it.
        let mut master = Server::start(Path::new(MASTER), &["-c", &conf, "-d"], &log)?;
        for port in [smtp, submission] {
            wait_for("Postfix to greet", START, || {
                master.check_alive()?;
                Ok(greets(port).then_some(()))
            })
            .map_err(|error| {
                error
                    .with_log(&log)
                    .with_log(&dir.path().join(config::MAIL_LOG))
            })?;
        }
        Ok(Self {
            _master: master,
            smtp,
            submission,
            dir,
        })
    }

    /// The loopback port that takes mail from everyone, as port 25 does.
    #[must_use]
    pub fn smtp_port(&self) -> u16 {
        self.smtp
    }

    /// The loopback port that takes mail after STARTTLS and a login, as port 587 does.
    #[must_use]
    pub fn submission_port(&self) -> u16 {
        self.submission
    }

    /// The certificate, in PEM, for `localhost` and 127.0.0.1. It is its own issuer: a client has to be told to trust it.
    #[must_use]
    pub fn certificate(&self) -> PathBuf {
        self.dir.path().join(config::CERTIFICATE)
    }

    /// Every mail delivered so far, the oldest first.
    ///
    /// # Errors
    /// When the Maildir can't be read or a mail isn't one.
    pub fn received(&self) -> Result<Vec<Mail>, PeerError> {
        mail::read(&self.dir.path().join(config::MAILDIR))
    }

    /// Waits until at least `count` mails were delivered, and gives them all.
    ///
    /// # Errors
    /// When they don't come within `limit`; the error shows Postfix's log.
    pub fn wait_for(&self, count: usize, limit: Duration) -> Result<Vec<Mail>, PeerError> {
        wait_for(&format!("{count} mails"), limit, || {
            Ok(Some(self.received()?).filter(|received| received.len() >= count))
        })
        .map_err(|error| error.with_log(&self.dir.path().join(config::MAIL_LOG)))
    }

    /// The directory with the log (`mail.log`), for a test that fails.
    #[must_use]
    pub fn dir(&self) -> &Path {
        self.dir.path()
    }
}

/// Writes the configuration, the certificate and the password, each with the owner that may read it.
fn lay_out(dir: &Path, smtp: u16, submission: u16) -> Result<(), PeerError> {
    let failed = |error| PeerError::io("preparing", dir, &error);
    let postfix = account("postfix")?;
    let (mailbox_user, mailbox_group) = account("nobody")?;

    // Postfix's daemons are other users, and a temporary directory is closed to others.
    fs::set_permissions(dir, Permissions::from_mode(0o755)).map_err(failed)?;
    let sasl = dir.join(config::CONF).join("sasl");
    fs::create_dir_all(&sasl).map_err(failed)?;
    for name in ["data", config::MAILDIR, "queue", "queue/pid"] {
        fs::create_dir(dir.join(name)).map_err(failed)?;
    }
    for name in config::QUEUES {
        let queue = dir.join("queue").join(name);
        fs::create_dir(&queue).map_err(failed)?;
        chown(&queue, Some(postfix.0), None).map_err(failed)?;
    }
    chown(dir.join("data"), Some(postfix.0), None).map_err(failed)?;
    chown(
        dir.join(config::MAILDIR),
        Some(mailbox_user),
        Some(mailbox_group),
    )
    .map_err(failed)?;

    let main = config::main(dir, mailbox_user, mailbox_group);
    let mut main_cf = File::create(dir.join(config::CONF).join("main.cf")).map_err(failed)?;
    main_cf.write_all(main.as_bytes()).map_err(failed)?;
    // Postfix waits until the file is two seconds old, for fear that someone is still writing.
    main_cf
        .set_modified(SystemTime::UNIX_EPOCH)
        .map_err(failed)?;
    fs::write(
        dir.join(config::CONF).join("master.cf"),
        config::master(smtp, submission),
    )
    .map_err(failed)?;
    fs::write(sasl.join("smtpd.conf"), config::sasl(dir)).map_err(failed)?;

    run(Command::new(OPENSSL)
        .args([
            "req",
            "-x509",
            "-newkey",
            "ec",
            "-pkeyopt",
            "ec_paramgen_curve:prime256v1",
            "-nodes",
            "-days",
            "2",
        ])
        .args([
            "-subj",
            "/CN=localhost",
            "-addext",
            "basicConstraints=critical,CA:FALSE",
        ])
        .args(["-addext", "subjectAltName=DNS:localhost,IP:127.0.0.1"])
        .arg("-keyout")
        .arg(dir.join(config::KEY))
        .arg("-out")
        .arg(dir.join(config::CERTIFICATE)))?;
    set_password(&dir.join(config::PASSWORDS))?;
    chown(dir.join(config::PASSWORDS), Some(postfix.0), None).map_err(failed)
}

fn set_password(database: &Path) -> Result<(), PeerError> {
    let failed = |error| PeerError::io("running", Path::new(SASLPASSWD), &error);
    let mut child = Command::new(SASLPASSWD)
        .args(["-c", "-p", "-u", Postfix::DOMAIN, "-f"])
        .arg(database)
        .arg(Postfix::USERNAME)
        .stdin(Stdio::piped())
        .spawn()
        .map_err(failed)?;
    if let Some(mut input) = child.stdin.take() {
        input
            .write_all(Postfix::PASSWORD.as_bytes())
            .map_err(failed)?;
    }
    let status = child.wait().map_err(failed)?;
    if !status.success() {
        return Err(PeerError::new(format!("{SASLPASSWD} ended with {status}")));
    }
    Ok(())
}

/// User and group numbers of an account of this machine.
fn account(name: &str) -> Result<(u32, u32), PeerError> {
    let path = Path::new("/etc/passwd");
    let passwd =
        fs::read_to_string(path).map_err(|error| PeerError::io("reading", path, &error))?;
    passwd
        .lines()
        .map(|line| line.split(':').collect::<Vec<_>>())
        .find_map(|fields| match fields.as_slice() {
            [user, _, uid, gid, ..] if *user == name => {
                Some((uid.parse().ok()?, gid.parse().ok()?))
            }
            _ => None,
        })
        .ok_or_else(|| PeerError::new(format!("there is no user {name}")))
}

fn greets(port: u16) -> bool {
    let Ok(stream) = TcpStream::connect((Ipv4Addr::LOCALHOST, port)) else {
        return false;
    };
    let mut greeting = String::new();
    stream
        .set_read_timeout(Some(Duration::from_secs(2)))
        .is_ok()
        && BufReader::new(&stream).read_line(&mut greeting).is_ok()
        && greeting.starts_with("220 ")
        && (&stream).write_all(b"QUIT\r\n").is_ok()
}
