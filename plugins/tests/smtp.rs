//! What goes on between the SMTP channel and a mail server.

#![allow(clippy::unwrap_used)]

mod support;

use std::time::Duration;

use rappel_core::EmailAddress;
use rappel_core::channel::{Address, Channel, Outcome, Outgoing};
use rappel_core::settings::Encryption;
use rappel_plugins::{SmtpChannel, SmtpPatience, SmtpSetup};
use support::example;
use support::smtp::{HANG_UP, MailServer, SILENCE, Says};

fn setup(server: &MailServer) -> SmtpSetup {
    SmtpSetup {
        host: "localhost".into(),
        port: Some(server.port),
        encryption: Encryption::None,
        login: None,
        trust: None,
        patience: SmtpPatience::default(),
    }
}

fn trusting(server: &MailServer, encryption: Encryption) -> SmtpSetup {
    SmtpSetup {
        encryption,
        trust: Some(include_bytes!("data/tls/ca.pem").to_vec()),
        login: Some(("clinic".into(), "hunter2".to_string().into())),
        ..setup(server)
    }
}

async fn send(setup: SmtpSetup, message: &Outgoing) -> Outcome {
    SmtpChannel::new(setup).unwrap().send(message).await
}

fn name(outcome: &Outcome) -> &'static str {
    match outcome {
        Outcome::Accepted { .. } => "accepted",
        Outcome::Refused { .. } => "refused",
        Outcome::Busy { .. } => "busy",
        Outcome::Unreachable { .. } => "unreachable",
        Outcome::Unanswered { .. } => "unanswered",
    }
}

fn reason(outcome: Outcome) -> String {
    match outcome {
        Outcome::Accepted { .. } => "accepted".into(),
        Outcome::Refused { reason }
        | Outcome::Busy { reason, .. }
        | Outcome::Unreachable { reason }
        | Outcome::Unanswered { reason } => reason,
    }
}

#[tokio::test]
async fn one_mail_goes_to_one_recipient() {
    let server = MailServer::start(Says::default()).await;
    let message = example::email();
    send(setup(&server), &message).await;
    let taken = server.taken();
    let [mail] = taken.as_slice() else {
        unreachable!("{taken:?}")
    };
    assert_eq!(mail.from, "rdv@lumiere.example");
    assert_eq!(mail.to, ["jeannette@example.org"]);
    let id = format!("Message-ID: <{}@lumiere.example>\r\n", message.id);
    assert!(mail.text.contains(&id), "{}", mail.text);
    assert_eq!(mail.text.matches("\nTo:").count(), 1);
    assert!(!mail.text.contains("\nCc:") && !mail.text.contains("\nBcc:"));
}

#[tokio::test]
async fn tls_from_the_start_or_by_starttls_with_a_login() {
    for encryption in [Encryption::Tls, Encryption::Starttls] {
        let tls = encryption == Encryption::Tls;
        let server = MailServer::start(Says {
            tls,
            ehlo: if tls {
                "250-localhost\r\n250 AUTH PLAIN LOGIN"
            } else {
                "250-localhost\r\n250-STARTTLS\r\n250 AUTH PLAIN LOGIN"
            },
            login: Some(("clinic", "hunter2")),
            ..Says::default()
        })
        .await;
        let outcome = send(trusting(&server, encryption), &example::email()).await;
        assert_eq!(name(&outcome), "accepted", "{outcome:?}");
        let taken = server.taken();
        assert!(taken[0].encrypted);
        assert_eq!(taken[0].user.as_deref(), Some("clinic"));
    }
}

#[tokio::test]
async fn without_the_certificate_of_its_authority_a_server_is_not_believed() {
    let server = MailServer::start(Says {
        tls: true,
        ..Says::default()
    })
    .await;
    let setup = SmtpSetup {
        trust: None,
        ..trusting(&server, Encryption::Tls)
    };
    let outcome = send(setup, &example::email()).await;
    assert_eq!(name(&outcome), "unreachable");
    let reason = reason(outcome);
    assert!(reason.contains("invalid peer certificate"), "{reason}");
}

#[tokio::test]
async fn nothing_goes_in_the_clear_where_tls_was_asked_for() {
    let server = MailServer::start(Says::default()).await;
    let outcome = send(trusting(&server, Encryption::Starttls), &example::email()).await;
    assert_eq!(name(&outcome), "unreachable");
    assert!(reason(outcome).contains("offers no STARTTLS"));
    assert!(server.taken().is_empty());
}

#[tokio::test]
async fn a_password_goes_in_the_clear_to_this_machine_only() {
    let server = MailServer::start(Says::default()).await;
    let with_login = |host: &str| SmtpSetup {
        host: host.into(),
        login: Some(("clinic".into(), "hunter2".to_string().into())),
        ..setup(&server)
    };
    assert!(SmtpChannel::new(with_login("127.0.0.1")).is_ok());
    let error = SmtpChannel::new(with_login("mail.example.org")).unwrap_err();
    assert!(error.contains("in the clear"), "{error}");
}

#[tokio::test]
async fn a_wrong_login_is_the_operators_to_mend() {
    let server = MailServer::start(Says {
        login: Some(("clinic", "another")),
        ..Says::default()
    })
    .await;
    let setup = SmtpSetup {
        login: Some(("clinic".into(), "hunter2".to_string().into())),
        ..setup(&server)
    };
    let outcome = send(setup, &example::email()).await;
    assert_eq!(name(&outcome), "unreachable");
    let reason = reason(outcome);
    assert!(reason.contains("refused the login (535)"), "{reason}");
    assert!(!reason.contains("hunter2"), "{reason}");
}

#[tokio::test]
async fn a_connection_is_used_again() {
    let server = MailServer::start(Says::default()).await;
    let channel = SmtpChannel::new(setup(&server)).unwrap();
    for _ in 0..5 {
        assert_eq!(name(&channel.send(&example::email()).await), "accepted");
    }
    assert_eq!((server.taken().len(), server.connections()), (5, 1));
}

#[tokio::test]
async fn a_connection_that_the_server_closed_costs_nothing() {
    for says_goodbye in [false, true] {
        let server = MailServer::start(Says {
            mails: 2,
            says_goodbye,
            ..Says::default()
        })
        .await;
        let channel = SmtpChannel::new(setup(&server)).unwrap();
        for _ in 0..6 {
            let outcome = channel.send(&example::email()).await;
            assert_eq!(name(&outcome), "accepted", "{outcome:?}");
        }
        assert_eq!((server.taken().len(), server.connections()), (6, 3));
    }
}

/// Makes the server say something at one step.
type Step = fn(&mut Says, &'static str);

#[tokio::test]
async fn each_answer_at_each_step() {
    let steps: [(&str, Step); 6] = [
        ("greeting", |says, answer| says.greeting = answer),
        ("EHLO", |says, answer| says.ehlo = answer),
        ("MAIL", |says, answer| says.mail = answer),
        ("RCPT", |says, answer| says.rcpt = answer),
        ("DATA", |says, answer| says.data = answer),
        ("text", |says, answer| says.text = answer),
    ];
    // Until the server is asked about the message, nothing it says is about the message.
    let expected = [
        (
            "450 later",
            ["unreachable", "unreachable", "busy", "busy", "busy", "busy"],
        ),
        (
            "421 goodbye",
            ["unreachable", "unreachable", "busy", "busy", "busy", "busy"],
        ),
        (
            "550 no",
            [
                "unreachable",
                "unreachable",
                "refused",
                "refused",
                "refused",
                "refused",
            ],
        ),
        ("530 log in first", ["unreachable"; 6]),
        (
            "nonsense",
            [
                "unreachable",
                "unreachable",
                "unreachable",
                "unreachable",
                "unreachable",
                "unanswered",
            ],
        ),
        (
            HANG_UP,
            [
                "unreachable",
                "unreachable",
                "unreachable",
                "unreachable",
                "unreachable",
                "unanswered",
            ],
        ),
        (
            SILENCE,
            [
                "unreachable",
                "unreachable",
                "unreachable",
                "unreachable",
                "unreachable",
                "unanswered",
            ],
        ),
        // Blanks where a feature should be, over which the SMTP library panics.
        (
            "250-localhost\r\n250-   \r\n250 ",
            [
                "accepted",
                "unreachable",
                "accepted",
                "accepted",
                "unreachable",
                "accepted",
            ],
        ),
    ];
    for (answer, outcomes) in expected {
        for ((step, set), expected) in steps.iter().zip(outcomes) {
            let mut says = Says::default();
            set(&mut says, answer);
            let server = MailServer::start(says).await;
            let brief = match answer {
                // Neither ends but by the channel's own patience.
                SILENCE | "nonsense" => Duration::from_millis(150),
                _ => Duration::from_secs(20),
            };
            let setup = SmtpSetup {
                patience: SmtpPatience {
                    announce: brief,
                    hand_over: brief,
                },
                ..setup(&server)
            };
            let outcome = send(setup, &example::email()).await;
            assert_eq!(name(&outcome), expected, "{answer} to {step}: {outcome:?}");
            let taken = server.taken().len();
            assert_eq!(
                taken,
                usize::from(expected == "accepted"),
                "{answer} to {step}"
            );
        }
    }
}

#[tokio::test]
async fn an_address_with_accents_needs_a_server_that_takes_it() {
    let message = Outgoing {
        to: Address::Email(EmailAddress::parse("zoé@exemple.fr").unwrap()),
        ..example::email()
    };
    for (ehlo, expected) in [
        ("250-localhost\r\n250 8BITMIME", "refused"),
        ("250-localhost\r\n250-8BITMIME\r\n250 SMTPUTF8", "accepted"),
    ] {
        let server = MailServer::start(Says {
            ehlo,
            ..Says::default()
        })
        .await;
        let outcome = send(setup(&server), &message).await;
        assert_eq!(name(&outcome), expected, "{outcome:?}");
    }
}

#[tokio::test]
async fn reasons_keep_the_code_and_what_an_operator_needs() {
    let server = MailServer::start(Says {
        rcpt: "550-5.1.1 The email account that you tried to reach does not exist.\r\n550 5.1.1 <jeannette@example.org> https://example.org/help?p=NoSuchUser",
        ..Says::default()
    })
    .await;
    assert_eq!(
        reason(send(setup(&server), &example::email()).await),
        "550 5.1.1 The email account that you tried to reach does not exist. <(address)> https://example.org/help?p=NoSuchUser"
    );
}

#[tokio::test]
async fn what_is_no_mail_is_refused_before_anything_is_said() {
    let server = MailServer::start(Says::default()).await;
    let mut nobody = example::email();
    nobody.sender = std::sync::Arc::default();
    let empty = example::saying(example::email(), |content| {
        content.text = " \n".into();
        content.html = None;
    });
    for (message, sentence) in [
        (example::sms(), "a mail server carries no sms"),
        (nobody, "`sender.email` is not set"),
        (empty, "the message is empty"),
    ] {
        let outcome = send(setup(&server), &message).await;
        assert_eq!(name(&outcome), "refused");
        let reason = reason(outcome);
        assert!(reason.contains(sentence), "{reason}");
    }
    assert_eq!(server.connections(), 0);
}
