//! Policies that fail while they are asked: nothing is lost, and what they held goes on at once when
//! they are mended.

use rappel_core::store::Ingested;
use serde_json::json;

use crate::town::{Town, tell, visit};

/// Fails whenever it is asked to plan.
const FAILS: &str = "//! Fails.\nfn plan(event, visit, settings) {\n    let none = 0;\n    [message(\"reminder\", \"sms\").at(visit.start - hours(24 / none))]\n}\n";

/// Wants a reminder a day before, as the stock policy does.
const WORKS: &str = "//! Works.\nfn plan(event, visit, settings) {\n    [message(\"reminder\", \"sms\").at(visit.start - hours(24))]\n}\n";

#[tokio::test]
async fn what_a_policy_failed_on_is_planned_when_it_is_mended() {
    let town = Town::new().await;
    town.write_clinic("cabinet");
    town.write("cabinet", "rules/reminder.rhai", FAILS);
    let host = town.start("cabinet").await;
    let told = tell(&host, "e-1", "appointment.created", visit()).await;
    let Ingested::Applied { faults, .. } = told else {
        panic!("{told:?}");
    };
    assert_eq!(
        faults[0].to_string(),
        "policy `reminder`, line 4: the calculation has no result: a division by zero, or a number that is too large"
    );
    town.until_states(&["created sent"]).await;
    assert_eq!(host.status().await.unwrap().unplanned.len(), 1);
    town.write("cabinet", "rules/reminder.rhai", WORKS);
    town.until_states(&["created sent", "reminder planned"])
        .await;
    let reminder = &town.messages().await[1];
    assert_eq!(reminder.due_civil.to_string(), "2026-06-02 14:30");
    assert_eq!(host.status().await.unwrap().unplanned, []);
    host.stop().await;
}

#[tokio::test]
async fn a_host_that_starts_plans_what_a_policy_failed_on_before() {
    let town = Town::new().await;
    town.write_clinic("cabinet");
    town.write("cabinet", "rules/reminder.rhai", FAILS);
    let host = town.start("cabinet").await;
    tell(&host, "e-1", "appointment.created", visit()).await;
    host.stop().await;
    std::fs::remove_file(town.folder("cabinet").join("rules/reminder.rhai")).unwrap();
    let host = town.start("cabinet").await;
    town.until_states(&["created sent", "reminder planned"])
        .await;
    host.stop().await;
}

#[tokio::test]
async fn a_moved_visits_reminder_does_not_go_by_its_old_time() {
    let town = Town::new().await;
    town.write_clinic("cabinet");
    let host = town.start("cabinet").await;
    tell(&host, "e-1", "appointment.created", visit()).await;
    town.until_states(&["created sent", "reminder planned"])
        .await;
    host.stop().await;
    town.write("cabinet", "rules/reminder.rhai", FAILS);
    let host = town.start("cabinet").await;
    let moved = json!({"appointment": {"id": "a-1", "start": "2026-06-05T10:00"}});
    tell(&host, "e-2", "appointment.modified", moved).await;
    let kept = town.messages().await.remove(1);
    assert!(kept.unplanned);
    assert_eq!(kept.due_civil.to_string(), "2026-06-03 14:30");
    town.write("cabinet", "rules/reminder.rhai", WORKS);
    town.until_states(&["created sent", "reminder planned"])
        .await;
    let planned = town.messages().await.remove(1);
    assert_eq!(planned.due_civil.to_string(), "2026-06-04 10:00");
    host.stop().await;
}

#[tokio::test]
async fn an_answer_that_is_still_owed_goes_and_one_that_went_does_not_go_again() {
    let town = Town::new().await;
    town.write_clinic("cabinet");
    town.write(
        "cabinet",
        "rules/own.rhai",
        &FAILS.replace(
            ".at(visit.start - hours(24 / none))",
            ".at(visit.start - hours(2 / none))",
        ),
    );
    town.write("cabinet", "rules/notices.rhai", "//! Fails.\nfn plan(event, visit, settings) {\n    let none = 0;\n    [message(\"created\", \"sms\").now(), message(\"reminder\", \"sms\").at(visit.start - hours(24 / none))]\n}\n");
    let host = town.start("cabinet").await;
    tell(&host, "e-1", "appointment.created", visit()).await;
    town.until_states(&["reminder planned"]).await;
    std::fs::remove_file(town.folder("cabinet").join("rules/notices.rhai")).unwrap();
    town.until_states(&["created sent", "reminder planned"])
        .await;
    // The other policy fails on; when it is mended, nothing that went goes again.
    std::fs::remove_file(town.folder("cabinet").join("rules/own.rhai")).unwrap();
    town.until("the second mending", async |_| {
        host.status().await.unwrap().unplanned.is_empty()
    })
    .await;
    assert_eq!(town.states().await, ["created sent", "reminder planned"]);
    host.stop().await;
}

#[tokio::test]
async fn what_a_policy_failed_to_judge_goes_as_soon_as_it_is_mended() {
    let town = Town::new().await;
    town.write_clinic("cabinet");
    let fails = "//! Fails.\nfn check(message, visit, settings) {\n    let none = 0;\n    if 1 / none > 0 { return skip(\"never\"); }\n    allow()\n}\n";
    town.write("cabinet", "rules/own.rhai", fails);
    let host = town.start("cabinet").await;
    tell(&host, "e-1", "appointment.created", visit()).await;
    town.until_states(&["created held", "reminder planned"])
        .await;
    std::fs::remove_file(town.folder("cabinet").join("rules/own.rhai")).unwrap();
    town.until_states(&["created sent", "reminder planned"])
        .await;
    host.stop().await;
}
