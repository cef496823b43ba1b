//! `rappel test --watch`: it runs until it is ended, and a broken or missing file doesn't end it.

#![allow(clippy::unwrap_used)]

use std::fs;
use std::io::{BufRead, BufReader};
use std::process::{Command, Stdio};
use std::sync::mpsc;
use std::time::Duration;

#[test]
fn the_cases_run_again_at_each_change() {
    let folder = tempfile::tempdir().unwrap();
    let clinic = folder.path().join("clinic");
    let rappel = || Command::new(env!("CARGO_BIN_EXE_rappel"));
    let init = rappel().arg("init").arg(&clinic).output().unwrap();
    assert!(init.status.success(), "{init:?}");
    let mut child = rappel()
        .args(["test", "--watch"])
        .arg(&clinic)
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    let (tell, told) = mpsc::channel();
    let readers: [Box<dyn std::io::Read + Send>; 2] = [
        Box::new(child.stdout.take().unwrap()),
        Box::new(child.stderr.take().unwrap()),
    ];
    for reader in readers {
        let tell = tell.clone();
        std::thread::spawn(move || {
            for line in BufReader::new(reader).lines().map_while(Result::ok) {
                let _ = tell.send(line);
            }
        });
    }
    // Two streams have no order among them, so that one line of each run is waited for.
    // Waits for a line, however slow the machine is; a minute says that it never comes.
    let wait = |part: &str| {
        let mut seen = Vec::new();
        while !seen.last().is_some_and(|line: &String| line.contains(part)) {
            let line = told.recv_timeout(Duration::from_secs(60));
            seen.push(line.unwrap_or_else(|_| panic!("no `{part}` in {seen:#?}")));
        }
    };
    wait("all hold");
    let rules = clinic.join("rules");
    fs::create_dir_all(&rules).unwrap();
    let policy = rules.join("own.rhai");
    fs::write(&policy, "fn check(message, visit, settings) { allow( }\n").unwrap();
    wait("E0401");
    fs::write(&policy, "fn check(message, visit, settings) { allow() }\n").unwrap();
    let cases = rules.join("own.cases.toml");
    fs::write(
        &cases,
        "[[case]]\nname = \"it goes\"\nanswer = \"skip: no\"\n",
    )
    .unwrap();
    wait("1 fail");
    let settings = clinic.join("clinic.toml");
    let text = fs::read_to_string(&settings).unwrap();
    fs::remove_file(&settings).unwrap();
    wait("there is no clinic.toml");
    fs::write(&settings, text).unwrap();
    wait("1 fail");
    fs::write(&cases, "[[case]]\nname = \"it goes\"\nanswer = \"allow\"\n").unwrap();
    wait("all hold");
    assert!(child.try_wait().unwrap().is_none(), "it runs on");
    child.kill().unwrap();
    child.wait().unwrap();
}
