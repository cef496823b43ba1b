//! `:vars`, `:template`, `:check` and `:reload`: looking at what there is.

use std::fmt::Write as _;

use rappel_core::Diagnostic;

use super::super::session::Session;
use super::super::text::{self, faint, painted};
use super::Answer;
use crate::output::diagnostics::{reports, tally};
use crate::output::{style, table};

/// Lists the variables.
pub(super) fn variables(session: &mut Session, word: &str) -> Answer {
    let language = session.rules().settings().language;
    let mut rows = table::plain(&["VARIABLE", "LABEL", "VALUE"]);
    for (variable, value) in session.preview.values(session.rules(), &session.visit) {
        let (name, label) = (variable.to_string(), variable.label(language));
        let fits = |text: &str| text.to_lowercase().contains(&word.to_lowercase());
        if fits(&name) || fits(label) || fits(variable.row().name) {
            rows.add_row([
                name,
                label.to_string(),
                value.unwrap_or_else(|| faint("(absent)")),
            ]);
        }
    }
    if rows.is_empty() {
        return Err(format!(
            "no variable of a {} has `{word}` in its name or label",
            session.preview.kind
        ));
    }
    Ok(table::written(&rows))
}

/// Shows the clinic's template and renders it.
pub(super) fn template(session: &mut Session, _: &str) -> Answer {
    let (kind, channel) = (session.preview.kind.clone(), session.preview.channel);
    let language = session
        .preview
        .language(session.rules(), session.visit.visit());
    let template = session
        .rules()
        .template(&kind, channel, language)
        .ok_or_else(|| format!("the clinic has no template for {kind} by {channel}; write templates/{kind}.{channel}.trd"))?;
    let settings = session.rules().settings();
    let names = [
        format!("templates/{kind}.{channel}.{language}.trd"),
        format!("templates/{kind}.{channel}.trd"),
        format!("templates/{kind}.{channel}.{}.trd", settings.language),
    ];
    let mut told = String::new();
    if let Some((name, source)) = names
        .iter()
        .find_map(|name| Some((name, session.clinic.files.get(name)?)))
    {
        let _ = write!(told, "{}\n{}\n\n", faint(name), painted(source.trim_end()));
    }
    let content = session
        .preview
        .render(session.rules(), &session.visit, template)
        // The reason first: what stands behind it may be long.
        .map_err(|stopped| format!("this message must not go: {stopped}\n\n{}", told.trim_end()))?;
    Ok(format!(
        "{told}{}",
        crate::output::content::told(&content, settings.cost(channel, &content))
    ))
}

/// Checks the clinic as it is on the disk now, and the last text.
pub(super) fn check(session: &mut Session, _: &str) -> Answer {
    let found = match session.disk.load() {
        Ok(clinic) => {
            let mut found = clinic.rules.warnings().to_vec();
            found.extend(crate::clinic::gateway_diagnostics(
                &clinic,
                crate::clinic::Gateways::WithoutSecrets,
            ));
            found
        }
        Err(found) => found,
    };
    let mut told = String::new();
    let mut failed = found.iter().any(Diagnostic::is_error);
    if !found.is_empty() {
        let _ = write!(told, "{}\n\n", reports(&found));
    }
    let _ = write!(told, "the clinic: {}", tally(&found));
    if let Some(text) = &session.text {
        let compiled = text::compiled(session, text);
        failed |= compiled.template.is_none();
        if !compiled.diagnostics.is_empty() {
            let _ = write!(told, "\n\n{}\n", reports(&compiled.diagnostics));
        }
        let _ = write!(told, "\nyour text: {}", tally(&compiled.diagnostics));
        if let Some(cost) = compiled.template.and_then(|template| template.cost()) {
            let _ = write!(told, "\n{}", crate::output::templates::sentence(&cost));
        }
    }
    if failed { Err(told) } else { Ok(told) }
}

/// Takes the clinic's files as they are now, if they hold together.
pub(super) fn reload(session: &mut Session, _: &str) -> Answer {
    match session.disk.load() {
        Ok(clinic) => {
            let unchanged = clinic.rules.id() == session.rules().id();
            session.clinic = clinic;
            Ok(if unchanged {
                "nothing has changed".into()
            } else {
                format!("generation {} is taken", session.rules().id())
            })
        }
        Err(found) => {
            let errors: Vec<_> = found.into_iter().filter(Diagnostic::is_error).collect();
            let (error, end) = (style::ERROR, style::END);
            Err(format!(
                "{}\n\n{error}refused{end}: the rules from before go on",
                reports(&errors)
            ))
        }
    }
}
