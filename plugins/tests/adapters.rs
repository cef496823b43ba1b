//! The adapters that ship: each one loads, and its cases hold.

#![allow(clippy::unwrap_used)]

use std::collections::BTreeSet;
use std::fs;

use rappel_plugins::stock_adapters;
use rappel_rules::adapter::{Adapter, AdapterFiles};

#[test]
fn adapters_that_ship_pass_their_cases() {
    for stock in stock_adapters() {
        let loaded = Adapter::load(AdapterFiles {
            folder: &format!("plugins/{}", stock.name),
            manifest: stock.manifest,
            script: stock.script,
            cases: Some(stock.cases),
        });
        if let Err(slips) = loaded {
            let reports: Vec<_> = slips.iter().map(|slip| slip.report(100, false)).collect();
            panic!("{}", reports.join("\n"));
        }
    }
}

#[test]
fn every_folder_ships() {
    let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/adapters");
    let entries = fs::read_dir(folder).unwrap();
    let folders: BTreeSet<_> = entries
        .map(|entry| entry.unwrap().file_name().into_string().unwrap())
        .collect();
    let shipped: BTreeSet<_> = stock_adapters()
        .iter()
        .map(|s| s.name.to_string())
        .collect();
    assert_eq!(folders, shipped);
}
