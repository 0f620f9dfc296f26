//! (e) Is every request counted, once and for what it was?

use super::Experiment;
use crate::generator::{Answer, Errand, Generator};
use crate::known::{Class, Planted, Sight, Spec};
use crate::row::{Row, Unit};
use crate::{AccuracyError, Bench};
use std::time::Duration;

pub(super) const EXPERIMENT: Experiment = Experiment {
    key: "counts",
    question: "Is every request counted, once and for what it was?",
    how: "The server plants faults: every 97th answer is a 500, every 211th request is answered by a reset, every 307th body is \
          shorter than promised, every 4 999th request is never answered. The generator's counts must be the server's own, \
          class by class, also when it is stopped in the middle: sent = right + failed + in flight.",
    attempts: 1,
    ask,
};

const CONNECTIONS: usize = 10;
const TIMEOUT: Duration = Duration::from_millis(200);
const PLANTED: [(u64, Class); 4] = [
    (97, Class::ServerError),
    (211, Class::Reset),
    (307, Class::ShortBody),
    (4_999, Class::Silent),
];
const NAMES: [(Class, &str); 4] = [
    (Class::ServerError, "500"),
    (Class::Reset, "reset"),
    (Class::ShortBody, "short body"),
    (Class::Silent, "never answered"),
];

fn ask(bench: &Bench, generator: &dyn Generator) -> Result<Vec<Row>, AccuracyError> {
    let time = bench.time(800, 5_000);
    let mut rows = to_the_end(bench, generator, time)?;
    rows.extend(cut_short(bench, generator, time)?);
    Ok(rows)
}

fn to_the_end(
    bench: &Bench,
    generator: &dyn Generator,
    time: Duration,
) -> Result<Vec<Row>, AccuracyError> {
    let planted = PLANTED.map(|(every, class)| Planted { every, class });
    let mut server = bench.asleep(Spec {
        planted: planted.to_vec(),
        ..Spec::default()
    })?;
    let errand = Errand {
        timeout: TIMEOUT,
        ..Errand::closed(server.url(), CONNECTIONS, time)
    };
    let answer = generator.ask(&errand, bench)?;
    let sight = server.report()?;
    let mut rows = vec![
        sent_row("sent", &answer, &sight),
        Row::equal("right", Unit::Count, sight.of(Class::Ok), answer.ok),
        Row::equal(
            "failed in all",
            Unit::Count,
            sight.requests - sight.of(Class::Ok),
            answer.failed() + answer.in_flight,
        ),
    ];
    rows.extend(NAMES.map(|(class, name)| class_row(class, name, &answer, &sight)));
    Ok(rows)
}

fn sent_row(what: &str, answer: &Answer, sight: &Sight) -> Row {
    match answer.sent {
        Some(sent) => Row::equal(what, Unit::Count, sight.requests, sent),
        None => Row::not_asked(what, "it does not tell"),
    }
}

fn class_row(class: Class, name: &str, answer: &Answer, sight: &Sight) -> Row {
    match answer.failures.get(&class) {
        Some(count) => Row::equal(name, Unit::Count, sight.of(class), *count),
        None => Row::not_asked(name, "it does not tell this class"),
    }
}

fn cut_short(
    bench: &Bench,
    generator: &dyn Generator,
    time: Duration,
) -> Result<Vec<Row>, AccuracyError> {
    let mut server = bench.asleep(Spec::default())?;
    let errand = Errand {
        abort_after: Some(time / 2),
        ..Errand::closed(server.url(), CONNECTIONS, time)
    };
    if let Some(why) = generator.refuses(&errand) {
        return Ok(vec![Row::not_asked("stopped in the middle", why)]);
    }
    let answer = generator.ask(&errand, bench)?;
    let sight = server.report()?;
    let sum = answer.ok + answer.failed() + answer.in_flight;
    Ok(vec![
        sent_row("stopped in the middle, sent", &answer, &sight),
        Row::equal(
            "stopped in the middle, right + failed + in flight",
            Unit::Count,
            sight.requests,
            sum,
        ),
    ])
}
