//! The `rappel` binary, built from this checkout, and a host that it runs.

use std::io::{Read, Write};
use std::net::TcpStream;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::OnceLock;
use std::time::{Duration, Instant};

use serde_json::Value;

use crate::peers::free_port;

/// The path of the binary. A run of the whole workspace's tests builds it; alone, these tests build it
/// where it is missing.
///
/// # Panics
/// When it can't be built: no test can go on without it.
#[allow(clippy::panic, reason = "a test without the binary can't go on")]
pub fn binary() -> &'static Path {
    static BINARY: OnceLock<PathBuf> = OnceLock::new();
    BINARY.get_or_init(|| {
        // The path of this test's binary is `target/PROFILE/deps/NAME`.
        let profile = std::env::current_exe()
            .ok()
            .and_then(|test| test.ancestors().nth(2).map(Path::to_path_buf))
            .unwrap_or_else(|| PathBuf::from("target/debug"));
        let binary = profile.join("rappel");
        if binary.exists() {
            return binary;
        }
        let mut build = Command::new(env!("CARGO"));
        build.args(["build", "--quiet", "--locked", "-p", "rappel-cli"]);
        build.current_dir(concat!(env!("CARGO_MANIFEST_DIR"), "/.."));
        if profile.ends_with("release") {
            build.arg("--release");
        }
        match build.status() {
            Ok(status) if status.success() => binary,
            other => panic!("`rappel` can't be built: {other:?}"),
        }
    })
}

/// Every message of a database, as `rappel messages` tells them.
///
/// # Panics
/// When the command fails or says what is no JSON: no test can go on without it.
#[allow(clippy::panic, reason = "a test without the messages can't go on")]
pub fn messages(database: &Path) -> Vec<Value> {
    let output = Command::new(binary())
        .args(["messages", "--format", "json", "--database"])
        .arg(database)
        .output();
    let text = match output {
        Ok(output) if output.status.success() => output.stdout,
        other => panic!("`rappel messages` failed: {other:?}"),
    };
    serde_json::Deserializer::from_slice(&text)
        .into_iter()
        .collect::<Result<_, _>>()
        .unwrap_or_else(|error| panic!("`rappel messages` says no JSON: {error}"))
}

/// A running host. It is killed when this is dropped.
#[derive(Debug)]
pub struct Host {
    child: Child,
    port: u16,
}

impl Host {
    /// Starts `rappel serve CLINIC --database DATABASE` with more arguments, on a free port; its log goes
    /// to `log`. It may not be ready yet.
    ///
    /// # Errors
    /// When it can't be started.
    pub fn start(
        clinic: &Path,
        database: &Path,
        log: &Path,
        more: &[&str],
        environment: &[(&str, &str)],
    ) -> std::io::Result<Self> {
        Self::start_at(free_port(), clinic, database, log, more, environment)
    }

    fn start_at(
        port: u16,
        clinic: &Path,
        database: &Path,
        log: &Path,
        more: &[&str],
        environment: &[(&str, &str)],
    ) -> std::io::Result<Self> {
        let log = std::fs::File::options()
            .create(true)
            .append(true)
            .open(log)?;
        let child = Command::new(binary())
            .arg("serve")
            .arg(clinic)
            .arg("--database")
            .arg(database)
            .args(["--listen", &format!("127.0.0.1:{port}")])
            .args(more)
            .envs(environment.iter().copied())
            .stdin(Stdio::null())
            .stdout(log.try_clone()?)
            .stderr(log)
            .spawn()?;
        Ok(Self { child, port })
    }

    /// As [`Host::start`], and gateways may report to it.
    ///
    /// # Errors
    /// When it can't be started.
    pub fn start_public(
        clinic: &Path,
        database: &Path,
        log: &Path,
        more: &[&str],
        environment: &[(&str, &str)],
    ) -> std::io::Result<Self> {
        Self::start_public_at(free_port(), clinic, database, log, more, environment)
    }

    /// As [`Host::start_public`], on a port that gateways were told before.
    ///
    /// # Errors
    /// When it can't be started.
    pub fn start_public_at(
        port: u16,
        clinic: &Path,
        database: &Path,
        log: &Path,
        more: &[&str],
        environment: &[(&str, &str)],
    ) -> std::io::Result<Self> {
        let url = format!("http://127.0.0.1:{port}");
        let more: Vec<&str> = more.iter().copied().chain(["--public-url", &url]).collect();
        Self::start_at(port, clinic, database, log, &more, environment)
    }

    /// The address of its API.
    pub fn url(&self) -> String {
        format!("http://127.0.0.1:{}", self.port)
    }

    /// Waits until it answers.
    ///
    /// # Errors
    /// When it ends or doesn't answer in time.
    pub fn wait_until_ready(&mut self, limit: Duration) -> Result<(), String> {
        let end = Instant::now() + limit;
        loop {
            if is_healthy(self.port) {
                return Ok(());
            }
            if let Ok(Some(status)) = self.child.try_wait() {
                return Err(format!("the host ended: {status}"));
            }
            if Instant::now() > end {
                return Err(format!("the host doesn't answer after {limit:?}"));
            }
            std::thread::sleep(Duration::from_millis(5));
        }
    }

    /// Whether it has ended by itself.
    pub fn has_ended(&mut self) -> bool {
        !matches!(self.child.try_wait(), Ok(None))
    }

    /// Kills it with SIGKILL: it can do nothing about it.
    pub fn kill(&mut self) {
        // A host that has ended already is as dead as it should be.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// Whether the host answers. That its port is open says little: it is taken before anything is loaded.
fn is_healthy(port: u16) -> bool {
    let ask = || -> std::io::Result<String> {
        let mut stream = TcpStream::connect(("127.0.0.1", port))?;
        stream.set_read_timeout(Some(Duration::from_secs(1)))?;
        stream
            .write_all(b"GET /health HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n")?;
        let mut answer = String::new();
        stream.read_to_string(&mut answer)?;
        Ok(answer)
    };
    ask().is_ok_and(|answer| answer.starts_with("HTTP/1.1 200"))
}

impl Drop for Host {
    fn drop(&mut self) {
        self.kill();
    }
}
