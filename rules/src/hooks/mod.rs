//! Asking policies: `plan` after an event, `check` when a message is due.

mod check;
mod plan;

use std::sync::{Arc, LazyLock};

use crate::facts;
use crate::functions;
use crate::sandbox::{Hook, Limits, Place, Sandbox, Script, Traced};

pub use plan::Planning;
pub(crate) use {
    check::check,
    plan::{plan, plannings},
};

/// The parameters of `plan`.
pub(crate) const PLAN: [&str; 3] = ["event", "visit", "settings"];
/// The parameters of `check`.
pub(crate) const CHECK: [&str; 3] = ["message", "visit", "settings"];

/// Where every policy of every clinic runs: it knows the forms of facts, and no facts.
pub(crate) static SANDBOX: LazyLock<Sandbox> = LazyLock::new(|| {
    let names = functions::all().map(|function| function.name);
    Sandbox::new(Limits::POLICY, names, |engine| {
        facts::register_all(engine);
        functions::register_all(engine);
    })
});

/// A policy, ready to be asked.
#[derive(Clone, Debug)]
pub(crate) struct Policy {
    /// Its name: that of its file.
    pub(crate) name: Arc<str>,
    plan: Option<Hook>,
    check: Option<Hook>,
    /// Its text.
    source: Arc<str>,
}

/// A copy of a policy that tells to which of its places it comes.
pub(crate) struct TracedPolicy {
    pub(crate) policy: Policy,
    pub(crate) places: Vec<Place>,
}

impl Policy {
    /// The policy of a script whose hooks have their forms.
    pub(crate) fn new(name: &str, source: &Arc<str>, script: &Script) -> Self {
        Self {
            name: name.into(),
            source: source.clone(),
            plan: script.hook("plan", &PLAN),
            check: script.hook("check", &CHECK),
        }
    }

    /// Whether it says which messages should exist.
    pub(crate) fn plans(&self) -> bool {
        self.plan.is_some()
    }

    /// Whether it says something of due messages.
    pub(crate) fn checks(&self) -> bool {
        self.check.is_some()
    }

    /// Its copy that tells where it comes; `None` where that one is larger than a policy may be.
    pub(crate) fn traced(&self) -> Option<TracedPolicy> {
        let script = SANDBOX.compile(&self.source).ok()?;
        let Traced { script, places } = SANDBOX.traced(&self.source, &script)?;
        Some(TracedPolicy {
            policy: Self::new(&self.name, &self.source, &script),
            places,
        })
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use rappel_core::channel::ChannelKind;
    use rappel_core::decision::Verdict;
    use rappel_core::facts::{Records, Visit};
    use rappel_core::kind::{Kind, STOCK_KINDS};
    use rappel_core::message::MessageFacts;

    use super::*;
    use crate::facts::{Facts, Reads, View};
    use crate::functions::Given;
    use crate::stock::STOCK;

    fn visit(status: &str, online: bool, no_shows: u32) -> Visit {
        let data = serde_json::json!({
            "appointment": {"id": "a", "start": "2026-06-03T14:30", "booked_at": "2026-06-03T10:30", "status": status, "online": online},
            "patient": {"id": "p", "visits": 10, "no_shows": no_shows, "channels": {"email": online}},
        });
        Records::from_data(data.as_object().unwrap())
            .unwrap()
            .to_visit()
            .unwrap()
            .0
    }

    /// A hook's body runs in a scope that holds its arguments, instead of being called with them. That
    /// must give what a call gives.
    #[test]
    fn a_hook_answers_what_a_call_of_it_answers() {
        let values = "messages.reminder = { sms = \"on\", email = \"online\" }\nreminder.second_sms = \"unreliable\"";
        let settings = crate::cases::plain()
            .unwrap()
            .with(&values.parse().unwrap())
            .unwrap();
        let settings = Arc::new(settings);
        let mut told = std::collections::BTreeSet::new();
        for stock in STOCK {
            let script = SANDBOX.compile(stock.text).unwrap();
            let policy = Policy::new(stock.name, &stock.text.into(), &script);
            if policy.check.is_none() {
                continue;
            }
            let visits = [
                visit("booked", true, 1),
                visit("confirmed", false, 4),
                visit("cancelled", true, 4),
            ];
            for (visit, kind, channel) in visits.iter().flat_map(|visit| {
                STOCK_KINDS
                    .iter()
                    .flat_map(move |kind| ChannelKind::ALL.map(|channel| (visit, kind, channel)))
            }) {
                let now = "2026-06-02T22:00".parse().unwrap();
                let message = MessageFacts {
                    due: "2026-06-01T08:00".parse().unwrap(),
                    reminders_today: 1,
                    ..MessageFacts::due(Kind::parse(kind.name).unwrap(), channel, now)
                };
                let decision = check([&policy], &message, visit, &settings);
                let facts = Arc::new(Facts {
                    event: None,
                    message: Some(message),
                    visit: visit.clone(),
                    settings: settings.clone(),
                    reads: Reads::default(),
                });
                let windows =
                    [View::Message, View::Visit, View::Settings].map(|view| view.open(&facts));
                let called = SANDBOX
                    .call(&script, "check", windows.to_vec())
                    .unwrap()
                    .cast::<Given>();
                let answer = &decision.answers[0];
                assert_eq!(
                    (&answer.verdict, answer.origin.line),
                    (&called.verdict, called.line),
                    "{}",
                    stock.name
                );
                told.insert((stock.name, called.line, called.verdict == Verdict::Allow));
            }
        }
        // Comparing one answer over and over would say nothing.
        assert!(told.len() > 20, "{}", told.len());
    }
}
