//! No script gets out of the sandbox or uses up the host: every attack ends as it must, within the
//! memory that the sandbox promises, and the sandbox works on afterwards.

#![allow(clippy::unwrap_used)]

mod attacks;

use attacks::{Attack, Stopped, attacks};
use peak_alloc::PeakAlloc;
use rappel_rules::sandbox::{Limits, Sandbox};

#[global_allocator]
static ALLOCATOR: PeakAlloc = PeakAlloc;

/// The most that a script may have allocated at once: 16 MiB.
const MOST: usize = 16 << 20;

fn outcome(sandbox: &Sandbox, attack: &Attack) -> Result<(), String> {
    let slips = |slips: Vec<rappel_rules::sandbox::Slip>| slips[0].message.clone();
    let script = match (sandbox.compile(&attack.script), attack.stopped) {
        (Ok(script), Stopped::WhenLoaded(_)) => {
            drop(script);
            return Err("it was loaded".into());
        }
        (Ok(script), _) => script,
        (Err(found), Stopped::WhenLoaded(expected)) => {
            let found = slips(found);
            return if found.contains(expected) {
                Ok(())
            } else {
                Err(found)
            };
        }
        (Err(found), _) => return Err(slips(found)),
    };
    match (sandbox.call(&script, "attack", ()), attack.stopped) {
        (Ok(_), Stopped::Never) => Ok(()),
        (Err(fault), Stopped::WhileRunning(expected)) if fault.reason.contains(expected) => Ok(()),
        (Ok(value), _) => Err(format!("it ran to its end: {value}")),
        (Err(fault), _) => Err(fault.to_string()),
    }
}

fn hold(limits: Limits, mut check: impl FnMut(&Sandbox, &Attack) -> Result<(), String>) {
    let sandbox = Sandbox::new(limits, [], |_| {});
    let mut wrong = Vec::new();
    for attack in attacks() {
        let before = ALLOCATOR.current_usage();
        ALLOCATOR.reset_peak_usage();
        let outcome = check(&sandbox, &attack);
        let used = ALLOCATOR.peak_usage().saturating_sub(before);
        if let Err(found) = outcome {
            wrong.push(format!("{}: {found}", attack.name));
        }
        if used > MOST {
            wrong.push(format!("{}: {used} bytes at once", attack.name));
        }
        let kept = ALLOCATOR.current_usage().saturating_sub(before);
        if kept > 4 * 1024 {
            wrong.push(format!("{}: {kept} bytes are kept", attack.name));
        }
    }
    assert!(wrong.is_empty(), "\n{}", wrong.join("\n"));
}

/// One test, because what is allocated is counted for the whole process.
#[test]
fn every_attack_is_stopped_within_its_bounds() {
    hold(Limits::POLICY, outcome);
    // An adapter may use more, so that some attacks end differently; but they end.
    hold(Limits::ADAPTER, |sandbox, attack| {
        if let Ok(script) = sandbox.compile(&attack.script) {
            drop(sandbox.call(&script, "attack", ()));
        }
        Ok(())
    });
}
