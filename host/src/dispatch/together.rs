//! Families: claimed reminders that may go as one message are put together, judged each on its own, and
//! handed over as one.

use std::sync::Arc;

use rappel_core::civil::Instant;
use rappel_core::ids::MessageId;
use rappel_core::store::{Claimed, Handover, Lane, Shared, Step, Store, Transition};

use super::steps::{Desk, Judged, Ready};
use crate::clinic::{Live, today};
use crate::engine::{self, Families};

/// Claimed messages that may go as one; those that are due come first.
pub(super) struct Together(Vec<Claimed>);

impl Together {
    fn alone(claim: Claimed) -> Self {
        Self(vec![claim])
    }

    /// Claims of what was handed over, each with what it carried, which stands behind it.
    pub(super) fn handed_over(claims: Vec<Claimed>) -> Vec<Self> {
        let mut gathered: Vec<Self> = Vec::with_capacity(claims.len());
        for claim in claims {
            let carrier = claim.message.shared.map(|shared| shared.carrier);
            match gathered.last_mut() {
                Some(Self(members))
                    if carrier.is_some()
                        && members.first().map(|one| one.message.id) == carrier =>
                {
                    members.push(claim);
                }
                _ => gathered.push(Self::alone(claim)),
            }
        }
        gathered
    }

    pub(super) fn claims(&self) -> &[Claimed] {
        &self.0
    }
}

/// Puts claims together that may go as one, and takes what may join them though it isn't due.
pub(super) async fn gather(
    store: &dyn Store,
    lane: &Lane,
    claims: Vec<Claimed>,
    live: &Live,
    now: Instant,
    lease: Instant,
) -> Vec<Together> {
    let mut families = Families::of(claims, &live.rules);
    let carriers: Vec<MessageId> = families.carriers().map(|claim| claim.message.id).collect();
    if !carriers.is_empty() {
        let day = today(now, live.rules.settings());
        let joining = store.join(lane, &carriers, now, day, lease).await;
        let joining = joining.unwrap_or_else(|error| {
            tracing::error!(facility = %lane.facility, channel = %lane.channel, %error, "can't look for a family's other reminders; these go without them");
            Vec::new()
        });
        let strangers: Vec<_> = joining
            .into_iter()
            .filter_map(|(carrier, claim)| families.join(carrier, claim, &live.rules))
            .map(|stranger| (stranger.message.id, stranger.fence))
            .collect();
        let_go(store, lane, &strangers).await;
    }
    families.into_groups().into_iter().map(Together).collect()
}

/// Lets go of what doesn't go now; where that fails, its lease lets it go.
pub(super) async fn let_go(store: &dyn Store, lane: &Lane, held: &[(MessageId, i64)]) {
    if let Err(error) = store.release(&lane.facility, held).await {
        tracing::error!(facility = %lane.facility, channel = %lane.channel, %error, "can't let go of what doesn't go yet");
    }
}

impl Desk {
    /// Judges messages that may go as one, each on its own: what may go, and isn't due before, goes with the
    /// first that may. Tells also which messages to let go of: they may not go now, and their time is to
    /// come.
    pub(super) fn judge_all(
        &self,
        Together(claims): Together,
        live: &Live,
        now: Instant,
        fresh_until: Instant,
    ) -> (Vec<Judged>, Vec<(MessageId, i64)>) {
        let mut judged = Vec::with_capacity(claims.len());
        let mut free = Vec::new();
        let mut going: Vec<Ready> = Vec::new();
        for claim in claims {
            let (due, held) = (claim.message.due <= now, (claim.message.id, claim.fence));
            match self.judge(claim, live, now, fresh_until) {
                Judged::Ready(ready) if due || !going.is_empty() => going.push(*ready),
                stays @ Judged::Stays(_) if due => judged.push(stays),
                _ => free.push(held),
            }
        }
        let (one, rest) = self.bundle(going, live, now);
        judged.extend(one);
        for ready in rest {
            match ready.claim.message.due <= now {
                true => judged.push(Judged::Ready(Box::new(ready))),
                false => free.push((ready.begin.id, ready.begin.fence)),
            }
        }
        (judged, free)
    }

    /// Makes the first of them carry the others, as far as they go the same way; the rest go alone.
    fn bundle(
        &self,
        mut going: Vec<Ready>,
        live: &Live,
        now: Instant,
    ) -> (Option<Judged>, Vec<Ready>) {
        if going.is_empty() {
            return (None, going);
        }
        let carrier = going.remove(0);
        let alone = |carrier| Some(Judged::Ready(Box::new(carrier)));
        let (with, mut rest): (Vec<Ready>, Vec<Ready>) = going
            .into_iter()
            .partition(|other| go_alike(&carrier, other));
        if with.is_empty() {
            return (alone(carrier), rest);
        }
        let claims: Vec<&Claimed> = std::iter::once(&carrier)
            .chain(&with)
            .map(|ready| &ready.claim)
            .collect();
        let Some(whole) = engine::write_together(&claims, &live.rules, &self.links, now) else {
            rest.extend(with);
            return (alone(carrier), rest);
        };
        let id = carrier.begin.id;
        let fresh_until = carrier.fresh_until();
        let mut begin = carrier.begin;
        // It is handed over with other words.
        begin.story.pop();
        let mut one = match self.hand_over(carrier.claim, whole.letter, begin, live, fresh_until) {
            Judged::Ready(one) => one,
            stays @ Judged::Stays(_) => {
                rest.extend(with);
                return (Some(stays), rest);
            }
        };
        let mut parts = whole.parts.into_iter();
        let own = parts.next().map(|(place, _)| Shared { carrier: id, place });
        let about = |ready: &Ready| ready.claim.message.appointment.clone();
        let others: Vec<String> = with
            .iter()
            .filter_map(|ready| Some(format!("`{}`", about(ready)?)))
            .collect();
        reason(
            &mut one.begin,
            format!("it tells of {} too", others.join(", ")),
        );
        let handover = one.begin.handover.take().map(Arc::unwrap_or_clone);
        let handover = handover.map(|handover| Handover {
            shared: own,
            ..handover
        });
        one.carried = with
            .into_iter()
            .zip(parts)
            .map(|(other, (place, links))| {
                let mut begin = other.begin;
                let handover = handover.clone().map(|handover| Handover {
                    shared: Some(Shared { carrier: id, place }),
                    links,
                    // The carrier pays, and is counted when it is opened.
                    segments: 0,
                    credits: rust_decimal::Decimal::ZERO,
                    minute: None,
                    opening: None,
                    ..handover
                });
                begin.handover = handover.map(Arc::new);
                let carrier = engine::goes_with(&one.claim.message);
                reason(&mut begin, carrier.clone());
                begin.reason = Some(carrier);
                if let Some(Step::Handed { segments, .. }) = begin.story.last_mut() {
                    *segments = 0;
                }
                begin
            })
            .collect();
        one.begin.handover = handover.map(Arc::new);
        (Some(Judged::Ready(one)), rest)
    }
}

/// Whether two messages of a family go the same way: none took another channel, neither was sent before.
fn go_alike(one: &Ready, other: &Ready) -> bool {
    let own = |ready: &Ready| ready.outgoing.channel == ready.claim.message.channel;
    own(one)
        && own(other)
        && one.gateway == other.gateway
        && one.outgoing.to.folded() == other.outgoing.to.folded()
        && one.is_resend() == other.is_resend()
}

/// Tells in a message's story with what it goes.
fn reason(begin: &mut Transition, why: String) {
    for step in &mut begin.story {
        if let Step::Judged { reason, .. } = step {
            *reason = Some(why.clone());
        }
    }
}
