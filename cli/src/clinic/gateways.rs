//! Opening a clinic's gateways with the channels of `rappel-plugins`.

use std::path::Path;
use std::sync::Arc;

use rappel_core::agenda::Agenda;
use rappel_core::channel::Channel;
use rappel_core::diagnostic::{Diagnostic, codes};
use rappel_core::provider::{Proof, Provider};
use rappel_core::settings::{AgendaSettings, Gateway, SecretRef, Settings};
use rappel_host::clinic::OpenGateway;
use rappel_host::clock::{Clock, SystemClock};
use rappel_host::engine::Folder;

use super::{LoadedClinic, secrets};

/// Where a clinic declares its gateways.
const FILE: &str = "clinic.toml";

/// Opens gateways.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Gateways {
    /// With their secrets, to send.
    Real,
    /// Without: only to see whether they could be opened. Who checks a clinic need not have its secrets.
    WithoutSecrets,
}

impl Gateways {
    fn lookup(self, place: &SecretRef) -> Result<String, String> {
        match self {
            Gateways::Real => secrets::lookup(place),
            Gateways::WithoutSecrets => Ok("a secret".into()),
        }
    }
}

impl OpenGateway for Gateways {
    fn open(
        &self,
        _name: &str,
        gateway: &Gateway,
        adapter: Option<Arc<dyn Provider>>,
        folder: &Path,
    ) -> Result<Arc<dyn Channel>, String> {
        rappel_plugins::open(gateway, folder, adapter, &|place| self.lookup(place))
    }

    fn proof(
        &self,
        gateway: &Gateway,
        adapter: &dyn Provider,
    ) -> Result<Option<Arc<dyn Proof>>, String> {
        rappel_plugins::open_proof(gateway, adapter, &|place| self.lookup(place))
    }

    fn agenda(&self, url: &str, settings: &AgendaSettings) -> Result<Arc<dyn Agenda>, String> {
        let now = || SystemClock::default().now();
        rappel_plugins::open_agenda(url, settings, &|place| self.lookup(place), now)
    }

    fn stock_adapters(&self) -> Folder {
        stock_adapters()
    }
}

/// The adapters that ship, as files of a clinic's folder.
pub(super) fn stock_adapters() -> Folder {
    let mut folder = Folder::default();
    for adapter in rappel_plugins::stock_adapters() {
        let files = [
            ("plugin.toml", adapter.manifest),
            ("adapter.rhai", adapter.script),
            ("cases.toml", adapter.cases),
        ];
        for (file, text) in files {
            folder.insert(&format!("plugins/{}/{file}", adapter.name), text);
        }
    }
    folder
}

/// What keeps a clinic's gateways from being opened.
pub(crate) fn diagnostics(clinic: &LoadedClinic, gateways: Gateways) -> Vec<Diagnostic> {
    let settings = clinic.rules.settings();
    let mut found = Vec::new();
    for (name, gateway) in &settings.gateways {
        let adapter = clinic.rules.adapter_of(gateway);
        let proof = adapter
            .as_ref()
            .map_or(Ok(None), |adapter| gateways.proof(gateway, &**adapter));
        let opened = proof.and_then(|_| gateways.open(name, gateway, adapter, &clinic.folder));
        if let Err(error) = opened {
            let key = format!("gateways.{name}");
            let diagnostic =
                Diagnostic::new(codes::BAD_SETTINGS, FILE, format!("`{key}`: {error}"));
            let place = clinic
                .files
                .get(FILE)
                .and_then(|text| Some((text.clone(), Settings::place(text, &key)?)));
            found.push(match place {
                Some((text, span)) => diagnostic.at(text, span).label("this gateway"),
                None => diagnostic,
            });
        }
    }
    found
}
