//! (d) Is all time accounted for?

use super::Experiment;
use crate::generator::{Errand, Generator};
use crate::known::Spec;
use crate::row::{Row, Unit};
use crate::{AccuracyError, Bench};

pub(super) const EXPERIMENT: Experiment = Experiment {
    key: "little",
    question: "Is all time accounted for?",
    how: "In a closed loop without pauses, rate × mean latency ÷ connections is 1 (Little's law), within 0.03. All three are \
          taken as the generator prints them.",
    attempts: 3,
    ask,
};

const CONNECTIONS: [usize; 3] = [1, 10, 100];

fn ask(bench: &Bench, generator: &dyn Generator) -> Result<Vec<Row>, AccuracyError> {
    CONNECTIONS
        .into_iter()
        .map(|connections| {
            let server = bench.asleep(Spec::default())?;
            let time = bench.time(700, 5_000);
            let told = generator.ask(&Errand::closed(server.url(), connections, time), bench)?;
            let ratio = told.rate * told.latency.mean_ns / 1e9 / connections as f64;
            let what = format!("connections: {connections}");
            Ok(Row::near(what, Unit::Ratio, (1.0, ratio), 0.03))
        })
        .collect()
}
