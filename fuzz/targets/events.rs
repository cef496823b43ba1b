//! What comes in over HTTP: a CloudEvent is read or refused with its place, and what was read reads again; a
//! gateway's call is answered by every adapter that ships.
#![no_main]

use std::path::Path;
use std::sync::LazyLock;

use libfuzzer_sys::fuzz_target;
use rappel_core::Event;
use rappel_core::provider::{HttpAnswer, Inbound, Provider};
use rappel_rules::adapter::{Adapter, AdapterFiles};

static ADAPTERS: LazyLock<Vec<Adapter>> = LazyLock::new(|| {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../plugins/adapters");
    let read = |path: &Path| std::fs::read_to_string(path).expect("an adapter's file");
    let folders = std::fs::read_dir(folder).expect("the adapters that ship");
    folders
        .map(|folder| {
            let folder = folder.expect("a folder").path();
            let files = AdapterFiles {
                folder: &folder.to_string_lossy(),
                manifest: &read(&folder.join("plugin.toml")),
                script: &read(&folder.join("adapter.rhai")),
                cases: None,
            };
            Adapter::load(files).unwrap_or_else(|slips| panic!("{folder:?}: {slips:?}"))
        })
        .collect()
});

fuzz_target!(|text: &str| {
    match Event::from_json(text) {
        Ok(event) => {
            if let Ok((visit, _)) = event.records.to_visit() {
                assert!(!format!("{visit:?}").contains("@"), "a fact is told");
            }
        }
        Err(error) => assert!(!error.path.is_empty() && !error.message.is_empty()),
    }
    let fields = || {
        let pairs = text.split('&').filter_map(|pair| pair.split_once('='));
        pairs
            .map(|(name, value)| (name.to_string(), value.to_string()))
            .collect::<Vec<_>>()
    };
    let call = Inbound {
        query: fields(),
        form: fields(),
        body: text.into(),
    };
    let answer = HttpAnswer {
        status: 200,
        headers: fields(),
        body: text.into(),
    };
    for adapter in ADAPTERS.iter() {
        let _ = adapter.receipt(&call);
        let _ = adapter.reply(&call);
        let _ = adapter.response(&answer);
    }
});
