//! Postfix: mail arrives with its parts and headers, over TLS, with and without a login.

use lettre::{
    Address, Message, SmtpTransport, Transport,
    address::Envelope,
    message::{Mailbox, MultiPart, header},
    transport::smtp::{
        authentication::{Credentials, Mechanism},
        client::{Certificate, Tls, TlsParameters},
    },
};
use rappel_tests::peers::Postfix;

use crate::SOON;

fn tls(postfix: &Postfix) -> Tls {
    let pem = std::fs::read(postfix.certificate()).unwrap();
    let parameters = TlsParameters::builder("localhost".to_owned())
        .add_root_certificate(Certificate::from_pem(&pem).unwrap())
        .build_rustls()
        .unwrap();
    Tls::Required(parameters)
}

fn transport(port: u16, tls: Tls) -> lettre::transport::smtp::SmtpTransportBuilder {
    SmtpTransport::builder_dangerous("127.0.0.1")
        .port(port)
        .tls(tls)
        .timeout(Some(SOON))
}

fn message(to: &str) -> Message {
    Message::builder()
        .from(Mailbox::new(
            Some("Clinique Lumière".to_owned()),
            "rdv@clinique.example".parse().unwrap(),
        ))
        .to(to.parse().unwrap())
        .subject("Rendez-vous du 3 juin à 14:30")
        .header(header::MessageId::from("<m-1@clinique.example>".to_owned()))
        .multipart(MultiPart::alternative_plain_html(
            "Bonjour Chloé,\n45 €".to_owned(),
            "<p>Bonjour Chloé,<br>45 €</p>".to_owned(),
        ))
        .unwrap()
}

#[test]
fn a_multipart_mail_arrives_with_its_headers() {
    let postfix = Postfix::start().unwrap();
    transport(postfix.smtp_port(), tls(&postfix))
        .build()
        .send(&message("Chloé <chloe@example.org>"))
        .unwrap();
    let received = postfix.wait_for(1, SOON).unwrap();
    let [mail] = received.as_slice() else {
        panic!("{received:?}")
    };
    assert_eq!(mail.envelope_from, "rdv@clinique.example");
    assert_eq!(mail.envelope_to, "chloe@example.org");
    assert_eq!(
        mail.subject.as_deref(),
        Some("Rendez-vous du 3 juin à 14:30")
    );
    assert_eq!(
        mail.from,
        (
            Some("Clinique Lumière".to_owned()),
            Some("rdv@clinique.example".to_owned())
        )
    );
    assert_eq!(mail.to, ["chloe@example.org"]);
    assert_eq!(
        mail.header("Message-ID").as_deref(),
        Some("<m-1@clinique.example>")
    );
    assert_eq!(mail.header("Bcc"), None);
    // Lines end as the mailbox has them.
    assert_eq!(mail.text().map(str::trim_end), Some("Bonjour Chloé,\n45 €"));
    assert_eq!(
        mail.html().map(str::trim_end),
        Some("<p>Bonjour Chloé,<br>45 €</p>")
    );
    assert_eq!(mail.parts.len(), 2);
}

#[test]
fn a_mail_for_two_is_delivered_as_two() {
    let postfix = Postfix::start().unwrap();
    let address = |text: &str| text.parse::<Address>().unwrap();
    let envelope = Envelope::new(
        Some(address("rdv@clinique.example")),
        vec![address("a@example.org"), address("b@example.org")],
    );
    let client = transport(postfix.smtp_port(), Tls::None).build();
    client
        .send_raw(&envelope.unwrap(), &message("a@example.org").formatted())
        .unwrap();
    let received = postfix.wait_for(2, SOON).unwrap();
    let mut to: Vec<_> = received
        .iter()
        .map(|mail| mail.envelope_to.as_str())
        .collect();
    to.sort_unstable();
    assert_eq!(to, ["a@example.org", "b@example.org"]);
}

#[test]
fn submission_takes_both_kinds_of_login() {
    let postfix = Postfix::start().unwrap();
    let credentials = Credentials::new(Postfix::USERNAME.to_owned(), Postfix::PASSWORD.to_owned());
    for mechanism in [Mechanism::Plain, Mechanism::Login] {
        let client = transport(postfix.submission_port(), tls(&postfix))
            .credentials(credentials.clone())
            .authentication(vec![mechanism])
            .build();
        client.send(&message("chloe@example.org")).unwrap();
    }
    assert_eq!(postfix.wait_for(2, SOON).unwrap().len(), 2);
}

#[test]
fn submission_refuses_who_does_not_log_in() {
    let postfix = Postfix::start().unwrap();
    let port = postfix.submission_port();
    let code = |client: SmtpTransport| {
        let error = client.send(&message("chloe@example.org")).unwrap_err();
        error.status().map(u16::from)
    };
    assert_eq!(
        code(transport(port, tls(&postfix)).build()),
        Some(554),
        "without a login"
    );
    assert_eq!(
        code(transport(port, Tls::None).build()),
        Some(530),
        "without TLS"
    );
    let wrong = Credentials::new(Postfix::USERNAME.to_owned(), "wrong".to_owned());
    assert_eq!(
        code(transport(port, tls(&postfix)).credentials(wrong).build()),
        Some(535),
        "with a wrong password"
    );
    assert!(postfix.received().unwrap().is_empty());
}

#[test]
fn the_certificate_is_not_trusted_by_itself() {
    let postfix = Postfix::start().unwrap();
    let tls = Tls::Required(TlsParameters::new_rustls("localhost".to_owned()).unwrap());
    assert!(
        transport(postfix.smtp_port(), tls)
            .build()
            .send(&message("chloe@example.org"))
            .is_err()
    );
}

#[test]
fn addresses_fail_for_good_for_now_and_elsewhere() {
    let postfix = Postfix::start().unwrap();
    let client = transport(postfix.smtp_port(), Tls::None).build();
    for (to, code) in [
        (Postfix::UNKNOWN, 550),
        (Postfix::BUSY, 450),
        ("someone@elsewhere.example", 554),
    ] {
        let error = client.send(&message(to)).unwrap_err();
        assert_eq!(error.status().map(u16::from), Some(code), "{to}");
    }
}
