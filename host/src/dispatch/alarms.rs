//! What needs a person: gateways that aren't reached are noted here, and the e-mail to the administrator is
//! planned. The rest is noted by the store, where it happens.

use chrono::TimeDelta;
use rappel_core::alarm::{Alarm, NewReport};
use rappel_core::civil::{Civil, Instant};
use rappel_core::ids::{FacilityId, MessageId};
use rappel_core::store::Result;

use super::dispatcher::Dispatcher;
use super::gate::Change;

/// How long an e-mail waits for what happens together.
const GATHER: TimeDelta = TimeDelta::seconds(60);

impl Dispatcher {
    /// Notes which gateways are down or back, and plans the e-mail that tells the administrator what is
    /// untold. A failure of the store is logged: the next look tries again.
    pub(super) async fn look_for_alarms(&self) {
        let facility = &self.clinic.facility;
        // By a clock that jumped, a gateway may seem down for long.
        if !self.clock.is_steady() {
            return;
        }
        let now = self.clock.now();
        if let Err(error) = self.note_gateways(now).await {
            tracing::error!(%facility, %error, "can't note which gateways are reached");
        }
        if let Err(error) = self.plan_report(now).await {
            tracing::error!(%facility, %error, "can't plan the e-mail to the administrator");
        }
    }

    async fn note_gateways(&self, now: Instant) -> Result<()> {
        let facility = &self.clinic.facility;
        for (gateway, change) in self.gates.changes(now) {
            let (alarm, since) = match &change {
                Change::Down { since, reason } => (Alarm::gateway_down(&gateway, reason), *since),
                Change::Back => (Alarm::gateway_back(&gateway), now),
            };
            self.store.note_alarm(facility, &alarm, since, now).await?;
            if let Change::Down { since, reason } = &change {
                tracing::error!(%facility, %gateway, %since, %reason, "the gateway is down; its messages wait");
            }
            self.gates.noted(&gateway, &change);
        }
        Ok(())
    }

    async fn plan_report(&self, now: Instant) -> Result<()> {
        let facility = &self.clinic.facility;
        let live = self.clinic.live();
        let settings = live.rules.settings();
        let administrator = &settings.administrator;
        if administrator.email.is_none() {
            return Ok(());
        }
        let civil = Civil::at(now, settings.zone);
        let every = civil.checked_add(administrator.every);
        let report = NewReport {
            id: new_id(facility, now),
            now,
            zone: settings.zone,
            gather: GATHER,
            every: every.map_or(GATHER, |next| next.instant(settings.zone) - now),
        };
        let Some(planned) = self.store.plan_report(facility, report).await? else {
            return Ok(());
        };
        if let Some(message) = planned.failed {
            tracing::error!(%facility, %message, "the last e-mail to the administrator came to nothing, what it told is told again; `rappel explain` says why");
        }
        tracing::info!(%facility, message = %report.id, due = %planned.due, "the administrator is to be told what needs a person");
        self.wake();
        Ok(())
    }
}

/// A UUIDv7 whose random part is made of the clinic and the time: no two are planned within a minute.
fn new_id(facility: &FacilityId, now: Instant) -> MessageId {
    let mut hasher = blake3::Hasher::new();
    hasher.update(facility.as_str().as_bytes());
    hasher.update(&now.timestamp_millis().to_le_bytes());
    let mut random = [0; 10];
    hasher.finalize_xof().fill(&mut random);
    let millis = u64::try_from(now.timestamp_millis()).unwrap_or(0);
    MessageId(uuid::Builder::from_unix_timestamp_millis(millis, &random).into_uuid())
}
