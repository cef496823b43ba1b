//! The e-mail to the administrator: what needs a person is told once, together, and whatever the clinic's
//! rules say.

use chrono::TimeDelta;
use rappel_core::alarm::{Alarm, AlarmKind, AlarmRecord};
use rappel_core::channel::ChannelKind;
use rappel_core::civil::Instant;
use rappel_core::kind::Kind;
use rappel_core::message::{Recipient, State};
use rappel_core::store::{Message, NewMessage, ReplyRecord};
use rappel_host::clock::Clock;

use crate::gateway::{Sent, accepted, refused, unreachable};
use crate::house::{House, Setup};

const ADMINISTRATOR: &str = "[administrator]\nemail = \"boss@example.org\"\nlanguage = \"en\"";

async fn house(more: &'static str) -> House {
    House::new(Setup {
        more,
        ..Setup::default()
    })
    .await
}

/// The e-mails that went to the administrator.
fn mails(house: &House) -> Vec<Sent> {
    let mut sent = house.mail.ledger();
    sent.retain(|sent| sent.to == "boss@example.org");
    sent
}

fn is_report(message: &Message) -> bool {
    message.kind == Kind::ADMINISTRATOR
}

async fn alarms(house: &House) -> Vec<AlarmRecord> {
    let found = house.store.alarms(Some(&house.facility), 1_000).await;
    found
        .unwrap()
        .into_iter()
        .map(|(_, record)| record)
        .collect()
}

/// Lets time pass in steps until so many e-mails went to the administrator.
async fn until_mails(house: &House, mails_wanted: usize) {
    house
        .until("the e-mail", |_| {
            house.pass(5);
            mails(house).len() >= mails_wanted
        })
        .await;
}

/// Lets time pass as it does, so that whoever looks every few seconds has looked.
async fn pass(house: &House, minutes: i64) {
    for _ in 0..minutes * 6 {
        house.pass(10);
        tokio::time::sleep(std::time::Duration::from_millis(2)).await;
    }
    house.quiet().await;
}

#[tokio::test]
async fn five_hundred_messages_that_fail_are_one_email() {
    let house = house(ADMINISTRATOR).await;
    house.gateway.always(Some(refused()));
    let lanes = house.start().await;
    house.remind(0..250).await;
    house
        .until("their failure", |messages| {
            let failed = messages.iter().filter(|m| m.state == State::Failed);
            failed.count() == 250
        })
        .await;
    until_mails(&house, 1).await;
    house.remind(250..500).await;
    pass(&house, 60).await;
    assert_eq!(house.in_state(State::Failed).await, 500);
    assert_eq!(mails(&house).len(), 1, "more of the same is no news");
    house.pass(86_400);
    until_mails(&house, 2).await;
    pass(&house, 40).await;
    lanes.stop().await;
    let mails = mails(&house);
    assert_eq!(mails.len(), 2, "what is told is told");
    let counted: u64 = alarms(&house).await.iter().map(|record| record.count).sum();
    assert_eq!(counted, 500);
    let told = &mails[0].text;
    assert!(
        told.contains("250 × “reminder” by SMS, which couldn't be delivered: no such number"),
        "{told}"
    );
    assert!(
        told.contains("`rappel messages --state failed --kind reminder`"),
        "{told}"
    );
    assert!(told.lines().count() < 12, "{told}");
}

#[tokio::test]
async fn what_happens_after_an_email_waits_for_the_next() {
    let house = house(ADMINISTRATOR).await;
    let lanes = house.start().await;
    let reply = |number: u32| ReplyRecord {
        id: format!("gw/{number}"),
        at: house.clock.now(),
        channel: ChannelKind::Sms,
        message: None,
        text: Some("Peut-être".into()),
        reading: ReplyRecord::UNCLEAR.into(),
        outcome: "a person has to read it".into(),
    };
    for number in 0..50 {
        let reply = reply(number);
        let noted = house.store.note_reply(&house.facility, &reply);
        noted.await.unwrap();
        pass(&house, 1).await;
    }
    until_mails(&house, 2).await;
    lanes.stop().await;
    let mails = mails(&house);
    assert_eq!(mails.len(), 2, "one in half an hour");
    assert!(mails[1].at - mails[0].at >= TimeDelta::minutes(30));
    let told = &mails[0].text;
    assert!(
        told.contains("× a patient's answer by SMS that Rappel couldn't read"),
        "{told}"
    );
    assert!(!told.contains("Peut-être"), "{told}");
}

#[tokio::test]
async fn a_policy_that_fails_does_not_keep_back_the_email_that_tells_of_it() {
    let house = House::new(Setup {
        more: "[administrator]\nemail = \"boss@example.org\"",
        policy: Some("//! Fails.\nfn check(message, visit, settings) {\n  if 1 / message.reminders_today > 1 { return skip(\"no\"); }\n  allow()\n}"),
        ..Setup::default()
    })
    .await;
    house.remind([1]).await;
    let lanes = house.start().await;
    until_mails(&house, 1).await;
    lanes.stop().await;
    let told = &mails(&house)[0].text;
    assert!(
        told.contains("La règle own:3 a échoué"),
        "the clinic's language: {told}"
    );
    assert_eq!(house.state(1).await, State::Held);
}

#[tokio::test]
async fn it_goes_at_any_hour_though_all_communication_is_off() {
    let house = House::new(Setup {
        more: ADMINISTRATOR,
        silent: true,
        ..Setup::default()
    })
    .await;
    let alarm = Alarm::files_refused("clinic.toml: no");
    let now = house.clock.now();
    let noted = house.store.note_alarm(&house.facility, &alarm, now, now);
    noted.await.unwrap();
    house.remind([1]).await;
    let lanes = house.start().await;
    until_mails(&house, 1).await;
    lanes.stop().await;
    let told = &mails(&house)[0].text;
    assert!(
        told.contains("the last good ones go on: clinic.toml: no"),
        "{told}"
    );
    assert_eq!(house.state(1).await, State::Skipped);
}

#[tokio::test]
async fn a_gateway_that_is_down_is_told_and_so_is_that_it_is_back() {
    let house = house(ADMINISTRATOR).await;
    house.gateway.always(Some(unreachable()));
    house.remind([1, 2, 3]).await;
    let lanes = house.start().await;
    until_mails(&house, 1).await;
    let told = mails(&house)[0].text.clone();
    assert!(
        told.contains("The gateway “sms” can't be reached: connection refused."),
        "{told}"
    );
    house.gateway.always(None);
    until_mails(&house, 2).await;
    lanes.stop().await;
    let told = mails(&house)[1].text.clone();
    assert!(
        told.contains("The gateway “sms” takes messages again."),
        "{told}"
    );
    assert!(!told.contains("can't be reached"), "it was told: {told}");
    assert!(mails(&house)[1].at - mails(&house)[0].at >= TimeDelta::minutes(30));
}

#[tokio::test]
async fn a_gateway_that_fails_for_a_moment_is_nobodys_business() {
    let house = house(ADMINISTRATOR).await;
    house.gateway.answer([unreachable(), unreachable()]);
    house.remind([1]).await;
    let lanes = house.start().await;
    house
        .until("the reminder", |messages| {
            house.pass(5);
            messages.iter().all(|message| message.state == State::Sent)
        })
        .await;
    pass(&house, 10).await;
    lanes.stop().await;
    assert_eq!(alarms(&house).await, []);
    assert_eq!(mails(&house).len(), 0);
}

#[tokio::test]
async fn when_the_mail_itself_is_down_it_is_told_when_it_is_back_and_raises_nothing_itself() {
    let house = house(ADMINISTRATOR).await;
    house.mail.always(Some(unreachable()));
    house.gateway.answer([refused()]);
    house.remind([1]).await;
    let lanes = house.start().await;
    // For hours: e-mails are given up, and others take their place.
    house
        .until("two that are given up", |messages| {
            house.pass(20);
            let failed = |m: &&Message| is_report(m) && m.state == State::Failed;
            messages.iter().filter(failed).count() == 2
        })
        .await;
    let planned: Vec<Instant> = house
        .messages()
        .await
        .iter()
        .filter(|message| is_report(message))
        .map(|message| message.created)
        .collect();
    assert!(planned.len() <= 3);
    house.mail.always(Some(accepted()));
    house
        .until("the e-mail", |messages| {
            house.pass(20);
            messages
                .iter()
                .any(|m| is_report(m) && m.state == State::Sent)
        })
        .await;
    lanes.stop().await;
    let told = mails(&house).pop().unwrap().text;
    assert!(
        told.contains("1 × “reminder” by SMS"),
        "nothing is lost: {told}"
    );
    assert!(
        told.contains("The gateway “mail” can't be reached"),
        "{told}"
    );
    assert!(!told.contains("administrator” by e-mail"), "{told}");
    let kinds: Vec<_> = alarms(&house)
        .await
        .iter()
        .map(|record| record.alarm.kind)
        .collect();
    assert!(!kinds.contains(&AlarmKind::SetAside));
    let undeliverable = kinds
        .iter()
        .filter(|kind| **kind == AlarmKind::Undeliverable);
    assert_eq!(
        undeliverable.count(),
        1,
        "an e-mail to the administrator is no alarm"
    );
}

#[tokio::test]
async fn who_is_told_that_there_are_no_credits_is_told_without_any() {
    let house = house(
        "[administrator]\nemail = \"boss@example.org\"\nlanguage = \"en\"\n\
         [credits]\nlimited = true\nlow = \"1\"",
    )
    .await;
    let now = house.clock.now();
    let limited = house
        .store
        .limit_credits(&house.facility, Some(1.into()), now);
    limited.await.unwrap();
    house.remind([1]).await;
    let lanes = house.start().await;
    until_mails(&house, 1).await;
    lanes.stop().await;
    let told = &mails(&house)[0].text;
    assert!(told.contains("Only 0 credits are left."), "{told}");
    assert!(
        told.contains("Credits don't suffice any more (0 left)"),
        "{told}"
    );
}

#[tokio::test]
async fn without_an_administrator_nothing_is_planned_and_alarms_are_kept() {
    let house = house("").await;
    house.gateway.always(Some(refused()));
    house.remind([1]).await;
    let lanes = house.start().await;
    house.until_all(State::Failed).await;
    pass(&house, 60).await;
    lanes.stop().await;
    assert_eq!(house.messages().await.len(), 1);
    assert_eq!(alarms(&house).await.len(), 1);
}

#[tokio::test]
async fn a_policys_own_message_reaches_the_administrator_too() {
    let house = house(ADMINISTRATOR).await;
    let to_administrator = NewMessage {
        recipient: Recipient::Administrator,
        channel: ChannelKind::Email,
        ..house.reminder(1)
    };
    house.plan([to_administrator]).await;
    let lanes = house.start().await;
    house.until_all(State::Sent).await;
    lanes.stop().await;
    assert_eq!(mails(&house)[0].text, "A demain P1.");
}
