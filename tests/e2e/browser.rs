//! `report.html` in a real browser: it draws its charts offline and no script fails.

use std::io::Write;
use std::process::Command;

use crate::support::Place;

const BROWSERS: [&str; 4] = [
    "chromium",
    "chromium-browser",
    "google-chrome",
    "google-chrome-stable",
];

const SUITE: &str = "\
[suite]
name = \"bare\"
middlewares = [0, 1, 3]
http = \"h11\"
loop = \"asyncio\"

[measure]
rounds = 1
max-rounds = 1
slice-ms = 20
blocks = 1
warmup-ms = 10

[[series]]
framework = \"bare\"
";

fn browser() -> Option<&'static str> {
    BROWSERS.into_iter().find(|name| {
        Command::new(name)
            .arg("--version")
            .output()
            .is_ok_and(|output| output.status.success())
    })
}

#[test]
fn the_report_draws_itself() {
    let Some(browser) = browser() else {
        assert!(
            std::env::var_os("ASGI_TOLL_REQUIRE_BROWSER").is_none(),
            "no browser, but one is required"
        );
        let _ = writeln!(
            std::io::stderr(),
            "skipped: none of {BROWSERS:?} is installed"
        );
        return;
    };
    let place = Place::new();
    place.write("suite.toml", SUITE);
    place.run(&["run", "suite.toml", "--out", "out"]).expect(0);
    let output = Command::new(browser)
        .args([
            "--headless",
            "--no-sandbox",
            "--disable-gpu",
            "--disable-quic",
            "--no-first-run",
        ])
        .args([
            "--disable-background-networking",
            "--disable-component-update",
            "--disable-sync",
        ])
        .args([
            "--enable-logging=stderr",
            "--virtual-time-budget=5000",
            "--dump-dom",
        ])
        .arg(format!(
            "--user-data-dir={}",
            place.path("profile").display()
        ))
        .arg(format!(
            "file://{}",
            place.path("out/report.html").display()
        ))
        .output()
        .unwrap();
    let dom = String::from_utf8_lossy(&output.stdout);
    let log = String::from_utf8_lossy(&output.stderr);
    let complaints: Vec<&str> = log
        .lines()
        .filter(|line| line.contains("CONSOLE"))
        .collect();
    assert_eq!(complaints, Vec::<&str>::new());
    assert!(
        dom.contains("<canvas") || dom.contains("<svg"),
        "no chart was drawn:\n{dom}"
    );
    assert!(dom.contains("bare"), "{dom}");
}
