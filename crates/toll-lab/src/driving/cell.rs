//! One process with one application, driven from here.

use std::collections::BTreeMap;
use std::rc::Rc;
use std::time::Duration;

use toll_core::audit::{Behaviour, Change};
use toll_core::failure::{Failure, Stage};
use toll_core::verify::{self, Answer};
use toll_core::workload::Workload;

use super::control::{Line, Silence};
use super::orders::{
    AnswerLine, Answered, DriverCost, Exclusive, Found, FunctionCalls, Looked, Order, RequestLine,
    Said, Timed,
};
use crate::bench::{Bench, CellKey, Station};
use crate::process::tree;
use crate::serving::Running;

/// What is added to the driver's own patience before a process is given up: it tells where the
/// application hangs, which is worth waiting for.
const GRACE: Duration = Duration::from_secs(2);

/// How long an application may take for its shutdown; nothing is lost when it takes longer.
const STOP_PATIENCE: Duration = Duration::from_millis(500);

/// What an application said to its first request.
#[derive(Debug, Clone)]
pub struct FirstAnswer {
    /// The answer.
    pub answer: Answer,
    /// How long such a request takes.
    pub wall: Duration,
    /// The end of the traceback of what it raised, though it answered.
    pub raised: Vec<String>,
}

/// The same as the driver tells it, with the answer to the other request that shows the layers.
struct First {
    answer: AnswerLine,
    proof: Option<AnswerLine>,
    wall: Duration,
    raised: Vec<String>,
}

/// One process with one application. Dropping it ends the process.
#[derive(Debug)]
pub struct Cell<'a> {
    /// Number of middlewares.
    pub middlewares: u32,
    bench: &'a Bench,
    station: &'a Station,
    line: Line,
    process: Process,
}

/// A process that was forked for a cell.
#[derive(Debug)]
pub(super) struct Process {
    pub(super) pid: u32,
    /// What forked it, and writes where it writes.
    pub(super) nursery: Rc<dyn Running>,
}

impl<'a> Cell<'a> {
    pub(super) fn new(
        (bench, station): (&'a Bench, &'a Station),
        middlewares: u32,
        line: Line,
        process: Process,
    ) -> Self {
        Self {
            middlewares,
            bench,
            station,
            line,
            process,
        }
    }

    /// Which cell it is.
    pub fn key(&self) -> CellKey {
        (self.station.series, self.middlewares)
    }

    /// Tells it to build the application and to make one request. Building takes most of the time,
    /// so several cells are told before the first is waited for.
    ///
    /// # Errors
    /// The process is gone.
    pub fn begin(&mut self) -> Result<(), Failure> {
        let order = Order::Start {
            request: RequestLine::from(&self.station.workload),
            proof: self.station.proof.as_ref().map(RequestLine::from),
            lifespan: &self.station.lifespan,
        };
        self.line
            .tell(&order, self.start_patience())
            .map_err(|silence| self.failure(Stage::Start, &silence))
    }

    /// Waits for the answer to that request and checks it.
    ///
    /// # Errors
    /// The application cannot be built, or its answer is wrong.
    pub fn verify(&mut self) -> Result<(), Failure> {
        let First { answer, proof, .. } = self.first_answer()?;
        if let (Some(workload), Some(proof)) = (&self.station.proof, proof) {
            self.check(workload, &proof.into())?;
        }
        self.check(&self.station.workload, &answer.into())
    }

    /// Waits for the answer to the first request, whatever it is.
    ///
    /// # Errors
    /// The application cannot be built, or does not answer.
    pub fn any_answer(&mut self) -> Result<FirstAnswer, Failure> {
        let first = self.first_answer()?;
        Ok(FirstAnswer {
            answer: first.answer.into(),
            wall: first.wall,
            raised: first.raised,
        })
    }

    fn first_answer(&mut self) -> Result<First, Failure> {
        match self.hear(Stage::Start, self.start_patience())? {
            Said::Answer {
                answer,
                proof,
                wall_ns,
                raised,
            } => Ok(First {
                answer,
                proof,
                wall: Duration::from_nanos(wall_ns),
                raised,
            }),
            other => Err(self.strange(Stage::Start, &other)),
        }
    }

    /// The layers of the user's own application, outermost first.
    ///
    /// # Errors
    /// The process is gone.
    pub fn layers(&mut self) -> Result<Found, Failure> {
        match self.ask(&Order::Layers {}, self.patience(0))? {
            Said::Layers(found) => Ok(found),
            other => Err(self.strange(Stage::Verify, &other)),
        }
    }

    /// Changes the application, and asks what it answers then. From here on `variant` names it.
    ///
    /// # Errors
    /// The process is gone.
    pub fn variant(&mut self, variant: u32, change: &Change) -> Result<Answered, Failure> {
        let order = Order::Variant { variant, change };
        match self.ask(&order, self.patience(0))? {
            Said::Variant(answered) => Ok(answered),
            other => Err(self.strange(Stage::Verify, &other)),
        }
    }

    /// What each layer does with a request, where that can be seen; only of a process that writes it
    /// down.
    ///
    /// # Errors
    /// The application failed.
    pub fn behaviour(&mut self) -> Result<Vec<Option<Behaviour>>, Failure> {
        match self.ask(&Order::Behaviour {}, self.count_patience())? {
            Said::Behaviour { layers } => Ok(layers),
            other => Err(self.strange(Stage::Verify, &other)),
        }
    }

    /// What each layer takes by itself; only of a process with shims.
    ///
    /// # Errors
    /// The application failed.
    pub fn exclusive(&mut self, cpu_ms: u64) -> Result<Exclusive, Failure> {
        match self.ask(&Order::Exclusive { cpu_ms }, self.patience(cpu_ms))? {
            Said::Exclusive(told) => Ok(told),
            other => Err(self.strange(Stage::Measure, &other)),
        }
    }

    fn check(&self, workload: &Workload, answer: &Answer) -> Result<(), Failure> {
        verify::check(workload, &self.station.kind, self.middlewares, answer)
            .map_err(|failure| failure.with_log(self.log_tail()))
    }

    /// Binds the process to a core.
    ///
    /// # Errors
    /// The core may not be used.
    pub fn bind(&self, core: Option<usize>) -> Result<(), Failure> {
        let core = core.filter(|_| !self.process.nursery.is_bound());
        let bound = core.map_or(Ok(()), |core| tree::pin(&[self.process.pid], core));
        bound.map_err(|error| {
            let message = format!("the process could not be bound to its core: {error}");
            Failure::new(Stage::Start, "not-bound", message)
        })
    }

    /// Requests that nobody counts.
    ///
    /// # Errors
    /// The application failed.
    pub fn warm_up(&mut self, duration: Duration) -> Result<(), Failure> {
        self.warm_up_as(None, duration)
    }

    /// The same as one variant.
    ///
    /// # Errors
    /// The application failed.
    pub fn warm_up_as(&mut self, variant: Option<u32>, duration: Duration) -> Result<(), Failure> {
        let wall_ms = duration.as_millis() as u64;
        match self.ask(&Order::WarmUp { wall_ms, variant }, self.patience(wall_ms))? {
            Said::Warm {} => Ok(()),
            other => Err(self.strange(Stage::Measure, &other)),
        }
    }

    /// Requests that take about so much CPU time, timed.
    ///
    /// # Errors
    /// The application failed.
    pub fn slice(&mut self, cpu_ms: u64) -> Result<Timed, Failure> {
        self.slice_as(None, cpu_ms)
    }

    /// The same of one variant.
    ///
    /// # Errors
    /// The application failed.
    pub fn slice_as(&mut self, variant: Option<u32>, cpu_ms: u64) -> Result<Timed, Failure> {
        match self.ask(&Order::Slice { cpu_ms, variant }, self.patience(cpu_ms))? {
            Said::Slice(timed) => Ok(timed),
            other => Err(self.strange(Stage::Measure, &other)),
        }
    }

    /// What driving costs without an application.
    ///
    /// # Errors
    /// The process is gone.
    pub fn driver_cost(&mut self, cpu_ms: u64) -> Result<DriverCost, Failure> {
        match self.ask(&Order::Driver { cpu_ms }, self.patience(cpu_ms))? {
            Said::Driver(cost) => Ok(cost),
            other => Err(self.strange(Stage::Measure, &other)),
        }
    }

    /// Tells it to count the events of one request. Counts do not depend on the clock, so several
    /// cells are told before the first is waited for.
    ///
    /// # Errors
    /// The process is gone.
    pub fn begin_count(&mut self) -> Result<(), Failure> {
        self.line
            .tell(&Order::Count {}, self.count_patience())
            .map_err(|silence| self.failure(Stage::Measure, &silence))
    }

    /// Waits for those counts.
    ///
    /// # Errors
    /// The application failed.
    pub fn counts(&mut self) -> Result<BTreeMap<String, i64>, Failure> {
        match self.hear(Stage::Measure, self.count_patience())? {
            Said::Count { counts } => Ok(counts),
            other => Err(self.strange(Stage::Measure, &other)),
        }
    }

    /// The functions that one warm request enters; only of a process that counts.
    ///
    /// # Errors
    /// The application failed.
    pub fn profile(&mut self) -> Result<Vec<FunctionCalls>, Failure> {
        match self.ask(&Order::Profile {}, self.count_patience())? {
            Said::Profile { functions } => Ok(functions),
            other => Err(self.strange(Stage::Measure, &other)),
        }
    }

    /// The layers that are found by looking into the application.
    ///
    /// # Errors
    /// The process is gone.
    pub fn look(&mut self) -> Result<Looked, Failure> {
        match self.ask(&Order::Stack {}, self.patience(0))? {
            Said::Stack(looked) => Ok(looked),
            other => Err(self.strange(Stage::Measure, &other)),
        }
    }

    /// Ends its lifespan and then the process. One that does not end in good order is ended anyway.
    pub fn stop(mut self) {
        if self.line.tell(&Order::Stop {}, STOP_PATIENCE).is_ok() {
            let _ = self.line.hear(STOP_PATIENCE);
        }
    }

    /// Gives an order and waits for what comes of it.
    fn ask(&mut self, order: &Order<'_>, patience: Duration) -> Result<Said, Failure> {
        self.line
            .tell(order, patience)
            .map_err(|silence| self.failure(Stage::Measure, &silence))?;
        self.hear(Stage::Measure, patience)
    }

    fn hear(&mut self, stage: Stage, patience: Duration) -> Result<Said, Failure> {
        match self.line.hear(patience + GRACE) {
            Ok(Said::Failed {
                code,
                message,
                traceback,
            }) => Err(Failure::new(stage, &code, message).with_log(traceback)),
            Ok(said) => Ok(said),
            Err(silence) => Err(self.failure(stage, &silence)),
        }
    }

    fn failure(&self, stage: Stage, silence: &Silence) -> Failure {
        let (code, message) = match silence {
            Silence::Ended => (
                "app-exited",
                "the application ended the interpreter".to_owned(),
            ),
            Silence::TimedOut(_) => ("timed-out", format!("the application hangs: {silence}")),
            Silence::Aborted => ("interrupted", "interrupted".to_owned()),
            Silence::Strange(_) | Silence::Io(_) => {
                ("driver-failed", format!("the driver failed: {silence}"))
            }
        };
        Failure::new(stage, code, message).with_log(self.log_tail())
    }

    fn strange(&self, stage: Stage, said: &Said) -> Failure {
        let message = format!("the driver answered something else than was asked: {said:?}");
        Failure::new(stage, "driver-failed", message).with_log(self.log_tail())
    }

    fn log_tail(&self) -> Vec<String> {
        self.process.nursery.log_tail()
    }

    fn start_patience(&self) -> Duration {
        Duration::from_millis(self.bench.settings.start_timeout_ms)
    }

    /// Whole requests are made, so a slice takes at least one.
    fn patience(&self, ms: u64) -> Duration {
        Duration::from_millis(self.bench.settings.timeout_ms + 20 * ms)
    }

    /// A request with every event counted takes many times as long.
    fn count_patience(&self) -> Duration {
        3 * Duration::from_millis(self.bench.settings.timeout_ms)
    }
}

impl Drop for Cell<'_> {
    fn drop(&mut self) {
        tree::kill_member(self.process.pid, self.process.nursery.group());
    }
}
