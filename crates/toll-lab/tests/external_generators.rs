//! The real programs against a real server, where they are installed.

use std::io::{BufRead, BufReader, Read, Write};
use std::net::{TcpListener, TcpStream};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::thread;
use std::time::{Duration, Instant};

use toll_lab::generator::{self, Assignment, Generator, GeneratorError, Outcome, Program};
use toll_load::{Request, Target};

/// What the server counted.
#[derive(Default)]
struct Seen {
    requests: AtomicU64,
    /// Requests whose body, method or header were not those that were asked for.
    strange: AtomicU64,
}

/// A server that answers `/` rightly and `/fail` with 500, and never answers `/hang`; it lives as long as the test.
fn serve() -> (Target, Arc<Seen>) {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = listener.local_addr().unwrap();
    let seen = Arc::new(Seen::default());
    let shared = Arc::clone(&seen);
    thread::spawn(move || {
        for stream in listener.incoming().flatten() {
            let seen = Arc::clone(&shared);
            thread::spawn(move || drop(answer(stream, &seen)));
        }
    });
    (Target::tcp(address), seen)
}

fn answer(stream: TcpStream, seen: &Seen) -> std::io::Result<()> {
    stream.set_nodelay(true)?;
    let mut reader = BufReader::new(stream.try_clone()?);
    let mut writer = stream;
    loop {
        let mut head = String::new();
        while !head.ends_with("\r\n\r\n") {
            if reader.read_line(&mut head)? == 0 {
                return Ok(());
            }
        }
        let lower = head.to_ascii_lowercase();
        let length = lower
            .lines()
            .find_map(|line| line.strip_prefix("content-length: "));
        let mut body = vec![0; length.map_or(0, |length| length.trim().parse().unwrap())];
        reader.read_exact(&mut body)?;
        seen.requests.fetch_add(1, Ordering::Relaxed);
        let as_asked = head.starts_with("POST ") && lower.contains("x-mark: 1") && body == BODY;
        seen.strange
            .fetch_add(u64::from(!as_asked), Ordering::Relaxed);
        let path = head.split(' ').nth(1).unwrap_or_default();
        let status = match path {
            "/hang" => {
                thread::sleep(Duration::from_mins(1));
                return Ok(());
            }
            "/fail" => "500 Internal Server Error",
            _ => "200 OK",
        };
        writer.write_all(format!("HTTP/1.1 {status}\r\ncontent-length: 2\r\n\r\nhi").as_bytes())?;
    }
}

const BODY: &[u8] = b"{\"a\": \"\xc3\xa4\n\"}";

fn assignment(target: &Target, path: &str) -> Assignment {
    Assignment {
        target: target.clone(),
        request: Request::new("POST", path).header("x-mark", "1").body(BODY),
        connections: 3,
        duration: Duration::from_secs(1),
        rate: None,
        timeout: Duration::from_secs(1),
        core: toll_lab::cores::allowed().last().copied(),
        server: None,
    }
}

/// Skips with a word where a program is missing, unless all are required.
fn with_each(check: impl Fn(&Program)) {
    for generator in generator::all() {
        match Program::find(*generator) {
            Ok(program) => check(&program),
            Err(error) => skip(*generator, &error),
        }
    }
}

fn skip(generator: &dyn Generator, error: &GeneratorError) {
    // oha is built from source, which takes minutes: it is never required.
    let required = std::env::var_os("ASGI_TOLL_REQUIRE_GENERATORS").is_some();
    assert!(!required || generator.name() == "oha", "{error}");
    let mut out = std::io::stderr();
    writeln!(out, "skipped {}: {error}", generator.name()).unwrap();
}

fn send(program: &Program, assignment: &Assignment) -> Result<Outcome, GeneratorError> {
    program.run(assignment, &Arc::default())
}

#[test]
fn what_they_count_is_what_the_server_counts() {
    with_each(|program| {
        let (target, seen) = serve();
        let outcome = send(program, &assignment(&target, "/")).unwrap();
        let requests = seen.requests.load(Ordering::Relaxed);
        // The requests on their way at the end may be dropped.
        let counted = outcome.ok + outcome.failed;
        let title = program.title();
        assert!(
            outcome.ok > 100 && outcome.failed == 0,
            "{title}: {outcome:?}"
        );
        assert!(
            (counted..=counted + 3).contains(&requests),
            "{title}: {counted} of {requests}"
        );
        assert_eq!(seen.strange.load(Ordering::Relaxed), 0, "{title}");
        let seconds = outcome.wall_ns as f64 / 1e9;
        assert!((0.9..2.5).contains(&seconds), "{title}: {seconds}");
        assert!(outcome.client_cpu_ns > 1_000_000, "{title}: {outcome:?}");
        assert!(
            outcome.peak_resident_bytes > 500_000,
            "{title}: {outcome:?}"
        );
        // The median, as wrk's mean has samples of its own in it; a wrong unit would be a factor of a thousand.
        let in_flight = outcome.rate() * outcome.latency.quantiles_ns[&5_000] as f64 / 1e9;
        assert!(
            (0.2..30.0).contains(&in_flight),
            "{title}: units are wrong: {in_flight}"
        );
        assert_eq!(
            outcome.window_rate_p99.is_some(),
            program.generator.name() == "bombardier"
        );
    });
}

#[test]
fn failures_are_failures() {
    with_each(|program| {
        let (target, _) = serve();
        let outcome = send(program, &assignment(&target, "/fail")).unwrap();
        let title = program.title();
        assert!(
            outcome.ok == 0 && outcome.failed > 100,
            "{title}: {outcome:?}"
        );
    });
}

#[test]
fn nobody_listens() {
    with_each(|program| {
        let free = TcpListener::bind("127.0.0.1:0")
            .unwrap()
            .local_addr()
            .unwrap();
        match send(program, &assignment(&Target::tcp(free), "/")) {
            Ok(outcome) => assert_eq!(outcome.ok, 0, "{}", program.title()),
            Err(error) => assert!(error.to_string().contains("refused"), "{error}"),
        }
    });
}

#[test]
fn a_server_that_hangs_does_not_hold_them() {
    with_each(|program| {
        let (target, _) = serve();
        let start = Instant::now();
        let outcome = send(program, &assignment(&target, "/hang")).unwrap();
        assert_eq!(outcome.ok, 0, "{}", program.title());
        assert!(
            start.elapsed() < Duration::from_secs(12),
            "{}",
            program.title()
        );
    });
}

#[test]
fn an_abort_ends_them_at_once() {
    with_each(|program| {
        let (target, _) = serve();
        let abort = Arc::new(AtomicBool::new(false));
        let (flag, start) = (Arc::clone(&abort), Instant::now());
        let later = thread::spawn(move || {
            thread::sleep(Duration::from_millis(200));
            flag.store(true, Ordering::Relaxed);
        });
        let mut long = assignment(&target, "/");
        long.duration = Duration::from_secs(30);
        assert!(program.run(&long, &abort).is_err());
        later.join().unwrap();
        assert!(
            start.elapsed() < Duration::from_secs(5),
            "{}",
            program.title()
        );
    });
}

#[test]
fn a_rate_is_held_where_there_is_one() {
    with_each(|program| {
        let (target, _) = serve();
        let mut slow = assignment(&target, "/");
        slow.rate = Some(100.0);
        if program.generator.unsupported(&slow).is_some() {
            assert!(matches!(
                send(program, &slow),
                Err(GeneratorError::Unsupported { .. })
            ));
            return;
        }
        let outcome = send(program, &slow).unwrap();
        assert!(
            (70.0..130.0).contains(&outcome.rate()),
            "{}: {outcome:?}",
            program.title()
        );
    });
}
