//! What patients are told about their answers, in the languages that messages have.

use rappel_core::language::Language;

/// What patients are told about their answers.
pub(crate) struct Words {
    pub(crate) confirm: (&'static str, &'static str),
    pub(crate) cancel: (&'static str, &'static str),
    pub(crate) unsubscribe: (&'static str, &'static str),
    pub(crate) confirmed: &'static str,
    pub(crate) cancelled: &'static str,
    pub(crate) unsubscribed: &'static str,
    pub(crate) over: &'static str,
    pub(crate) portal: &'static str,
    pub(crate) unclear: &'static str,
}

/// What they are told in a language.
pub(crate) fn words(language: Language) -> &'static Words {
    match language {
        Language::Fr => &Words {
            confirm: ("Confirmez-vous votre rendez-vous ?", "Je confirme ma venue"),
            cancel: ("Annuler votre rendez-vous ?", "J'annule le rendez-vous"),
            unsubscribe: ("Ne plus recevoir ces messages ?", "Ne plus m'écrire"),
            confirmed: "Merci, votre rendez-vous est confirmé.",
            cancelled: "Votre rendez-vous est annulé. Merci de nous avoir prévenus.",
            unsubscribed: "C'est noté : nous ne vous écrirons plus par ce moyen.",
            over: "Ce lien n'est plus valable.",
            portal: "Cette page se trouve sur le site de l'établissement.",
            unclear: "Nous n'avons pas compris votre réponse. Une personne va s'en occuper.",
        },
        Language::It => &Words {
            confirm: ("Conferma il suo appuntamento?", "Confermo"),
            cancel: ("Annullare il suo appuntamento?", "Annullo l'appuntamento"),
            unsubscribe: ("Non ricevere più questi messaggi?", "Non scrivetemi più"),
            confirmed: "Grazie, il suo appuntamento è confermato.",
            cancelled: "Il suo appuntamento è annullato. Grazie per averci avvisato.",
            unsubscribed: "Va bene: non le scriveremo più in questo modo.",
            over: "Questo link non è più valido.",
            portal: "Questa pagina si trova sul sito della struttura.",
            unclear: "Non abbiamo capito la sua risposta. Se ne occuperà una persona.",
        },
        Language::Es => &Words {
            confirm: ("¿Confirma su cita?", "Confirmo"),
            cancel: ("¿Anular su cita?", "Anulo la cita"),
            unsubscribe: ("¿No recibir más estos mensajes?", "No me escriban más"),
            confirmed: "Gracias, su cita está confirmada.",
            cancelled: "Su cita está anulada. Gracias por avisarnos.",
            unsubscribed: "De acuerdo: no le escribiremos más por este medio.",
            over: "Este enlace ya no es válido.",
            portal: "Esta página está en el sitio del centro.",
            unclear: "No hemos entendido su respuesta. Una persona se ocupará de ella.",
        },
        Language::De => &Words {
            confirm: ("Bestätigen Sie Ihren Termin?", "Ich komme"),
            cancel: ("Ihren Termin absagen?", "Ich sage den Termin ab"),
            unsubscribe: (
                "Keine solchen Nachrichten mehr?",
                "Schreiben Sie mir nicht mehr",
            ),
            confirmed: "Danke, Ihr Termin ist bestätigt.",
            cancelled: "Ihr Termin ist abgesagt. Danke, dass Sie Bescheid sagen.",
            unsubscribed: "Gut: auf diesem Weg schreiben wir Ihnen nicht mehr.",
            over: "Dieser Link gilt nicht mehr.",
            portal: "Diese Seite ist auf der Website der Einrichtung.",
            unclear: "Wir haben Ihre Antwort nicht verstanden. Jemand kümmert sich darum.",
        },
        Language::Pt => &Words {
            confirm: ("Confirma a sua consulta?", "Confirmo"),
            cancel: ("Cancelar a sua consulta?", "Cancelo a consulta"),
            unsubscribe: ("Deixar de receber estas mensagens?", "Não me escrevam mais"),
            confirmed: "Obrigado, a sua consulta está confirmada.",
            cancelled: "A sua consulta está cancelada. Obrigado por nos avisar.",
            unsubscribed: "Está anotado: não lhe escreveremos mais por este meio.",
            over: "Este link já não é válido.",
            portal: "Esta página está no site do centro.",
            unclear: "Não compreendemos a sua resposta. Uma pessoa vai tratar dela.",
        },
        Language::En => &Words {
            confirm: ("Do you confirm your appointment?", "I'll be there"),
            cancel: ("Cancel your appointment?", "Cancel the appointment"),
            unsubscribe: (
                "Stop receiving these messages?",
                "Don't write to me any more",
            ),
            confirmed: "Thank you, your appointment is confirmed.",
            cancelled: "Your appointment is cancelled. Thank you for telling us.",
            unsubscribed: "Noted: we won't write to you this way any more.",
            over: "This link is no longer valid.",
            portal: "This page is on the clinic's own site.",
            unclear: "We didn't understand your answer. A person will look at it.",
        },
    }
}
