//! The commands of a session: one table, a row each; `:help` and the completion are made of it.

mod ask;
mod credits;
mod facts;
mod help;
mod look;
mod message;
mod reply;
mod visit;

pub(super) use help::TOPICS;

use super::session::Session;

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
    /// What else there is to know, and what to type.
    pub(super) more: &'static str,
    /// Whether it can hold nothing of a patient's, so that later sessions may know it.
    kept: bool,
    /// Does it.
    run: fn(&mut Session, &str) -> Answer,
}

/// Every command, in the order of `:help`.
pub(super) const COMMANDS: &[Command] = &[
    Command {
        name: "visit",
        short: None,
        arguments: "VISIT",
        summary: "take another visit: by the patient's name or number, by its id, or from a file",
        more: "A real visit comes from the host's database, which is only read; without one, from the clinic's agenda.jsonl and visits/.\n\
             \x20 :visit dupont            by the patient's name; accents and capitals don't matter\n\
             \x20 :visit 06 39 98 10 01    by the telephone number, however it is written\n\
             \x20 :visit a-101             by the appointment's id\n\
             \x20 :visit 2                 the second of those that were listed\n\
             \x20 :visit first-visit       a file, or one of the clinic's visits/\n\
             \x20 :visit example, :visit least   built in: with everything, and with nothing optional",
        kept: false,
        run: visit::visit,
    },
    Command {
        name: "with",
        short: None,
        arguments: "VISIT",
        summary: "tell of another visit of the family in the same message: `[FAMILY]`",
        more: "Visits are named as for `:visit`.\n\
             \x20 :with a-114              adds one\n\
             \x20 :with family             adds those of the same day with the same telephone number\n\
             \x20 :with none               this visit alone again",
        kept: false,
        run: visit::with,
    },
    Command {
        name: "set",
        short: None,
        arguments: "FACT = VALUE",
        summary: "set a fact of the visit: `patient.no_shows = 4`, `TRD3 = Ana`",
        more: "  :set patient.no_shows = 4\n\
             \x20 :set TRD9 = 16:00        moves the appointment, its end too\n\
             \x20 :set patient.mobile      shows the fact\n\
             Then ask again, with `:why` or `:plan`. Nothing but this session knows of it.",
        kept: false,
        run: facts::set,
    },
    Command {
        name: "unset",
        short: None,
        arguments: "FACT",
        summary: "make a fact absent",
        more: "  :unset patient.mobile",
        kept: false,
        run: facts::unset,
    },
    Command {
        name: "reset",
        short: None,
        arguments: "",
        summary: "take the visit as it was before its facts were set",
        more: "",
        kept: true,
        run: facts::reset,
    },
    Command {
        name: "facts",
        short: None,
        arguments: "[WORD]",
        summary: "list the visit's facts",
        more: "  :facts channels",
        kept: true,
        run: facts::facts,
    },
    Command {
        name: "kind",
        short: Some("k"),
        arguments: "KIND",
        summary: "take another kind of message: reminder, cancelled, …",
        more: "`:kind` alone lists them.",
        kept: true,
        run: message::kind,
    },
    Command {
        name: "channel",
        short: Some("c"),
        arguments: "CHANNEL",
        summary: "take another channel: sms, email, voice",
        more: "",
        kept: true,
        run: message::channel,
    },
    Command {
        name: "lang",
        short: Some("l"),
        arguments: "LANGUAGE",
        summary: "take another language; nothing takes the patient's or the clinic's",
        more: "",
        kept: true,
        run: message::language,
    },
    Command {
        name: "now",
        short: None,
        arguments: "TIME",
        summary: "set what the clock shows; nothing takes the moment that the message is due",
        more: "  :now 2026-06-03T09:00",
        kept: true,
        run: message::now,
    },
    Command {
        name: "vars",
        short: Some("v"),
        arguments: "[WORD]",
        summary: "list the variables with their labels and current values",
        more: "  :vars patient            those with the word in their name or label",
        kept: true,
        run: look::variables,
    },
    Command {
        name: "template",
        short: Some("t"),
        arguments: "",
        summary: "show the clinic's template of this message, and render it",
        more: "",
        kept: true,
        run: look::template,
    },
    Command {
        name: "check",
        short: None,
        arguments: "",
        summary: "check the clinic's files as they are now, and the last text",
        more: "",
        kept: true,
        run: look::check,
    },
    Command {
        name: "why",
        short: Some("w"),
        arguments: "[KIND] [CHANNEL]",
        summary: "ask every policy whether the message would go, and what would change that",
        more: "Those that have something against it tell which facts they read.\n\
             \x20 :why                     this message\n\
             \x20 :why second_reminder     another kind\n\
             \x20 :why reminder email\n\
             The changes that are told were tried: the same policies were asked with that one fact changed.",
        kept: true,
        run: ask::why,
    },
    Command {
        name: "plan",
        short: Some("p"),
        arguments: "[EVENT]",
        summary: "list the messages that an event about this visit plans",
        more: "  :plan                    the event behind this kind of message\n\
             \x20 :plan cancelled",
        kept: true,
        run: ask::plan,
    },
    Command {
        name: "reply",
        short: None,
        arguments: "WORDS",
        summary: "simulate what the patient answers by SMS, and see what comes of it",
        more: "The visit is played from its booking to the message that asks for an answer, on a virtual clock; `:now` stops the clock earlier or later.\n\
             \x20 :reply OUI\n\
             \x20 :reply OUI 1 NON 2       to one message about several visits\n\
             \x20 :reply STOP",
        kept: false,
        run: reply::reply,
    },
    Command {
        name: "credits",
        short: None,
        arguments: "",
        summary: "tell what this message costs, and what the clinic has left",
        more: "",
        kept: true,
        run: credits::credits,
    },
    Command {
        name: "reload",
        short: Some("r"),
        arguments: "",
        summary: "take the clinic's files as they are now",
        more: "",
        kept: true,
        run: look::reload,
    },
    Command {
        name: "help",
        short: Some("h"),
        arguments: "[COMMAND|TOPIC]",
        summary: "a tour for this visit, and this list; or more about one thing",
        more: "",
        kept: true,
        run: help::help,
    },
    Command {
        name: "quit",
        short: Some("q"),
        arguments: "",
        summary: "leave",
        more: "",
        kept: false,
        run: quit,
    },
];

/// A command as later sessions may know it.
pub(super) fn kept(line: &str) -> Option<String> {
    let (command, argument) = read(line)?;
    let argument = if command.arguments.is_empty() {
        ""
    } else {
        argument
    };
    command.kept.then(|| {
        format!(":{} {argument}", command.name)
            .trim_end()
            .to_string()
    })
}

/// Runs a command; `None` ends the session.
pub(super) fn run(session: &mut Session, line: &str) -> Option<Answer> {
    let Some((command, argument)) = read(line) else {
        return Some(Err(unknown(line.split_whitespace().next().unwrap_or(line))));
    };
    if command.name == "quit" {
        return None;
    }
    Some((command.run)(session, argument))
}

/// A command and what stands behind it.
fn read(line: &str) -> Option<(&'static Command, &str)> {
    let line = line.trim();
    let (name, argument) = line.split_once(char::is_whitespace).unwrap_or((line, ""));
    Some((find(name)?, argument.trim()))
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

fn quit(_: &mut Session, _: &str) -> Answer {
    Ok(String::new())
}
