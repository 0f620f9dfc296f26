//! Recorded terminal sessions: what is typed, what is printed, and the exit code.
//!
//! `TRYCMD=overwrite cargo test --release -p asgi-toll --test cli` records them anew.

#[test]
fn recorded_sessions() {
    trycmd::TestCases::new()
        .case("../../tests/cli/*.trycmd")
        .case("../../tests/cli/*.toml");
}
