//! What `check` may answer.

use rappel_core::civil::Civil;
use rappel_core::decision::Verdict;
use rhai::{Engine, NativeCallContext};

use super::{Answer, Function};
use crate::facts::{CHANNEL_NAMES, Type};
use crate::sandbox::says;
use crate::told;

/// An answer as a policy gives it.
#[derive(Clone, Debug)]
pub(crate) struct Given {
    pub(crate) verdict: Verdict,
    /// Where `allow()`, `skip(…)`, … stands.
    pub(crate) line: u32,
}

/// The line of a call.
pub(super) fn line(context: &NativeCallContext<'_>) -> u32 {
    let line = context.call_position().line();
    line.and_then(|line| u32::try_from(line).ok()).unwrap_or(0)
}

fn given(context: &NativeCallContext<'_>, verdict: Verdict) -> Given {
    Given {
        verdict,
        line: line(context),
    }
}

/// A reason that says something: the summary shows it to the clinic.
fn reason(why: &str) -> Answer<String> {
    let why = why.trim();
    if why.is_empty() {
        return Err(says("the reason is empty; say why in a sentence"));
    }
    Ok(why.to_string())
}

pub(super) const FUNCTIONS: &[Function] = &[
    Function {
        name: "allow",
        of: None,
        takes: &[],
        gives: Type::ANSWER,
        summary: "The policy has nothing against it. The message goes when every policy allows it.",
        examples: &[("allow()", "allow")],
        register: |engine| {
            engine.register_fn("allow", |context: NativeCallContext<'_>| {
                given(&context, Verdict::Allow)
            });
        },
    },
    Function {
        name: "skip",
        of: None,
        takes: &[("why", Type::TEXT)],
        gives: Type::ANSWER,
        summary: "It must not go, now or later. Wins over every other answer.",
        examples: &[(
            "skip(`booked only ${hours(4)} before the visit`)",
            "skip: booked only 4 hours before the visit",
        )],
        register: |engine| {
            engine.register_fn("skip", |context: NativeCallContext<'_>, why: &str| {
                let reason = reason(why)?;
                Answer::Ok(given(&context, Verdict::Skip { reason }))
            });
        },
    },
    Function {
        name: "hold",
        of: None,
        takes: &[("until", Type::TIME), ("why", Type::TEXT)],
        gives: Type::ANSWER,
        summary: "Not now; ask again at a time. The latest of several holds counts.",
        examples: &[(
            "hold(time(\"2026-06-02 08:00\"), \"nothing goes out at night\")",
            "hold until 2026-06-02 08:00: nothing goes out at night",
        )],
        register: |engine| {
            engine.register_fn(
                "hold",
                |context: NativeCallContext<'_>, until: Civil, why: &str| {
                    let reason = reason(why)?;
                    Answer::Ok(given(&context, Verdict::Hold { until, reason }))
                },
            );
        },
    },
    Function {
        name: "via",
        of: None,
        takes: &[("channel", Type::word(CHANNEL_NAMES)), ("why", Type::TEXT)],
        gives: Type::ANSWER,
        summary: "It goes by another channel. Every policy is asked again about that channel.",
        examples: &[(
            "via(\"email\", \"an e-mail costs nothing\")",
            "via email: an e-mail costs nothing",
        )],
        register: |engine| {
            engine.register_fn(
                "via",
                |context: NativeCallContext<'_>, channel: &str, why: &str| {
                    let channel = super::channel(channel)?;
                    let reason = reason(why)?;
                    Answer::Ok(given(&context, Verdict::Via { channel, reason }))
                },
            );
        },
    },
];

pub(super) fn register_types(engine: &mut Engine) {
    engine.register_type_with_name::<Given>("answer");
    engine.register_fn("to_string", |given: &mut Given| {
        told::verdict(&given.verdict)
    });
}
