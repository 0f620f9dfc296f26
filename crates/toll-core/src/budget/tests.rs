use proptest::prelude::*;

use super::*;

fn read(text: &str) -> Result<Budget, String> {
    let file = "budget.toml";
    Budget::read(Source { file, text }).map_err(|diagnostic| diagnostic.to_string())
}

fn layer() -> impl Strategy<Value = LayerBudget> {
    let range = (-50_i64..5_000, 0_i64..9).prop_map(|(low, width)| CountRange {
        low,
        high: low + width,
    });
    let metric = prop::sample::select(Metric::counts().collect::<Vec<_>>());
    let counts = prop::option::of(prop::collection::btree_map(metric, range, 0..5));
    let toll = prop::option::of((-9.0..900.0_f64, 0.0..9.0_f64, 0..2_usize));
    (".*", ".*", prop::option::of(".*"), toll, counts).prop_map(
        |(name, origin, distribution, toll, counts)| LayerBudget {
            name,
            origin,
            version: distribution.as_ref().map(|_| "1.0".to_owned()),
            distribution,
            toll_us: toll.map(|(us, _, _)| us),
            half_width_us: toll.map(|(_, half, _)| half),
            by: toll.map(|(_, _, way)| WAYS[way]),
            counts,
        },
    )
}

fn request() -> impl Strategy<Value = RequestBudget> {
    let references = (0.001..99.0_f64, 0.001..99.0_f64);
    let layers = prop::collection::vec(layer(), 0..4);
    ("[A-Z]+ /.*", 100..599_u16, references, 0.0..1e6_f64, layers).prop_map(
        |(request, status, (one, other), us, layers)| RequestBudget {
            request,
            status,
            whole_us: us,
            reference_us: WAYS.into_iter().zip([one, other]).collect(),
            total: TollBudget {
                toll_us: us / 3.0,
                half_width_us: us / 99.0,
                by: Instrument::Exclusive,
            },
            layers,
        },
    )
}

fn budget() -> impl Strategy<Value = Budget> {
    (".*", ".*", prop::collection::vec(request(), 0..3)).prop_map(|(app, machine, requests)| {
        let text = |text: &str| text.to_owned();
        Budget {
            schema_version: BUDGET_SCHEMA_VERSION,
            app,
            python: text("3.13.1"),
            implementation: text("CPython"),
            event_loop: text("asyncio"),
            tool: text("0.1.0"),
            date: text("2026-11-29"),
            processor: machine.clone(),
            machine,
            requests,
        }
    })
}

proptest! {
    #[test]
    fn what_is_written_is_read_again(budget in budget()) {
        prop_assert_eq!(read(&budget.text()), Ok(budget));
    }
}

/// The smallest budget, with `replaced` in place of a part of it.
fn edited(part: &str, replaced: &str) -> Result<Budget, String> {
    let text = "schema_version = 1\napp = \"main:app\"\npython = \"3.13.1\"\nimplementation = \"CPython\"\n\
        loop = \"asyncio\"\ntool = \"0.1.0\"\ndate = \"2026-11-29\"\nprocessor = \"\"\nmachine = \"\"\n\
        [[requests]]\nrequest = \"GET /\"\nstatus = 200\nwhole_us = 9\nreference_us = { exclusive = 17 }\n\
        total = { toll_us = 3, by = \"exclusive\" }\n\
        [[requests.layers]]\nname = \"A\"\norigin = \"a.A\"\ntoll_us = 3\nby = \"exclusive\"\n\
        counts = { tasks = 1, python_calls = [3, 5] }\n";
    assert!(text.contains(part), "{part}");
    read(&text.replace(part, replaced))
}

#[test]
fn figures_may_be_edited_by_hand() {
    let budget = edited("toll_us = 3\n", "toll_us = 12 # more, for now\n").unwrap();
    let layer = &budget.requests[0].layers[0];
    assert_eq!(layer.toll().unwrap().toll_us, 12.0);
    let counts = layer.counts.as_ref().unwrap();
    assert_eq!(counts[&Metric::Tasks], CountRange::from(1));
    assert_eq!(counts[&Metric::PythonCalls].width(), 2);
}

#[test]
fn what_is_wrong_is_said_with_its_place() {
    for (part, replaced, words) in [
        (
            "schema_version = 1",
            "schema_version = 2",
            "schema version 2, not 1",
        ),
        ("schema_version = 1", "x = 1", "no `schema_version`"),
        ("app =", "app", "budget.toml:2:"),
        ("toll_us = 3\n", "tol_us = 3\n", "unknown key `tol_us`"),
        ("toll_us = 3\n", "toll_us = \"3\"\n", "budget.toml:19:"),
        (
            "toll_us = 3,",
            "toll_us = nan,",
            "the total: toll_us is NaN",
        ),
        ("exclusive = 17", "exclusive = 0", "must be above 0"),
        (
            "exclusive = 17",
            "ablation = 17",
            "no reference_us.exclusive",
        ),
        (
            "by = \"exclusive\" }",
            "by = \"load\" }",
            "ablation or exclusive",
        ),
        ("by = \"exclusive\"\n", "", "A: a `toll_us` needs a `by`"),
        ("[3, 5]", "[5, 3]", "the lower one first"),
        ("tasks = 1", "taks = 1", "taks"),
    ] {
        let error = edited(part, replaced).unwrap_err();
        assert!(error.contains(words), "{replaced}: {error}");
    }
}
