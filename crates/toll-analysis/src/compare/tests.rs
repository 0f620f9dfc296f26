//! Comparisons of series with a planted truth, thousands of rounds in seconds.

use toll_core::sample::{Instrument, MeasuredRun, MeasuredSeries};
use toll_stats::Random;

use super::results::{ComparisonReport, Verdict};
use super::*;
use crate::synthetic::{Planted, Synthetic, counted};

/// Levels of a comparison.
const LEVELS: [u32; 4] = [0, 1, 5, 10];

/// A run of two series, read on one machine, block by block.
fn side_by_side(before: &Synthetic, after: &Synthetic, seed: u64) -> MeasuredRun {
    let before = Synthetic {
        seed,
        levels: LEVELS.to_vec(),
        rounds: 32,
        blocks: 4,
        ..before.clone()
    };
    MeasuredRun {
        series: before.beside(after).into(),
        ..before.run()
    }
}

fn pair() -> Pair {
    Pair {
        label: "a vs b".to_owned(),
        before: (0, "a".to_owned()),
        after: (1, "b".to_owned()),
    }
}

/// Judged at the first look at which it is done, as measuring would end there.
fn judged(run: &MeasuredRun, rules: &Rules) -> ComparisonReport {
    let family = family(1, &[Instrument::Direct]);
    let rounds = (1..=32).find(|rounds| {
        let until = until(run, *rounds);
        let sides = (&until.series[0], &until.series[1]);
        rules.gate.is_look(*rounds as usize)
            && standing(sides, Instrument::Direct, &run.settings, rules, family).done
    });
    compare(&until(run, rounds.unwrap_or(32)), &[pair()], rules)
}

fn until(run: &MeasuredRun, rounds: u32) -> MeasuredRun {
    let mut run = run.clone();
    let cells = run
        .series
        .iter_mut()
        .flat_map(|series| series.instruments.values_mut().flatten());
    cells.for_each(|cell| cell.slices.retain(|slice| slice.round < rounds));
    run
}

/// What the gate of the toll says, run for run.
fn tolls(before: &Synthetic, after: &Synthetic, runs: u64) -> Vec<Verdict> {
    let mut seeds = Random::from_seed(8);
    let toll = |seed| judged(&side_by_side(before, after, seed), &Rules::default()).toll;
    (0..runs)
        .filter_map(|_| toll(seeds.below(1 << 40))?.verdict)
        .collect()
}

fn verdicts(before: &Synthetic, after: &Synthetic, runs: u64, rules: &Rules) -> Vec<Verdict> {
    let mut seeds = Random::from_seed(7);
    (0..runs)
        .map(|_| judged(&side_by_side(before, after, seeds.below(1 << 40)), rules).verdict)
        .collect()
}

fn count(verdicts: &[Verdict], of: Verdict) -> usize {
    verdicts.iter().filter(|verdict| **verdict == of).count()
}

#[test]
fn equal_sides_raise_no_alarm() {
    let same = Synthetic::default();
    let found = verdicts(&same, &same, 150, &Rules::default());
    assert_eq!(
        count(&found, Verdict::Regressed) + count(&found, Verdict::Improved),
        0
    );
    // Without any margin the rule keeps its promise: one in a hundred on each side, here four gates' worth.
    let strict = Rules {
        margin: Margin {
            relative: 0.0,
            absolute_us: 0.0,
        },
        ..Rules::default()
    };
    let found = verdicts(&same, &same, 150, &strict);
    let alarms = count(&found, Verdict::Regressed) + count(&found, Verdict::Improved);
    // 2 % of 150 are 3; four standard errors more.
    assert!(alarms <= 10, "{alarms}");
}

#[test]
fn what_was_planted_is_found_and_its_size_recovered() {
    let before = Synthetic::default();
    let dearer = Synthetic {
        toll_us: before.toll_us * 1.3,
        ..before.clone()
    };
    let found = tolls(&before, &dearer, 40);
    assert!(count(&found, Verdict::Regressed) >= 38, "{found:?}");
    let found = tolls(&dearer, &before, 40);
    assert!(count(&found, Verdict::Improved) >= 38, "{found:?}");
    let report = judged(&side_by_side(&before, &dearer, 5), &Rules::default());
    let toll = report.toll.unwrap();
    assert!((toll.difference.estimate - 1.5).abs() < 0.5, "{toll:?}");
    assert!(toll.difference.low.unwrap() < 1.5 && toll.difference.high.unwrap() > 1.5);
    assert!(toll.detectable.unwrap() > toll.margin.unwrap());
}

#[test]
fn without_noise_the_differences_are_exact() {
    let before = Synthetic {
        noiseless: true,
        ..Synthetic::default()
    };
    let after = Synthetic {
        base_us: 52.0,
        first_us: 3.0,
        toll_us: 5.5,
        ..before.clone()
    };
    let report = compare(
        &side_by_side(&before, &after, 1),
        &[pair()],
        &Rules::default(),
    );
    let direct = &report.comparisons[0].instruments["direct"];
    for (change, expected) in [
        (&direct.base, 2.0),
        (&direct.first_layer, 3.0),
        (&direct.toll, 0.5),
    ] {
        let change = change.as_ref().unwrap();
        assert!(
            (change.difference.estimate - expected).abs() < 0.02,
            "{change:?}"
        );
    }
    assert_eq!(direct.first_layer.as_ref().unwrap().verdict, None);
    assert_eq!(report.verdict, Verdict::Regressed);
}

#[test]
fn a_side_without_numbers_is_missing_never_cleared() {
    let mut run = side_by_side(&Synthetic::default(), &Synthetic::default(), 3);
    run.series[1]
        .instruments
        .values_mut()
        .flatten()
        .for_each(|cell| cell.slices.clear());
    let report = compare(&run, &[pair()], &Rules::default());
    assert_eq!((report.verdict, report.toll), (Verdict::Missing, None));
    assert!(
        report.comparisons[0].why.contains("no number"),
        "{}",
        report.comparisons[0].why
    );
    assert_eq!(
        compare(&MeasuredRun::default(), &[pair()], &Rules::default()).verdict,
        Verdict::Missing
    );
    assert_eq!(
        compare(&run, &[], &Rules::default()).verdict,
        Verdict::Missing
    );
}

#[test]
fn a_level_that_one_side_lost_passes_no_gate() {
    let mut run = side_by_side(&Synthetic::default(), &Synthetic::default(), 3);
    for cell in run.series[1].instruments.values_mut().flatten() {
        if cell.middlewares == 10 {
            cell.slices.clear();
        }
    }
    let report = compare(&run, &[pair()], &Rules::default());
    assert_eq!(report.verdict, Verdict::Missing);
    let mut counted_run = MeasuredRun {
        series: vec![MeasuredSeries::default(), MeasuredSeries::default()],
        ..MeasuredRun::default()
    };
    for (series, levels) in counted_run
        .series
        .iter_mut()
        .zip([&LEVELS[..], &LEVELS[..3]])
    {
        series
            .instruments
            .insert(Instrument::Counts, counted(levels, &[]));
    }
    let report = compare(&counted_run, &[pair()], &Rules::default());
    assert_eq!(report.verdict, Verdict::Missing);
    assert!(
        !report.comparisons[0].why.contains("equal"),
        "{}",
        report.comparisons[0].why
    );
}

#[test]
fn counts_decide_between_stored_runs_and_their_times_do_not() {
    use toll_core::metric::Metric;
    let mut run = side_by_side(&Synthetic::default(), &Synthetic::default(), 3);
    let more: [&[Planted]; 2] = [&[], &[(Metric::PythonCalls, |n| 46 + 9 * i64::from(n))]];
    for (series, planted) in run.series.iter_mut().zip(more) {
        series
            .instruments
            .insert(Instrument::Counts, counted(&LEVELS, planted));
    }
    let report = compare_apart(&run, &[pair()], Margin::default());
    assert_eq!(report.verdict, Verdict::Regressed);
    for series in &mut run.series {
        series.instruments.remove(&Instrument::Counts);
    }
    let report = compare_apart(&run, &[pair()], Margin::default());
    assert_eq!(report.verdict, Verdict::Inconclusive);
}

fn by_counts(planted: &[Planted]) -> ComparisonReport {
    let series = |planted: &[Planted]| MeasuredSeries {
        instruments: [(Instrument::Counts, counted(&LEVELS, planted))]
            .into_iter()
            .collect(),
        ..MeasuredSeries::default()
    };
    let run = MeasuredRun {
        series: vec![series(&[]), series(planted)],
        ..MeasuredRun::default()
    };
    compare(&run, &[pair()], &Rules::default())
}

#[test]
fn counts_see_a_single_call() {
    use toll_core::metric::Metric;
    assert_eq!(by_counts(&[]).verdict, Verdict::Cleared);
    let one_more = by_counts(&[(Metric::PythonCalls, |n| 46 + 7 * i64::from(n))]);
    assert_eq!(one_more.verdict, Verdict::Regressed);
    assert_eq!(one_more.toll.unwrap().difference.estimate, 1.0);
    assert!(
        one_more.comparisons[0]
            .why
            .contains("python calls 6 → 7 per layer")
    );
    let fewer = by_counts(&[(Metric::PythonCalls, |n| 45 + 6 * i64::from(n))]);
    assert_eq!(fewer.verdict, Verdict::Improved);
    let mixed = by_counts(&[
        (Metric::PythonCalls, |n| 45 + 6 * i64::from(n)),
        (Metric::Tasks, |_| 1),
    ]);
    assert_eq!(mixed.verdict, Verdict::Inconclusive);
    let instructions = by_counts(&[(Metric::Instructions, |n| 1_082 + 107 * i64::from(n))]);
    assert_eq!(instructions.verdict, Verdict::Cleared);
    assert!(instructions.comparisons[0].why.contains("instructions"));
    let bent = by_counts(&[(Metric::PythonCalls, |n| 46 + 6 * i64::from(n * n))]);
    assert_eq!(bent.comparisons[0].shape.verdict, Some(Verdict::Regressed));
}

#[test]
fn several_comparisons_are_judged_together() {
    let before = Synthetic::default();
    let run = side_by_side(&before, &before, 11);
    let alone = compare(&run, &[pair()], &Rules::default());
    let together = compare(&run, &vec![pair(); 20], &Rules::default());
    let p = |report: &ComparisonReport| {
        report.comparisons[0]
            .toll
            .as_ref()
            .unwrap()
            .p_regressed
            .unwrap()
    };
    assert!(p(&together) >= p(&alone));
    assert_eq!(together.comparisons.len(), 20);
}

#[test]
fn what_moved_is_told_by_name() {
    let lock = |lines: &[&str]| lines.iter().map(ToString::to_string).collect::<Vec<_>>();
    let moved = sides::moved(
        &lock(&["anyio==4.0.0", "idna==3", "starlette==1.0"]),
        &lock(&["anyio==4.1.0", "starlette==1.0", "x @ file:///x"]),
    );
    let names: Vec<(&str, Option<&str>, Option<&str>)> = moved
        .iter()
        .map(|one| {
            (
                one.distribution.as_str(),
                one.before.as_deref(),
                one.after.as_deref(),
            )
        })
        .collect();
    assert_eq!(
        names,
        [
            ("anyio", Some("4.0.0"), Some("4.1.0")),
            ("idna", Some("3"), None),
            ("x", None, Some("file:///x"))
        ]
    );
}
