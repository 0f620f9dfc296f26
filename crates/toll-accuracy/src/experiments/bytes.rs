//! (f) Is every byte counted?

use super::Experiment;
use crate::generator::{Errand, Generator};
use crate::known::Spec;
use crate::row::{Row, Unit};
use crate::{AccuracyError, Bench};

pub(super) const EXPERIMENT: Experiment = Experiment {
    key: "bytes",
    question: "Is every byte counted?",
    how: "Bytes received are what the server sent, bytes sent are what it read, to the last one; where a generator prints \
          rounded figures, within the rounding.",
    attempts: 1,
    ask,
};

fn ask(bench: &Bench, generator: &dyn Generator) -> Result<Vec<Row>, AccuracyError> {
    let mut server = bench.asleep(Spec::default())?;
    let errand = Errand::closed(server.url(), 10, bench.time(500, 3_000));
    let answer = generator.ask(&errand, bench)?;
    let sight = server.report()?;
    let row = |what: &str, known: u64, told: Option<(u64, f64)>| match told {
        Some((bytes, rounding)) => {
            let pair = (known as f64, bytes as f64);
            Row::near(what, Unit::Bytes, pair, rounding)
        }
        None => Row::not_asked(what, "it does not tell"),
    };
    Ok(vec![
        row("received", sight.bytes_out, answer.bytes_in),
        row("sent", sight.bytes_in, answer.bytes_out),
    ])
}
