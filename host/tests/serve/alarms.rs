//! The administrator of a clinic whose files are broken, from the outside.

use rappel_core::alarm::AlarmKind;

use crate::town::Town;

/// What needed a person, the latest first.
async fn kinds(town: &Town) -> Vec<AlarmKind> {
    let alarms = town.store.alarms(None, 10).await.unwrap();
    alarms.iter().map(|(_, record)| record.alarm.kind).collect()
}

async fn until_kinds(town: &Town, kinds_wanted: &[AlarmKind]) {
    town.until("the alarm", async |town| kinds(town).await == kinds_wanted)
        .await;
}

#[tokio::test]
async fn files_that_are_refused_are_told_once_and_so_is_that_they_are_mended() {
    let town = Town::new().await;
    town.write_clinic("cabinet");
    let host = town.start("cabinet").await;
    assert_eq!(kinds(&town).await, [], "nothing was broken");
    town.write("cabinet", "templates/reminder.sms.trd", "[TRD3");
    until_kinds(&town, &[AlarmKind::FilesRefused]).await;
    let (_, refused) = town.store.alarms(None, 10).await.unwrap().remove(0);
    assert!(
        refused
            .alarm
            .reason
            .starts_with("templates/reminder.sms.trd:1"),
        "{}",
        refused.alarm.reason
    );
    town.write("cabinet", "templates/reminder.sms.trd", "Bonjour [TRD3].\n");
    until_kinds(&town, &[AlarmKind::FilesMended, AlarmKind::FilesRefused]).await;
    host.stop().await;
}

#[tokio::test]
async fn files_that_are_broken_at_the_start_are_told_and_mended_at_the_next() {
    let town = Town::new().await;
    town.write_clinic("cabinet");
    town.start("cabinet").await.stop().await;
    town.write("cabinet", "templates/reminder.sms.trd", "[TRD3");
    let host = town.start("cabinet").await;
    // The watch's first look may be ten seconds away.
    town.write("cabinet", "templates/created.sms.trd", "Bonjour.\n");
    until_kinds(&town, &[AlarmKind::FilesRefused]).await;
    host.stop().await;
    town.write("cabinet", "templates/reminder.sms.trd", "Bonjour [TRD3].\n");
    let host = town.start("cabinet").await;
    assert_eq!(
        kinds(&town).await,
        [AlarmKind::FilesMended, AlarmKind::FilesRefused]
    );
    host.stop().await;
}
