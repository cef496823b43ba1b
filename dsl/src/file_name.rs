//! What the name of a file in `templates/` says: a template's kind, channel and language, or a part's name.

use rappel_core::diagnostic::codes;
use rappel_core::{ChannelKind, Diagnostic, Kind, Language, nearest};

/// What a file in `templates/` is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum FileName {
    /// `reminder.sms.trd` or `reminder.sms.en.trd`
    Template {
        /// `reminder`
        kind: Kind,
        /// `sms`
        channel: ChannelKind,
        /// `en`: for the patients who prefer it; otherwise for all others.
        language: Option<Language>,
    },
    /// `signature.trd` or `signature.en.trd`, which templates include.
    Part {
        /// `signature`
        name: String,
        /// `en`: for templates in it.
        language: Option<Language>,
    },
}

impl FileName {
    /// Reads a file's name. Folders before it don't matter.
    ///
    /// # Errors
    /// When it fits nothing, with what was likely meant.
    pub fn parse(file: &str) -> Result<Self, Box<Diagnostic>> {
        let name = file.rsplit(['/', '\\']).next().unwrap_or(file);
        let fail = |message: String, help: String| {
            Box::new(Diagnostic::new(codes::BAD_FILE_NAME, file, message).help(help))
        };
        let Some(stem) = name.strip_suffix(".trd") else {
            return Err(fail(
                format!("`{name}` is no template: their names end with `.trd`"),
                "name it for instance `reminder.sms.trd`, or put it elsewhere".into(),
            ));
        };
        let words: Vec<&str> = stem.split('.').collect();
        let language = |code: &str| {
            Language::ALL
                .into_iter()
                .find(|language| language.code() == code)
        };
        match words[..] {
            [part] => part_named(part, None).map_err(|message| fail(message, PARTS.into())),
            [part, code] if language(code).is_some() => {
                part_named(part, language(code)).map_err(|message| fail(message, PARTS.into()))
            }
            [kind, channel] => template(kind, channel, None).map_err(|(message, help)| fail(message, help)),
            [kind, channel, code] => match language(code) {
                Some(language) => template(kind, channel, Some(language)).map_err(|(message, help)| fail(message, help)),
                None => {
                    let codes: Vec<&str> = Language::ALL.iter().map(|language| language.code()).collect();
                    Err(fail(format!("`{code}` is no language"), format!("there are {}", codes.join(", "))))
                }
            },
            _ => Err(fail(
                format!("`{name}` has too many parts to its name"),
                "name it `kind.channel.trd` or `kind.channel.language.trd`, for instance `reminder.sms.en.trd`".into(),
            )),
        }
    }
}

const PARTS: &str = "name a part with letters, digits, `_` and `-`, for instance `signature.trd`";

fn part_named(name: &str, language: Option<Language>) -> Result<FileName, String> {
    let letters = name
        .chars()
        .all(|c| c.is_ascii_alphanumeric() || c == '_' || c == '-');
    if letters && name.starts_with(|c: char| c.is_ascii_alphabetic() || c == '_') {
        // An `[INCLUDE …]` finds it whatever its case.
        Ok(FileName::Part {
            name: name.to_ascii_lowercase(),
            language,
        })
    } else {
        Err(format!("no `[INCLUDE …]` can name the part `{name}`"))
    }
}

fn template(
    kind: &str,
    channel: &str,
    language: Option<Language>,
) -> Result<FileName, (String, String)> {
    let Ok(channel) = channel.parse::<ChannelKind>() else {
        let channels = ChannelKind::ALL.map(ChannelKind::name);
        let help = match nearest(&channel.to_lowercase(), channels) {
            Some(nearest) => format!("did you mean `{kind}.{nearest}.trd`?"),
            None => format!("there are {}", channels.join(", ")),
        };
        return Err((format!("`{channel}` is no channel"), help));
    };
    let kind = Kind::parse(kind)
        .map_err(|message| (message, "name it for instance `reminder.sms.trd`".into()))?;
    Ok(FileName::Template {
        kind,
        channel,
        language,
    })
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    #[test]
    fn names_say_what_files_are() {
        let template = |kind: &str, channel, language| FileName::Template {
            kind: Kind::parse(kind).unwrap(),
            channel,
            language,
        };
        let part = |name: &str, language| FileName::Part {
            name: name.into(),
            language,
        };
        for (file, name) in [
            (
                "reminder.sms.trd",
                template("reminder", ChannelKind::Sms, None),
            ),
            (
                "templates/reminder.email.en.trd",
                template("reminder", ChannelKind::Email, Some(Language::En)),
            ),
            (
                "our_own.voice.pt.trd",
                template("our_own", ChannelKind::Voice, Some(Language::Pt)),
            ),
            ("signature.trd", part("signature", None)),
            (
                "Pied-de-page_2.fr.trd",
                part("pied-de-page_2", Some(Language::Fr)),
            ),
        ] {
            assert_eq!(FileName::parse(file).unwrap(), name, "{file}");
        }
    }

    #[test]
    fn a_name_that_fits_nothing_says_why() {
        for (file, says) in [
            ("reminder.sms.txt", "end with `.trd`"),
            ("reminder.mail.trd", "did you mean `reminder.email.trd`?"),
            ("reminder.SMS.trd", "did you mean `reminder.sms.trd`?"),
            ("reminder.fax.trd", "there are sms, email, voice"),
            ("reminder.sms.nl.trd", "there are fr, en, it, es, de, pt"),
            ("Rappel à venir.sms.trd", "can't name a kind"),
            ("reminder.sms.en.old.trd", "too many parts"),
            ("my signature.trd", "`signature.trd`"),
            (".trd", "name a part"),
            ("", "end with `.trd`"),
        ] {
            let error = FileName::parse(file).unwrap_err();
            let text = format!("{} {}", error.message, error.help.unwrap());
            assert!(text.contains(says), "{file}: {text}");
        }
    }
}
