//! How long each attack on the sandbox takes until it is stopped: no more than 100 ms.
//!
//! `cargo bench -p rappel-rules --bench sandbox` prints the five that take longest, and fails where one
//! takes longer than it may. `cargo test --benches -p rappel-rules` runs it in a debug build.

#![allow(clippy::unwrap_used, clippy::print_stdout)]

#[path = "../tests/attacks/mod.rs"]
mod attacks;

use std::time::{Duration, Instant};

use rappel_rules::sandbox::{Limits, Sandbox};

use attacks::{Attack, Stopped, attacks};

/// The longest that a script may take.
const LONGEST: Duration = Duration::from_millis(100);
/// How often each is tried; the fastest counts, because the machine may be busy with something else.
const TRIES: usize = 5;

fn main() {
    let mut late = false;
    for (title, limits) in [
        ("a policy's limits", Limits::POLICY),
        ("an adapter's limits", Limits::ADAPTER),
    ] {
        let sandbox = Sandbox::new(limits, [], |_| {});
        let mut times: Vec<_> = attacks()
            .iter()
            .map(|attack| {
                (
                    time(&sandbox, attack),
                    attack.name,
                    matches!(attack.stopped, Stopped::WhenLoaded(_)),
                )
            })
            .collect();
        times.sort_by(|one, other| other.cmp(one));
        println!("\nattacks within {title}, the longest of {}", times.len());
        for (took, name, when_loaded) in times.iter().take(5) {
            let when = if *when_loaded {
                "when loaded"
            } else {
                "while running"
            };
            println!(
                "  {name:<44} {:>9.2} ms  {when}",
                took.as_secs_f64() * 1000.0
            );
        }
        late |= times.iter().any(|(took, ..)| *took > LONGEST);
    }
    assert!(!late, "an attack took longer than {LONGEST:?}");
}

/// Reads and runs an attack.
fn time(sandbox: &Sandbox, attack: &Attack) -> Duration {
    let once = || {
        let start = Instant::now();
        if let Ok(script) = sandbox.compile(&attack.script) {
            drop(sandbox.call(&script, "attack", ()));
        }
        start.elapsed()
    };
    (0..TRIES).map(|_| once()).min().unwrap()
}
