//! A run to store, small and complete.

use toll_core::axes::Axes;
use toll_core::host::{Host, Interpreter, Remark, Severity};
use toll_core::metric::{Metric, Readings};
use toll_core::sample::{Block, Instrument, Slice};
use toll_core::settings::Settings;
use toll_store::{Header, SeriesFacts};

/// Levels of every series here.
pub(crate) const LEVELS: [u32; 3] = [0, 1, 5];

fn lines(texts: &[&str]) -> Vec<String> {
    texts.iter().map(ToString::to_string).collect()
}

/// A header with something in every field.
pub(crate) fn header() -> Header {
    let interpreter = Interpreter {
        version: "3.12.1".into(),
        implementation: "cpython".into(),
        path: "/usr/bin/python3".into(),
    };
    let host = Host {
        system: "Linux 6.1".into(),
        cores: 2,
        // Neither has a short decimal form; both must come back to the last bit.
        load_average: Some(0.1 + 0.2),
        clock_read_ns: Some(f64::from_bits(0x4037_2345_6789_abcd)),
        interpreters: vec![interpreter],
        ..Host::default()
    };
    let remark = Remark {
        severity: Severity::Warning,
        topic: "cores".into(),
        seen: "2".into(),
        advice: "close the browser".into(),
    };
    Header {
        suite: "today".into(),
        plan_hash: "abc".into(),
        plan_json: "{\"b\": 1, \"a\": [2, 3]}".into(),
        tool_version: "0.1.0".into(),
        started_at: "2026-01-02T03:04:05Z".into(),
        seed: u64::MAX,
        settings: Settings {
            connections: 7,
            precision: 1.0 / 3.0,
            ..Settings::default()
        },
        host,
        remarks: vec![remark],
        quick: true,
    }
}

/// The facts of a series, with something in every field.
pub(crate) fn facts(framework: &str) -> SeriesFacts {
    SeriesFacts {
        planned_axes: Axes::default()
            .with("framework", framework)
            .with("version", "latest"),
        axes: Axes::default()
            .with("framework", framework)
            .with("version", "1.0")
            .with("kind", "native"),
        style: "layer".into(),
        about: "a class with __call__".into(),
        notes: lines(&[
            "3.12.1 is missing, 3.12.4 was used",
            "second — with ünicode\nand a second line",
        ]),
        lock: lines(&["anyio==4.0", "starlette==1.0"]),
        server_command: "python -m uvicorn app:app".into(),
        switched_off: lines(&["access log"]),
        levels: LEVELS.to_vec(),
        instruments: Instrument::ALL.to_vec(),
        hidden_layers: lines(&["server: uvicorn.ProxyHeaders", "framework: a.Errors"]),
    }
}

/// A whole block under load: every level once, every metric read.
pub(crate) fn block(series: usize, round: u32, block: u32) -> Block {
    let slice = |position: u32| Slice {
        round,
        block,
        position,
        readings: readings(i64::from(round * 100 + block * 10 + position)),
        latency_histogram: Some(vec![position as u8; 300]),
        error_classes: vec![("timeout".into(), 2), ("body".into(), 1)],
    };
    let slices = LEVELS
        .iter()
        .zip([2, 0, 1])
        .map(|(level, position)| (*level, slice(position)))
        .collect();
    Block {
        series,
        instrument: Instrument::Load,
        round,
        block,
        slices,
    }
}

fn readings(value: i64) -> Readings {
    Metric::ALL
        .into_iter()
        .map(|metric| (metric, value))
        .collect()
}
