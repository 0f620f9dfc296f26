//! Several runs drawn together.

use toll_core::host::Remark;
use toll_core::sample::MeasuredRun;

use crate::findings;
use crate::labels;
use crate::results::{Analysis, Finding, RunFacts};
use crate::run::analyse;

/// One analysis with the series of all `analyses`, in their order and named apart; an
/// empty one where there are none. What is one value for the whole (machine, settings, seed, start) is the first
/// run's; a finding says so where the others differ.
pub fn combine(analyses: Vec<Analysis>) -> Analysis {
    let Some(mut all) = analyses.first().cloned() else {
        return analyse(&MeasuredRun::default());
    };
    if analyses.len() == 1 {
        return all;
    }
    let across = findings::of_several(&analyses);
    all.suite = joined(analyses.iter().map(|analysis| analysis.suite.as_str()));
    all.plan_hash = joined(analyses.iter().map(|analysis| analysis.plan_hash.as_str()));
    all.run = run_facts(&analyses);
    all.remarks = distinct(
        analyses
            .iter()
            .flat_map(|analysis| analysis.remarks.clone())
            .collect::<Vec<Remark>>(),
    );
    all.findings = distinct(
        analyses
            .iter()
            .flat_map(|analysis| analysis.findings.clone())
            .chain(across)
            .collect::<Vec<Finding>>(),
    );
    let starts: Vec<String> = analyses
        .iter()
        .flat_map(|analysis| vec![analysis.run.started_at.clone(); analysis.series.len()])
        .collect();
    all.series = analyses
        .into_iter()
        .flat_map(|analysis| analysis.series)
        .collect();
    labels::set(&mut all.series, &starts);
    all
}

fn run_facts(analyses: &[Analysis]) -> RunFacts {
    let runs = || analyses.iter().map(|analysis| &analysis.run);
    RunFacts {
        wall_s: runs().map(|run| run.wall_s).sum(),
        tool_cpu_s: runs().map(|run| run.tool_cpu_s).sum(),
        interrupted: runs().any(|run| run.interrupted),
        quick: runs().any(|run| run.quick),
        ..analyses[0].run.clone()
    }
}

/// The distinct ones of `words`, joined with ` + `.
fn joined<'a>(words: impl Iterator<Item = &'a str>) -> String {
    distinct(words.collect::<Vec<&str>>()).join(" + ")
}

fn distinct<T: PartialEq>(items: Vec<T>) -> Vec<T> {
    let mut kept: Vec<T> = Vec::new();
    for item in items {
        if !kept.contains(&item) {
            kept.push(item);
        }
    }
    kept
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::synthetic::Synthetic;

    #[test]
    fn runs_of_the_same_series_stay_apart() {
        let first = Synthetic::default().run();
        let mut second = Synthetic {
            seed: 2,
            ..Synthetic::default()
        }
        .run();
        second.started_at = "2026-11-25T07:00:00Z".to_owned();
        second.suite = "other".to_owned();
        second.interrupted = true;
        let all = combine(vec![analyse(&first), analyse(&second)]);
        let labels: Vec<&str> = all
            .series
            .iter()
            .map(|series| series.label.as_str())
            .collect();
        assert_eq!(
            labels,
            [
                "starlette 1.10.0 (2026-11-24T07:00:00Z)",
                "starlette 1.10.0 (2026-11-25T07:00:00Z)"
            ]
        );
        assert_eq!(
            (all.suite.as_str(), all.plan_hash.as_str()),
            ("synthetic + other", "abc")
        );
        assert!(all.run.interrupted);
        assert!(
            !all.findings
                .iter()
                .any(|finding| finding.code == "different-machines")
        );
    }

    #[test]
    fn different_machines_are_spoken_of() {
        let first = Synthetic::default().run();
        let mut second = first.clone();
        second.host.cpu_model = Some("another".to_owned());
        second.settings.connections = 64;
        let all = combine(vec![analyse(&first), analyse(&second)]);
        let codes: Vec<&str> = all
            .findings
            .iter()
            .map(|finding| finding.code.as_str())
            .collect();
        assert_eq!(codes, ["different-machines", "different-settings"]);
        assert_eq!(all.series[1].label, "starlette 1.10.0 #2");
    }

    #[test]
    fn one_run_is_itself_and_none_is_empty() {
        let only = analyse(&Synthetic::default().run());
        assert_eq!(combine(vec![only.clone()]), only);
        assert!(combine(Vec::new()).series.is_empty());
    }
}
