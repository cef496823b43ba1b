//! Any text → a tree: nothing panics, every fault has its place, and a tree is printed and read again as itself.
#![no_main]

#[path = "../../grammar/tests/grammar/support.rs"]
mod support;

use libfuzzer_sys::fuzz_target;
use rappel_grammar::parse_unlimited;
use support::{check, is_name, tree};

fuzz_target!(|source: &str| {
    let parsed = parse_unlimited(source, &is_name);
    for fault in &parsed.faults {
        assert!(
            source.get(fault.span.start..fault.span.end).is_some(),
            "{fault:?}"
        );
    }
    if parsed.faults.is_empty() {
        let printed = parsed.template.to_string();
        assert_eq!(check(&printed), tree(source), "printed as {printed:?}");
    }
});
