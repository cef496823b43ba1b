//! What a message's story tells of its planning: by an event, or by other rules.

use rappel_core::civil::Civil;
use rappel_core::decision::PolicyFault;
use rappel_core::store::{Did, NewMessage, Plan, Step};

use super::ingest::Ingest;

impl Ingest<'_> {
    pub(super) fn added(&self, new: &NewMessage, plan: &Plan) -> Step {
        let (origin, due) = (new.origin.clone(), new.due_civil);
        if self.by_rules {
            return by_rules(plan, Did::Added { origin, due });
        }
        Step::Planned {
            event: self.event.kind,
            source: self.event.source.clone(),
            id: self.event.id.clone(),
            origin,
            due,
            reason: new.reason.clone(),
        }
    }

    pub(super) fn moved(&self, (from, to): (Civil, Civil), plan: &Plan) -> Step {
        if self.by_rules {
            return by_rules(plan, Did::Moved { from, to });
        }
        Step::Moved {
            event: self.event.kind,
            id: self.event.id.clone(),
            from,
            to,
        }
    }

    pub(super) fn withdrawn(&self, reason: &str, plan: &Plan) -> Step {
        let reason = reason.to_string();
        if self.by_rules {
            return by_rules(plan, Did::Withdrawn { reason });
        }
        Step::Withdrawn {
            event: self.event.kind,
            id: self.event.id.clone(),
            reason,
        }
    }

    pub(super) fn kept(&self, fault: &PolicyFault, plan: &Plan) -> Step {
        let fault = fault.clone();
        if self.by_rules {
            return by_rules(plan, Did::Kept { fault });
        }
        Step::Kept {
            event: self.event.kind,
            id: self.event.id.clone(),
            fault,
        }
    }
}

fn by_rules(plan: &Plan, did: Did) -> Step {
    Step::Rules {
        generation: plan.generation.clone(),
        did,
    }
}
