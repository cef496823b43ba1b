//! `:help`: what to type on the visit that is loaded, the commands, and more about each.

use rappel_core::Language;

use super::super::session::Session;
use super::{Answer, COMMANDS, Command, find};
use crate::output::style;

/// What is told of that is no command.
pub(in super::super) const TOPICS: &[(&str, &str)] = &[
    (
        "text",
        "A text is a template, and is rendered on the visit. `docs/language.md` has all of it.\n\
         \x20 [TRD3]                   the patient's first name; `:vars` lists the variables, Tab completes them by number or label\n\
         \x20 [TRD14|default \"-\"]      a filter, for a value that may be absent\n\
         \x20 [IF TRD23]…[ELSE]…[/IF]  a section; SI, SE and so on in other languages\n\
         While it is typed, its segments and its cost stand behind it, or what is wrong with it.\n\
         A line that ends with \\ goes on in the next. A text of many lines stands between two lines of \"\"\", as it is.",
    ),
    (
        "policies",
        "Policies decide which messages there are, and whether one may go when it is due.\n\
         \x20 :plan                    which messages the visit gets\n\
         \x20 :why                     what each policy says of this one, and what would change it\n\
         \x20 :set patient.no_shows = 4, :why   the same with another fact; `:reset` takes it back",
    ),
    (
        "family",
        "Reminders of one day to one address go as one message, where `reminder.together` is on and the template has [FAMILY].\n\
         \x20 :with family             adds the other visits of the day with the patient's number\n\
         \x20 :template                the message about all of them\n\
         \x20 :reply OUI 1 NON 2       an answer to each\n\
         \x20 :with none               this visit alone again",
    ),
    (
        "scripts",
        "On a pipe each line is answered as here, and the exit code is 1 when one of them failed.\n\
         \x20 printf ':visit a-101\\n:why\\n' | rappel repl CLINIC\n\
         Name a visit by its id there: a name that fits several is a failure, for what follows would be asked of another.",
    ),
    (
        "history",
        "The arrows bring back what was typed. Later sessions know the commands that can hold nothing of a patient's, such as\n\
         `:why` and `:kind`; texts, `:visit`, `:with`, `:set`, `:unset` and `:reply` are forgotten at the end. The file is\n\
         ~/.local/state/rappel/repl_history, for you alone to read; `--history FILE` names another, `--no-history` keeps none.",
    ),
];

/// Teaches: everything, or one thing.
pub(super) fn help(session: &mut Session, name: &str) -> Answer {
    let name = name.trim_start_matches(':');
    if name.is_empty() {
        return Ok(format!("{}\n\n{}", tour(session), commands()));
    }
    if let Some(command) = find(name) {
        let (summary, more) = (command.summary, command.more);
        let heading = format!("{}\n{summary}", row(command, 0, ""));
        return Ok(match more.is_empty() {
            true => heading,
            false => format!("{heading}.\n\n{more}"),
        });
    }
    let topic = TOPICS.iter().find(|(topic, _)| *topic == name);
    topic.map(|(_, told)| (*told).to_string()).ok_or_else(|| {
        format!(
            "there is no help about `{name}`; there is about every command, and about {}",
            topics()
        )
    })
}

/// What to type, on this visit.
fn tour(session: &Session) -> String {
    let patient = session.visit.visit().patient.as_ref();
    let language = session
        .preview
        .language(session.rules(), session.visit.visit());
    let (hello, yes) = words(language);
    let mut steps = vec![
        (
            format!("{hello} [TRD3], [TRD31] [TRD9]"),
            "a text: how it reads, its segments, its cost",
        ),
        (
            ":template".to_string(),
            "the clinic's own text of this message",
        ),
        (
            ":why".to_string(),
            "whether it would go, and what would change that",
        ),
    ];
    if patient.is_some_and(|patient| patient.consent != Some(false)) {
        steps.push((
            ":set patient.consent = no".into(),
            "another fact: ask `:why` again, then `:reset`",
        ));
    } else {
        steps.push((
            ":set patient.consent = yes".into(),
            "another fact: ask `:why` again, then `:reset`",
        ));
    }
    steps.push((":plan".into(), "every message that this visit gets"));
    if patient.is_some_and(|patient| patient.mobile.is_some()) {
        steps.push((format!(":reply {yes}"), "what would come of that answer"));
    }
    if let Some(other) = session
        .disk
        .visits()
        .into_iter()
        .find(|name| *name != session.visit_name)
    {
        steps.push((
            format!(":visit {other}"),
            "another visit; or a patient's name, number, an id",
        ));
    } else {
        steps.push((
            ":help visit".into(),
            "real visits, by a patient's name, number, an id",
        ));
    }
    let widest = steps.iter().map(|(typed, _)| typed.chars().count()).max();
    let mut lines = vec![format!("Try this, on the visit {}:", session.visit_name)];
    for (typed, told) in &steps {
        let blanks = " ".repeat(widest.unwrap_or_default() - typed.chars().count());
        let (help, end) = (style::HELP, style::END);
        lines.push(format!("  {help}{typed}{end}{blanks}  {told}"));
    }
    lines.join("\n")
}

/// How a message begins, and how one agrees.
fn words(language: Language) -> (&'static str, &'static str) {
    match language {
        Language::Fr => ("Bonjour", "OUI"),
        Language::En => ("Hello", "YES"),
        Language::It => ("Buongiorno", "SÌ"),
        Language::Es => ("Hola", "SÍ"),
        Language::De => ("Guten Tag", "JA"),
        Language::Pt => ("Bom dia", "SIM"),
    }
}

fn commands() -> String {
    let widest = COMMANDS
        .iter()
        .map(|command| command.name.len() + command.arguments.len())
        .max()
        .unwrap_or_default();
    let mut lines = vec!["Commands:".to_string()];
    lines.extend(COMMANDS.iter().map(|command| {
        let short = command.short.map(|short| format!(" (:{short})"));
        let told = format!("{}{}", command.summary, short.unwrap_or_default());
        format!("  {}", row(command, widest, &told))
    }));
    lines.push(String::new());
    lines.push("`:help why` tells more of a command.".into());
    lines.push(format!("There is help about {}, too.", topics()));
    lines.join("\n")
}

/// `:kind KIND  take another kind`
fn row(command: &Command, widest: usize, told: &str) -> String {
    let (strong, end) = (style::STRONG, style::END);
    let (name, arguments) = (command.name, command.arguments);
    let blanks = " ".repeat(widest.saturating_sub(name.len() + arguments.len()));
    format!("{strong}:{name}{end} {arguments}{blanks}  {told}")
        .trim_end()
        .to_string()
}

fn topics() -> String {
    let names: Vec<String> = TOPICS.iter().map(|(name, _)| format!("`{name}`")).collect();
    names.join(", ")
}
