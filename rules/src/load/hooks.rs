//! Whether a policy has a hook, and each hook the parameters it must have.

use rappel_core::diagnostic::codes;
use rappel_core::nearest;
use rhai::Position;

use super::Found;
use crate::hooks::{CHECK, PLAN};
use crate::sandbox::Script;

const HOOKS: [(&str, [&str; 3]); 2] = [("plan", PLAN), ("check", CHECK)];

pub(super) fn check(script: &Script) -> Vec<Found> {
    let named = |name: &'static str| script.functions.iter().filter(move |f| f.name == name);
    let mut found = Vec::new();
    let mut asked = false;
    for (name, params) in HOOKS {
        asked |= named(name).any(|function| function.params == params);
        let form = format!("fn {name}({})", params.join(", "));
        for function in named(name).filter(|function| function.params != params) {
            let given = function.params.join(", ");
            found.push(
                Found::new(
                    codes::BAD_HOOK,
                    function.position,
                    format!(
                        "`{name}({given})` is never asked: its parameters must be ({})",
                        params.join(", ")
                    ),
                )
                .help(format!("write `{form}`")),
            );
        }
    }
    if !asked && found.is_empty() {
        let slip = Found::new(
            codes::POLICY_WITHOUT_HOOK,
            Position::NONE,
            "the policy has neither `plan` nor `check`, so it is never asked",
        );
        let near = script.functions.iter().find_map(|function| {
            let (name, _) = HOOKS
                .into_iter()
                .find(|(name, _)| nearest(&function.name, [*name]).is_some())?;
            Some(format!("rename `{}` to `{name}`", function.name))
        });
        found.push(slip.help(near.unwrap_or_else(|| {
            "write `fn plan(event, visit, settings)` or `fn check(message, visit, settings)`".into()
        })));
    }
    found
}
