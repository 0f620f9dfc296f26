//! The nursery: a process that has imported everything of a series and built nothing, and that is
//! forked once per cell.

use std::path::PathBuf;
use std::rc::Rc;
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::Duration;

use toll_core::audit::{Change, change_in};
use toll_core::failure::{Failure, Stage};

use super::cell::{Cell, Process};
use super::control::{Desk, Line, Silence};
use super::orders::{Manner, Order, Said};
use crate::bench::{Bench, Station};
use crate::serving::{Door, Launch, Running, SERVER_EXITED, ServeRequest, StartError};

/// The program inside the environment.
const PROGRAM: &str = "asgi_toll_driver.py";
/// How long a fork may take until it reports.
const FORK_PATIENCE: Duration = Duration::from_secs(10);

/// Sockets are numbered, because their paths must be short.
static SOCKETS: AtomicU32 = AtomicU32::new(0);

/// A nursery that is importing. Dropping it kills it.
#[derive(Debug)]
pub struct NurseryBegun<'a> {
    bench: &'a Bench,
    station: &'a Station,
    desk: Desk,
    running: Rc<dyn Running>,
}

impl<'a> NurseryBegun<'a> {
    /// Waits until everything is imported.
    ///
    /// # Errors
    /// The subject cannot be imported.
    pub fn ready(self) -> Result<Nursery<'a>, Failure> {
        let Self {
            bench,
            station,
            desk,
            running,
        } = self;
        let patience = Duration::from_millis(bench.settings.start_timeout_ms);
        match greet(&desk, running.as_ref(), patience) {
            Ok(line) => Ok(Nursery {
                bench,
                station,
                line,
                desk,
                running,
            }),
            Err(failure) if failure.log_tail.is_empty() => Err(why(running.as_ref(), failure)),
            Err(failure) => Err(failure),
        }
    }
}

/// A series that is ready to be forked. Dropping it kills it and all its cells.
#[derive(Debug)]
pub struct Nursery<'a> {
    bench: &'a Bench,
    station: &'a Station,
    line: Line,
    desk: Desk,
    running: Rc<dyn Running>,
}

impl<'a> Nursery<'a> {
    /// Starts it and waits until everything is imported; see [`Self::begin`].
    ///
    /// # Errors
    /// The subject cannot be imported, or the driver cannot be started.
    pub fn start(
        bench: &'a Bench,
        station: &'a Station,
        hash_seed: u32,
        purpose: &str,
        core: Option<usize>,
    ) -> Result<Self, Failure> {
        Self::begin(bench, station, hash_seed, purpose, core)?.ready()
    }

    /// Starts it. `hash_seed` is the same for all its cells; `purpose` names its log; `core` is where
    /// its cells are going to be timed, if they are.
    ///
    /// # Errors
    /// The driver cannot be started.
    pub fn begin(
        bench: &'a Bench,
        station: &'a Station,
        hash_seed: u32,
        purpose: &str,
        core: Option<usize>,
    ) -> Result<NurseryBegun<'a>, Failure> {
        let number = SOCKETS.fetch_add(1, Ordering::Relaxed);
        let no_socket = |error| not_started(format!("no socket for the driver: {error}"));
        let socket = bench.socket(&format!("d{number}")).map_err(no_socket)?;
        let log = bench
            .logs
            .join(&station.slug)
            .join(format!("{purpose}.log"));
        let desk = Desk::open(&socket, bench.abort.clone()).map_err(no_socket)?;
        let program = program((bench, station), hash_seed, socket, (core, log));
        let started = station.home.start(program);
        Ok(NurseryBegun {
            bench,
            station,
            desk,
            running: started.map_err(StartError::into_failure)?.into(),
        })
    }

    /// The series.
    pub fn station(&self) -> &'a Station {
        self.station
    }

    /// Forks a process for the cell with so many middlewares.
    ///
    /// # Errors
    /// The nursery is gone, or the fork does not report.
    pub fn cell(&mut self, middlewares: u32, manner: Manner) -> Result<Cell<'a>, Failure> {
        let station = self.station;
        let change = if station.audited {
            change_in(middlewares, &station.levels, &station.plan.change)
        } else {
            Change::default()
        };
        self.changed(middlewares, &change, manner)
    }

    /// The same for somebody's own application, with what is done to it.
    ///
    /// # Errors
    /// The nursery is gone, or the fork does not report.
    pub fn changed(
        &mut self,
        middlewares: u32,
        change: &Change,
        manner: Manner,
    ) -> Result<Cell<'a>, Failure> {
        let order = Order::Cell {
            middlewares,
            change,
            manner,
        };
        let reported = self.line.tell(&order, FORK_PATIENCE).and_then(|()| {
            let mut line = self
                .desk
                .next(FORK_PATIENCE, || self.running.ended().is_some())?;
            match line.hear(FORK_PATIENCE)? {
                Said::Cell {
                    middlewares: number,
                    seams: looked,
                    pid,
                } if (number, looked) == (middlewares, manner.seams) => {
                    // A process in a container knows itself by another number than this machine does.
                    let pid = line.peer().unwrap_or(pid);
                    Ok((line, pid))
                }
                other => Err(Silence::Strange(format!("{other:?}"))),
            }
        });
        let (line, pid) = reported.map_err(|silence| {
            let failure = not_started(format!("no process for the cell: {silence}"));
            why(self.running.as_ref(), failure)
        })?;
        let process = Process {
            pid,
            nursery: Rc::clone(&self.running),
        };
        Ok(Cell::new(
            (self.bench, self.station),
            middlewares,
            line,
            process,
        ))
    }
}

/// Why there is no driver: what ended it, such as want of memory, if it was that, else what was seen; with its last lines.
fn why(running: &dyn Running, failure: Failure) -> Failure {
    match running.ended() {
        Some(ended) if ended.code != SERVER_EXITED => ended,
        _ => failure.with_log(running.log_tail()),
    }
}

fn not_started(message: String) -> Failure {
    Failure::new(Stage::Start, "driver-not-started", message)
}

fn program(
    (bench, station): (&Bench, &Station),
    hash_seed: u32,
    socket: PathBuf,
    (core, log): (Option<usize>, PathBuf),
) -> Launch {
    let request = ServeRequest::new(bench, station, hash_seed);
    let mut variables = request.variables();
    let control = socket.display().to_string();
    variables.push(("ASGI_TOLL_CONTROL".to_owned(), control));
    let text = |path: PathBuf| path.display().to_string();
    Launch {
        words: vec![
            text(station.python.clone()),
            text(bench.harness.join(PROGRAM)),
        ],
        variables,
        project: None,
        reads: request.reads(),
        cells: station.levels.len().max(1),
        door: Door::Socket(socket),
        core,
        log,
    }
}

/// The first thing that the driver says.
fn greet(desk: &Desk, running: &dyn Running, patience: Duration) -> Result<Line, Failure> {
    let heard = desk
        .next(patience, || running.ended().is_some())
        .and_then(|mut line| Ok((line.hear(patience)?, line)));
    match heard {
        Ok((Said::Ready {}, line)) => Ok(line),
        Ok((
            Said::Failed {
                code,
                message,
                traceback,
            },
            _,
        )) => Err(Failure::new(Stage::Start, &code, message).with_log(traceback)),
        Ok((other, _)) => Err(not_started(format!("the driver began with {other:?}"))),
        Err(silence) => Err(not_started(format!(
            "the driver did not come up: {silence}"
        ))),
    }
}
