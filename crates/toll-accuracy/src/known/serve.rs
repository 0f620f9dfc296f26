//! The loop of the known server.

use super::answer::{Answers, Class};
use super::connection::{Connection, Received};
use super::control::{Command, Control};
use super::sight::Counters;
use super::spec::Spec;
use crate::AccuracyError;
use crate::clock::{now_ns, timespec};
use rustix::event::epoll::{self, Event, EventData, EventFlags};
use std::cmp::Reverse;
use std::collections::{BinaryHeap, HashMap};
use std::io::Write;
use std::mem::MaybeUninit;
use std::net::TcpListener;
use std::os::fd::OwnedFd;
use toll_stats::Random;

const LISTENER: u64 = u64::MAX;
const INPUT: u64 = u64::MAX - 1;
/// The longest sleep, so that the deadline is seen.
const LONGEST_SLEEP_NS: u64 = 100_000_000;
/// The last part of a delay is spent awake, so that the answer goes out at the exact time.
const AWAKE_NS: u64 = 300_000;

/// Serves as `spec`, the JSON of a [`Spec`], says. Listens on a free port of 127.0.0.1 and writes the address and a
/// line end to standard output. Returns when standard input ends or the deadline has passed.
///
/// # Errors
/// [`AccuracyError::Spec`] when the spec is not one, [`AccuracyError::Io`] when the system refuses what is needed.
pub fn serve(spec: &str) -> Result<(), AccuracyError> {
    let spec: Spec = serde_json::from_str(spec).map_err(AccuracyError::Spec)?;
    // Where this is refused the end of standard input still ends the server.
    let _ = rustix::process::set_parent_process_death_signal(Some(rustix::process::Signal::KILL));
    if let Some(core) = spec.core {
        toll_load::pin_current_thread(core)?;
    }
    let mut server = Server::new(spec)?;
    let address = server.listener.local_addr()?;
    tell(&address.to_string())?;
    server.run()
}

fn tell(line: &str) -> std::io::Result<()> {
    let mut stdout = std::io::stdout().lock();
    writeln!(stdout, "{line}")?;
    stdout.flush()
}

/// An answer that waits for its time.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
struct Waiting {
    due_ns: u64,
    token: u64,
    received_ns: u64,
    class: Class,
}

struct Server {
    spec: Spec,
    listener: TcpListener,
    epoll: OwnedFd,
    connections: HashMap<u64, Connection>,
    next_token: u64,
    waiting: BinaryHeap<Reverse<Waiting>>,
    answers: Answers,
    counters: Counters,
    random: Random,
    control: Control,
}

impl Server {
    fn new(spec: Spec) -> Result<Self, AccuracyError> {
        let listener = TcpListener::bind("127.0.0.1:0")?;
        let epoll = epoll::create(epoll::CreateFlags::CLOEXEC)?;
        watch(&epoll, &listener, LISTENER)?;
        watch(&epoll, std::io::stdin(), INPUT)?;
        Ok(Self {
            counters: Counters::new(spec.keep_arrivals)?,
            random: Random::from_seed(spec.seed),
            spec,
            listener,
            epoll,
            connections: HashMap::new(),
            next_token: 0,
            waiting: BinaryHeap::new(),
            answers: Answers::new(),
            control: Control::default(),
        })
    }

    fn run(&mut self) -> Result<(), AccuracyError> {
        let mut now = now_ns();
        let end = now.saturating_add(self.spec.deadline_s.saturating_mul(1_000_000_000));
        let mut events = [MaybeUninit::<Event>::uninit(); 256];
        while now < end {
            let sleep = timespec(self.sleep_ns(now));
            let (ready, _) = match epoll::wait(&self.epoll, &mut events, Some(&sleep)) {
                Err(rustix::io::Errno::INTR) => continue,
                found => found?,
            };
            for event in ready.iter().map(|event| event.data.u64()) {
                match event {
                    LISTENER => self.accept()?,
                    INPUT => {
                        if !self.obey()? {
                            return Ok(());
                        }
                    }
                    token => self.on_readable(token),
                }
                self.send_due();
            }
            self.send_due();
            now = now_ns();
        }
        Ok(())
    }

    fn sleep_ns(&self, now: u64) -> u64 {
        if self.spec.spinning {
            return 0;
        }
        self.waiting
            .peek()
            .map_or(LONGEST_SLEEP_NS, |Reverse(next)| {
                let left = next.due_ns.saturating_sub(now);
                left.saturating_sub(AWAKE_NS).min(LONGEST_SLEEP_NS)
            })
    }

    fn accept(&mut self) -> Result<(), AccuracyError> {
        // A connection that was given up before it was accepted is no reason to end.
        let Ok((stream, _)) = self.listener.accept() else {
            return Ok(());
        };
        let connection = Connection::new(stream)?;
        watch(&self.epoll, connection.stream(), self.next_token)?;
        self.connections.insert(self.next_token, connection);
        self.next_token += 1;
        Ok(())
    }

    fn on_readable(&mut self, token: u64) {
        let Some(connection) = self.connections.get_mut(&token) else {
            return;
        };
        match connection.receive() {
            Received::Nothing => {}
            Received::End => {
                self.connections.remove(&token);
            }
            Received::Bytes { count, complete } => {
                let received_ns = now_ns();
                self.counters.bytes_in += count as u64;
                if complete {
                    self.on_request(token, received_ns);
                }
            }
        }
    }

    fn on_request(&mut self, token: u64, received_ns: u64) {
        self.counters.arrived(received_ns);
        let delay_ns = self.spec.draw_delay_ns(&mut self.random);
        let waiting = Waiting {
            due_ns: received_ns + delay_ns,
            token,
            received_ns,
            class: self.spec.class_of(self.counters.requests),
        };
        if delay_ns == 0 {
            self.answer(waiting, now_ns());
        } else {
            self.waiting.push(Reverse(waiting));
        }
    }

    fn send_due(&mut self) {
        while let Some(Reverse(next)) = self.waiting.peek().copied() {
            let now = now_ns();
            if next.due_ns > now {
                return;
            }
            self.waiting.pop();
            self.answer(next, now);
        }
    }

    fn answer(&mut self, waiting: Waiting, now: u64) {
        let Waiting { class, token, .. } = waiting;
        self.counters.ended(class, now - waiting.received_ns);
        let Some(connection) = self.connections.get(&token) else {
            return;
        };
        let bytes = self.answers.of(class);
        if !bytes.is_empty() {
            self.counters.bytes_out += connection.send(bytes).unwrap_or(0);
        }
        if class == Class::Reset {
            connection.will_reset();
        }
        if class.closes() {
            self.connections.remove(&token);
        }
    }

    /// `false` when nobody is there any more.
    fn obey(&mut self) -> Result<bool, AccuracyError> {
        let Some(commands) = self.control.read(std::io::stdin()) else {
            return Ok(false);
        };
        for command in commands {
            match command {
                Command::Reset => {
                    self.counters = Counters::new(self.spec.keep_arrivals)?;
                    tell("reset")?;
                }
                Command::Report => tell(&serde_json::to_string(&self.counters.sight()?)?)?,
            }
        }
        Ok(true)
    }
}

fn watch(epoll: &OwnedFd, source: impl std::os::fd::AsFd, token: u64) -> Result<(), AccuracyError> {
    Ok(epoll::add(
        epoll,
        source,
        EventData::new_u64(token),
        EventFlags::IN,
    )?)
}
