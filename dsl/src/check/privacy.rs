//! Health data where others see or hear it: on a locked screen, in a mailbox.

use rappel_core::ChannelKind;
use rappel_core::diagnostic::codes;
use rappel_grammar::Span;

use super::Checker;
use crate::variables::Variable;

impl Checker<'_> {
    /// Warns where a value tells of a person's health, once a template.
    pub(super) fn reveals(&mut self, variable: Variable, span: Span) {
        let (by, why) = match self.options.channel {
            ChannelKind::Sms => (
                "by SMS",
                "a locked telephone shows it to whoever sees the screen",
            ),
            ChannelKind::Voice => (
                "in a call",
                "whoever picks up or plays the mailbox hears it",
            ),
            ChannelKind::Email => return,
        };
        let (Some(health), Some(accepted)) = (variable.health(), &self.options.accepted) else {
            return;
        };
        if accepted.contains(&health) || self.revealed.contains(&variable) {
            return;
        }
        self.revealed.push(variable);
        let label = variable.row().labels.en;
        let template = &self.template;
        let through = match self.including.as_slice() {
            [] => String::new(),
            parts => {
                let tags: Vec<String> = parts
                    .iter()
                    .map(|part| format!("`[INCLUDE {part}]`"))
                    .collect();
                format!(" in {template}, through {}", tags.join(" and "))
            }
        };
        let health = health.name();
        let diagnostic = self
            .file
            .diagnostic(
                codes::HEALTH_DATA,
                span,
                format!("`{variable}` ({label}) tells of the person's health {by}{through}: {why}"),
            )
            .label("health data")
            .help(format!(
                "take it out, or leave it to the e-mail; where the clinic has decided to tell it, add `\"{health}\"` to `accept` in `[privacy]` of clinic.toml"
            ));
        self.tell(diagnostic);
    }
}
