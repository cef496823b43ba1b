//! The embedded store: SQLite with one writer, a pool of readers, and every commit on the disk
//! before it is told.

mod account;
mod alarms;
mod anew;
mod answers;
mod approval;
mod brake;
mod claim;
mod consent;
mod credits;
mod erased;
mod find;
mod history;
mod ingest;
mod opened;
mod outgoing;
mod read;
mod receive;
mod redact;
mod roster;
mod rows;
mod shadow;
mod steps;
mod tally;
mod together;
mod told;
mod unplanned;

use std::collections::BTreeMap;
use std::fs::{File, TryLockError};
use std::path::{Path, PathBuf};
use std::time::Duration;

use async_trait::async_trait;
use rappel_core::alarm::{Alarm, AlarmRecord, NewReport, PlannedReport};
use rappel_core::channel::ChannelKind;
use rappel_core::civil::{Civil, Instant};
use rappel_core::event::Event;
use rappel_core::facts::Records;
use rappel_core::ids::{AppointmentId, FacilityId, MessageId, PatientId};
use rappel_core::provider::Receipt;
use rappel_core::shadow::{Asked, Recorded};
use rappel_core::store::{
    Absent, Account, Approval, Braked, ChangeRecord, Claimed, Committed, ConsentChange, Count,
    Crossing, EffectCounts, Entry, Filter, GenerationRecord, Ingested, KeptFolder, Lane, Link,
    Message, OpeningToken, OutgoingEvent, PlannedAnew, Planner, Posted, Replanned, ReplyRecord,
    Request, RequestOf, Result, Standing, Store, StoreError, Transition, Unplanned, Whose,
};
use rappel_core::tally::{By, Tally};
use rust_decimal::Decimal;
use sqlx::migrate::{MigrateError, Migrator};
use sqlx::sqlite::{SqliteConnectOptions, SqliteJournalMode, SqlitePoolOptions, SqliteSynchronous};
use sqlx::{Connection, Row, Sqlite, SqlitePool, Transaction};
use tokio::sync::OnceCell;

use erased::Hasher;

/// How many connections read at once: the API, the command line and the queues' clocks.
const READERS: u32 = 4;

/// How many rows are read ahead of whoever takes them.
const ROWS_AHEAD: usize = 1024;

/// How often, and how long apart, the lock of a database is tried.
const LOCK_TRIES: u32 = 10;
const LOCK_PAUSE: Duration = Duration::from_millis(20);

static MIGRATIONS: Migrator = sqlx::migrate!("src/store/sqlite/migrations");

const LATER: &str = "the database was written by a later version of Rappel; run that version, or name another database";

fn must_exist(path: &Path) -> Result<()> {
    if path.exists() {
        return Ok(());
    }
    Err(StoreError(format!(
        "there is no database at {}; `rappel serve` makes one, and `--database` names another",
        path.display()
    )))
}

/// A store in one SQLite file.
#[derive(Debug)]
pub struct SqliteStore {
    /// One connection, so that writers wait for each other here and never in SQLite.
    writer: SqlitePool,
    readers: SqlitePool,
    /// Made of the database's secret when it is needed first.
    hasher: OnceCell<Hasher>,
    /// Held as long as the store is open for writing: a second host on the same file would take the
    /// messages that this one is sending for abandoned.
    _lock: Option<File>,
}

impl SqliteStore {
    /// Opens a file for the one host that serves it, and brings its tables up to date.
    ///
    /// # Errors
    /// When the file can't be opened or migrated, is of a later version, or another host serves it.
    pub async fn open(path: &Path) -> Result<Self> {
        let lock = lock(path).await?;
        let options = options().filename(path);
        // The file remembers that it has a log; whoever only reads needs not say so.
        let writing = options
            .clone()
            .create_if_missing(true)
            .journal_mode(SqliteJournalMode::Wal);
        let store = Self {
            writer: pool(1, writing, path).await?,
            readers: pool(READERS, options.read_only(true), path).await?,
            hasher: OnceCell::new(),
            _lock: Some(lock),
        };
        store.migrate().await?;
        Ok(store)
    }

    /// Whether a host serves a database now.
    pub fn is_served(path: &Path) -> bool {
        File::open(lock_file(path))
            .is_ok_and(|lock| matches!(lock.try_lock_shared(), Err(TryLockError::WouldBlock)))
    }

    /// Opens a file for reading, beside the host that serves it.
    ///
    /// # Errors
    /// When there is no such file, it isn't Rappel's or of a later version.
    pub async fn open_read_only(path: &Path) -> Result<Self> {
        must_exist(path)?;
        let readers = pool(READERS, options().filename(path).read_only(true), path).await?;
        let store = Self {
            writer: readers.clone(),
            readers,
            hasher: OnceCell::new(),
            _lock: None,
        };
        store.check_version(path).await?;
        Ok(store)
    }

    /// Opens a file for what a person decides, beside the host that serves it, which need not run.
    ///
    /// # Errors
    /// As [`SqliteStore::open_read_only`].
    pub async fn open_beside(path: &Path) -> Result<Self> {
        must_exist(path)?;
        let options = options().filename(path);
        let store = Self {
            writer: pool(1, options.clone(), path).await?,
            readers: pool(1, options.read_only(true), path).await?,
            hasher: OnceCell::new(),
            _lock: None,
        };
        store.check_version(path).await?;
        Ok(store)
    }

    /// A store in memory, for simulations and tests.
    ///
    /// # Errors
    /// When SQLite fails, which it has no reason to.
    pub async fn in_memory() -> Result<Self> {
        let path = Path::new("memory");
        // Each connection to `:memory:` has a database of its own, so there is one.
        let writer = pool(1, options().in_memory(true), path).await?;
        let store = Self {
            readers: writer.clone(),
            writer,
            hasher: OnceCell::new(),
            _lock: None,
        };
        store.migrate().await?;
        Ok(store)
    }

    async fn secret(&self) -> Result<[u8; 32]> {
        let row = sqlx::query("SELECT key FROM link_key")
            .fetch_one(&self.readers)
            .await
            .map_err(failed)?;
        let key: Vec<u8> = row.try_get(0).map_err(failed)?;
        key.try_into()
            .map_err(|_| StoreError("the database holds a key of the wrong length".into()))
    }

    async fn hasher(&self) -> Result<Hasher> {
        let made = self
            .hasher
            .get_or_try_init(|| async { Ok(Hasher::new(&self.secret().await?)) });
        made.await.copied()
    }

    async fn migrate(&self) -> Result<()> {
        MIGRATIONS.run(&self.writer).await.map_err(|error| {
            StoreError(match error {
                MigrateError::VersionMissing(_) | MigrateError::VersionTooNew(..) => LATER.into(),
                error => format!("the database can't be brought up to date: {error}"),
            })
        })
    }

    /// Whether this version of Rappel can read the file.
    async fn check_version(&self, path: &Path) -> Result<()> {
        let version: Option<i64> = sqlx::query("SELECT max(version) FROM _sqlx_migrations")
            .fetch_one(&self.readers)
            .await
            .and_then(|row| row.try_get(0))
            .map_err(|_| StoreError(format!("{} is no database of Rappel's", path.display())))?;
        let known = MIGRATIONS.iter().map(|migration| migration.version).max();
        if version > known {
            return Err(StoreError(LATER.into()));
        }
        if version < known {
            return Err(StoreError(format!(
                "{} was written by an earlier version of Rappel; `rappel serve` brings it up to date when it starts",
                path.display()
            )));
        }
        Ok(())
    }

    /// A transaction that writes, and is on the disk when it is committed. It takes the write lock at
    /// once: one that began as a reader could not become a writer while another wrote, whatever it
    /// waits.
    async fn write(&self) -> Result<Transaction<'static, Sqlite>> {
        // `NORMAL` would lose the last commits when the power fails, and a lost "sent" is sent again.
        self.begin("PRAGMA synchronous = FULL; BEGIN IMMEDIATE")
            .await
    }

    /// A transaction about who holds what. It outlives the process, and may be lost when the power
    /// fails: then nobody holds anything, and nothing was sent on the strength of it, because the
    /// commit before a send brings all earlier ones to the disk.
    async fn write_lightly(&self) -> Result<Transaction<'static, Sqlite>> {
        self.begin("PRAGMA synchronous = NORMAL; BEGIN IMMEDIATE")
            .await
    }

    async fn begin(&self, statement: &'static str) -> Result<Transaction<'static, Sqlite>> {
        self.writer.begin_with(statement).await.map_err(failed)
    }
}

fn options() -> SqliteConnectOptions {
    SqliteConnectOptions::new()
        .synchronous(SqliteSynchronous::Full)
        .foreign_keys(false)
        .busy_timeout(Duration::from_secs(10))
        // So that whoever reads a batch wakes once, and SQLite never waits for them.
        .row_buffer_size(ROWS_AHEAD)
        .pragma("temp_store", "memory")
        .pragma("cache_size", "-16000")
}

async fn pool(size: u32, options: SqliteConnectOptions, path: &Path) -> Result<SqlitePool> {
    SqlitePoolOptions::new()
        .max_connections(size)
        // A connection in memory is the database: it must not be closed for idleness.
        .min_connections(u32::from(size == 1))
        .idle_timeout(None)
        .max_lifetime(None)
        // When the disk fails, SQLite ends the transaction by itself and sqlx keeps waiting for its
        // end: such a connection can never write again, so another takes its place.
        .after_release(|connection, _| {
            Box::pin(async move {
                if connection.is_in_transaction() {
                    connection.ping().await?;
                }
                Ok(!connection.is_in_transaction())
            })
        })
        // Each question about a connection's health costs two changes of threads.
        .test_before_acquire(false)
        .connect_with(options)
        .await
        .map_err(|error| {
            StoreError(format!(
                "the database {} can't be opened: {error}",
                path.display()
            ))
        })
}

/// The file whose lock says that a host serves a database.
fn lock_file(path: &Path) -> PathBuf {
    let mut name = path.as_os_str().to_owned();
    name.push(".lock");
    PathBuf::from(name)
}

async fn lock(path: &Path) -> Result<File> {
    let name = lock_file(path);
    let cant =
        |error: std::io::Error| StoreError(format!("{} can't be locked: {error}", name.display()));
    let file = File::options()
        .create(true)
        .truncate(false)
        .write(true)
        .open(&name)
        .map_err(cant)?;
    for _ in 0..LOCK_TRIES {
        match file.try_lock() {
            Ok(()) => return Ok(file),
            // Somebody who asks whether a host is there holds it for a moment.
            Err(TryLockError::WouldBlock) => tokio::time::sleep(LOCK_PAUSE).await,
            Err(TryLockError::Error(error)) => return Err(cant(error)),
        }
    }
    Err(StoreError(format!(
        "another `rappel serve` uses {}; one host serves a database",
        path.display()
    )))
}

/// What went wrong in the database. SQLite's messages name tables and files, never values.
fn failed(error: sqlx::Error) -> StoreError {
    StoreError(format!("the database failed: {error}"))
}

fn millis(instant: Instant) -> i64 {
    instant.timestamp_millis()
}

#[async_trait]
impl Store for SqliteStore {
    async fn ingest(
        &self,
        facility: &FacilityId,
        events: &[Event],
        now: Instant,
        planner: &dyn Planner,
    ) -> Result<Vec<Ingested>> {
        self.ingest_events(facility, events, now, planner).await
    }

    async fn replan(
        &self,
        facility: &FacilityId,
        now: Instant,
        planner: &dyn Planner,
    ) -> Result<Replanned> {
        self.plan_again(facility, now, planner).await
    }

    async fn planned_otherwise(
        &self,
        facility: &FacilityId,
        generation: &str,
        now: Civil,
    ) -> Result<Vec<AppointmentId>> {
        self.read_planned_otherwise(facility, generation, now).await
    }

    async fn standing(
        &self,
        facility: &FacilityId,
        appointments: &[AppointmentId],
    ) -> Result<Vec<Standing>> {
        self.read_standing(facility, appointments).await
    }

    async fn plan_anew(
        &self,
        facility: &FacilityId,
        appointments: &[AppointmentId],
        now: Instant,
        planner: &dyn Planner,
    ) -> Result<PlannedAnew> {
        self.plan_by_other_rules(facility, appointments, now, planner)
            .await
    }

    async fn unplanned(&self, facility: Option<&FacilityId>) -> Result<Vec<Unplanned>> {
        self.read_unplanned(facility).await
    }

    async fn claim(
        &self,
        lane: &Lane,
        now: Instant,
        day: (Instant, Instant),
        limit: u32,
        lease: Instant,
    ) -> Result<Vec<Claimed>> {
        self.claim_due(lane, now, day, limit, lease).await
    }

    async fn join(
        &self,
        lane: &Lane,
        claimed: &[MessageId],
        now: Instant,
        day: (Instant, Instant),
        lease: Instant,
    ) -> Result<Vec<(MessageId, Claimed)>> {
        self.claim_with(lane, claimed, now, day, lease).await
    }

    async fn look_again(&self, facility: &FacilityId, now: (Instant, Civil)) -> Result<u64> {
        self.make_due(facility, now).await
    }

    async fn claim_stuck(
        &self,
        facility: &FacilityId,
        now: Instant,
        day: (Instant, Instant),
        lease: Instant,
        all: bool,
    ) -> Result<Vec<Claimed>> {
        self.claim_abandoned(facility, now, day, lease, all).await
    }

    async fn commit(
        &self,
        steps: &[Transition],
        now: Instant,
        day: (Instant, Instant),
    ) -> Result<Committed> {
        self.commit_steps(steps, now, day).await
    }

    async fn judged(&self, facility: &FacilityId, held: &[(MessageId, i64)]) -> Result<()> {
        self.absolve(facility, held).await
    }

    async fn release(&self, facility: &FacilityId, held: &[(MessageId, i64)]) -> Result<()> {
        self.let_go(facility, held).await
    }

    async fn receive(
        &self,
        facility: &FacilityId,
        gateway: &str,
        receipts: &[Receipt],
        now: Instant,
    ) -> Result<Vec<Option<MessageId>>> {
        self.apply_receipts(facility, gateway, receipts, now).await
    }

    async fn limit_credits(
        &self,
        facility: &FacilityId,
        low: Option<Decimal>,
        now: Instant,
    ) -> Result<Option<Crossing>> {
        self.write_limit(facility, low, now).await
    }

    async fn add_credits(
        &self,
        facility: &FacilityId,
        amount: Decimal,
        note: Option<&str>,
        now: Instant,
    ) -> Result<Option<u64>> {
        self.top_up(facility, amount, note, now).await
    }

    async fn offer_credits(&self, facility: &FacilityId, now: Instant) -> Result<u64> {
        self.offer_again(facility, now).await
    }

    async fn spend_unknown(
        &self,
        facility: &FacilityId,
        before: Instant,
        now: Instant,
    ) -> Result<u64> {
        self.write_off(facility, before, now).await
    }

    async fn accounts(&self) -> Result<Vec<Account>> {
        self.read_accounts().await
    }

    async fn ledger(&self, facility: &FacilityId, limit: u32) -> Result<Vec<Posted>> {
        self.read_ledger(facility, limit).await
    }

    async fn spent(
        &self,
        facility: &FacilityId,
        between: (Instant, Instant),
    ) -> Result<BTreeMap<ChannelKind, Decimal>> {
        self.read_spent(facility, between).await
    }

    async fn note_alarm(
        &self,
        facility: &FacilityId,
        alarm: &Alarm,
        since: Instant,
        now: Instant,
    ) -> Result<()> {
        self.write_alarm(facility, alarm, since, now).await
    }

    async fn alarms(
        &self,
        facility: Option<&FacilityId>,
        limit: u32,
    ) -> Result<Vec<(FacilityId, AlarmRecord)>> {
        self.read_alarms(facility, limit).await
    }

    async fn plan_report(
        &self,
        facility: &FacilityId,
        report: NewReport,
    ) -> Result<Option<PlannedReport>> {
        self.write_report(facility, report).await
    }

    async fn link(&self, token: &str) -> Result<Option<Link>> {
        self.find_link(token).await
    }

    async fn use_link(&self, facility: &FacilityId, token: &str, now: Instant) -> Result<bool> {
        self.use_once(facility, token, now).await
    }

    async fn note_opened(&self, opened: &[(OpeningToken, Instant)]) -> Result<u64> {
        self.note_opens(opened).await
    }

    async fn requests(
        &self,
        facility: &FacilityId,
        of: RequestOf<'_>,
        now: Civil,
    ) -> Result<Vec<Request>> {
        self.find_requests(facility, of, now).await
    }

    async fn people_at(&self, facility: &FacilityId, address: &str) -> Result<Vec<PatientId>> {
        self.find_people(facility, address).await
    }

    async fn note_reply(&self, facility: &FacilityId, reply: &ReplyRecord) -> Result<bool> {
        self.keep_reply(facility, reply).await
    }

    async fn replies(
        &self,
        facility: &FacilityId,
        since: Instant,
        limit: u32,
    ) -> Result<Vec<ReplyRecord>> {
        self.read_replies(facility, since, limit).await
    }

    async fn suppress(
        &self,
        facility: &FacilityId,
        channel: ChannelKind,
        address: &str,
        suppressed: bool,
        source: &str,
        now: Instant,
    ) -> Result<()> {
        self.set_suppressed(facility, (channel, address), suppressed, source, now)
            .await
    }

    async fn consents(
        &self,
        facility: &FacilityId,
        patient: &PatientId,
    ) -> Result<Vec<ConsentChange>> {
        self.read_consents(facility, patient).await
    }

    async fn outgoing(
        &self,
        facility: &FacilityId,
        now: Instant,
        limit: u32,
    ) -> Result<Vec<OutgoingEvent>> {
        self.read_outgoing(facility, now, limit).await
    }

    async fn outgoing_done(
        &self,
        facility: &FacilityId,
        seq: i64,
        again: Option<Instant>,
    ) -> Result<()> {
        self.settle_outgoing(facility, seq, again).await
    }

    async fn braked(&self, facility: Option<&FacilityId>) -> Result<Vec<Braked>> {
        self.read_braked(facility).await
    }

    async fn approvals(&self, facility: &FacilityId) -> Result<Vec<Approval>> {
        self.read_approvals(facility).await
    }

    async fn decide(
        &self,
        facility: &FacilityId,
        approval: &str,
        approved: bool,
        now: (Instant, Civil),
    ) -> Result<Option<u32>> {
        self.decide_on(facility, approval, approved, now).await
    }

    async fn next_due(&self, lane: &Lane) -> Result<Option<Instant>> {
        self.read_next_due(lane).await
    }

    async fn messages(&self, filter: &Filter) -> Result<Vec<Message>> {
        self.read_messages(filter).await
    }

    async fn story(&self, facility: &FacilityId, id: MessageId) -> Result<Vec<Entry>> {
        self.read_story(facility, id).await
    }

    async fn records(
        &self,
        facility: &FacilityId,
        appointment: &AppointmentId,
    ) -> Result<Option<Records>> {
        self.read_records(facility, appointment).await
    }

    async fn appointments_of(
        &self,
        facility: &FacilityId,
        whose: &Whose<'_>,
        limit: u32,
    ) -> Result<Vec<Records>> {
        self.read_appointments_of(facility, whose, limit).await
    }

    async fn counts(&self) -> Result<Vec<Count>> {
        self.read_counts().await
    }

    async fn tally(&self, filter: &Filter, by: &[By]) -> Result<Vec<Tally>> {
        self.read_tally(filter, by).await
    }

    async fn begin(&self, now: Instant) -> Result<()> {
        self.begin_serving(now).await
    }

    async fn begun(&self) -> Result<Option<Instant>> {
        self.read_begun().await
    }

    async fn note_absent(&self, absent: &Absent) -> Result<()> {
        self.write_absent(absent).await
    }

    async fn forget_absent(&self, folder: &str) -> Result<()> {
        self.remove_absent(folder).await
    }

    async fn absent(&self) -> Result<Vec<Absent>> {
        self.read_absent().await
    }

    async fn keep_folder(&self, kept: &KeptFolder) -> Result<()> {
        self.write_kept_folder(kept).await
    }

    async fn kept_folders(&self) -> Result<Vec<KeptFolder>> {
        self.read_kept_folders().await
    }

    async fn note_generation(&self, record: &GenerationRecord) -> Result<()> {
        self.write_generation(record).await
    }

    async fn generations(&self) -> Result<Vec<GenerationRecord>> {
        self.read_generations().await
    }

    async fn note_change(&self, change: &ChangeRecord) -> Result<()> {
        self.write_change(change).await
    }

    async fn note_effect(
        &self,
        facility: &FacilityId,
        generation: &str,
        effect: &EffectCounts,
    ) -> Result<()> {
        self.write_effect(facility, generation, effect).await
    }

    async fn effect_of(
        &self,
        facility: &FacilityId,
        generation: &str,
    ) -> Result<Option<EffectCounts>> {
        self.read_effect(facility, generation).await
    }

    async fn changes(&self, facility: &FacilityId, limit: u32) -> Result<Vec<ChangeRecord>> {
        self.read_changes(facility, limit).await
    }

    async fn shadows(&self, facility: Option<&FacilityId>) -> Result<Vec<Asked>> {
        self.read_shadows(facility).await
    }

    async fn shadow(
        &self,
        facility: &FacilityId,
        policy: &str,
        limit: u32,
    ) -> Result<Vec<Recorded>> {
        self.read_shadow(facility, policy, limit).await
    }

    async fn link_key(&self) -> Result<[u8; 32]> {
        self.secret().await
    }

    async fn redact(&self, facility: &FacilityId, before: Instant) -> Result<u64> {
        self.redact_texts(facility, before).await
    }
}
