//! The commands of a session: one table, a row each; `:help` and the completion are made of it.

mod ask;
mod credits;
mod look;
mod message;
mod visit;

use super::session::Session;
use crate::output::style;

/// What a command answers: something to read, or why not.
type Answer = Result<String, String>;

/// A command.
pub(super) struct Command {
    /// Its name: `visit`.
    pub(super) name: &'static str,
    /// A shorter name.
    pub(super) short: Option<&'static str>,
    /// What stands behind it.
    pub(super) arguments: &'static str,
    /// What it does.
    pub(super) summary: &'static str,
    /// Does it.
    run: fn(&mut Session, &str) -> Answer,
}

/// Every command, in the order of `:help`.
pub(super) const COMMANDS: &[Command] = &[
    Command {
        name: "visit",
        short: None,
        arguments: "VISIT",
        summary: "take another visit: a JSON file, one of the clinic's visits/, `example`, or `least` (nothing optional)",
        run: visit::visit,
    },
    Command {
        name: "set",
        short: None,
        arguments: "FACT = VALUE",
        summary: "set a fact of the visit: `patient.no_shows = 4`, `TRD3 = Ana`; no value makes it absent",
        run: visit::set,
    },
    Command {
        name: "facts",
        short: None,
        arguments: "[WORD]",
        summary: "list the visit's facts",
        run: visit::facts,
    },
    Command {
        name: "kind",
        short: Some("k"),
        arguments: "KIND",
        summary: "take another kind of message: reminder, cancelled, …",
        run: message::kind,
    },
    Command {
        name: "channel",
        short: Some("c"),
        arguments: "CHANNEL",
        summary: "take another channel: sms, email, voice",
        run: message::channel,
    },
    Command {
        name: "lang",
        short: Some("l"),
        arguments: "LANGUAGE",
        summary: "take another language; nothing takes the patient's or the clinic's",
        run: message::language,
    },
    Command {
        name: "now",
        short: None,
        arguments: "TIME",
        summary: "set what the clock shows; nothing takes the moment that the message is due",
        run: message::now,
    },
    Command {
        name: "vars",
        short: Some("v"),
        arguments: "[WORD]",
        summary: "list the variables with their labels and current values",
        run: look::variables,
    },
    Command {
        name: "template",
        short: Some("t"),
        arguments: "",
        summary: "show the clinic's template of this message, and render it",
        run: look::template,
    },
    Command {
        name: "check",
        short: None,
        arguments: "",
        summary: "check the clinic's files as they are now, and the last text",
        run: look::check,
    },
    Command {
        name: "why",
        short: Some("w"),
        arguments: "[CHANNEL]",
        summary: "ask every policy whether this message would go",
        run: ask::why,
    },
    Command {
        name: "plan",
        short: Some("p"),
        arguments: "[EVENT]",
        summary: "list the messages that an event about this visit plans",
        run: ask::plan,
    },
    Command {
        name: "credits",
        short: None,
        arguments: "",
        summary: "tell what this message costs, and what the clinic has left",
        run: credits::credits,
    },
    Command {
        name: "reload",
        short: Some("r"),
        arguments: "",
        summary: "take the clinic's files as they are now",
        run: look::reload,
    },
    Command {
        name: "help",
        short: Some("h"),
        arguments: "",
        summary: "this list",
        run: help,
    },
    Command {
        name: "quit",
        short: Some("q"),
        arguments: "",
        summary: "leave",
        run: quit,
    },
];

/// Runs a command; `None` ends the session.
pub(super) fn run(session: &mut Session, line: &str) -> Option<Answer> {
    let line = line.trim();
    let (name, rest) = line.split_once(char::is_whitespace).unwrap_or((line, ""));
    let Some(command) = find(name) else {
        return Some(Err(unknown(name)));
    };
    if command.name == "quit" {
        return None;
    }
    Some((command.run)(session, rest.trim()))
}

fn find(name: &str) -> Option<&'static Command> {
    COMMANDS
        .iter()
        .find(|command| command.name == name || command.short == Some(name))
}

fn unknown(name: &str) -> String {
    let near = COMMANDS
        .iter()
        .map(|command| {
            (
                strsim::damerau_levenshtein(command.name, name),
                command.name,
            )
        })
        .filter(|(distance, _)| *distance <= 2)
        .min();
    match near {
        Some((_, near)) => format!("there is no command `:{name}`; did you mean `:{near}`?"),
        None => format!(
            "there is no command `:{name}`; `:help` lists them. A text doesn't begin with `:`"
        ),
    }
}

fn help(_: &mut Session, _: &str) -> Answer {
    let mut lines = vec![
        "A text is rendered on the current visit; a line that ends with \\ goes on in the next."
            .to_string(),
        String::new(),
    ];
    let written = |command: &Command| format!(":{} {}", command.name, command.arguments);
    let widest = COMMANDS
        .iter()
        .map(|command| written(command).chars().count())
        .max()
        .unwrap_or_default();
    for command in COMMANDS {
        let (strong, end) = (style::STRONG, style::END);
        let short = command
            .short
            .map(|short| format!(" (:{short})"))
            .unwrap_or_default();
        let blanks = " ".repeat(widest - written(command).chars().count());
        lines.push(format!(
            "  {strong}:{}{end} {}{blanks}  {}{short}",
            command.name, command.arguments, command.summary
        ));
    }
    Ok(lines.join("\n"))
}

fn quit(_: &mut Session, _: &str) -> Answer {
    Ok(String::new())
}
