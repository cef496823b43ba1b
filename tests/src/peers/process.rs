//! Server processes that never outlive the test.

use std::{
    fs::File,
    os::unix::process::CommandExt,
    path::{Path, PathBuf},
    process::{Child, Command, Stdio},
};

use super::PeerError;

/// Runs the server given as arguments in the shell's process group and kills the whole group when the pipe on
/// standard input closes. The kernel closes it for us when the test is killed, where no `Drop` runs.
const KEEPER: &str = r#"
exec 3<&0
"$@" </dev/null 3<&- &
server=$!
{ read -r _ <&3; kill -KILL 0; } &
wait "$server"
"#;

/// A server process and all it starts; they are killed when this is dropped.
pub(super) struct Server {
    name: String,
    keeper: Child,
    log: PathBuf,
}

impl Server {
    /// Starts a program; what it prints goes to `log`.
    pub(super) fn start(program: &Path, arguments: &[&str], log: &Path) -> Result<Self, PeerError> {
        let failed = |error| PeerError::io("starting", program, &error);
        let output = File::create(log).map_err(|error| PeerError::io("creating", log, &error))?;
        let keeper = Command::new("/bin/sh")
            .args(["-c", KEEPER, "keeper"])
            .arg(program)
            .args(arguments)
            .stdin(Stdio::piped())
            .stdout(output.try_clone().map_err(failed)?)
            .stderr(output)
            .process_group(0)
            .spawn()
            .map_err(failed)?;
        let name = program.display().to_string();
        Ok(Self {
            name,
            keeper,
            log: log.to_owned(),
        })
    }

    /// An error when the server has ended: nothing needs to be waited for then.
    pub(super) fn check_alive(&mut self) -> Result<(), PeerError> {
        match self.keeper.try_wait() {
            Ok(None) => Ok(()),
            Ok(Some(status)) => {
                Err(PeerError::new(format!("{} ended with {status}", self.name))
                    .with_log(&self.log))
            }
            Err(error) => Err(PeerError::new(format!("{}: {error}", self.name))),
        }
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        drop(self.keeper.stdin.take());
        // Waiting reaps the shell; a failure would mean that it is gone already.
        let _ = self.keeper.wait();
    }
}

/// Runs a tool to its end.
pub(super) fn run(command: &mut Command) -> Result<(), PeerError> {
    let name = command.get_program().display().to_string();
    let output = command
        .output()
        .map_err(|error| PeerError::new(format!("running {name}: {error}")))?;
    if output.status.success() {
        return Ok(());
    }
    let said = String::from_utf8_lossy(&output.stderr);
    Err(PeerError::new(format!(
        "{name} ended with {}: {}",
        output.status,
        said.trim()
    )))
}

/// The first of these programs that isn't installed.
pub(super) fn missing<'a>(programs: &[&'a str]) -> Option<&'a str> {
    programs
        .iter()
        .copied()
        .find(|program| !Path::new(program).exists())
}

#[cfg(test)]
mod tests {
    use std::{path::Path, time::Duration};

    use super::Server;
    use crate::peers::wait::wait_for;

    const SOON: Duration = Duration::from_secs(10);

    /// Whether this process still runs; one that only waits to be reaped doesn't.
    fn runs(process: &str) -> bool {
        let stat = std::fs::read_to_string(format!("/proc/{process}/stat")).unwrap_or_default();
        stat.rsplit_once(") ")
            .is_some_and(|(_, rest)| !rest.starts_with('Z'))
    }

    #[test]
    fn what_a_server_started_ends_with_it() {
        let dir = tempfile::tempdir().unwrap();
        let log = dir.path().join("log");
        let server = Server::start(
            Path::new("/bin/sh"),
            &["-c", "sleep 1000 & echo $!; wait"],
            &log,
        )
        .unwrap();
        let child = wait_for("the child's number", SOON, || {
            let log = std::fs::read_to_string(&log).unwrap();
            Ok(log.strip_suffix('\n').map(str::to_owned))
        })
        .unwrap();
        assert!(runs(&child));
        drop(server);
        wait_for("the child to end", SOON, || {
            Ok((!runs(&child)).then_some(()))
        })
        .unwrap();
    }

    #[test]
    fn a_server_that_ends_says_why() {
        let dir = tempfile::tempdir().unwrap();
        let log = dir.path().join("log");
        let arguments = ["-c", "echo no such option >&2; exit 3"];
        let mut server = Server::start(Path::new("/bin/sh"), &arguments, &log).unwrap();
        let error = wait_for::<()>("the end", SOON, || server.check_alive().map(|()| None))
            .unwrap_err()
            .to_string();
        assert!(
            error.contains("/bin/sh ended with exit status: 3"),
            "{error}"
        );
        assert!(error.contains("no such option"), "{error}");
    }
}
