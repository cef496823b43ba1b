//! The words of replies, without accents: what each means in the six languages that messages have.

/// What a word of a reply means.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Meaning {
    /// They come.
    Yes,
    /// They don't come.
    No,
    /// Stop writing.
    Stop,
    /// Write again.
    Start,
    /// The visit: "cancel my appointment" is no "stop writing to me".
    Appointment,
    /// The number of an appointment in a message about several.
    Number(u32),
    /// Changes nothing.
    Filler,
}

/// The largest number that names an appointment in a message about several.
const MOST: u32 = 20;

/// Yes, in French, English, Italian, Spanish, German and Portuguese.
const YES: &[&str] = &[
    "oui",
    "ouais",
    "ok",
    "okay",
    "accord",
    "confirme",
    "confirmer",
    "confirmons",
    "confirmation", //
    "yes",
    "yep",
    "yeah",
    "confirm",
    "confirmed",
    "confirming", //
    "si",
    "va",
    "bene",
    "confermo",
    "confermato",
    "confermare",
    "conferma", //
    "confirmo",
    "confirmado",
    "confirmada",
    "confirmar",
    "vale", //
    "ja",
    "bestatige",
    "bestatigt", //
    "sim",
];

/// No, and the words that cancel an appointment.
const NO: &[&str] = &[
    "non",
    "annuler",
    "annule",
    "annulez",
    "annulee",
    "annulation", //
    "no",
    "nope",
    "cancel",
    "cancelled",
    "canceled",
    "cancelling", //
    "annullare",
    "annullo",
    "annulla",
    "disdire",
    "disdico",
    "disdetta", //
    "anular",
    "anulo",
    "anule",
    "cancelar",
    "cancelo", //
    "nein",
    "absagen",
    "absage",
    "stornieren", //
    "nao",
    "desmarcar",
];

/// Nothing more may be sent to the address. The words that carriers and laws know, and their kin.
const STOP: &[&str] = &[
    "stop",
    "stopp",
    "stopsms",
    "stopall",
    "arret",
    "arreter",
    "arretez",
    "desabonner", //
    "desabonnement",
    "desinscrire",
    "desinscription",
    "unsubscribe",
    "optout",
    "quit", //
    "basta",
    "disiscrivi",
    "cancellami",
    "baja",
    "parar",
    "sair",
    "abmelden",
];

const START: &[&str] = &[
    "start",
    "unstop",
    "reprendre",
    "resubscribe",
    "inizia",
    "alta",
];

const APPOINTMENT: &[&str] = &[
    "rdv",
    "rendez",
    "visite",
    "consultation",
    "seance", //
    "appointment",
    "visit",
    "booking", //
    "appuntamento",
    "visita", //
    "cita",   //
    "termin", //
    "consulta",
    "marcacao",
];

/// Words that change nothing. None of them is a "not": with one of those a person reads the reply.
const FILLERS: &[&str] = &[
    "merci",
    "vous",
    "bonjour",
    "bonsoir",
    "bien",
    "beaucoup",
    "svp",
    "stp",
    "cordialement",
    "je",
    "j",
    "mon",
    "ma", //
    "le",
    "la",
    "ce",
    "cette",
    "de",
    "du",
    "d",
    "l",
    "le",
    "presence",
    "veux",
    "voudrais", //
    "souhaite",
    "dois",
    "sms",
    "et",
    "serai",
    "present",
    "presente", //
    "and",
    "thanks",
    "thank",
    "you",
    "please",
    "hello",
    "hi",
    "i",
    "my",
    "the",
    "this",
    "our",
    "want",
    "to", //
    "would",
    "like",
    "need",
    "it",
    "will",
    "be",
    "there",
    "ll",
    "m", //
    "e",
    "grazie",
    "buongiorno",
    "il",
    "mio",
    "mia",
    "lo",
    "un",
    "voglio",
    "vorrei",
    "per",
    "favore", //
    "y",
    "gracias",
    "hola",
    "mi",
    "quiero",
    "quisiera",
    "por",
    "favor",
    "el",
    "una", //
    "und",
    "danke",
    "bitte",
    "hallo",
    "ich",
    "den",
    "meinen",
    "mein",
    "mochte", //
    "obrigado",
    "obrigada",
    "ola",
    "eu",
    "o",
    "a",
    "minha",
    "quero",
    "messages",
];

/// What a word means; `None` for one that isn't known.
pub(super) fn meaning(word: &str) -> Option<Meaning> {
    if let Ok(number) = word.parse::<u32>() {
        return (1..=MOST)
            .contains(&number)
            .then_some(Meaning::Number(number));
    }
    [
        (YES, Meaning::Yes),
        (NO, Meaning::No),
        (STOP, Meaning::Stop),
        (START, Meaning::Start),
        (APPOINTMENT, Meaning::Appointment),
        (FILLERS, Meaning::Filler),
    ]
    .into_iter()
    .find(|(words, _)| words.contains(&word))
    .map(|(_, meaning)| meaning)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_word_has_one_meaning() {
        let all = [YES, NO, STOP, START, APPOINTMENT, FILLERS];
        for (place, words) in all.iter().enumerate() {
            for other in &all[place + 1..] {
                for word in *words {
                    assert!(!other.contains(word), "{word}");
                }
            }
        }
    }

    #[test]
    fn words_are_written_as_they_are_compared() {
        for word in [YES, NO, STOP, START, APPOINTMENT, FILLERS].concat() {
            assert!(
                word.chars().all(|c| c.is_ascii_lowercase()),
                "{word} has a character that is taken off before comparing"
            );
        }
    }
}
