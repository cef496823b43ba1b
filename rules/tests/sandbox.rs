//! The sandbox around single calls: failures leave nothing behind, panics go no further.

#![allow(clippy::unwrap_used)]

use rappel_rules::sandbox::{Limits, Sandbox};

#[test]
fn a_sandbox_works_on_after_a_failure() {
    let sandbox = Sandbox::new(Limits::POLICY, [], |_| {});
    let bad = sandbox.compile("fn f() { loop {} }").unwrap();
    let good = sandbox
        .compile("fn f() { [1, 2].map(|x| x + 1).len() }")
        .unwrap();
    for _ in 0..3 {
        assert!(sandbox.call(&bad, "f", ()).is_err());
        assert_eq!(sandbox.call(&good, "f", ()).unwrap().as_int(), Ok(2));
    }
}

#[test]
fn a_panic_in_a_function_of_the_hosts_is_a_fault() {
    let sandbox = Sandbox::new(Limits::POLICY, ["break_down"], |engine| {
        engine.register_fn("break_down", || -> i64 { panic!("as a test") });
    });
    let script = sandbox.compile("fn f() { break_down() }").unwrap();
    let fault = sandbox.call(&script, "f", ()).unwrap_err();
    assert!(
        fault.reason.starts_with("the interpreter failed"),
        "{fault}"
    );
}

#[test]
fn calls_on_many_threads_have_their_own_steps() {
    let sandbox = Sandbox::new(Limits::POLICY, [], |_| {});
    let script = sandbox
        .compile("fn f() { let n = 0; for i in 0..900 { n += i; } n }")
        .unwrap();
    std::thread::scope(|scope| {
        for _ in 0..4 {
            scope.spawn(|| {
                for _ in 0..20 {
                    assert!(sandbox.call(&script, "f", ()).is_ok());
                }
            });
        }
    });
}
