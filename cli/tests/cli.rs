//! The command line as transcripts: what is typed, what is answered, and the exit code.

#[test]
fn transcripts_are_true() {
    trycmd::TestCases::new()
        .case("tests/cmd/*.trycmd")
        .case("tests/cmd/*.toml");
}
