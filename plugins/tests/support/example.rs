//! Messages to send.

use std::sync::Arc;

use rappel_core::channel::{Address, ChannelKind, Content, Outgoing, Sender, SmsEncoding};
use rappel_core::ids::{FacilityId, MessageId};
use rappel_core::{EmailAddress, Kind, Language, Phone};

/// The words of [`sms`].
pub(crate) const TEXT: &str =
    "Bonjour Jeannette, rendez-vous demain à 14h30 avec Dr Camille Martin.";

/// A reminder to +33600000001.
pub(crate) fn sms() -> Outgoing {
    let phone = Phone::parse("+33600000001", "FR").unwrap();
    outgoing(
        ChannelKind::Sms,
        Address::Phone(phone),
        Content {
            subject: None,
            text: TEXT.into(),
            html: None,
            ssml: None,
            encoding: Some(SmsEncoding::Gsm7),
            units: 69,
            segments: 1,
        },
    )
}

/// The same reminder by e-mail, to jeannette@example.org.
pub(crate) fn email() -> Outgoing {
    let address = EmailAddress::parse("jeannette@example.org").unwrap();
    outgoing(
        ChannelKind::Email,
        Address::Email(address),
        Content {
            subject: Some("Votre rendez-vous du 3 juin".into()),
            text: TEXT.into(),
            html: Some(format!("<p>{TEXT}</p>")),
            ssml: None,
            encoding: None,
            units: 0,
            segments: 0,
        },
    )
}

fn outgoing(channel: ChannelKind, to: Address, content: Content) -> Outgoing {
    Outgoing {
        id: MessageId(uuid::Uuid::now_v7()),
        facility: FacilityId::from("lumiere"),
        kind: Kind::REMINDER,
        channel,
        to,
        sender: Arc::new(Sender {
            facility: "Centre Lumière".into(),
            phone: Some("+33142345678".into()),
            sms: Some("LUMIERE".into()),
            email: Some("rdv@lumiere.example".into()),
            email_name: None,
            reply_to: Some("accueil@lumiere.example".into()),
        }),
        language: Language::Fr,
        content: Arc::new(content),
        receipts: Some("https://rappel.example/receipts/lumiere/sms".into()),
        replies: Some("https://rappel.example/replies/lumiere/sms".into()),
        confirmation_requested: false,
        attempt: 0,
    }
}

/// The message with another text.
pub(crate) fn saying(mut message: Outgoing, change: impl FnOnce(&mut Content)) -> Outgoing {
    change(Arc::make_mut(&mut message.content));
    message
}
