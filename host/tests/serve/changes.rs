//! Rules that change while messages stand: those follow, the host says so, and a stop loses nothing.

use rappel_core::store::{ChangeRecord, EffectCounts};
use rappel_core::store::{Did, Step};
use rappel_host::serve::Host;

use crate::town::{Town, tell, visit};

/// A clinic with a visit whose reminder waits for 2 June, 14:30.
async fn begun() -> (Town, Host) {
    let town = Town::new().await;
    town.write_clinic("cabinet");
    let host = town.start("cabinet").await;
    tell(&host, "e-1", "appointment.created", visit()).await;
    town.until_states(&["created sent", "reminder planned"])
        .await;
    (town, host)
}

impl Town {
    fn rewrite(&self, from: &str, to: &str) {
        let file = self.folder("cabinet").join("clinic.toml");
        let text = std::fs::read_to_string(&file).unwrap();
        assert!(text.contains(from));
        std::fs::write(file, text.replace(from, to)).unwrap();
    }

    async fn changes(&self) -> Vec<ChangeRecord> {
        self.store.changes(&"cabinet".into(), 100).await.unwrap()
    }

    async fn until_due(&self, due: &str) {
        self.until(due, async |town| {
            town.messages().await[1].due_civil.to_string() == due
        })
        .await;
    }
}

fn moved(moved: u64) -> Option<EffectCounts> {
    Some(EffectCounts {
        moved,
        ..EffectCounts::default()
    })
}

#[tokio::test]
async fn standing_messages_follow_the_rules_and_the_host_says_so() {
    let (town, host) = begun().await;
    town.rewrite("\"1 day\"", "\"12 hours\"");
    town.until_due("2026-06-03 02:30").await;
    let message = town.messages().await.remove(1);
    let status = host.status().await.unwrap();
    let serving = status.generations[0].id.clone();
    assert_eq!(status.effects.get(&"cabinet".into()).copied(), moved(1));
    assert_eq!(message.generation.as_ref(), Some(&serving));
    let story = town.store.story(&message.facility, message.id).await;
    let last = story.unwrap().pop().unwrap();
    assert!(
        matches!(&last.step, Step::Rules { generation, did: Did::Moved { .. } } if *generation == serving),
        "{last:?}"
    );
    let told = town.changes().await;
    assert_eq!((told.len(), told[0].effect), (2, moved(1)));
    assert_eq!(told[0].to.as_ref(), Some(&serving));
    assert_eq!(told[0].from, told[1].to);
    let [file] = &told[0].files[..] else {
        panic!("{told:?}");
    };
    assert_eq!(file.path, "clinic.toml");
    assert!(file.before.is_some() && file.after.is_some());
    assert_eq!(told[1].files.len(), 3, "the first is made of all files");
    host.stop().await;
}

#[tokio::test]
async fn rules_that_changed_while_no_host_ran_are_followed_at_its_start() {
    let (town, host) = begun().await;
    host.stop().await;
    town.rewrite("\"1 day\"", "\"12 hours\"");
    let host = town.start("cabinet").await;
    town.until_due("2026-06-03 02:30").await;
    assert_eq!(town.changes().await[0].effect, moved(1));
    host.stop().await;
    // A start by the same rules is no change.
    let host = town.start("cabinet").await;
    host.stop().await;
    assert_eq!(town.changes().await.len(), 2);
}

#[tokio::test]
async fn a_host_that_stops_on_the_way_goes_on_at_its_start() {
    let (town, host) = begun().await;
    host.stop().await;
    town.rewrite("\"1 day\"", "\"12 hours\"");
    let host = town.start("cabinet").await;
    town.until_due("2026-06-03 02:30").await;
    host.stop().await;
    // As if it had stopped when the effect was noted, and before anything was planned.
    let old = std::sync::Arc::new(
        rappel_host::engine::Generation::compile(&earlier(&town)).unwrap_or_else(|_| panic!()),
    );
    let planner = rappel_host::engine::EventPlanner(old);
    let (facility, now) = ("cabinet".into(), "2026-06-01T09:00:00Z".parse().unwrap());
    let back = town
        .store
        .plan_anew(&facility, &["a-1".into()], now, &planner)
        .await;
    assert_eq!(back.unwrap().moved, 1);
    let host = town.start("cabinet").await;
    town.until_due("2026-06-03 02:30").await;
    assert_eq!(town.changes().await.len(), 2, "it is no other change");
    host.stop().await;
}

/// The clinic's files as they were before.
fn earlier(town: &Town) -> rappel_host::engine::Folder {
    let files = rappel_host::folder::read_folder(&town.folder("cabinet")).unwrap();
    let mut before = rappel_host::engine::Folder::default();
    for (path, text) in files.iter() {
        before.insert(path, text.replace("\"12 hours\"", "\"1 day\""));
    }
    before
}

#[tokio::test]
async fn what_is_refused_is_remembered_once_and_changes_nothing() {
    let (town, host) = begun().await;
    town.rewrite("\"1 day\"", "\"one day\"");
    town.until("the refusal", async |town| town.changes().await.len() == 2)
        .await;
    let told = town.changes().await.remove(0);
    assert!(told.refused.unwrap().contains("reminder.notice"));
    assert_eq!((told.to, told.effect), (None, None));
    assert_eq!(told.files[0].path, "clinic.toml");
    assert_eq!(
        town.messages().await[1].due_civil.to_string(),
        "2026-06-02 14:30"
    );
    host.stop().await;
    // Met again at a start, it is known.
    let host = town.start("cabinet").await;
    host.stop().await;
    assert_eq!(town.changes().await.len(), 2);
}
