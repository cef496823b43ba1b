//! The words of the e-mail to the administrator, in the languages that messages have.

use rappel_core::alarm::AlarmKind::{self, *};
use rappel_core::channel::ChannelKind::{self, Email, Sms, Voice};
use rappel_core::language::Language;

/// The words of a language. In braces stand marks for what is told: `{subject}`, `{channel}`, `{count}`,
/// `{why}` and `{example}`.
pub(super) struct Words {
    /// The e-mail around the points.
    pub(super) template: &'static str,
    /// What happened, and what to do.
    pub(super) point: fn(AlarmKind) -> (&'static str, &'static str),
    /// By which channel.
    pub(super) channel: fn(ChannelKind) -> &'static str,
    /// Stands before a reason.
    pub(super) because: &'static str,
    /// Stands before the command about one message of many.
    pub(super) for_example: &'static str,
    /// Stands for points that aren't told.
    pub(super) more: &'static str,
}

/// The words of a language.
pub(super) fn words(language: Language) -> &'static Words {
    match language {
        Language::Fr => &FRENCH,
        Language::En => &ENGLISH,
        Language::It => &ITALIAN,
        Language::Es => &SPANISH,
        Language::De => &GERMAN,
        Language::Pt => &PORTUGUESE,
    }
}

const FRENCH: Words = Words {
    template: "Subject: Rappel : [TRD0] a besoin de vous\n\n\
        Voici ce qui demande une personne :\n\n\
        [REPORT]\n\n\
        Rappel n'écrit qu'une fois par période (clinic.toml, `[administrator]`, `every`) ; ce qui arrive entre-temps est \
        regroupé dans le message suivant.\n",
    point: |kind| match kind {
        GatewayDown => (
            "La passerelle « {subject} » ne répond pas{why}.",
            "Vérifiez-la : les messages attendent et sont réessayés, jusqu'à ce qu'il soit trop tard ou le nombre d'essais épuisé (`limits.attempts`). `rappel status` montre la file.",
        ),
        GatewayBack => (
            "La passerelle « {subject} » prend de nouveau les messages.",
            "",
        ),
        CreditsOut => (
            "Les crédits ne suffisent plus ({subject} restants) : des messages attendent.",
            "`rappel credits add NOMBRE` les fait partir.",
        ),
        CreditsLow => (
            "Il ne reste que {subject} crédits.",
            "Ajoutez-en avant que des messages n'attendent : `rappel credits add NOMBRE`.",
        ),
        FilesRefused => (
            "Les fichiers de la clinique contiennent une erreur et ne sont pas appliqués ; les derniers qui étaient bons restent en service{why}.",
            "`rappel check` dit tout ce qui est à corriger ; une fois corrigés, ils s'appliquent d'eux-mêmes.",
        ),
        FilesMended => ("Les fichiers de la clinique sont de nouveau en ordre.", ""),
        PolicyFailed => (
            "La règle {subject} a échoué {count} fois{why}.",
            "Ce qu'elle doit décider attend. Corrigez la règle : tout est repris dès qu'elle est en service{example}.",
        ),
        Braked => (
            "Le frein a arrêté les nouveaux fichiers de la clinique, qui prévoyaient bien plus de messages que d'habitude{why}.",
            "Les fichiers d'avant restent en service. `rappel approve {subject}` met les nouveaux en service et laisse partir leurs messages ; `rappel approve {subject} --withdraw` les retire.",
        ),
        SetAside => (
            "{count} × « {subject} » {channel}, mis de côté parce que l'hôte s'est arrêté à chaque essai.",
            "C'est une erreur de Rappel : merci de la signaler{example}.",
        ),
        Undeliverable => (
            "{count} × « {subject} » {channel}, qui n'a pas pu être remis{why}.",
            "`rappel messages --state failed --kind {subject}` les liste{example}.",
        ),
        UnclearReply => (
            "{count} × une réponse de patient {channel} que Rappel n'a pas su lire.",
            "Rien n'a été changé au rendez-vous : quelqu'un doit la lire et joindre le patient{example}.",
        ),
    },
    channel: |channel| match channel {
        Sms => "par SMS",
        Email => "par e-mail",
        Voice => "par téléphone",
    },
    because: " : ",
    for_example: " ; par exemple ",
    more: "… et {count} autres points de cette sorte.",
};

const ENGLISH: Words = Words {
    template: "Subject: Rappel: [TRD0] needs you\n\n\
        This is what needs a person:\n\n\
        [REPORT]\n\n\
        Rappel writes once in a while (clinic.toml, `[administrator]`, `every`); what happens in between comes together in \
        the next message.\n",
    point: |kind| match kind {
        GatewayDown => (
            "The gateway “{subject}” can't be reached{why}.",
            "Look at it: messages wait and are tried again, until it is too late for them or their attempts are spent (`limits.attempts`). `rappel status` shows the queue.",
        ),
        GatewayBack => ("The gateway “{subject}” takes messages again.", ""),
        CreditsOut => (
            "Credits don't suffice any more ({subject} left): messages wait.",
            "`rappel credits add AMOUNT` lets them go.",
        ),
        CreditsLow => (
            "Only {subject} credits are left.",
            "Add some before messages have to wait: `rappel credits add AMOUNT`.",
        ),
        FilesRefused => (
            "The clinic's files have an error and are not applied; the last good ones go on{why}.",
            "`rappel check` tells all that is to be mended; once it is, they are applied by themselves.",
        ),
        FilesMended => ("The clinic's files are in order again.", ""),
        PolicyFailed => (
            "The policy {subject} failed {count} times{why}.",
            "What it is to decide waits. Mend the policy: all of it goes on as soon as it serves{example}.",
        ),
        Braked => (
            "The brake stopped the clinic's new files, which planned far more messages than usual{why}.",
            "The files before go on. `rappel approve {subject}` lets the new ones serve and their messages go; `rappel approve {subject} --withdraw` withdraws them.",
        ),
        SetAside => (
            "{count} × “{subject}” {channel}, set aside because the host stopped each time.",
            "This is a fault of Rappel's: please report it{example}.",
        ),
        Undeliverable => (
            "{count} × “{subject}” {channel}, which couldn't be delivered{why}.",
            "`rappel messages --state failed --kind {subject}` lists them{example}.",
        ),
        UnclearReply => (
            "{count} × a patient's answer {channel} that Rappel couldn't read.",
            "Nothing was changed about the appointment: somebody has to read it and get in touch with the patient{example}.",
        ),
    },
    channel: |channel| match channel {
        Sms => "by SMS",
        Email => "by e-mail",
        Voice => "by telephone",
    },
    because: ": ",
    for_example: "; for instance ",
    more: "… and {count} more points of this sort.",
};

const ITALIAN: Words = Words {
    template: "Subject: Rappel: [TRD0] ha bisogno di lei\n\n\
        Ecco ciò che richiede una persona:\n\n\
        [REPORT]\n\n\
        Rappel scrive una volta per periodo (clinic.toml, `[administrator]`, `every`); ciò che succede nel frattempo arriva \
        insieme nel messaggio seguente.\n",
    point: |kind| match kind {
        GatewayDown => (
            "Il gateway «{subject}» non risponde{why}.",
            "Lo controlli: i messaggi aspettano e sono ritentati, finché non è troppo tardi o i tentativi sono esauriti (`limits.attempts`). `rappel status` mostra la coda.",
        ),
        GatewayBack => ("Il gateway «{subject}» accetta di nuovo i messaggi.", ""),
        CreditsOut => (
            "I crediti non bastano più ({subject} rimasti): alcuni messaggi aspettano.",
            "`rappel credits add NUMERO` li fa partire.",
        ),
        CreditsLow => (
            "Restano solo {subject} crediti.",
            "Ne aggiunga prima che i messaggi debbano aspettare: `rappel credits add NUMERO`.",
        ),
        FilesRefused => (
            "I file della struttura contengono un errore e non sono applicati; restano in uso gli ultimi corretti{why}.",
            "`rappel check` dice tutto ciò che va corretto; una volta corretti, si applicano da soli.",
        ),
        FilesMended => ("I file della struttura sono di nuovo in ordine.", ""),
        PolicyFailed => (
            "La regola {subject} è fallita {count} volte{why}.",
            "Ciò che deve decidere aspetta. Corregga la regola: tutto riprende appena è in uso{example}.",
        ),
        Braked => (
            "Il freno ha fermato i nuovi file della struttura, che prevedevano molti più messaggi del solito{why}.",
            "Restano in uso i file di prima. `rappel approve {subject}` mette in uso i nuovi e fa partire i loro messaggi; `rappel approve {subject} --withdraw` li ritira.",
        ),
        SetAside => (
            "{count} × «{subject}» {channel}, messo da parte perché l'host si è fermato ogni volta.",
            "È un errore di Rappel: per favore lo segnali{example}.",
        ),
        Undeliverable => (
            "{count} × «{subject}» {channel}, che non è stato possibile consegnare{why}.",
            "`rappel messages --state failed --kind {subject}` li elenca{example}.",
        ),
        UnclearReply => (
            "{count} × la risposta di un paziente {channel} che Rappel non ha saputo leggere.",
            "Nulla è cambiato per l'appuntamento: qualcuno deve leggerla e contattare il paziente{example}.",
        ),
    },
    channel: |channel| match channel {
        Sms => "via SMS",
        Email => "via e-mail",
        Voice => "per telefono",
    },
    because: ": ",
    for_example: "; per esempio ",
    more: "… e altri {count} punti di questo tipo.",
};

const SPANISH: Words = Words {
    template: "Subject: Rappel: [TRD0] le necesita\n\n\
        Esto es lo que requiere una persona:\n\n\
        [REPORT]\n\n\
        Rappel escribe una vez por periodo (clinic.toml, `[administrator]`, `every`); lo que ocurra entretanto llegará junto \
        en el mensaje siguiente.\n",
    point: |kind| match kind {
        GatewayDown => (
            "La pasarela «{subject}» no responde{why}.",
            "Revísela: los mensajes esperan y se reintentan, hasta que sea demasiado tarde o se agoten los intentos (`limits.attempts`). `rappel status` muestra la cola.",
        ),
        GatewayBack => ("La pasarela «{subject}» acepta mensajes de nuevo.", ""),
        CreditsOut => (
            "Los créditos ya no bastan (quedan {subject}): hay mensajes que esperan.",
            "`rappel credits add NÚMERO` los deja salir.",
        ),
        CreditsLow => (
            "Solo quedan {subject} créditos.",
            "Añada algunos antes de que los mensajes tengan que esperar: `rappel credits add NÚMERO`.",
        ),
        FilesRefused => (
            "Los archivos del centro tienen un error y no se aplican; siguen en uso los últimos correctos{why}.",
            "`rappel check` dice todo lo que hay que corregir; una vez corregidos, se aplican solos.",
        ),
        FilesMended => ("Los archivos del centro están en orden de nuevo.", ""),
        PolicyFailed => (
            "La regla {subject} falló {count} veces{why}.",
            "Lo que debe decidir espera. Corrija la regla: todo sigue en cuanto esté en uso{example}.",
        ),
        Braked => (
            "El freno detuvo los nuevos archivos del centro, que preveían muchos más mensajes de lo habitual{why}.",
            "Siguen en uso los archivos anteriores. `rappel approve {subject}` pone en uso los nuevos y deja salir sus mensajes; `rappel approve {subject} --withdraw` los retira.",
        ),
        SetAside => (
            "{count} × «{subject}» {channel}, apartado porque el host se detuvo cada vez.",
            "Es un fallo de Rappel: por favor, comuníquelo{example}.",
        ),
        Undeliverable => (
            "{count} × «{subject}» {channel}, que no se pudo entregar{why}.",
            "`rappel messages --state failed --kind {subject}` los muestra{example}.",
        ),
        UnclearReply => (
            "{count} × la respuesta de un paciente {channel} que Rappel no supo leer.",
            "Nada ha cambiado en la cita: alguien debe leerla y ponerse en contacto con el paciente{example}.",
        ),
    },
    channel: |channel| match channel {
        Sms => "por SMS",
        Email => "por correo electrónico",
        Voice => "por teléfono",
    },
    because: ": ",
    for_example: "; por ejemplo ",
    more: "… y {count} puntos más de este tipo.",
};

const GERMAN: Words = Words {
    template: "Subject: Rappel: [TRD0] braucht Sie\n\n\
        Darum muss sich jemand kümmern:\n\n\
        [REPORT]\n\n\
        Rappel schreibt einmal je Zeitraum (clinic.toml, `[administrator]`, `every`); was inzwischen geschieht, kommt \
        gesammelt in der nächsten Nachricht.\n",
    point: |kind| match kind {
        GatewayDown => (
            "Das Gateway „{subject}“ ist nicht erreichbar{why}.",
            "Prüfen Sie es: Die Nachrichten warten und werden erneut versucht, bis es zu spät ist oder ihre Versuche verbraucht sind (`limits.attempts`). `rappel status` zeigt die Warteschlange.",
        ),
        GatewayBack => ("Das Gateway „{subject}“ nimmt wieder Nachrichten an.", ""),
        CreditsOut => (
            "Das Guthaben reicht nicht mehr ({subject} übrig): Nachrichten warten.",
            "`rappel credits add ANZAHL` lässt sie gehen.",
        ),
        CreditsLow => (
            "Vom Guthaben sind nur noch {subject} übrig.",
            "Füllen Sie es auf, bevor Nachrichten warten müssen: `rappel credits add ANZAHL`.",
        ),
        FilesRefused => (
            "Die Dateien der Einrichtung enthalten einen Fehler und gelten nicht; die letzten fehlerfreien gelten weiter{why}.",
            "`rappel check` nennt alles, was zu berichtigen ist; danach gelten sie von selbst.",
        ),
        FilesMended => ("Die Dateien der Einrichtung sind wieder in Ordnung.", ""),
        PolicyFailed => (
            "Die Regel {subject} ist {count}-mal gescheitert{why}.",
            "Was sie entscheiden soll, wartet. Berichtigen Sie die Regel: Alles geht weiter, sobald sie gilt{example}.",
        ),
        Braked => (
            "Die Bremse hat die neuen Dateien der Einrichtung angehalten, die weit mehr Nachrichten planten als üblich{why}.",
            "Die vorherigen Dateien gelten weiter. `rappel approve {subject}` setzt die neuen in Kraft und lässt ihre Nachrichten gehen; `rappel approve {subject} --withdraw` zieht sie zurück.",
        ),
        SetAside => (
            "{count} × „{subject}“ {channel}, beiseitegelegt, weil der Host jedes Mal anhielt.",
            "Das ist ein Fehler in Rappel: Bitte melden Sie ihn{example}.",
        ),
        Undeliverable => (
            "{count} × „{subject}“ {channel}, nicht zustellbar{why}.",
            "`rappel messages --state failed --kind {subject}` listet sie auf{example}.",
        ),
        UnclearReply => (
            "{count} × die Antwort eines Patienten {channel}, die Rappel nicht lesen konnte.",
            "Am Termin wurde nichts geändert: Jemand muss sie lesen und sich beim Patienten melden{example}.",
        ),
    },
    channel: |channel| match channel {
        Sms => "per SMS",
        Email => "per E-Mail",
        Voice => "per Telefon",
    },
    because: ": ",
    for_example: "; zum Beispiel ",
    more: "… und {count} weitere Punkte dieser Art.",
};

const PORTUGUESE: Words = Words {
    template: "Subject: Rappel: [TRD0] precisa de si\n\n\
        Eis o que precisa de uma pessoa:\n\n\
        [REPORT]\n\n\
        O Rappel escreve uma vez por período (clinic.toml, `[administrator]`, `every`); o que acontecer entretanto virá \
        junto na mensagem seguinte.\n",
    point: |kind| match kind {
        GatewayDown => (
            "O gateway «{subject}» não responde{why}.",
            "Verifique-o: as mensagens esperam e são tentadas de novo, até ser tarde demais ou as tentativas se esgotarem (`limits.attempts`). `rappel status` mostra a fila.",
        ),
        GatewayBack => ("O gateway «{subject}» aceita de novo mensagens.", ""),
        CreditsOut => (
            "Os créditos já não chegam (restam {subject}): há mensagens à espera.",
            "`rappel credits add NÚMERO` deixa-as partir.",
        ),
        CreditsLow => (
            "Restam apenas {subject} créditos.",
            "Acrescente alguns antes que as mensagens tenham de esperar: `rappel credits add NÚMERO`.",
        ),
        FilesRefused => (
            "Os ficheiros do centro têm um erro e não são aplicados; os últimos corretos continuam em uso{why}.",
            "`rappel check` diz tudo o que há a corrigir; depois de corrigidos, aplicam-se por si.",
        ),
        FilesMended => ("Os ficheiros do centro estão de novo em ordem.", ""),
        PolicyFailed => (
            "A regra {subject} falhou {count} vezes{why}.",
            "O que ela deve decidir espera. Corrija a regra: tudo continua assim que ela estiver em uso{example}.",
        ),
        Braked => (
            "O travão parou os novos ficheiros do centro, que previam muito mais mensagens do que o habitual{why}.",
            "Os ficheiros anteriores continuam em uso. `rappel approve {subject}` põe os novos em uso e deixa partir as suas mensagens; `rappel approve {subject} --withdraw` retira-as.",
        ),
        SetAside => (
            "{count} × «{subject}» {channel}, posta de lado porque o host parou de cada vez.",
            "É um erro do Rappel: por favor, comunique-o{example}.",
        ),
        Undeliverable => (
            "{count} × «{subject}» {channel}, que não pôde ser entregue{why}.",
            "`rappel messages --state failed --kind {subject}` mostra-as{example}.",
        ),
        UnclearReply => (
            "{count} × a resposta de um paciente {channel} que o Rappel não soube ler.",
            "Nada mudou na consulta: alguém tem de a ler e contactar o paciente{example}.",
        ),
    },
    channel: |channel| match channel {
        Sms => "por SMS",
        Email => "por e-mail",
        Voice => "por telefone",
    },
    because: ": ",
    for_example: "; por exemplo ",
    more: "… e mais {count} pontos deste tipo.",
};
