//! Templates against `[messages]`: what is switched on has one, and what has one is switched on.

use std::sync::Arc;

use rappel_core::channel::ChannelKind;
use rappel_core::diagnostic::{Diagnostic, codes};
use rappel_core::kind::{About, Kind, Named};
use rappel_core::settings::{Cell, Settings};
use rappel_dsl::{FileName, Template, Templates, Variable};

use super::generation::{Folder, placed};

/// Tells of messages that are switched on without a template: each would be kept back when it is due.
pub(super) fn missing(folder: &Folder, settings: &Settings, text: &Arc<str>) -> Vec<Diagnostic> {
    let there: Vec<FileName> = folder
        .under("templates/")
        .filter_map(|(path, _)| FileName::parse(path).ok())
        .collect();
    let has = |kind: &Kind, channel: ChannelKind| {
        there.iter().any(|name| {
            // One in another language than the clinic's serves only those who prefer it.
            matches!(name, FileName::Template { kind: k, channel: c, language }
                if k == kind && *c == channel && language.is_none_or(|l| l == settings.language))
        })
    };
    let mut missing = Vec::new();
    for (kind, cells) in &settings.messages {
        for channel in ChannelKind::ALL {
            if cells.get(channel) != Cell::Off && !has(kind, channel) {
                let message =
                    format!("`{kind}` goes by {channel}, but there is no template for it");
                let help =
                    format!("write templates/{kind}.{channel}.trd, or set the cell to \"off\"");
                let slip = Diagnostic::new(codes::NO_TEMPLATE, "clinic.toml", message).help(help);
                missing.push(placed(slip, text, &format!("messages.{kind}.{channel}")));
            }
        }
    }
    missing
}

/// Warns of reminders that a family gets one by one though the clinic wants them together.
pub(super) fn without_family(
    folder: &Folder,
    templates: &Templates,
    settings: &Settings,
) -> Vec<Diagnostic> {
    if !settings.reminder.together {
        return Vec::new();
    }
    let told = folder.under("templates/").filter_map(|(path, _)| {
        let Ok(FileName::Template {
            kind,
            channel,
            language,
        }) = FileName::parse(path)
        else {
            return None;
        };
        let reminds = kind.is_reminder() && settings.cells(&kind).get(channel) != Cell::Off;
        let template = templates.get(&kind, channel, language.unwrap_or(settings.language))?;
        if !reminds || channel == ChannelKind::Voice || lists_family(template) {
            return None;
        }
        let message = "`reminder.together` is on, but this template has no `[FAMILY]`: each appointment of a family is reminded of on its own";
        let help = "write `[IF FAMILY]…[FAMILY]…[ELSE]…[/IF]` around what it says, or set `reminder.together` to false";
        Some(Diagnostic::new(codes::LISTS_NO_FAMILY, path, message).help(help))
    });
    told.collect()
}

/// Whether a template can tell of several appointments.
pub(super) fn lists_family(template: &Template) -> bool {
    Variable::named(Named::Family).is_some_and(|family| template.variables().contains(&family))
}

/// Warns of templates whose messages never go.
pub(super) fn switched_off(folder: &Folder, settings: &Settings) -> Vec<Diagnostic> {
    // What a clinic puts in the place of the stock policy may look at anything.
    if folder.get("rules/channels.rhai").is_some() {
        return Vec::new();
    }
    let told = folder.under("templates/").filter_map(|(path, _)| {
        let Ok(FileName::Template { kind, channel, .. }) = FileName::parse(path) else {
            return None;
        };
        // A kind that nothing declares or plans is told as such; Rappel writes to the administrator itself.
        let declared = settings.messages.contains_key(&kind) || kind.stock().is_some();
        if !declared
            || kind.about() == About::Clinic
            || settings.cells(&kind).get(channel) != Cell::Off
        {
            return None;
        }
        let message = format!(
            "`[messages]` doesn't switch `{kind}` on for {channel}: this template is never used"
        );
        let help = match settings.cells(&kind).any() {
            true => format!(
                "set `{channel}` of `{kind}` to \"on\" in `[messages]` of clinic.toml, or take the file away"
            ),
            false => format!(
                "write `{kind} = {{ {channel} = \"on\" }}` into `[messages]` of clinic.toml, or take the file away"
            ),
        };
        Some(Diagnostic::new(codes::SWITCHED_OFF_TEMPLATE, path, message).help(help))
    });
    told.collect()
}
