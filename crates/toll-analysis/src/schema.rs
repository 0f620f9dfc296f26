//! The schemas of `results.json` and of what the other verbs write.

use crate::audit::results::AuditReport;
use crate::bisect::Bisection;
use crate::compare::results::ComparisonReport;
use crate::history::History;
use crate::results::Analysis;
use crate::selftest::SelfTest;

/// The JSON Schema of `results.json`, as it is kept in the repository under `docs/schema/`.
pub fn schema() -> serde_json::Value {
    schemars::schema_for!(Analysis).to_value()
}

/// Every JSON Schema that is kept there, by its file.
pub fn schemas() -> [(&'static str, serde_json::Value); 6] {
    [
        ("results-v1.schema.json", schema()),
        (
            "compare-v1.schema.json",
            schemars::schema_for!(ComparisonReport).to_value(),
        ),
        (
            "bisect-v1.schema.json",
            schemars::schema_for!(Bisection).to_value(),
        ),
        (
            "history-v1.schema.json",
            schemars::schema_for!(History).to_value(),
        ),
        (
            "selftest-v1.schema.json",
            schemars::schema_for!(SelfTest).to_value(),
        ),
        (
            "audit-v1.schema.json",
            schemars::schema_for!(AuditReport).to_value(),
        ),
    ]
}

#[cfg(test)]
mod tests {
    use std::path::Path;

    use proptest::prelude::*;
    use toll_core::failure::{Failure, Stage};
    use toll_core::metric::Metric;
    use toll_core::sample::{Instrument, MeasuredRun, MeasuredSeries};

    use super::*;
    use crate::run::analyse;
    use crate::synthetic::Synthetic;

    /// The analysis of `run` as JSON, which must be what the schema says: in particular, a number
    /// that is not finite would have become a `null` and be refused.
    fn valid(run: &MeasuredRun) -> Analysis {
        let analysis = analyse(run);
        let value = serde_json::to_value(&analysis).unwrap();
        let schema = jsonschema::validator_for(&schema()).unwrap();
        let errors: Vec<String> = schema
            .iter_errors(&value)
            .map(|error| format!("{error} at {}", error.instance_path()))
            .collect();
        assert!(errors.is_empty(), "{errors:#?}");
        assert_eq!(
            serde_json::from_value::<Analysis>(value)
                .unwrap()
                .series
                .len(),
            run.series.len()
        );
        analysis
    }

    #[test]
    fn the_schemas_in_the_repository_are_current() {
        let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../docs/schema");
        for (name, schema) in schemas() {
            let path = folder.join(name);
            let current = format!("{}\n", serde_json::to_string_pretty(&schema).unwrap());
            if std::env::var_os("UPDATE_SCHEMA").is_some() {
                std::fs::create_dir_all(&folder).unwrap();
                std::fs::write(&path, &current).unwrap();
            }
            let kept = std::fs::read_to_string(&path).unwrap_or_default();
            assert!(
                kept == current,
                "{} is not current: UPDATE_SCHEMA=1 cargo test -p toll-analysis schema",
                path.display()
            );
        }
    }

    #[test]
    fn a_comparison_is_what_its_schema_says() {
        let pair = crate::compare::Pair {
            label: "a".to_owned(),
            before: (0, "a".to_owned()),
            after: (1, "b".to_owned()),
        };
        let run = MeasuredRun {
            series: Synthetic::default().beside(&Synthetic::default()).into(),
            ..Synthetic::default().run()
        };
        let rules = crate::compare::Rules::default();
        for run in [run, MeasuredRun::default()] {
            let report = crate::compare::compare(&run, std::slice::from_ref(&pair), &rules);
            let value = serde_json::to_value(&report).unwrap();
            let (_, schema) = schemas()
                .into_iter()
                .find(|(name, _)| name.starts_with("compare"))
                .unwrap();
            assert!(
                jsonschema::validator_for(&schema).unwrap().is_valid(&value),
                "{value:#}"
            );
        }
    }

    #[test]
    fn results_that_were_published_are_still_read() {
        let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../docs/results");
        let published = std::fs::read_dir(folder).unwrap();
        let read = published
            .map(|entry| entry.unwrap().path().join("results.json"))
            .filter(|path| path.exists())
            .map(|path| {
                let text = std::fs::read_to_string(&path).unwrap();
                serde_json::from_str::<Analysis>(&text)
                    .unwrap_or_else(|error| panic!("{}: {error}", path.display()))
            });
        assert!(read.count() >= 1);
    }

    #[test]
    fn what_the_schema_does_not_allow_is_refused() {
        let schema = jsonschema::validator_for(&schema()).unwrap();
        let mut value = serde_json::to_value(analyse(&Synthetic::default().run())).unwrap();
        assert!(schema.is_valid(&value));
        value["series"][0]["instruments"]["load"]["toll"]["estimate"] = serde_json::Value::Null;
        assert!(!schema.is_valid(&value));
    }

    #[test]
    fn runs_without_numbers_are_valid_and_say_so() {
        assert!(valid(&MeasuredRun::default()).series.is_empty());
        let mut run = MeasuredRun {
            series: vec![MeasuredSeries::default()],
            ..MeasuredRun::default()
        };
        assert!(valid(&run).series[0].instruments.is_empty());
        run.series = vec![
            Synthetic {
                rounds: 0,
                ..Synthetic::default()
            }
            .series(),
        ];
        let nothing = valid(&run);
        assert_eq!(
            nothing.series[0].error.as_ref().unwrap().code,
            "not-measured"
        );
        assert_eq!(nothing.series[0].instruments["load"].toll, None);
        run.series = vec![
            Synthetic {
                levels: vec![5],
                ..Synthetic::default()
            }
            .series(),
        ];
        let one = valid(&run).series.remove(0);
        let load = &one.instruments["load"];
        assert_eq!((&load.base, &load.toll, load.rounds), (&None, &None, 8));
        assert!(
            load.cells[0].server_cpu_us.is_some() && one.error.is_none() && one.notes.len() == 1
        );
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(48))]
        #[test]
        fn no_mutilated_run_makes_it_panic_or_lie(
            seed in any::<u64>(),
            levels in prop::collection::vec(0_u32..30, 0..5),
            rounds in 0_u32..9,
            damage in prop::collection::vec((any::<usize>(), any::<usize>(), 0..Metric::ALL.len(), prop::sample::select(vec![i64::MIN, -1, 0, 1, i64::MAX])), 0..20),
            lost in prop::collection::vec((any::<usize>(), any::<usize>()), 0..20),
        ) {
            let mut run = Synthetic { seed, levels, rounds, blocks: 2, ..Synthetic::default() }.run_by(&Instrument::ALL);
            let instrument = Instrument::ALL[(seed % 3) as usize];
            let cells = run.series[0].instruments.entry(instrument).or_default();
            for (cell, slice, metric, value) in damage {
                if let Some(slices) = cells.len().checked_sub(1).map(|last| &mut cells[cell % (last + 1)].slices)
                    && !slices.is_empty()
                {
                    let place = slice % slices.len();
                    slices[place].readings.set(Metric::ALL[metric], value);
                }
            }
            for (cell, slice) in lost {
                if !cells.is_empty() {
                    let place = cell % cells.len();
                    let cell = &mut cells[place];
                    cell.failures.push(Failure::new(Stage::Measure, "server-exited", "it died"));
                    if !cell.slices.is_empty() {
                        let place = slice % cell.slices.len();
                        cell.slices.remove(place);
                    }
                }
            }
            valid(&run);
            for instrument in Instrument::ALL {
                crate::toll_precision(&run.series[0], instrument, &run.settings);
            }
        }
    }
}
