//! The guarded call: steps are counted, the stack is large enough, a panic goes no further.

use std::cell::Cell;
use std::panic::{AssertUnwindSafe, catch_unwind};

thread_local! {
    /// The steps that are left to the call that runs on this thread. Without a call there are none,
    /// so an engine that is used past the guard stops at once.
    static LEFT: Cell<u32> = const { Cell::new(0) };
}

/// The stack that a call within the limits needs at most, with a margin; the test below measures it.
/// Debug builds have frames four times as large. A worker of tokio's has 2 MiB.
const STACK_NEEDED: usize = if cfg!(debug_assertions) {
    6 << 20
} else {
    1_280 << 10
};

/// The stack that is set up where the thread's own is too small.
const STACK_GIVEN: usize = 8 << 20;

/// A panic that was stopped. What it said is not repeated: it may hold a patient's data.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Panicked;

/// Takes one step; false when none is left.
#[inline]
pub(super) fn step() -> bool {
    LEFT.with(|left| match left.get().checked_sub(1) {
        Some(rest) => {
            left.set(rest);
            true
        }
        None => false,
    })
}

/// Runs `call` with so many steps. What an outer call had left comes back afterwards.
pub(crate) fn with_steps<R>(steps: u32, call: impl FnOnce() -> R) -> R {
    struct Restore(u32);
    impl Drop for Restore {
        fn drop(&mut self) {
            LEFT.with(|left| left.set(self.0));
        }
    }
    let _restore = Restore(LEFT.with(|left| left.replace(steps)));
    call()
}

/// Runs `call` on a stack that is large enough, and stops a panic.
pub(crate) fn guarded<R>(call: impl FnOnce() -> R) -> Result<R, Panicked> {
    // Nothing that a panic could leave half-changed is used again: the engine isn't changed by a
    // call, and the call's own values are dropped.
    stacker::maybe_grow(STACK_NEEDED, STACK_GIVEN, || {
        catch_unwind(AssertUnwindSafe(call)).map_err(|_| Panicked)
    })
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use std::sync::atomic::{AtomicUsize, Ordering};

    use super::super::{Limits, Sandbox};
    use super::*;

    /// The least stack that was left when a script came to `probe()`, or compared two of them.
    static LEAST: AtomicUsize = AtomicUsize::new(usize::MAX);

    fn probe() -> i64 {
        LEAST.fetch_min(stacker::remaining_stack().unwrap(), Ordering::SeqCst);
        0
    }

    #[derive(Clone)]
    struct Probe;

    fn sandbox(limits: Limits) -> Sandbox {
        Sandbox::new(limits, ["probe", "value"], |engine| {
            engine
                .register_fn("probe", probe)
                .register_fn("value", || Probe)
                .register_fn("==", |_: &mut Probe, _: Probe| probe() == 0)
                .register_fn("to_debug", |_: &mut Probe| probe().to_string());
        })
    }

    /// The stack that is used where `middle` stands: as deep inside `open` as can be, or `times` deep,
    /// in a function that calls itself `calls` times.
    fn used(limits: Limits, nesting: (&str, &str, usize, usize), middle: &str) -> usize {
        let (open, close, times, calls) = nesting;
        let sandbox = sandbox(limits);
        let call = format!("f(x + if x == {calls} {{ {middle} }} else {{ 1 }})");
        let nested = |times| {
            let script = format!(
                "fn f(x) {{ {}{call}{} }}",
                open.repeat(times),
                close.repeat(times)
            );
            sandbox.compile(&script).ok()
        };
        let script = (1..=times).rev().find_map(nested).unwrap();
        LEAST.store(usize::MAX, Ordering::SeqCst);
        let before = stacker::remaining_stack().unwrap();
        let _end = sandbox.call(&script, "f", (0_i64,));
        before
            .checked_sub(LEAST.load(Ordering::SeqCst))
            .expect("the script never came to its middle")
    }

    #[test]
    fn the_deepest_scripts_fit_the_stack() {
        let measure = || {
            let mut most = 0;
            for limits in [Limits::POLICY, Limits::ADAPTER] {
                let lists = limits.list - 3;
                let nested = format!("let l = [value()]; for i in 0..{lists} {{ l = [l]; }}");
                let middles = [
                    "probe()".to_string(),
                    format!("{nested} let m = l; l == m"),
                    format!("{nested} `${{l}}`"),
                ];
                let (depth, calls) = (limits.depth, limits.calls - 1);
                for nesting in [
                    ("[", "]", depth, calls),
                    ("if true {", "}", depth, calls),
                    ("abs(", ")", depth, calls),
                    ("1 + (", ")", depth, calls),
                    // A closure counts as two calls more.
                    ("[x].map(|x| ", ")", 1, calls / 3 - 1),
                ] {
                    for middle in &middles {
                        most = most.max(used(limits, nesting, middle));
                    }
                }
            }
            most
        };
        let large = std::thread::Builder::new().stack_size(64 << 20);
        let most = large.spawn(measure).unwrap().join().unwrap();
        // A bound that nothing comes near would say nothing either.
        let expected = STACK_NEEDED / 8..STACK_NEEDED * 3 / 4;
        assert!(expected.contains(&most), "{most} bytes at most");
    }
}
