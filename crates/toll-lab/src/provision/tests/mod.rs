//! Provisioning for real: uv, the package index and this machine's interpreters, in small temporary caches.

use std::fs;
use std::os::unix::fs::symlink;
use std::path::Path;
use std::sync::Mutex;
use std::thread;
use std::time::{Duration, Instant};

use toll_core::failure::Failure;
use toll_core::plan::PythonRequest;

use super::*;

mod common;
mod speed;

struct Place {
    cache: tempfile::TempDir,
    context: Context,
}

impl Place {
    fn new() -> Self {
        let cache = tempfile::tempdir().unwrap();
        let context = Context::new(cache.path().to_owned(), std::sync::Arc::default());
        Self { cache, context }
    }

    fn unreachable(mut self) -> Self {
        self.context = self.context.with_env("UV_DEFAULT_INDEX", "http://127.0.0.1:9/simple").with_env("UV_HTTP_RETRIES", "0");
        // uv's shared cache would answer without the network.
        let empty = self.cache.path().join("uv-cache").to_string_lossy().into_owned();
        self.context = self.context.with_env("UV_CACHE_DIR", &empty);
        self
    }

    fn provisioner(&self) -> Virtualenvs {
        let interpreters = discover_interpreters(&self.context, None);
        let uv = obtain_uv(&self.context, None, &interpreters, &|_| {}).unwrap();
        Virtualenvs::new(self.context.clone(), uv, interpreters)
    }

    fn environments(&self) -> Vec<CacheEntry> {
        cache_list(self.cache.path()).unwrap()
    }
}

fn wanted(requirements: &[&str], exclude_newer: Option<&str>) -> Wanted {
    Wanted {
        label: requirements.join(" "),
        requirements: requirements.iter().map(|one| (*one).to_owned()).collect(),
        python: PythonRequest::Newest,
        exclude_newer: exclude_newer.map(str::to_owned),
    }
}

fn one(provisioner: &dyn Provisioner, wanted: Wanted) -> Result<Environment, Failure> {
    provide(provisioner, &[wanted], &|_| {}).remove(0)
}

const SMALL: &[&str] = &["h11==0.14.0"];

#[test]
fn an_environment_is_built_once_and_then_found() {
    let place = Place::new();
    let provisioner = place.provisioner();
    let first = one(&provisioner, wanted(SMALL, Some("2024-01-03"))).unwrap();
    assert!(!first.reused);
    assert_eq!(first.lock, ["h11==0.14.0"]);
    assert_eq!(first.version_of("H11"), Some("0.14.0"));
    let bytecode = first.dir.join("venv").join(format!("lib/python{}", minor(&first.python_version))).join("site-packages/h11/__pycache__");
    assert!(bytecode.is_dir(), "no bytecode in {}", bytecode.display());

    let start = Instant::now();
    let events = Mutex::new(Vec::new());
    let again = provide(&provisioner, &[wanted(SMALL, Some("2024-01-03")), wanted(SMALL, Some("2024-01-03"))], &|event| events.lock().unwrap().push(event));
    let took = start.elapsed();
    assert!(again.iter().all(|one| one.as_ref().is_ok_and(|one| one.reused && one.id == first.id)));
    assert!(took < Duration::from_secs(1), "{took:?}");
    let label = "h11==0.14.0".to_owned();
    let events = events.into_inner().unwrap();
    assert_eq!(events.first(), Some(&ProvisionEvent::Started { total: 1 }));
    assert_eq!(events.last(), Some(&ProvisionEvent::Ready { label, reused: true }));
}

fn minor(version: &str) -> String {
    version.split('.').take(2).collect::<Vec<_>>().join(".")
}

#[test]
fn a_settled_resolution_needs_no_network() {
    let place = Place::new();
    one(&place.provisioner(), wanted(SMALL, Some("2024-01-03"))).unwrap();
    let place = place.unreachable();
    assert!(one(&place.provisioner(), wanted(SMALL, Some("2024-01-03"))).unwrap().reused);
}

#[test]
fn a_recent_resolution_serves_while_the_index_is_away_and_says_so() {
    let place = Place::new();
    one(&place.provisioner(), wanted(SMALL, None)).unwrap();
    let place = place.unreachable();
    let environment = one(&place.provisioner(), wanted(SMALL, None)).unwrap();
    assert!(environment.reused && environment.notes[0].contains("could not be reached"), "{:?}", environment.notes);
}

#[test]
fn an_unreachable_index_is_named_as_such() {
    let place = Place::new().unreachable();
    let failure = one(&place.provisioner(), wanted(SMALL, None)).unwrap_err();
    assert_eq!(failure.code, "index-unreachable");
    assert!(failure.message.contains("127.0.0.1:9"), "{failure}");
}

#[test]
fn a_release_that_does_not_exist_fails_alone_with_the_resolvers_words() {
    let place = Place::new();
    let results = provide(&place.provisioner(), &[wanted(&["h11==99.0"], None), wanted(SMALL, Some("2024-01-03"))], &|_| {});
    let failure = results[0].as_ref().unwrap_err();
    assert_eq!(failure.code, "no-solution");
    assert!(failure.message.contains("there is no version of h11==99.0"), "{failure}");
    assert!(results[1].is_ok());
}

#[test]
fn what_is_no_requirement_is_refused() {
    let place = Place::new();
    assert_eq!(one(&place.provisioner(), wanted(&["h11=bad"], None)).unwrap_err().code, "bad-requirement");
}

#[test]
fn what_an_interrupted_build_left_is_built_again() {
    let place = Place::new();
    let provisioner = place.provisioner();
    let first = one(&provisioner, wanted(SMALL, Some("2024-01-03"))).unwrap();
    fs::remove_file(first.dir.join("ready")).unwrap();
    fs::remove_dir_all(first.dir.join("venv/lib")).unwrap();
    assert!(!place.environments()[0].complete);
    drop(first);
    let again = one(&provisioner, wanted(SMALL, Some("2024-01-03"))).unwrap();
    assert!(!again.reused && again.dir.join("venv/lib").is_dir());
    assert!(place.environments()[0].complete);
}

#[test]
fn two_runs_at_once_build_once() {
    let place = Place::new();
    let (a, b) = (place.provisioner(), place.provisioner());
    let results = thread::scope(|scope| {
        let runs = [&a, &b].map(|provisioner| scope.spawn(|| one(provisioner, wanted(SMALL, Some("2024-01-03"))).unwrap()));
        runs.map(|run| run.join().unwrap())
    });
    assert_eq!(results[0].id, results[1].id);
    assert_eq!(results.iter().filter(|one| one.reused).count(), 1);
}

#[test]
fn the_cache_is_not_cleaned_under_a_run_and_then_is() {
    let place = Place::new();
    let environment = one(&place.provisioner(), wanted(SMALL, Some("2024-01-03"))).unwrap();
    let entry = place.environments().remove(0);
    assert!(entry.complete && entry.bytes > 1_000 && entry.requirements == SMALL, "{entry:?}");
    let error = cache_clean(place.cache.path()).unwrap_err().to_string();
    assert!(error.contains(&environment.id) && error.contains("h11==0.14.0"), "{error}");
    drop(environment);
    let report = cache_clean(place.cache.path()).unwrap();
    assert_eq!((report.environments, report.resolutions, report.uvs), (1, 1, 0));
    assert!(place.environments().is_empty());
}

#[test]
fn a_python_that_is_not_here_is_replaced_by_the_nearest_with_a_note() {
    let mut place = Place::new();
    // uv has nowhere to download Pythons from.
    place.context = place.context.with_env("UV_PYTHON_INSTALL_MIRROR", "http://127.0.0.1:9").with_env("UV_PYTHON_DOWNLOADS_JSON_URL", "");
    let provisioner = place.provisioner();
    let here = provisioner.choose_python(&PythonRequest::Newest).unwrap().interpreter;
    let absent = format!("{}.99", minor(&here.version));
    let chosen = provisioner.choose_python(&PythonRequest::Version(absent.clone())).unwrap();
    assert_eq!(minor(&chosen.interpreter.version), minor(&here.version));
    assert!(chosen.notes[0].starts_with(&format!("Python {absent} is not here and could not be installed (")), "{:?}", chosen.notes);
    let failure = provisioner.choose_python(&PythonRequest::Version("3.99".to_owned())).unwrap_err();
    assert_eq!(failure.code, "python-missing");
    assert!(failure.message.contains(&here.path), "{failure}");
}

/// A PATH with the usual programs, but without uv.
fn path_without_uv(folder: &Path) -> String {
    let path = std::env::var_os("PATH").unwrap_or_default();
    let mut folders = Vec::new();
    for (number, original) in std::env::split_paths(&path).enumerate() {
        if !original.join("uv").exists() {
            folders.push(original);
            continue;
        }
        let copy = folder.join(number.to_string());
        fs::create_dir_all(&copy).unwrap();
        for entry in fs::read_dir(&original).unwrap().flatten().filter(|entry| entry.file_name() != "uv") {
            symlink(entry.path(), copy.join(entry.file_name())).unwrap();
        }
        folders.push(copy);
    }
    std::env::join_paths(folders).unwrap().into_string().unwrap()
}

#[test]
fn uv_is_fetched_once_where_there_is_none() {
    let mut place = Place::new();
    let bin = tempfile::tempdir().unwrap();
    place.context = place.context.with_env("PATH", &path_without_uv(bin.path()));
    let interpreters = discover_interpreters(&place.context, None);
    assert_eq!(find_uv(&place.context, None).unwrap(), None);
    let fetches = Mutex::new(0);
    let count = |event| if event == ProvisionEvent::FetchingUv { *fetches.lock().unwrap() += 1 };
    let fetched = thread::scope(|scope| {
        let runs = [(); 2].map(|()| scope.spawn(|| obtain_uv(&place.context, None, &interpreters, &count).unwrap()));
        runs.map(|run| run.join().unwrap())
    });
    assert_eq!(fetched[0], fetched[1]);
    assert_eq!(*fetches.lock().unwrap(), 1);
    assert!(fetched[0].path.starts_with(place.cache.path()));
    assert_eq!(find_uv(&place.context, None).unwrap().as_ref(), Some(&fetched[0]));
}

#[test]
fn where_uv_cannot_be_fetched_the_remedy_is_said() {
    let mut place = Place::new();
    let bin = tempfile::tempdir().unwrap();
    let nowhere = "http://127.0.0.1:9/simple";
    place.context = place.context.with_env("PATH", &path_without_uv(bin.path())).with_env("PIP_INDEX_URL", nowhere).with_env("PIP_FIND_LINKS", "");
    let interpreters = discover_interpreters(&place.context, None);
    let error = obtain_uv(&place.context, None, &interpreters, &|_| {}).unwrap_err();
    assert!(matches!(error, UvError::IndexUnreachable { .. }), "{error}");
    let text = error.to_string();
    assert!(text.contains("PIP_INDEX_URL") && text.contains("install uv by hand") && text.contains("Connection refused"), "{text}");
    assert!(matches!(obtain_uv(&place.context, None, &[], &|_| {}), Err(UvError::NoPython)));
}

#[test]
fn a_uv_that_was_named_and_does_not_work_is_an_error() {
    let place = Place::new();
    let error = find_uv(&place.context, Some(Path::new("/no/such/uv"))).unwrap_err();
    assert!(matches!(error, UvError::Given { .. }), "{error}");
}

#[test]
fn an_interrupt_is_no_fault_of_the_request() {
    let place = Place::new();
    let provisioner = place.provisioner();
    place.context.abort.store(true, std::sync::atomic::Ordering::Relaxed);
    assert_eq!(one(&provisioner, wanted(SMALL, None)).unwrap_err().code, "interrupted");
}
