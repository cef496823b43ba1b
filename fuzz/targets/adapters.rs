//! A provider adapter: manifest, script, cases and a gateway's answer, between NULs. It loads or every slip has
//! its place; what loads answers, or says why it can't.
#![no_main]

use libfuzzer_sys::fuzz_target;
use rappel_core::Language;
use rappel_core::provider::{HttpAnswer, Inbound, Provider};
use rappel_fuzz::{parts, told};
use rappel_rules::adapter::{Adapter, AdapterFiles};

/// The folder that the manifest says it stands in: in another, nothing more of it would be read.
fn folder(manifest: &str) -> String {
    let table: toml::Table = manifest.parse().unwrap_or_default();
    let name = table.get("name").and_then(toml::Value::as_str);
    format!("plugins/{}", name.unwrap_or("own"))
}

fuzz_target!(|data: &[u8]| {
    let [manifest, script, cases, answer] = parts(data);
    let folder = folder(&manifest);
    let mut files = AdapterFiles {
        folder: &folder,
        manifest: &manifest,
        script: &script,
        cases: Some(&cases),
    };
    let adapter = match Adapter::load(files) {
        Ok(adapter) => adapter,
        Err(slips) => {
            assert!(!slips.is_empty());
            told(&slips);
            files.cases = None;
            match Adapter::load(files) {
                Ok(adapter) => adapter,
                Err(_) => return,
            }
        }
    };
    for status in [200, 500] {
        let answer = HttpAnswer {
            status,
            headers: vec![("retry-after".into(), answer.clone())],
            body: answer.clone(),
        };
        let _ = adapter.response(&answer);
    }
    let call = Inbound {
        query: vec![("id".into(), answer.clone())],
        form: vec![("status".into(), answer.clone())],
        body: answer.clone(),
    };
    let _ = adapter.receipt(&call);
    let _ = adapter.reply(&call);
    let _ = adapter.replied(Some(&answer), Language::Fr);
});
