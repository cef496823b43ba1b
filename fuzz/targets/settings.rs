//! `clinic.toml`: every slip has its place; what can be used can be used again as it was written.
#![no_main]

use libfuzzer_sys::fuzz_target;
use rappel_core::Settings;
use rappel_fuzz::told;

fuzz_target!(|text: &str| {
    let inspection = Settings::inspect(text);
    told(&inspection.found);
    if let (true, Some(settings)) = (inspection.is_usable(), &inspection.settings) {
        let again = settings.with(&toml::Table::new());
        assert!(
            again.is_ok(),
            "what was read can't be read again: {:?}",
            again.err()
        );
    }
});
