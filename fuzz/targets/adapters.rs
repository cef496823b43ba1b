//! A provider adapter: manifest, script, cases and a gateway's answer, between NULs. It loads or every slip has
//! its place; what loads answers, or says why it can't.
#![no_main]

use libfuzzer_sys::fuzz_target;
use rappel_core::Language;
use rappel_core::provider::{HttpAnswer, Inbound, Provider};
use rappel_fuzz::{parts, told};
use rappel_rules::adapter::{Adapter, AdapterFiles};

fuzz_target!(|data: &[u8]| {
    let [manifest, script, cases, answer] = parts(data);
    let mut files = AdapterFiles {
        folder: "plugins/own",
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
