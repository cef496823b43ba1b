//! What SQLite does beside: one host a file, readers beside it, a full disk, files of other versions.

use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use rappel_core::event::Event;
use rappel_core::facts::Records;
use rappel_core::message::State;
use rappel_core::store::{Filter, Ingested, Message, Store};
use rappel_host::store::SqliteStore;
use sqlx::sqlite::{SqliteConnectOptions, SqliteConnection};
use sqlx::{Connection, Executor};
use tempfile::TempDir;

use crate::bench::*;

struct Place {
    _folder: TempDir,
    database: PathBuf,
}

fn place() -> Place {
    let folder = tempfile::tempdir().unwrap();
    let database = folder.path().join("rappel.db");
    Place {
        _folder: folder,
        database,
    }
}

/// SQLite itself, beside the store.
async fn raw(place: &Place) -> SqliteConnection {
    let options = SqliteConnectOptions::new()
        .filename(&place.database)
        .busy_timeout(Duration::from_secs(5));
    SqliteConnection::connect_with(&options).await.unwrap()
}

async fn open(place: &Place) -> Bench {
    let store = SqliteStore::open(&place.database).await.unwrap();
    Bench::over(Arc::new(store))
}

#[tokio::test]
async fn what_was_kept_is_there_after_opening_again() {
    let place = place();
    let bench = open(&place).await;
    let key = bench.store.link_key().await.unwrap();
    bench.plan([reminder(1), reminder(2)]).await;
    bench.sent(1).await;
    drop(bench);
    let bench = open(&place).await;
    assert_eq!(bench.state(1).await, State::Sent);
    assert_eq!(bench.state(2).await, State::Planned);
    assert_eq!(bench.store.link_key().await.unwrap(), key);
}

#[tokio::test]
async fn a_second_host_on_the_same_file_is_refused() {
    let place = place();
    let bench = open(&place).await;
    let refused = SqliteStore::open(&place.database).await.unwrap_err();
    assert_eq!(
        refused.to_string(),
        format!(
            "another `rappel serve` uses {}; one host serves a database",
            place.database.display()
        )
    );
    // The first goes on, and when it is gone another may come.
    bench.plan([reminder(1)]).await;
    drop(bench);
    open(&place).await;
}

#[tokio::test]
async fn a_reader_beside_the_host_sees_what_it_commits_and_writes_nothing() {
    let place = place();
    let bench = open(&place).await;
    bench.plan([reminder(1)]).await;
    let reader = SqliteStore::open_read_only(&place.database).await.unwrap();
    assert_eq!(reader.messages(&Filter::default()).await.unwrap().len(), 1);
    bench.plan([reminder(2)]).await;
    assert_eq!(reader.messages(&Filter::default()).await.unwrap().len(), 2);
    let reading = Bench::over(Arc::new(reader));
    let written = reading
        .store
        .claim(&lane(), at("09:00"), day(), 10, at("09:02"))
        .await;
    assert!(written.is_err());
    bench.take(1).await;
    // And after the host has gone.
    drop(bench);
    assert_eq!(reading.all().await.len(), 2);
    drop(reading);
    let reader = SqliteStore::open_read_only(&place.database).await.unwrap();
    assert_eq!(reader.messages(&Filter::default()).await.unwrap().len(), 2);
}

#[tokio::test]
async fn a_reader_is_told_what_is_no_database_of_rappels() {
    let place = place();
    let told = async || {
        let error = SqliteStore::open_read_only(&place.database)
            .await
            .unwrap_err();
        error
            .to_string()
            .replace(place.database.to_str().unwrap(), "FILE")
    };
    assert_eq!(
        told().await,
        "there is no database at FILE; `rappel serve` makes one, and `--database` names another"
    );
    assert!(!place.database.exists(), "reading makes no file");
    std::fs::write(&place.database, "a diary").unwrap();
    assert_eq!(
        told().await,
        "the database FILE can't be opened: error returned from database: (code: 26) file is not a database"
    );
    std::fs::remove_file(&place.database).unwrap();
    let options = SqliteConnectOptions::new()
        .filename(&place.database)
        .create_if_missing(true);
    let mut other = SqliteConnection::connect_with(&options).await.unwrap();
    other
        .execute("CREATE TABLE diary (day TEXT)")
        .await
        .unwrap();
    other.close().await.unwrap();
    assert_eq!(told().await, "FILE is no database of Rappel's");
}

#[tokio::test]
async fn a_database_of_a_later_version_is_refused() {
    let place = place();
    drop(open(&place).await);
    let mut later = raw(&place).await;
    later
        .execute(
            "INSERT INTO _sqlx_migrations (version, description, success, checksum, execution_time)
             VALUES (9999, 'to come', 1, x'00', 0)",
        )
        .await
        .unwrap();
    later.close().await.unwrap();
    const REFUSED: &str = "the database was written by a later version of Rappel; run that version, or name another database";
    let refused = SqliteStore::open(&place.database).await.unwrap_err();
    assert_eq!(refused.to_string(), REFUSED);
    let refused = SqliteStore::open_read_only(&place.database)
        .await
        .unwrap_err();
    assert_eq!(refused.to_string(), REFUSED);
}

#[tokio::test]
async fn a_database_of_an_earlier_version_is_brought_up_to_date_by_the_host_alone() {
    let place = place();
    let options = SqliteConnectOptions::new()
        .filename(&place.database)
        .journal_mode(sqlx::sqlite::SqliteJournalMode::Wal)
        .create_if_missing(true);
    let mut old = SqliteConnection::connect_with(&options).await.unwrap();
    // Before the first version there was none: the file remembers that migrations run, and not one.
    let none = tempfile::tempdir().unwrap();
    let migrator = sqlx::migrate::Migrator::new(none.path()).await.unwrap();
    migrator.run(&mut old).await.unwrap();
    old.close().await.unwrap();
    let refused = SqliteStore::open_read_only(&place.database)
        .await
        .unwrap_err()
        .to_string();
    assert!(refused.contains("earlier version of Rappel"), "{refused}");
    drop(open(&place).await);
    SqliteStore::open_read_only(&place.database).await.unwrap();
}

/// Set in the process that runs with a limit on the size of its files.
const LIMITED: &str = "RAPPEL_TEST_LIMITED";

/// Nothing may be written behind so many bytes of a file from now on.
fn limit_files(bytes: &str) {
    let done = std::process::Command::new("prlimit")
        .arg(format!("--pid={}", std::process::id()))
        .arg(format!("--fsize={bytes}:"))
        .status();
    assert!(done.unwrap().success());
}

/// A process of its own, because a limit holds for all that a process writes. The signal that comes
/// with the limit is ignored, so that writing fails as it does on a full disk.
#[test]
#[allow(
    clippy::disallowed_methods,
    reason = "the variable says which process this is"
)]
fn a_disk_that_takes_no_more_refuses_everything_and_leaves_nothing_half_done() {
    if std::env::var_os(LIMITED).is_some() {
        return tokio::runtime::Runtime::new()
            .unwrap()
            .block_on(on_a_full_disk());
    }
    let output = std::process::Command::new("sh")
        .args(["-c", "trap '' XFSZ; exec \"$0\" --exact \"$1\" --nocapture"])
        .arg(std::env::current_exe().unwrap())
        .arg("sqlite::a_disk_that_takes_no_more_refuses_everything_and_leaves_nothing_half_done")
        .env(LIMITED, "1")
        .output()
        .unwrap();
    let said = String::from_utf8_lossy(&output.stdout);
    assert!(
        output.status.success() && said.contains("1 passed"),
        "{said}{}",
        String::from_utf8_lossy(&output.stderr)
    );
}

async fn on_a_full_disk() {
    let place = place();
    let bench = open(&place).await;
    bench.plan([reminder(1)]).await;
    let claim = bench.take(1).await;
    let log = place.database.with_extension("db-wal");
    // Room for some of the events, not for all.
    let room = std::fs::metadata(log).unwrap().len() + 300_000;
    limit_files(&room.to_string());
    let hand = Hand(|event: &Event, known: &Records, _, _: &[Message]| {
        let number = event.id.trim_start_matches("book-").parse().unwrap();
        Ok(plan(event, known, vec![add(reminder(number))]))
    });
    let events: Vec<Event> = (2..600).map(booking).collect();
    let told = bench
        .store
        .ingest(&bench.facility, &events, at("08:00"), &hand)
        .await;
    let error = told.unwrap_err().to_string();
    assert!(error.starts_with("the database failed: "), "{error}");
    assert_eq!(bench.all().await.len(), 1);
    limit_files("0");
    let step = begin(&claim);
    assert!(
        bench
            .store
            .commit(std::slice::from_ref(&step), at("09:00"), day())
            .await
            .is_err(),
        "what can't be remembered must not begin"
    );
    assert_eq!(bench.all().await.len(), 1);
    assert_eq!(bench.known("a-2").await, None);
    assert_eq!(bench.state(1).await, State::Planned);
    // Room is made: everything goes on from where it stood.
    limit_files("unlimited");
    assert!(bench.step(step).await);
    let outcomes = bench.ingest(&events, &hand).await;
    assert!(
        outcomes
            .iter()
            .all(|outcome| matches!(outcome, Ingested::Applied { added: 1, .. })),
        "none of them is known from the time before"
    );
    assert_eq!(bench.all().await.len(), 599);
}

#[tokio::test]
async fn an_event_whose_sender_hangs_up_is_there_whole_or_not_at_all() {
    let place = place();
    let bench = open(&place).await;
    // The request's task is dropped at every point of the work that it waits at.
    for round in 0..40_u32 {
        let number = u128::from(round) + 1;
        let telling = {
            let bench = bench.clone();
            async move { bench.plan([reminder(number)]).await }
        };
        let mut telling = Box::pin(telling);
        for _ in 0..round {
            let polled = poll_once(telling.as_mut()).await;
            if polled {
                break;
            }
            tokio::time::sleep(Duration::from_micros(100)).await;
        }
        drop(telling);
        // What was on its way to the disk arrives first: there is one writer.
        let nobodys = [(id(9_999), 0)];
        bench
            .store
            .release(&bench.facility, &nobodys)
            .await
            .unwrap();
        let facts = bench.known(&format!("a-{number}")).await.is_some();
        let messages = bench.all().await;
        let message = messages.iter().any(|m| m.id == id(number));
        assert_eq!(facts, message, "round {round}");
    }
    // The writer is as good as new.
    bench.plan([reminder(1_000)]).await;
    assert_eq!(bench.state(1_000).await, State::Planned);
}

/// Polls once; tells whether it came to its end.
async fn poll_once(mut future: std::pin::Pin<&mut impl Future<Output = ()>>) -> bool {
    std::future::poll_fn(|context| std::task::Poll::Ready(future.as_mut().poll(context).is_ready()))
        .await
}
