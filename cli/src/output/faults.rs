//! Policies that failed: whoever looks at messages is told that some are missing.

use std::collections::BTreeMap;

use rappel_core::decision::PolicyFault;
use rappel_core::store::Unplanned;

use super::message::count;
use super::{remark, style};

/// How many events are named one by one.
const NAMED: usize = 5;

/// Says which policies failed to plan, and for how many events.
pub(crate) fn failed_to_plan(faults: &BTreeMap<PolicyFault, u64>, so: &str) {
    let (error, end) = (style::ERROR, style::END);
    for (fault, events) in faults {
        let events = count(*events, "event");
        remark(format_args!(
            "{error}error{end}: {fault}\n  it failed on {events}, so {so}"
        ));
    }
}

/// Says which policies failed to judge, and how many messages they held so.
pub(crate) fn failed_to_judge(faults: &BTreeMap<PolicyFault, u64>) {
    let (error, end) = (style::ERROR, style::END);
    for (fault, messages) in faults {
        let messages = count(*messages, "message");
        remark(format_args!(
            "{error}error{end}: {fault}\n  it failed on {messages}, which a host would hold until it is mended"
        ));
    }
}

/// Says that messages are missing because a policy failed on these events.
pub(crate) fn missing(unplanned: &[Unplanned]) {
    let mut by_fault: BTreeMap<&PolicyFault, Vec<&Unplanned>> = BTreeMap::new();
    for event in unplanned {
        for fault in &event.faults {
            by_fault.entry(fault).or_default().push(event);
        }
    }
    let (error, end) = (style::ERROR, style::END);
    for (fault, events) in by_fault {
        let mut named: Vec<String> = events
            .iter()
            .take(NAMED)
            .map(|event| format!("{} of {}", event.kind, event.subject))
            .collect();
        if let more @ 1.. = events.len().saturating_sub(NAMED) {
            named.push(format!("{more} more"));
        }
        remark(format_args!(
            "{error}messages are missing{end}: {fault}\n  it failed on {}; they are planned when it is mended",
            named.join(", ")
        ));
    }
}
