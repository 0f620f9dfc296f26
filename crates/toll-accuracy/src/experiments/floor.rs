//! (g) What does the generator itself cost?

use super::Experiment;
use crate::generator::{Errand, Generator};
use crate::known::Spec;
use crate::row::{Row, Unit};
use crate::{AccuracyError, Bench};

pub(super) const EXPERIMENT: Experiment = Experiment {
    key: "floor",
    question: "What is the least that can be measured?",
    how: "A server that does nothing but answer, in a closed loop. There is no right value: what is told here is in every \
          latency and on every client core.",
    attempts: 1,
    ask,
};

const CONNECTIONS: [usize; 3] = [1, 10, 100];

fn ask(bench: &Bench, generator: &dyn Generator) -> Result<Vec<Row>, AccuracyError> {
    let mut rows = Vec::new();
    for connections in CONNECTIONS {
        let server = bench.asleep(Spec::default())?;
        let errand = Errand::closed(server.url(), connections, bench.time(700, 5_000));
        let answer = generator.ask(&errand, bench)?;
        let what = |part: &str| format!("connections: {connections}, {part}");
        for (q, name) in [(0.5, "p50"), (0.99, "p99")] {
            let told = answer.latency.at(q);
            rows.extend(told.map(|ns| Row::told(what(name), Unit::Ns, ns)));
        }
        rows.extend(answer.cpu_ns.map(|cpu| {
            let each = cpu as f64 / answer.ok.max(1) as f64;
            Row::told(what("CPU per request"), Unit::Ns, each)
        }));
    }
    Ok(rows)
}
