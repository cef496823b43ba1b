//! What a clinic's SMS can cost, before there is a patient.

use comfy_table::Cell;
use rappel_dsl::Cost;
use rappel_host::engine::Generation;

use super::table;
use crate::commands::check::Usual;

/// The fewest, typical and most segments of each SMS template, the most where a value makes it Unicode,
/// and what makes the dearest; empty where there is no such template. `usual` are the clinic's own visits.
pub(crate) fn cost(rules: &Generation, usual: Option<&Usual>) -> String {
    let mut rows = table::plain(&["SMS", "SEGMENTS", "USUALLY", "UNICODE", "MOST WITH"]);
    for (kind, _, language, template) in rules.templates().iter() {
        let Some(cost) = template.cost() else {
            continue;
        };
        let language = language
            .map(|language| format!(" ({language})"))
            .unwrap_or_default();
        let usually = match usual {
            Some(usual) => usual.segments(template).map(|segments| segments as usize),
            None => cost.typical.as_ref().map(|typical| typical.segments),
        };
        rows.add_row([
            Cell::new(format!("{kind}{language}")),
            Cell::new(range(&cost)),
            Cell::new(usually.map_or_else(|| "-".into(), |usually| usually.to_string())),
            Cell::new(format!("to {}", cost.most_in_unicode)),
            Cell::new(dearest(&cost)),
        ]);
    }
    if rows.is_empty() {
        String::new()
    } else {
        table::written(&rows)
    }
}

/// `1`, `1 to 3`; `at most 9` where only bounds are known.
fn range(cost: &Cost) -> String {
    let (fewest, most) = (cost.fewest.segments, cost.most.segments);
    match cost.exact {
        _ if fewest == most => most.to_string(),
        true => format!("{fewest} to {most}"),
        false => format!("at most {most}"),
    }
}

/// What makes a message the dearest.
fn dearest(cost: &Cost) -> String {
    let mut parts = Vec::new();
    if cost.most.segments > cost.fewest.segments {
        parts.extend(cost.most.branch.iter().cloned());
        if let Some((variable, characters)) = &cost.most.longest_value {
            parts.push(format!("{variable} of {characters} characters"));
        }
    }
    if let Some(dearest) = &cost.dearest {
        parts.push(format!(
            "`{}` costs {} more: {}",
            dearest.character, dearest.segments, dearest.instead
        ));
    }
    parts.join("; ")
}

/// What a text can cost, in a sentence.
pub(crate) fn sentence(cost: &Cost) -> String {
    let most = dearest(cost);
    let most = if most.is_empty() {
        most
    } else {
        format!("; most with {most}")
    };
    format!(
        "SMS segments over every value and branch: {}{most}",
        range(cost)
    )
}
