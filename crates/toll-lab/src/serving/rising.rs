//! A server on its way up: started, asked until it answers, its first answer checked.

use std::time::{Duration, Instant};

use toll_core::axes;
use toll_core::failure::{Failure, Stage};
use toll_core::server::{Bind, Substitution};
use toll_core::verify::{self, Answer};
use toll_core::workload::{Protocol, Workload};
use toll_load::{Expectation, Request, Response, Session, SessionConfig, Target};

use super::door::Door;
use super::{Launch, Running, ServeRequest, listener, served};
use crate::bench::{Bench, CellKey, Station};

/// How often a server is started again because its port was taken in between.
const PORT_TRIES: u32 = 5;
/// The first patience with one answer; doubled with each try, so that a slow start is not hammered.
const FIRST_PATIENCE: Duration = Duration::from_millis(250);
/// The most patience with one answer: meanwhile no other server is looked at, and no Ctrl-C is seen.
const MOST_PATIENCE: Duration = Duration::from_secs(1);

/// A cell whose server answers rightly, with open connections.
pub struct Living {
    /// Which cell it is.
    pub key: CellKey,
    /// The server.
    pub server: Box<dyn Running>,
    /// The way to it.
    pub target: Target,
    /// The way to it for a load generator in the same network as the server.
    pub target_inside: Target,
    /// What it is asked.
    pub request: Request,
    /// The connections to it.
    pub session: Session,
    /// Time between answers under load, once it is known.
    pub pace: Option<Duration>,
}

/// How far a server has come.
pub enum Progress {
    /// Not there yet.
    Rising,
    /// It answers rightly.
    Up(Box<Living>),
    /// It never will.
    Failed(Failure),
}

/// A server on its way up.
#[derive(Debug)]
pub struct Rising<'a> {
    bench: &'a Bench,
    station: &'a Station,
    /// Number of middlewares.
    pub middlewares: u32,
    hash_seed: u32,
    running: Option<Box<dyn Running>>,
    target: Target,
    door: Door,
    deadline: Instant,
    patience: Duration,
    tries: u32,
}

impl<'a> Rising<'a> {
    /// Starts the server of one cell.
    ///
    /// # Errors
    /// It cannot be started at all.
    pub fn start(
        bench: &'a Bench,
        station: &'a Station,
        middlewares: u32,
        hash_seed: u32,
    ) -> Result<Self, Failure> {
        let door = Door::new(bench, station, middlewares)?;
        Self::start_at(bench, station, middlewares, hash_seed, door)
    }

    /// Which cell it is.
    pub(crate) fn key(&self) -> CellKey {
        (self.station.series, self.middlewares)
    }

    fn start_at(
        bench: &'a Bench,
        station: &'a Station,
        middlewares: u32,
        hash_seed: u32,
        door: Door,
    ) -> Result<Self, Failure> {
        let patience = Duration::from_millis(bench.settings.start_timeout_ms);
        let mut rising = Self {
            bench,
            station,
            middlewares,
            hash_seed,
            running: None,
            target: door.target(&station.workload.path),
            door,
            deadline: Instant::now() + patience,
            patience: FIRST_PATIENCE.min(patience),
            tries: 0,
        };
        rising.launch()?;
        Ok(rising)
    }

    fn launch(&mut self) -> Result<(), Failure> {
        loop {
            self.tries += 1;
            match self.station.home.start(self.program()) {
                Ok(running) => {
                    self.running = Some(running);
                    return Ok(());
                }
                Err(error) if error.is_port_taken() && self.tries < PORT_TRIES => self.move_on()?,
                Err(error) => return Err(error.into_failure()),
            }
        }
    }

    /// Takes another way to the server that is to be started.
    fn move_on(&mut self) -> Result<(), Failure> {
        let door = Door::new(self.bench, self.station, self.middlewares)?;
        self.target = door.target(&self.station.workload.path);
        self.door = door;
        Ok(())
    }

    fn program(&self) -> Launch {
        let with = self.station.substitution(self.door.bind());
        let request = ServeRequest::new(self.bench, self.station, self.hash_seed);
        let (mut variables, reads) = match self.station.port {
            // An image that is started as it is knows nothing of the harness.
            Some(_) => (Vec::new(), Vec::new()),
            None => (request.variables(), request.reads()),
        };
        variables.extend(self.of_cell());
        variables.extend(self.station.server.environment(&with));
        let logs = self.bench.logs.join(&self.station.slug);
        Launch {
            words: self.station.server.command_line(&with),
            variables,
            project: None,
            reads,
            door: self.door.clone(),
            core: None,
            cells: 1,
            log: logs.join(format!("{}.log", self.middlewares)),
        }
    }

    /// What tells a cell from the others of its series.
    fn of_cell(&self) -> Vec<(String, String)> {
        if self.station.audited {
            return served::variables(self.station, self.middlewares);
        }
        // Two digits wherever possible, so that the size of the environment is the same in every cell.
        let number = format!("{:02}", self.middlewares);
        vec![("NUM_MIDDLEWARES".to_owned(), number)]
    }

    /// Looks once how far it has come.
    pub fn look(&mut self) -> Progress {
        let Some(running) = &mut self.running else {
            return Progress::Failed(Failure::new(
                Stage::Start,
                "server-not-started",
                "the server was not started",
            ));
        };
        if let Some(failure) = running.ended() {
            return self.start_again_or(failure);
        }
        if !self.door.is_open() {
            return self.rising_or_hung();
        }
        if self.door.is_port() && listener::is_anothers(&self.target, &running.members()) {
            let failure = Failure::new(Stage::Start, "port-taken", "another program has its port");
            return self.start_elsewhere_or(failure);
        }
        if let Ok(answer) = self.greet() {
            return self.welcome(&answer);
        }
        self.patience = (self.patience * 2).min(MOST_PATIENCE);
        self.rising_or_hung()
    }

    /// The deadline counts only for a server that was looked at in vain.
    fn rising_or_hung(&self) -> Progress {
        if Instant::now() < self.deadline {
            return Progress::Rising;
        }
        Progress::Failed(self.hung())
    }

    /// A port that was taken between our look and the server's bind is nobody's fault.
    fn start_again_or(&mut self, failure: Failure) -> Progress {
        let taken = failure
            .log_tail
            .iter()
            .any(|line| line.to_lowercase().contains("address already in use"));
        if taken {
            self.start_elsewhere_or(failure)
        } else {
            Progress::Failed(failure)
        }
    }

    fn start_elsewhere_or(&mut self, failure: Failure) -> Progress {
        if self.tries >= PORT_TRIES {
            let message = format!(
                "the server found its port taken {PORT_TRIES} times, a new one each time; perhaps the application binds a port of its own"
            );
            return Progress::Failed(
                Failure::new(Stage::Start, "port-taken", message).with_log(failure.log_tail),
            );
        }
        self.running = None;
        let moved = self.move_on().and_then(|()| self.launch());
        moved.map_or_else(Progress::Failed, |()| Progress::Rising)
    }

    fn greet(&self) -> Result<Response, toll_load::LoadError> {
        let left = self
            .deadline
            .saturating_duration_since(Instant::now())
            .max(Duration::from_millis(1));
        self.ask(&self.station.workload, self.patience.min(left))
    }

    /// One request on a connection of its own.
    fn ask(
        &self,
        workload: &Workload,
        timeout: Duration,
    ) -> Result<Response, toll_load::LoadError> {
        self.open(workload, 1, timeout, &Expectation::default())?
            .exchange()
    }

    fn open(
        &self,
        workload: &Workload,
        connections: usize,
        timeout: Duration,
        expectation: &Expectation,
    ) -> Result<Session, toll_load::LoadError> {
        let request = request(workload);
        let config = SessionConfig {
            connections,
            timeout,
            connect_timeout: timeout,
        };
        let target = self.target.clone().speaking(spoken(workload.protocol));
        Session::connect(&target, &request, expectation, &config)
    }

    fn welcome(&mut self, answer: &Response) -> Progress {
        let verified = self
            .check(&self.station.workload, answer)
            .and_then(|()| self.prove());
        if let Err(failure) = verified {
            return Progress::Failed(failure.with_log(self.log_tail()));
        }
        let connections = self.bench.settings.connections as usize;
        let log = self.log_tail();
        let like = self.like(answer);
        let opened = self.open(&self.station.workload, connections, self.timeout(), &like);
        match (opened, self.running.take()) {
            (Ok(session), Some(server)) => Progress::Up(Box::new(Living {
                key: self.key(),
                server,
                target: self.target.clone(),
                target_inside: self.door.target_inside(&self.station.workload.path),
                request: request(&self.station.workload),
                session,
                pace: None,
            })),
            (Err(error), _) => Progress::Failed(
                Failure::new(Stage::Start, "no-connection", error.to_string()).with_log(log),
            ),
            (Ok(_), None) => Progress::Rising,
        }
    }

    fn check(&self, workload: &Workload, answer: &Response) -> Result<(), Failure> {
        let text = |(name, value): &(String, Vec<u8>)| {
            (name.clone(), String::from_utf8_lossy(value).into_owned())
        };
        let seen = Answer {
            status: answer.status,
            headers: answer.headers.iter().map(text).collect(),
            body: answer.body.clone(),
        };
        verify::check(workload, &self.station.kind, self.middlewares, &seen)
    }

    /// Where the answer cannot show the layers, that of another workload must.
    fn prove(&self) -> Result<(), Failure> {
        let Some(workload) = &self.station.proof else {
            return Ok(());
        };
        let answer = self.ask(workload, self.timeout()).map_err(|error| {
            let message = format!("{} was not answered: {error}", workload.name);
            Failure::new(Stage::Verify, "wrong-answer", message)
        })?;
        self.check(workload, &answer)
    }

    fn timeout(&self) -> Duration {
        Duration::from_millis(self.bench.settings.timeout_ms)
    }

    /// Checked by its meaning once, the answer is held against every later one: status, body, and
    /// the marks of the layers. Somebody's own application may put a clock into its body.
    fn like(&self, answer: &Response) -> Expectation {
        let is_mark = |(name, _): &&(String, Vec<u8>)| name.starts_with(verify::MARK_PREFIX);
        Expectation {
            status: Some(self.station.workload.status),
            headers: answer.headers.iter().filter(is_mark).cloned().collect(),
            body: (!self.station.audited).then(|| answer.body.clone()),
        }
    }

    fn log_tail(&self) -> Vec<String> {
        self.running
            .as_ref()
            .map(|running| running.log_tail())
            .unwrap_or_default()
    }

    fn hung(&self) -> Failure {
        let seconds = self.bench.settings.start_timeout_ms / 1000;
        let message = format!("the server did not answer within {seconds} s");
        Failure::new(Stage::Start, "server-hung", message).with_log(self.log_tail())
    }
}

fn request(workload: &Workload) -> Request {
    let plain = Request::new(&workload.method, &workload.path).body(workload.body.clone());
    let headers = workload.headers.iter();
    headers.fold(plain, |request, (name, value)| request.header(name, value))
}

fn spoken(protocol: Protocol) -> toll_load::Protocol {
    match protocol {
        Protocol::Http => toll_load::Protocol::Http,
        Protocol::Websocket => toll_load::Protocol::WebSocket,
    }
}

impl Station {
    /// The server's command line for one way in.
    pub fn command_line(&self, bind: Bind) -> Vec<String> {
        self.server.command_line(&self.substitution(bind))
    }

    fn substitution(&self, bind: Bind) -> Substitution {
        Substitution {
            python: self.python.display().to_string(),
            http: self.plan.axes.get(axes::HTTP).to_owned(),
            event_loop: self.plan.axes.get(axes::LOOP).to_owned(),
            lifespan: self.lifespan.clone(),
            bind,
        }
    }
}

#[cfg(test)]
mod tests {
    use std::collections::{BTreeMap, BTreeSet};
    use std::net::{Ipv4Addr, TcpListener};
    use std::path::PathBuf;
    use std::sync::Arc;

    use toll_core::levels::Levels;
    use toll_core::plan::{Apart, PythonRequest, SeriesPlan};
    use toll_core::settings::Settings;
    use toll_core::subject::Kind;
    use toll_core::{server, subject, workload};

    use super::*;
    use crate::cores::Cores;

    /// A real server in a few lines: it binds the port, or ends with Python's own words.
    const SERVER: &str = r#"
        [servers.tiny]
        distribution = "tiny"
        requires = []
        http = { none = [] }
        loop = { none = [] }
        default_http = "none"
        default_loop = "none"
        command = ["{python}", "-c", """
import http.server, json, sys
class Handler(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    def do_GET(self):
        self.send_response(200)
        self.send_header("content-type", "application/json")
        body = json.dumps(dict(count=0)).encode()
        self.send_header("content-length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)
http.server.ThreadingHTTPServer.allow_reuse_address = False
http.server.ThreadingHTTPServer(("127.0.0.1", int(sys.argv[1])), Handler).serve_forever()
"""]
        bind_tcp = ["{port}"]
        bind_unix = ["{socket}"]
        processes = 1
        switched_off = []
    "#;
    const WORKLOAD: &str = r#"
        [workloads.ping]
        method = "GET"
        path = "/"
        status = 200
        content-type = "application/json"
        check = "json-count"
    "#;

    fn kind() -> Kind {
        let text = "[kinds.native]\nstyle = \"layer\"\nmark = \"header\"\nabout = \"a layer\"\n";
        subject::parse_kinds("kinds.toml", text).unwrap()["native"].clone()
    }

    fn station() -> Station {
        let axes = [
            ("framework", "tiny"),
            ("kind", "native"),
            ("http", "none"),
            ("loop", "none"),
        ];
        let plan = SeriesPlan {
            axes: axes.into_iter().collect(),
            requirements: Vec::new(),
            python: PythonRequest::Newest,
            exclude_newer: None,
            subject: "tiny".to_owned(),
            server: "tiny".to_owned(),
            levels: Levels::Listed(vec![0]),
            instruments: Vec::new(),
            definition: String::new(),
            apart: Apart::default(),
            change: toll_core::audit::Change::default(),
        };
        Station {
            series: 0,
            label: "tiny".to_owned(),
            plan,
            subject: PathBuf::from("/"),
            lifespan: "off".to_owned(),
            port: None,
            audited: false,
            kind: kind(),
            levels: vec![0],
            python: PathBuf::from("python3"),
            server: server::parse("servers.toml", SERVER).unwrap()["tiny"].clone(),
            workload: workload::parse("workloads.toml", WORKLOAD).unwrap()["ping"].clone(),
            proof: None,
            rounds_before: BTreeMap::new(),
            lacking: BTreeSet::new(),
            slug: "tiny".to_owned(),
            home: Arc::new(crate::serving::OnHost),
        }
    }

    fn bench(folder: &std::path::Path) -> Bench {
        Bench {
            settings: Settings {
                start_timeout_ms: 20_000,
                connections: 2,
                ..Settings::default()
            },
            seed: 1,
            cores: Cores {
                server: None,
                generator: None,
            },
            harness: folder.to_owned(),
            logs: folder.join("logs"),
            sockets: folder.to_owned(),
            load_program: None,
            abort: Arc::default(),
        }
    }

    fn risen(mut rising: Rising) -> Result<(Box<Living>, u32), Failure> {
        loop {
            match rising.look() {
                Progress::Rising => std::thread::sleep(Duration::from_millis(10)),
                Progress::Up(living) => return Ok((living, rising.tries)),
                Progress::Failed(failure) => return Err(failure),
            }
        }
    }

    #[test]
    fn a_port_that_somebody_takes_in_between_is_exchanged_for_another() {
        let folder = tempfile::tempdir().unwrap();
        let (bench, station) = (bench(folder.path()), station());
        let occupied = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).unwrap();
        let door = Door::Port(occupied.local_addr().unwrap().port());
        let rising = Rising::start_at(&bench, &station, 0, 1, door).unwrap();
        let (mut living, tries) = risen(rising).unwrap();
        assert_eq!(tries, 2, "the first port was taken");
        assert_eq!(living.session.exchange().unwrap().status, 200);
    }

    #[test]
    fn an_answer_from_another_program_on_its_port_is_not_taken_for_its_own() {
        let folder = tempfile::tempdir().unwrap();
        let (bench, station) = (bench(folder.path()), station());
        let Ok((other, _)) = risen(Rising::start(&bench, &station, 0, 1).unwrap()) else {
            panic!("the other program does not serve");
        };
        let port = other.target.addresses()[0].port();
        let rising = Rising::start_at(&bench, &station, 0, 1, Door::Port(port)).unwrap();
        let (living, tries) = risen(rising).unwrap();
        assert_eq!(tries, 2, "the first port was another's");
        assert_ne!(living.target.addresses()[0].port(), port);
    }

    #[test]
    fn a_program_that_is_missing_is_a_failure_with_its_name() {
        let folder = tempfile::tempdir().unwrap();
        let station = Station {
            python: PathBuf::from("no-such-python"),
            ..station()
        };
        let bench = bench(folder.path());
        let failure = Rising::start(&bench, &station, 0, 1).unwrap_err();
        assert!(failure.message.contains("no-such-python"), "{failure}");
    }
}
