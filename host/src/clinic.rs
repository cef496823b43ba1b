//! A clinic as it serves now: its rules and its open gateways, swapped together.

use std::collections::BTreeMap;
use std::sync::Arc;

use arc_swap::ArcSwap;
use rappel_core::agenda::Agenda;
use rappel_core::channel::{Channel, ChannelKind};
use rappel_core::civil::{Civil, Instant};
use rappel_core::ids::FacilityId;
use rappel_core::provider::{Proof, Provider};
use rappel_core::settings::{AgendaSettings, Gateway, Limits, Settings};
use tokio::sync::Notify;

use crate::engine::{Folder, Generation};

/// Opens a gateway. The composition root gives it, because the host knows no plugin.
pub trait OpenGateway: Send + Sync {
    /// The adapters that ship, as files of `plugins/`.
    fn stock_adapters(&self) -> Folder;

    /// Opens the gateway of that name, with its adapter where it has one.
    ///
    /// # Errors
    /// A sentence for the integrator: a secret that isn't there, a folder that can't be written.
    fn open(
        &self,
        name: &str,
        gateway: &Gateway,
        adapter: Option<Arc<dyn Provider>>,
        folder: &std::path::Path,
    ) -> Result<Arc<dyn Channel>, String>;

    /// Opens the way to the clinic's agenda at an address.
    ///
    /// # Errors
    /// As [`OpenGateway::open`].
    fn agenda(&self, url: &str, settings: &AgendaSettings) -> Result<Arc<dyn Agenda>, String> {
        let _ = (url, settings);
        Err("this host reaches no agenda".into())
    }

    /// The proof that calls from a gateway must bring; `None` where it can't report anything.
    ///
    /// # Errors
    /// As [`OpenGateway::open`].
    fn proof(
        &self,
        gateway: &Gateway,
        adapter: &dyn Provider,
    ) -> Result<Option<Arc<dyn Proof>>, String>;
}

/// A gateway that reports what became of messages.
#[derive(Clone)]
pub struct Reporter {
    /// Reads what it reports.
    pub adapter: Arc<dyn Provider>,
    /// Proves that it is the gateway.
    pub proof: Arc<dyn Proof>,
}

/// Rules with the gateways that they name.
pub struct Live {
    /// The rules.
    pub rules: Arc<Generation>,
    gateways: BTreeMap<String, Arc<dyn Channel>>,
    reporters: BTreeMap<String, Reporter>,
    agenda: Option<Arc<dyn Agenda>>,
}

impl Live {
    /// Opens every gateway that a channel uses.
    ///
    /// # Errors
    /// A sentence for each gateway that can't be opened.
    pub fn open(
        rules: Arc<Generation>,
        folder: &std::path::Path,
        open: &dyn OpenGateway,
    ) -> Result<Self, Vec<String>> {
        let mut live = Self::with(rules, BTreeMap::new());
        let mut errors = Vec::new();
        let rules = live.rules.clone();
        for (name, gateway) in used(rules.settings()) {
            if !live.gateways.contains_key(name)
                && let Err(error) = live.add(name, gateway, folder, open)
            {
                errors.push(format!("gateway `{name}`: {error}"));
            }
        }
        if let Some(url) = &rules.settings().agenda.url {
            match open.agenda(url, &rules.settings().agenda) {
                Ok(agenda) => live.agenda = Some(agenda),
                Err(error) => errors.push(format!("agenda: {error}")),
            }
        }
        if errors.is_empty() {
            Ok(live)
        } else {
            Err(errors)
        }
    }

    fn add(
        &mut self,
        name: &str,
        gateway: &Gateway,
        folder: &std::path::Path,
        open: &dyn OpenGateway,
    ) -> Result<(), String> {
        let adapter = self.rules.adapter_of(gateway);
        if let Some(adapter) = &adapter
            && let Some(proof) = open.proof(gateway, &**adapter)?
        {
            let adapter = adapter.clone();
            self.reporters
                .insert(name.to_string(), Reporter { adapter, proof });
        }
        let channel = open.open(name, gateway, adapter, folder)?;
        self.gateways.insert(name.to_string(), channel);
        Ok(())
    }

    /// The rules with gateways that somebody else opened.
    pub fn with(rules: Arc<Generation>, gateways: BTreeMap<String, Arc<dyn Channel>>) -> Self {
        Self {
            rules,
            gateways,
            reporters: BTreeMap::new(),
            agenda: None,
        }
    }

    /// The way to the agenda, where the clinic has one.
    pub fn agenda(&self) -> Option<&Arc<dyn Agenda>> {
        self.agenda.as_ref()
    }

    /// The gateway that carries a channel: its name, its limits and the way to it.
    pub fn gateway(&self, channel: ChannelKind) -> Option<(&str, &Limits, &Arc<dyn Channel>)> {
        let (name, gateway) = self.rules.settings().gateway(channel)?;
        Some((name, gateway.limits(), self.gateways.get(name)?))
    }

    /// The gateway of a name, if it reports what became of messages.
    pub fn reporter(&self, name: &str) -> Option<&Reporter> {
        self.reporters.get(name)
    }

    /// The gateway of a name.
    pub fn gateway_named(&self, name: &str) -> Option<&Arc<dyn Channel>> {
        self.gateways.get(name)
    }
}

fn used(settings: &Settings) -> impl Iterator<Item = (&str, &Gateway)> {
    ChannelKind::ALL
        .into_iter()
        .filter_map(|channel| settings.gateway(channel))
}

/// A clinic that is served.
pub struct Clinic {
    /// Its key in the store.
    pub facility: FacilityId,
    live: ArcSwap<Live>,
    /// The generations that the brake stopped, and why.
    stopped: ArcSwap<BTreeMap<String, String>>,
    decided: Notify,
}

impl Clinic {
    /// A clinic with the rules it starts with.
    pub fn new(live: Live) -> Self {
        Self {
            facility: live.rules.settings().id.clone(),
            live: ArcSwap::from_pointee(live),
            stopped: ArcSwap::default(),
            decided: Notify::new(),
        }
    }

    /// Says which generations may not serve, by their ids, and why.
    pub fn stop(&self, generations: BTreeMap<String, String>) {
        let before = self.stopped.swap(Arc::new(generations));
        if *before != **self.stopped.load() {
            self.decided.notify_one();
        }
    }

    /// Waits until other generations may serve than before.
    pub async fn decided(&self) {
        self.decided.notified().await;
    }

    /// Why a generation may not serve.
    pub fn stopped(&self, generation: &str) -> Option<String> {
        self.stopped.load().get(generation).cloned()
    }

    /// The rules as they are now. Work that is under way finishes with those it began with.
    pub fn live(&self) -> Arc<Live> {
        self.live.load_full()
    }

    /// Puts new rules in the place of the old.
    pub fn swap(&self, live: Live) {
        self.live.store(Arc::new(live));
    }
}

/// The instants between which it is today on the clinic's wall clock.
pub fn today(now: Instant, settings: &Settings) -> (Instant, Instant) {
    let date = Civil::at(now, settings.zone).date();
    let midnight = |date: chrono::NaiveDate| {
        Civil(date.and_time(chrono::NaiveTime::MIN)).instant(settings.zone)
    };
    (midnight(date), date.succ_opt().map_or(now, midnight))
}
