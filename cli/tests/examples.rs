//! The examples' READMEs, and the documentation that runs them, are transcripts: every command in them answers what
//! they say.

use std::path::Path;

#[test]
#[allow(clippy::unwrap_used)]
fn the_examples_readmes_are_true() {
    // Their commands are run from the repository.
    std::env::set_current_dir(Path::new(env!("CARGO_MANIFEST_DIR")).join("..")).unwrap();
    trycmd::TestCases::new()
        .case("examples/*/README.md")
        .case("docs/backtest.md");
}
