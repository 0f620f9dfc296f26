//! The smaller verbs against the real world.

use std::io::{Read, Write};
use std::net::{TcpListener, TcpStream};
use std::thread;

use crate::support::Place;

/// A server that answers every request on every connection, until the test ends.
fn answering(body: &'static str) -> String {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = listener.local_addr().unwrap();
    thread::spawn(move || {
        for stream in listener.incoming().flatten() {
            thread::spawn(move || answer(stream, body));
        }
    });
    format!("http://{address}/")
}

fn answer(mut stream: TcpStream, body: &str) {
    let mut buffer = [0; 4096];
    let response = format!(
        "HTTP/1.1 200 OK\r\ncontent-length: {}\r\n\r\n{body}",
        body.len()
    );
    while stream.read(&mut buffer).is_ok_and(|read| read > 0) {
        if stream.write_all(response.as_bytes()).is_err() {
            return;
        }
    }
}

#[test]
fn load_counts_and_tells_its_own_cost() {
    let place = Place::new();
    let url = answering("hello");
    let ended = place
        .run(&["load", &url, "-c", "4", "-d", "1s", "--json"])
        .expect(0);
    let result = ended.json();
    assert_eq!(result["schema_version"], 1);
    assert!(result["ok"].as_u64().unwrap() > 100, "{result}");
    assert_eq!(result["sent"], result["ok"]);
    let ratio = result["littles_law_ratio"].as_f64().unwrap();
    assert!((0.9..1.1).contains(&ratio), "{ratio}");
    let text = place
        .run(&["load", &url, "-c", "2", "-d", "1s", "--rate", "200"])
        .expect(0);
    assert!(text.stdout.contains("asked rate"), "{text:?}");
}

#[test]
fn load_at_nothing_says_so() {
    let place = Place::new();
    let ended = place
        .run(&["load", "http://127.0.0.1:9/", "-d", "1s"])
        .expect(2);
    assert!(
        ended.stderr.contains("127.0.0.1:9") || ended.stdout.contains("connect"),
        "{ended:?}"
    );
}

#[test]
fn load_leaves_other_machines_alone() {
    let place = Place::new();
    let ended = place
        .run(&["load", "http://192.0.2.1/", "-d", "1s"])
        .expect(2);
    assert!(ended.stderr.contains("--allow-remote"), "{ended:?}");
}

#[test]
fn the_doctor_knows_the_machine() {
    let place = Place::new();
    let ended = place.run(&["doctor", "--json"]);
    let facts = ended.json();
    assert!(facts["host"]["cores"].as_u64().unwrap() >= 1);
    assert!(!facts["host"]["interpreters"].as_array().unwrap().is_empty());
    let text = place.run(&["doctor"]);
    assert!(text.stdout.contains("interpreters"), "{text:?}");
}

#[test]
fn the_cache_is_listed_and_removed_and_nothing_else_is() {
    let place = Place::with_empty_cache();
    place.write("suite.toml", "[suite]\nname = \"bare\"\nmiddlewares = [0]\nhttp = \"h11\"\nloop = \"asyncio\"\n[measure]\nrounds = 1\nmax-rounds = 1\nblocks = 1\nslice-ms = 20\n[[series]]\nframework = \"bare\"\n");
    place.run(&["run", "suite.toml", "--out", "out"]).expect(0);
    std::fs::write(place.cache.join("mine.txt"), "not the tool's").unwrap();
    let listed = place.run(&["cache", "list", "--json"]).expect(0).json();
    assert_eq!(
        listed["environments"].as_array().unwrap().len(),
        1,
        "{listed}"
    );
    place.run(&["cache", "clean"]).expect(0);
    let listed = place.run(&["cache", "list", "--json"]).expect(0).json();
    assert_eq!(listed["environments"], serde_json::json!([]));
    assert!(place.cache.join("mine.txt").exists());
}
