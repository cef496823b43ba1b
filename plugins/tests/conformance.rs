//! What every channel must hold to. A channel that is added here is added to every promise.

#![allow(clippy::unwrap_used)]

mod support;

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use rappel_core::channel::{Channel, Outcome, Outgoing};
use rappel_core::settings::Encryption;
use rappel_plugins::{
    ConsoleChannel, FileChannel, HttpChannel, HttpPatience, HttpSetup, SmtpChannel, SmtpPatience,
    SmtpSetup,
};
use support::example;
use support::http::{Does, Gateway};
use support::smtp::{HANG_UP, MailServer, SILENCE, Says};

/// How the other side behaves.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum World {
    /// All is well.
    Good,
    /// The other side will never take this message, and quotes all it knows of it.
    Refuses,
    /// It takes nothing now.
    Busy,
    /// It says when to come again.
    BusyFor7Seconds,
    /// Nobody is there.
    Nobody,
    /// It reads the message and closes the connection.
    HangsUp,
    /// It reads the message and says nothing.
    Silent,
}

const WORLDS: [World; 7] = [
    World::Good,
    World::Refuses,
    World::Busy,
    World::BusyFor7Seconds,
    World::Nobody,
    World::HangsUp,
    World::Silent,
];

/// The channels.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Which {
    File,
    Console,
    Smtp,
    Http,
}

const ALL: [Which; 4] = [Which::File, Which::Console, Which::Smtp, Which::Http];

const SECRET: &str = "open-sesame-42";

/// Short where a test waits for the end of it, long where it must not end.
fn patience(world: World) -> Duration {
    match world {
        World::Silent => Duration::from_millis(200),
        _ => Duration::from_secs(20),
    }
}

/// A channel in a world.
struct Stage {
    channel: Arc<dyn Channel>,
    shown: String,
    message: Outgoing,
    /// How many messages the other side took.
    taken: Box<dyn Fn() -> usize>,
}

impl Which {
    /// The channel in that world; `None` where the world can't be so to it.
    async fn in_world(self, world: World) -> Option<Stage> {
        match self {
            Which::File => file(world),
            Which::Console => console(world),
            Which::Smtp => smtp(world).await,
            Which::Http => http(world).await,
        }
    }
}

fn stage<C: Channel + std::fmt::Debug + 'static>(
    channel: C,
    message: Outgoing,
    taken: impl Fn() -> usize + 'static,
) -> Option<Stage> {
    Some(Stage {
        shown: format!("{channel:?} {message:?}"),
        channel: Arc::new(channel),
        message,
        taken: Box::new(taken),
    })
}

fn file(world: World) -> Option<Stage> {
    let folder = tempfile::tempdir().unwrap();
    let out = folder.path().join("out");
    match world {
        World::Good => {}
        // A folder that can't be made, because a file is in its place.
        World::Nobody => std::fs::write(&out, "").unwrap(),
        _ => return None,
    }
    let channel = FileChannel::new(&out);
    stage(channel, example::sms(), move || {
        let _kept = &folder;
        let entries = std::fs::read_dir(&out).map(Iterator::count);
        entries.unwrap_or(0)
    })
}

fn console(world: World) -> Option<Stage> {
    (world == World::Good).then_some(())?;
    // What it prints is for people; that it printed can't be seen from here.
    stage(ConsoleChannel, example::email(), || 1)
}

async fn smtp(world: World) -> Option<Stage> {
    let mut says = Says::default();
    match world {
        World::Good | World::Nobody => {}
        World::Refuses => {
            says.rcpt = "550 5.1.1 <jeannette@example.org>: open-sesame-42 Bonjour Jeannette, rendez-vous demain"
        }
        World::Busy => says.rcpt = "451 4.7.1 greylisted, come again",
        World::BusyFor7Seconds => return None,
        World::HangsUp => says.text = HANG_UP,
        World::Silent => says.text = SILENCE,
    }
    let server = MailServer::start(says).await;
    let port = match world {
        World::Nobody => closed_port(),
        _ => server.port,
    };
    let channel = SmtpChannel::new(SmtpSetup {
        host: "127.0.0.1".into(),
        port: Some(port),
        encryption: Encryption::None,
        login: Some(("clinic".into(), SECRET.to_string().into())),
        trust: None,
        patience: SmtpPatience {
            announce: Duration::from_secs(20),
            hand_over: patience(world),
        },
    });
    stage(channel.unwrap(), example::email(), move || {
        server.taken().len()
    })
}

async fn http(world: World) -> Option<Stage> {
    let answer = |status, headers, body: &str| Does::Answer(status, headers, body.to_string());
    let gateway = Gateway::start(match world {
        World::Good | World::Nobody => Does::TakeOnce,
        World::Refuses => answer(
            422,
            "",
            r#"{"reason":"no +33600000001, jeannette@example.org, open-sesame-42: Bonjour Jeannette, rendez-vous demain"}"#,
        ),
        World::Busy => answer(503, "", ""),
        World::BusyFor7Seconds => answer(429, "Retry-After: 7\r\n", ""),
        World::HangsUp => Does::HangUp,
        World::Silent => Does::Silence,
    })
    .await;
    let url = match world {
        World::Nobody => format!("http://127.0.0.1:{}/send", closed_port()),
        _ => gateway.url(),
    };
    let channel = HttpChannel::new(
        support::adapter("json"),
        HttpSetup {
            options: BTreeMap::from([("url".to_string(), url)]),
            secrets: [("token", SECRET)].into_iter().collect(),
            allow_private: true,
            patience: HttpPatience {
                connect: Duration::from_secs(20),
                answer: patience(world),
            },
        },
    );
    stage(channel.unwrap(), example::sms(), move || {
        gateway.taken().len()
    })
}

/// A port that was free a moment ago.
fn closed_port() -> u16 {
    let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    listener.local_addr().unwrap().port()
}

/// Every channel in that world, with what became of a message.
async fn sent_in(world: World) -> Vec<(Which, Stage, Outcome)> {
    let mut sent = Vec::new();
    for which in ALL {
        if let Some(stage) = which.in_world(world).await {
            let outcome = stage.channel.send(&stage.message).await;
            sent.push((which, stage, outcome));
        }
    }
    sent
}

#[tokio::test]
async fn a_message_is_accepted_and_taken_once() {
    for (which, stage, outcome) in sent_in(World::Good).await {
        assert!(
            matches!(outcome, Outcome::Accepted { .. }),
            "{which:?}: {outcome:?}"
        );
        assert_eq!((stage.taken)(), 1, "{which:?}");
    }
}

#[tokio::test]
async fn a_refusal_is_for_good() {
    for (which, stage, outcome) in sent_in(World::Refuses).await {
        assert!(
            matches!(outcome, Outcome::Refused { .. }),
            "{which:?}: {outcome:?}"
        );
        assert_eq!((stage.taken)(), 0, "{which:?}");
    }
}

#[tokio::test]
async fn who_is_busy_took_nothing() {
    for (which, stage, outcome) in sent_in(World::Busy).await {
        assert!(
            matches!(
                outcome,
                Outcome::Busy {
                    retry_after: None,
                    ..
                }
            ),
            "{which:?}: {outcome:?}"
        );
        assert_eq!((stage.taken)(), 0, "{which:?}");
    }
}

#[tokio::test]
async fn a_wait_that_is_asked_for_is_passed_on() {
    for (which, _, outcome) in sent_in(World::BusyFor7Seconds).await {
        let Outcome::Busy { retry_after, .. } = outcome else {
            unreachable!("{which:?}: {outcome:?}")
        };
        assert_eq!(retry_after, Some(Duration::from_secs(7)), "{which:?}");
    }
}

#[tokio::test]
async fn where_nobody_is_nothing_was_sent() {
    for (which, stage, outcome) in sent_in(World::Nobody).await {
        assert!(
            matches!(outcome, Outcome::Unreachable { .. }),
            "{which:?}: {outcome:?}"
        );
        assert_eq!((stage.taken)(), 0, "{which:?}");
    }
}

#[tokio::test]
async fn who_read_the_message_and_gave_no_answer_may_have_it() {
    for world in [World::HangsUp, World::Silent] {
        for (which, _, outcome) in sent_in(world).await {
            assert!(
                matches!(outcome, Outcome::Unanswered { .. }),
                "{which:?} {world:?}: {outcome:?}"
            );
        }
    }
}

#[tokio::test]
async fn a_channel_that_honours_references_takes_a_message_once() {
    for which in ALL {
        let stage = which.in_world(World::Good).await.unwrap();
        for _ in 0..3 {
            let outcome = stage.channel.send(&stage.message).await;
            assert!(
                matches!(outcome, Outcome::Accepted { .. }),
                "{which:?}: {outcome:?}"
            );
        }
        let honours = matches!(which, Which::File | Which::Http);
        assert_eq!(stage.channel.honours_reference(), honours, "{which:?}");
        if honours {
            assert_eq!((stage.taken)(), 1, "{which:?}");
        }
    }
}

#[tokio::test]
async fn many_at_once_are_each_taken() {
    for which in [Which::File, Which::Smtp, Which::Http] {
        let stage = which.in_world(World::Good).await.unwrap();
        let sends = (0..40).map(|_| {
            let channel = stage.channel.clone();
            let message = Outgoing {
                id: example::sms().id,
                ..stage.message.clone()
            };
            tokio::spawn(async move { channel.send(&message).await })
        });
        for send in sends.collect::<Vec<_>>() {
            let outcome = send.await.unwrap();
            assert!(
                matches!(outcome, Outcome::Accepted { .. }),
                "{which:?}: {outcome:?}"
            );
        }
        assert_eq!((stage.taken)(), 40, "{which:?}");
    }
}

#[tokio::test]
async fn nothing_a_patient_may_not_have_told_is_shown() {
    for world in WORLDS {
        for (which, stage, outcome) in sent_in(world).await {
            let shown = format!("{} {outcome:?}", stage.shown);
            for hidden in ["33600000001", "jeannette", "Jeannette", "demain", SECRET] {
                assert!(!shown.contains(hidden), "{which:?} {world:?}: {shown}");
            }
        }
    }
}

#[tokio::test]
async fn odd_messages_are_taken_as_they_are() {
    type Odd = fn(&mut rappel_core::channel::Content);
    let odd: [(&str, Odd); 7] = [
        ("empty html", |c| c.html = Some(String::new())),
        ("emoji", |c| c.text = "👩‍⚕️ à demain 😀".into()),
        ("line breaks in a subject", |c| {
            c.subject = Some("one\r\nBcc: other@example.org\r\n\r\ntwo".into());
        }),
        ("dots alone on their lines", |c| {
            c.text = "a\n.\n..\nb".into()
        }),
        ("control characters", |c| {
            c.text = "a\0b\u{1b}[2Jc\u{1}d\u{2}text\u{2}\u{202e}e".into()
        }),
        ("bare returns", |c| c.text = "a\rb\n\rc".into()),
        ("very long", |c| c.text = "é".repeat(60_000)),
    ];
    for which in ALL {
        for (name, change) in odd {
            let stage = which.in_world(World::Good).await.unwrap();
            let message = example::saying(stage.message.clone(), change);
            let outcome = stage.channel.send(&message).await;
            assert!(
                matches!(outcome, Outcome::Accepted { .. }),
                "{which:?} {name}: {outcome:?}"
            );
            assert_eq!((stage.taken)(), 1, "{which:?} {name}");
        }
    }
}
