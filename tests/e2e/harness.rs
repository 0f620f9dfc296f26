//! The Python side has tests of its own; they run with the newest Python that is here.

use std::io::Write;
use std::path::Path;
use std::process::Command;

use crate::support::Place;

#[test]
fn the_harness_passes_its_own_tests() {
    let place = Place::new();
    let facts = place.run(&["doctor", "--json"]).json();
    let all = facts["host"]["interpreters"].as_array().unwrap().clone();
    let newest = all
        .iter()
        .find(|found| found["implementation"] == "cpython")
        .unwrap();
    let version: Vec<u32> = newest["version"]
        .as_str()
        .unwrap()
        .split('.')
        .map_while(|part| part.parse().ok())
        .collect();
    if version < vec![3, 11] {
        let _ = writeln!(
            std::io::stderr(),
            "skipped: these tests read TOML, which Python does from 3.11 on"
        );
        return;
    }
    let output = Command::new(newest["path"].as_str().unwrap())
        .args(["-m", "unittest", "discover", "-s", "harness/tests"])
        .current_dir(Path::new(env!("CARGO_MANIFEST_DIR")).join("../.."))
        .output()
        .unwrap();
    let said = String::from_utf8_lossy(&output.stderr);
    assert!(
        output.status.success() && !said.contains("Ran 0 tests"),
        "{said}"
    );
}
