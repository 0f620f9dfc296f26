//! Suites become series, and series become plans.

use std::collections::BTreeMap;

use proptest::prelude::*;
use toll_core::levels::Levels;
use toll_core::load_tool::LoadTool;
use toll_core::plan::{Plan, PythonRequest};
use toll_core::sample::Instrument;
use toll_core::settings::{Settings, Transport};
use toll_core::suite::{self, Catalogue, Suite};
use toll_core::{axes, levels, server, subject, workload};

const SUBJECT: &str = r#"
name = "falcon"
distribution = "falcon"
requires = ["orjson"]
lifespan = "on"
kinds.native = { style = "hook", mark = "header", about = "a component" }
kinds.asgi-header = { style = "layer", mark = "header", about = "a class" }
kinds.json = { style = "layer", mark = "json-count", about = "counts", requires = ["ujson"] }
not-applicable.sleep = "it never sleeps"
"#;

const OTHER: &str = r#"
name = "starlette"
distribution = "starlette"
lifespan = "on"
kinds.base-http = { style = "layer", mark = "header", about = "a class" }
"#;

const SERVERS: &str = r#"
[servers.uvicorn]
distribution = "uvicorn"
http = { h11 = [], httptools = ["httptools"] }
loop = { asyncio = [], uvloop = ["uvloop"] }
default_http = "httptools"
default_loop = "uvloop"
command = ["{python}"]
bind_tcp = ["{port}"]
bind_unix = ["{socket}"]
processes = 1

[servers.gunicorn]
distribution = "gunicorn"
requires = ["uvicorn"]
http = { h11 = [] }
loop = { asyncio = [] }
default_http = "h11"
default_loop = "asyncio"
command = ["{python}"]
bind_tcp = ["{port}"]
bind_unix = ["{socket}"]
processes = 2
"#;

const WORKLOADS: &str = r#"
[workloads.ping]
method = "GET"
path = "/_ping"
status = 200
content-type = "application/json"
check = "json-count"

[workloads.stream]
method = "GET"
path = "/stream"
status = 200
check = "filled"
length = 10

[workloads.sleep]
method = "GET"
path = "/sleep"
status = 200
check = "any"

[workloads.echo]
protocol = "websocket"
method = "GET"
path = "/echo"
status = 101
check = "echo"
"#;

/// A kind that every subject has.
const KINDS: &str = r#"
kinds.asgi = { style = "layer", mark = "stack", about = "a class", scopes = ["http", "websocket"] }
"#;

fn catalogue() -> Catalogue {
    let kinds = subject::parse_kinds("kinds.toml", KINDS).expect("the kinds are right");
    let subjects = [SUBJECT, OTHER].map(|text| {
        let mut subject = subject::parse("subject.toml", text).expect("the subject is right");
        subject.add_kinds(&kinds);
        (subject.name.clone(), subject)
    });
    Catalogue {
        subjects: BTreeMap::from(subjects),
        servers: server::parse("servers.toml", SERVERS).expect("the servers are right"),
        workloads: workload::parse("workloads.toml", WORKLOADS).expect("the workloads are right"),
        load_tools: load_tools(),
    }
}

fn load_tools() -> Vec<LoadTool> {
    [("slow", false), ("far", true)]
        .map(|(name, unix_sockets)| LoadTool {
            name: name.to_owned(),
            unix_sockets,
            shortest_ms: 1_000,
        })
        .into()
}

fn suite(text: &str) -> Suite {
    suite::parse("my.toml", text, &catalogue()).unwrap_or_else(|fault| panic!("{fault}"))
}

fn plan(text: &str) -> Plan {
    Plan::new(&suite(text), &catalogue()).expect("the suite was read with this catalogue")
}

fn small(series: &str) -> String {
    format!(
        "[suite]\nname = \"a\"\nmiddlewares = [0, 1, 2, 5]\n[[series]]\nframework = \"falcon\"\n{series}"
    )
}

#[test]
fn everything_but_the_framework_has_a_default() {
    let suite = suite(&small(""));
    assert_eq!(suite.settings, Settings::default());
    let series = &suite.series[0];
    assert_eq!(series.instruments, Instrument::ALL);
    assert_eq!(
        series.axes.to_string(),
        "falcon latest newest uvicorn httptools uvloop native ping"
    );
    assert_eq!(series.python, PythonRequest::Newest);
    assert_eq!(series.levels.listed(), [0, 1, 2, 5]);
}

#[test]
fn every_setting_can_be_set() {
    let text = small(
        "[measure]\nconnections = 1\nslice-ms = 1005\nblocks = 2\nrounds = 3\nmax-rounds = 4\nwarmup-ms = 0\n\
         load = \"far\"\ntimeout-ms = 10\nstart-timeout-ms = 100\ntransport = \"unix\"\nprecision = \"7%\"\nbudget = \"1h\"\n\
         direct-slice-ms = 3\ndirect-blocks = 4\ncount-rounds = 1\ncount-repeats = 20\n",
    );
    let expected = Settings {
        connections: 1,
        slice_ms: 1_005,
        blocks: 2,
        rounds_min: 3,
        rounds_max: 4,
        warmup_ms: 0,
        timeout_ms: 10,
        start_timeout_ms: 100,
        containers: None,
        transport: Transport::Unix,
        precision: 0.07,
        budget_s: 3_600,
        direct_slice_ms: 3,
        direct_blocks: 4,
        count_rounds: 1,
        count_repeats: 20,
        load: "far".to_owned(),
    };
    assert_eq!(suite(&text).settings, expected);
}

#[test]
fn one_end_of_the_rounds_moves_the_other() {
    let rounds = |text: &str| {
        let settings = suite(&small(&format!("[measure]\n{text}\n"))).settings;
        (settings.rounds_min, settings.rounds_max)
    };
    assert_eq!(rounds("rounds = 100"), (100, 100));
    assert_eq!(rounds("max-rounds = 2"), (2, 2));
}

#[test]
fn lists_are_multiplied_out_in_their_order() {
    let suite = suite(&small(
        "version = [\"3.1.3\", \"latest\"]\nkind = [\"native\", \"asgi-header\"]\n",
    ));
    let found: Vec<_> = suite
        .series
        .iter()
        .map(|one| (one.axes.get(axes::VERSION), one.axes.get(axes::KIND)))
        .collect();
    assert_eq!(
        found,
        [
            ("3.1.3", "native"),
            ("3.1.3", "asgi-header"),
            ("latest", "native"),
            ("latest", "asgi-header")
        ]
    );
}

#[test]
fn a_series_overrides_what_the_suite_says() {
    let suite = suite(
        "[suite]\nname = \"a\"\nmiddlewares = \"0..=3\"\npython = \"3.12\"\nhttp = \"h11\"\nwith = \"anyio<5\"\n\
         [[series]]\nframework = \"falcon\"\n\
         [[series]]\nframework = \"falcon\"\npython = \"3.13\"\nmiddlewares = [7, 0]\nwith = []\n",
    );
    assert_eq!(suite.series[0].with, ["anyio<5"]);
    assert_eq!(suite.series[0].levels.listed(), [0, 1, 2, 3]);
    assert_eq!(
        suite.series[1].python,
        PythonRequest::Version("3.13".to_owned())
    );
    assert_eq!(suite.series[1].levels.listed(), [0, 7]);
    assert!(suite.series[1].with.is_empty());
    assert!(
        suite
            .series
            .iter()
            .all(|one| one.axes.get(axes::HTTP) == "h11")
    );
}

#[test]
fn days_may_be_written_with_and_without_quotes() {
    for (written, read) in [
        ("\"2024-01-03\"", "2024-01-03"),
        ("2024-01-03", "2024-01-03"),
        ("2024-01-03T10:00:00Z", "2024-01-03T10:00:00Z"),
        ("\"2024-01-03T10:00:00+02:00\"", "2024-01-03T10:00:00+02:00"),
    ] {
        let text = small("").replace(
            "[[series]]",
            &format!("exclude-newer = {written}\n[[series]]"),
        );
        assert_eq!(suite(&text).exclude_newer.as_deref(), Some(read));
    }
}

#[test]
fn requirements_are_complete_and_each_there_once() {
    let plan = plan(&small(
        "version = [\"3.1.3\", \"latest\"]\nserver = [\"uvicorn\", \"gunicorn==21.2.0\"]\nwith = \"uvicorn==0.25.0\"\n",
    ));
    assert_eq!(
        plan.series[0].requirements,
        [
            "falcon==3.1.3",
            "orjson",
            "httptools",
            "uvloop",
            "uvicorn==0.25.0"
        ]
    );
    assert_eq!(
        plan.series[1].requirements,
        [
            "falcon==3.1.3",
            "orjson",
            "gunicorn==21.2.0",
            "uvicorn==0.25.0"
        ]
    );
    assert_eq!(plan.series[2].requirements[0], "falcon");
    assert_eq!(plan.series[1].axes.get(axes::SERVER), "gunicorn==21.2.0");
    assert_eq!(plan.series[1].axes.get(axes::WITH), "uvicorn==0.25.0");
    assert_eq!(plan.series[1].server, "gunicorn");
}

#[test]
fn a_plan_survives_being_stored() {
    let plan = plan(&small("python = [\"newest\", \"3.12.1\"]\n"));
    let json = serde_json::to_string(&plan).expect("a plan is plain data");
    assert!(json.contains("\"python\":\"3.12.1\""), "{json}");
    let back: Plan = serde_json::from_str(&json).expect("what was written can be read");
    assert_eq!(back, plan);
    assert_eq!(back.hash(), plan.hash());
}

#[test]
fn a_plan_of_another_catalogue_is_refused() {
    let fault =
        Plan::new(&suite(&small("")), &Catalogue::default()).expect_err("the catalogue is empty");
    assert!(fault.message.contains("not in the catalogue"), "{fault}");
}

#[test]
fn how_long_and_how_exactly_is_not_in_the_hash() {
    let hash = |measure: &str| plan(&small(&format!("[measure]\n{measure}\n"))).hash();
    let plain = hash("");
    assert_eq!(plain.len(), 64);
    for same in [
        "budget = \"3h\"",
        "precision = 0.5",
        "rounds = 20",
        "max-rounds = 99",
        "start-timeout-ms = 500",
    ] {
        assert_eq!(hash(same), plain, "{same}");
    }
    for other in [
        "connections = 11",
        "slice-ms = 51",
        "blocks = 5",
        "warmup-ms = 1",
        "timeout-ms = 99",
        "transport = \"unix\"",
    ] {
        assert_ne!(hash(other), plain, "{other}");
    }
}

#[test]
fn what_is_measured_is_in_the_hash() {
    let hashes = [
        "",
        "version = \"3.1.3\"",
        "python = \"3.12\"",
        "server = \"gunicorn\"",
        "http = \"h11\"",
        "loop = \"asyncio\"",
        "kind = \"asgi-header\"",
        "with = \"anyio<5\"",
        "middlewares = [0, 1]",
    ]
    .map(|series| plan(&small(series)).hash());
    let distinct: std::collections::BTreeSet<_> = hashes.iter().collect();
    assert_eq!(distinct.len(), hashes.len());
}

#[test]
fn a_changed_definition_changes_the_hash() {
    let suite = suite(&small(""));
    let mut changed = catalogue();
    changed
        .workloads
        .get_mut("ping")
        .expect("there is a ping")
        .path = "/other".to_owned();
    let hash = |catalogue: &Catalogue| Plan::new(&suite, catalogue).expect("a plan").hash();
    assert_ne!(hash(&catalogue()), hash(&changed));
}

#[test]
fn quick_is_less_of_the_same() {
    let whole = plan(&small(""));
    let quick = whole.clone().quick();
    assert!(quick.quick && !whole.quick);
    assert_eq!(quick.series[0].levels.listed(), [0, 1, 5]);
    assert_eq!(quick.cells(), 3);
    assert_eq!(
        quick.series[0].instruments,
        [Instrument::Counts, Instrument::Load]
    );
    let (a, b) = (quick.duration_estimate(), whole.duration_estimate());
    assert!(a.round_s < b.round_s && a.measuring_most_s <= b.measuring_most_s);
}

#[test]
fn the_estimate_is_its_formula() {
    let text = small("").replace("middlewares", "instruments = [\"load\"]\nmiddlewares");
    let plan = plan(&format!(
        "{text}version = [\"3.1.3\", \"latest\"]\n[measure]\nslice-ms = 97\nwarmup-ms = 150\nblocks = 1\nrounds = 4\nmax-rounds = 10\nbudget = 30\n",
    ));
    let estimate = plan.duration_estimate();
    // 8 cells of 0.25 s start, 0.15 s warm-up and one slice of 0.097 s with a gap of 0.003 s.
    assert!((estimate.round_s - 4.0).abs() < 1e-9, "{estimate:?}");
    assert!((estimate.measuring_least_s - 16.0).abs() < 1e-9);
    assert!((estimate.measuring_most_s - 30.0).abs() < 1e-9);
    assert_eq!(estimate.rounds, 7);
    assert!((estimate.environments_s - 12.0).abs() < 1e-9);
}

/// Lines of a suite, to be cut and shuffled.
const LINES: [&str; 7] = [
    "framework = \"falcon\"",
    "version = \"3.1.3\"",
    "python = [\"3.12\", \"3.13\"]",
    "kind = \"asgi-header\"",
    "with = [\"anyio<5\"]",
    "http = \"h11\"",
    "middlewares = \"0..=4\"",
];

proptest! {
    #[test]
    fn the_order_of_keys_does_not_matter(lines in Just(LINES.to_vec()).prop_shuffle(), head_last: bool) {
        let head = "[suite]\nname = \"a\"\n";
        let text = |lines: &[&str], head_last: bool| {
            let series = format!("[[series]]\n{}\n", lines.join("\n"));
            if head_last { format!("{series}{head}") } else { format!("{head}{series}") }
        };
        prop_assert_eq!(plan(&text(&lines, head_last)).hash(), plan(&text(&LINES, false)).hash());
    }

    #[test]
    fn a_range_is_the_list_of_its_numbers(low in 0u32..60, length in 1u32..60) {
        let list: Vec<u32> = (low..low + length).collect();
        prop_assert_eq!(levels::parse(&format!("{low}..={}", low + length - 1)), Ok(list.clone()));
        prop_assert_eq!(levels::parse(&format!(" {low} .. {} ", low + length)), Ok(list));
    }

    #[test]
    fn levels_are_ascending_and_quick_takes_some_of_them(written in prop::collection::vec(0u32..600, 0..8)) {
        let Ok(sorted) = levels::normalise(&written) else { return Ok(()) };
        prop_assert!(sorted.is_sorted_by(|a, b| a < b) && sorted.len() == written.len());
        let few = levels::quick(&sorted);
        prop_assert!(few.len() <= 3 && few.iter().all(|level| sorted.contains(level)));
        prop_assert!(few.is_sorted_by(|a, b| a < b));
        prop_assert_eq!((few.first(), few.last()), (sorted.first(), sorted.last()));
    }

    #[test]
    fn no_text_makes_the_readers_panic(text in "\\PC{0,200}") {
        read_all(&text);
    }

    #[test]
    fn no_text_that_looks_like_toml_makes_the_readers_panic(
        lines in prop::collection::vec("(\\[+[a-z.]{1,9}\\]+|(name|version|with|http|middlewares|python|budget) = (\"[ä0-9.=>{}-]{0,6}\"|[0-9-]{1,4}|\\[\"?[a-zü0-9]{0,3}\"?,?\\]))", 0..9)
    ) {
        read_all(&lines.join("\n"));
        read_all(&small(&lines.join("\n")));
    }

    #[test]
    fn a_cut_suite_is_read_or_refused_with_a_place_inside_of_it(cut in 0usize..400) {
        let whole = small(&format!("{}\n[measure]\nbudget = \"10m\"\nprecision = \"5%\"\n", LINES[1..].join("\n")));
        let text = &whole[..cut.min(whole.len())];
        if let Err(fault) = suite::parse("my.toml", text, &catalogue()) {
            let place = fault.place.expect("every mistake of a suite has a place");
            prop_assert!(place.line <= text.matches('\n').count() + 1);
        }
    }
}

/// Reads the text as everything that it could be; whether it is right does not matter.
fn read_all(text: &str) {
    let faults = [
        suite::parse("a", text, &catalogue()).err(),
        subject::parse("a", text).err(),
        server::parse("a", text).err(),
        workload::parse("a", text).err(),
    ];
    for fault in faults.into_iter().flatten() {
        assert!(!fault.to_string().is_empty());
    }
}

#[test]
fn levels_may_be_chosen_on_the_spot() {
    let plan = plan(&small("middlewares = \"auto\"\n"));
    assert_eq!(plan.series[0].levels, Levels::Auto);
    assert_eq!(plan.clone().quick().series[0].levels, Levels::Auto);
    assert!(plan.duration_estimate().round_s > 0.0);
    assert_ne!(plan.hash(), self::plan(&small("")).hash());
}

#[test]
fn instruments_measure_in_the_order_of_their_price() {
    let text = small("").replace(
        "middlewares",
        "instruments = [\"load\", \"counts\"]\nmiddlewares",
    );
    let plan = plan(&text);
    assert_eq!(
        plan.series[0].instruments,
        [Instrument::Counts, Instrument::Load]
    );
}

#[test]
fn what_cannot_exist_is_said_and_left_out() {
    let text = small("").replace("\"falcon\"", "[\"falcon\", \"starlette\"]")
        + "kind = [\"json\", \"base-http\", \"asgi\"]\nworkload = [\"stream\", \"sleep\", \"echo\"]\n";
    let plan = plan(&text);
    let found: Vec<String> = plan
        .series
        .iter()
        .map(|series| {
            let on = |axis| series.axes.get(axis).to_owned();
            [axes::FRAMEWORK, axes::KIND, axes::WORKLOAD]
                .map(on)
                .join(" ")
        })
        .collect();
    assert_eq!(
        found,
        [
            "falcon asgi stream",
            "falcon asgi echo",
            "starlette base-http stream",
            "starlette base-http sleep",
            "starlette asgi stream",
            "starlette asgi sleep",
            "starlette asgi echo",
        ]
    );
    let reasons: Vec<&str> = plan
        .not_applicable
        .iter()
        .map(|which| which.reason.as_str())
        .collect();
    for reason in [
        "its layers count themselves in the JSON body, which stream does not have",
        "it never sleeps",
        "its layers do not see websocket connections",
        "falcon has no base-http",
        "starlette has no json",
    ] {
        assert!(reasons.contains(&reason), "{reason}: {reasons:?}");
    }
    assert!(
        plan.series
            .iter()
            .all(|series| series.instruments == Instrument::ALL)
    );
}

#[test]
fn external_generators_leave_websockets_out() {
    let text = small("kind = \"asgi\"\nworkload = [\"stream\", \"echo\"]\n");
    let plan = plan(&text.replace("[suite]", "[suite]\nload = \"slow\""));
    assert_eq!(plan.series[0].instruments, Instrument::ALL);
    assert_eq!(
        plan.series[1].instruments,
        [Instrument::Counts, Instrument::Direct]
    );
    let load_alone = text.replace(
        "[suite]",
        "[suite]\nload = \"slow\"\ninstruments = \"load\"",
    );
    let left_out = &self::plan(&load_alone).not_applicable;
    assert!(
        left_out[0].reason.contains("does not speak websockets"),
        "{left_out:?}"
    );
}

#[test]
fn a_series_of_which_nothing_can_exist_is_a_mistake() {
    let text = small("kind = \"json\"\nworkload = \"stream\"\n");
    let fault = suite::parse("my.toml", &text, &catalogue()).unwrap_err();
    assert!(
        fault
            .to_string()
            .contains("nothing of this series can exist"),
        "{fault}"
    );
}

#[test]
fn a_kind_may_need_distributions_of_its_own() {
    assert!(
        plan(&small("kind = \"json\"\n")).series[0]
            .requirements
            .contains(&"ujson".to_owned())
    );
}

#[test]
fn an_external_generator_changes_the_defaults_and_what_is_too_short() {
    let stated = suite(&small("[measure]\nload = \"slow\"")).settings;
    assert_eq!((stated.slice_ms, stated.blocks), (1_000, 2));
    assert_eq!(stated.external_load(), Some("slow"));
    let short = small("[measure]\nload = \"slow\"\nslice-ms = 20\nblocks = 7");
    assert_eq!(
        (
            suite(&short).settings.slice_ms,
            suite(&short).settings.blocks
        ),
        (1_000, 7)
    );
    let long = small("[measure]\nload = \"slow\"\nslice-ms = 3000");
    assert_eq!(suite(&long).settings.slice_ms, 3_000);
    let own = small("[measure]\nload = \"toll-load\"");
    assert_eq!(suite(&own).settings, Settings::default());
}

#[test]
fn the_generator_may_stand_beside_the_instruments_and_on_the_command_line() {
    let text = small("").replace("[suite]", "[suite]\nload = \"slow\"");
    assert_eq!(suite(&text).settings.load, "slow");
    let instead = |load| {
        let overrides = suite::Overrides {
            load: Some(load),
            ..suite::Overrides::default()
        };
        suite::parse_for("my.toml", &text, &catalogue(), overrides).map(|suite| suite.settings)
    };
    assert_eq!(instead("toll-load"), Ok(Settings::default()));
    assert_eq!(instead("far").unwrap().load, "far");
    assert!(instead("near").unwrap_err().to_string().contains("`near`"));
    let unix = |load: &str| format!("[measure]\nload = \"{load}\"\ntransport = \"unix\"");
    assert_eq!(
        suite(&small(&unix("far"))).settings.transport,
        Transport::Unix
    );
}

#[test]
fn the_generator_is_part_of_the_identity_only_where_it_is_another() {
    let plain = plan(&small(""));
    let own = plan(&small("[measure]\nload = \"toll-load\""));
    assert_eq!(plain.hash(), own.hash());
    let mut other = plain.clone();
    other.settings.load = "slow".to_owned();
    assert_ne!(plain.hash(), other.hash());
}

#[test]
fn a_quick_look_through_an_external_generator_keeps_its_slices() {
    let quick = plan(&small("[measure]\nload = \"slow\"")).quick();
    assert_eq!((quick.settings.slice_ms, quick.settings.blocks), (1_000, 1));
}
