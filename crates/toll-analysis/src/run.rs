//! A whole run: every series, named apart, and what holds for all of them.

use toll_core::sample::MeasuredRun;

use crate::results::{Analysis, RunFacts, SCHEMA_VERSION, Tool};
use crate::{findings, labels, series};

/// Judges a run. Pure: equal runs give equal analyses. A run that is incomplete, or in which
/// everything failed, gives an analysis with fewer numbers and more findings, never an error.
pub fn analyse(run: &MeasuredRun) -> Analysis {
    let mut series: Vec<_> = run
        .series
        .iter()
        .map(|series| series::result(series, &run.settings))
        .collect();
    let starts = vec![run.started_at.clone(); series.len()];
    labels::set(&mut series, &starts);
    Analysis {
        schema_version: SCHEMA_VERSION,
        tool: Tool {
            name: "asgi-toll".to_owned(),
            version: run.tool_version.clone(),
        },
        host: run.host.clone(),
        remarks: run.remarks.clone(),
        suite: run.suite.clone(),
        plan_hash: run.plan_hash.clone(),
        run: RunFacts::of(run),
        series,
        findings: findings::of_run(run),
    }
}

impl RunFacts {
    /// When and how a run was made.
    pub(crate) fn of(run: &MeasuredRun) -> Self {
        Self {
            started_at: run.started_at.clone(),
            wall_s: run.wall_s,
            tool_cpu_s: run.tool_cpu_s,
            interrupted: run.interrupted,
            quick: run.quick,
            seed: run.seed,
            settings: run.settings.clone(),
        }
    }
}
