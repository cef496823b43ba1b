//! Kinds of message that nothing plans: a template, a row of `[messages]` or a setting that waits for a
//! message that never comes, because its name is misspelt or its policy is gone.

use rappel_core::diagnostic::{Diagnostic, codes};
use rappel_core::kind::{Kind, STOCK_KINDS};
use rappel_core::nearest;
use rappel_core::settings::Settings;
use rappel_dsl::FileName;
use rappel_rules::PlannedKinds;

use super::generation::Folder;

/// Warns of every place that names a kind which no policy plans.
pub(super) fn unplanned(
    folder: &Folder,
    settings: &Settings,
    planned: &PlannedKinds,
) -> Vec<Diagnostic> {
    let mut known: Vec<&str> = STOCK_KINDS.iter().map(|kind| kind.name).collect();
    known.extend(planned.named());
    let mut found = Vec::new();
    for kind in settings.messages.keys() {
        let Some(near) = astray(kind, planned, &known) else {
            continue;
        };
        found.push(setting(folder, &format!("messages.{kind}"), kind, near));
    }
    for (key, kinds) in [
        ("hours.anytime", &settings.hours.anytime),
        ("consent.necessary", &settings.consent.necessary),
    ] {
        for kind in kinds {
            // A row of `[messages]` was told above.
            if !settings.messages.contains_key(kind)
                && let Some(near) = astray(kind, planned, &known)
            {
                found.push(setting(folder, key, kind, near));
            }
        }
    }
    known.extend(settings.messages.keys().map(Kind::as_str));
    for (path, _) in folder.under("templates/") {
        if let Ok(FileName::Template { kind, .. }) = FileName::parse(path)
            && !settings.messages.contains_key(&kind)
            && let Some(near) = astray(&kind, planned, &known)
        {
            let message = format!(
                "no policy plans a message of the kind `{kind}`, and `[messages]` doesn't declare it: this template is never used"
            );
            let help = match near {
                Some(near) => {
                    let file = path.rsplit('/').next().unwrap_or(path);
                    let meant = file.replacen(kind.as_str(), near, 1);
                    format!("did you mean `{meant}`? If not, {}", own(&kind))
                }
                None => own(&kind),
            };
            found.push(Diagnostic::new(codes::UNPLANNED_KIND, path, message).help(help));
        }
    }
    found
}

/// The nearest known kind to one that nothing plans; `None` where a policy plans it, or may.
fn astray<'k>(kind: &Kind, planned: &PlannedKinds, known: &[&'k str]) -> Option<Option<&'k str>> {
    if planned.has(kind) {
        return None;
    }
    let near = nearest(kind.as_str(), known.iter().copied());
    // A policy may make up a kind's name, but hardly one that differs by a slip from a known one.
    (near.is_some() || !planned.is_open()).then_some(near)
}

fn setting(folder: &Folder, key: &str, kind: &Kind, near: Option<&str>) -> Diagnostic {
    const FILE: &str = "clinic.toml";
    let message = format!("`{key}`: no policy plans a message of the kind `{kind}`");
    let help = match near {
        Some(near) => format!("did you mean `{near}`? If not, {}", own(kind)),
        None => own(kind),
    };
    let diagnostic = Diagnostic::new(codes::UNPLANNED_KIND, FILE, message).help(help);
    let text = folder.get(FILE);
    match text.and_then(|text| Some((text, Settings::place(text, key)?))) {
        Some((text, span)) => diagnostic.at(text.clone(), span),
        None => diagnostic,
    }
}

fn own(kind: &Kind) -> String {
    format!("a kind of your own is planned by a policy in rules/: `message(\"{kind}\", \"sms\")`")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::engine::Generation;

    const CLINIC: &str = r#"id = "x"
name = "X"
zone = "Europe/Paris"
country = "FR"
channels.sms.gateway = "out"
gateways.out.type = "console"
hours.anytime = ["canceled", "created"]
[messages]
remindr = { sms = "off" }
survey = { sms = "on" }
thanks = { sms = "on" }
reminder = { sms = "on" }
"#;

    /// What is told of a clinic with this policy.
    fn told(policy: &str) -> String {
        let cases = "[[case]]\nname = \"it is allowed\"\nanswer = \"allow\"\n";
        let text = format!(
            "fn plan(event, visit, settings) {{\n    {policy}\n}}\nfn check(message, visit, settings) {{ allow() }}\n"
        );
        let mut folder = Folder::default();
        for (path, text) in [
            ("clinic.toml", CLINIC),
            ("rules/own.rhai", &text),
            ("rules/own.cases.toml", cases),
            ("templates/reminder.sms.trd", "Bonjour [TRD3]"),
            ("templates/thanks.sms.trd", "Merci [TRD3]"),
            ("templates/survey.sms.trd", "Votre avis, [TRD3] ?"),
            ("templates/remidner.sms.en.trd", "Hello [TRD3]"),
            ("templates/birthday.sms.trd", "Joyeux anniversaire, [TRD3]"),
        ] {
            folder.insert(path, text);
        }
        let found = match Generation::compile(&folder) {
            Ok(clinic) => clinic.warnings().to_vec(),
            Err(found) => found,
        };
        let reports: Vec<_> = found.iter().map(|slip| slip.report(90, false)).collect();
        reports.join("\n")
    }

    #[test]
    fn what_no_policy_plans_is_told() {
        insta::assert_snapshot!(told("[message(\"survey\", \"sms\").now()]"));
    }

    #[test]
    fn a_policy_that_makes_up_names_may_plan_any_but_a_slip() {
        insta::assert_snapshot!(told(
            "[\"survey\", \"thanks\"].map(|kind| message(kind, \"sms\").now())"
        ));
    }
}
