//! Building environments, finding them again, and what can go wrong with it.

use super::*;

#[test]
fn an_environment_is_built_once_and_then_found() {
    let place = Place::new();
    let provisioner = place.provisioner();
    let first = one(&provisioner, wanted(SMALL, Some("2024-01-03"))).unwrap();
    assert!(!first.reused);
    assert_eq!(first.lock, ["h11==0.14.0"]);
    assert_eq!(first.version_of("H11"), Some("0.14.0"));
    let bytecode = first
        .dir
        .as_ref()
        .unwrap()
        .join("venv")
        .join(format!("lib/python{}", minor(&first.python_version)))
        .join("site-packages/h11/__pycache__");
    assert!(bytecode.is_dir(), "no bytecode in {}", bytecode.display());

    let events = Mutex::new(Vec::new());
    let again = provide(
        &provisioner,
        &[
            wanted(SMALL, Some("2024-01-03")),
            wanted(SMALL, Some("2024-01-03")),
        ],
        &|event| events.lock().unwrap().push(event),
    );
    assert!(again.iter().all(|one| {
        one.as_ref()
            .is_ok_and(|one| one.reused && one.id == first.id)
    }));
    let label = "h11==0.14.0".to_owned();
    let events = events.into_inner().unwrap();
    assert_eq!(events.first(), Some(&ProvisionEvent::Started { total: 1 }));
    assert_eq!(
        events.last(),
        Some(&ProvisionEvent::Ready {
            label,
            reused: true
        })
    );
}

#[test]
fn a_settled_resolution_needs_no_network() {
    let place = Place::new();
    one(&place.provisioner(), wanted(SMALL, Some("2024-01-03"))).unwrap();
    let place = place.unreachable();
    assert!(
        one(&place.provisioner(), wanted(SMALL, Some("2024-01-03")))
            .unwrap()
            .reused
    );
}

#[test]
fn a_recent_resolution_serves_while_the_index_is_away_and_says_so() {
    let place = Place::new();
    one(&place.provisioner(), wanted(SMALL, None)).unwrap();
    let place = place.unreachable();
    let environment = one(&place.provisioner(), wanted(SMALL, None)).unwrap();
    assert!(
        environment.reused && environment.notes[0].contains("could not be reached"),
        "{:?}",
        environment.notes
    );
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
    let results = provide(
        &place.provisioner(),
        &[
            wanted(&["h11==99.0"], None),
            wanted(SMALL, Some("2024-01-03")),
        ],
        &|_| {},
    );
    let failure = results[0].as_ref().unwrap_err();
    assert_eq!(failure.code, "no-solution");
    assert!(
        failure.message.contains("there is no version of h11==99.0"),
        "{failure}"
    );
    assert!(results[1].is_ok());
}

#[test]
fn what_is_no_requirement_is_refused() {
    let place = Place::new();
    assert_eq!(
        one(&place.provisioner(), wanted(&["h11=bad"], None))
            .unwrap_err()
            .code,
        "bad-requirement"
    );
}

#[test]
fn what_an_interrupted_build_left_is_built_again() {
    let place = Place::new();
    let provisioner = place.provisioner();
    let first = one(&provisioner, wanted(SMALL, Some("2024-01-03"))).unwrap();
    fs::remove_file(first.dir.as_ref().unwrap().join("ready")).unwrap();
    fs::remove_dir_all(first.dir.as_ref().unwrap().join("venv/lib")).unwrap();
    assert!(!place.environments()[0].complete);
    drop(first);
    let again = one(&provisioner, wanted(SMALL, Some("2024-01-03"))).unwrap();
    assert!(!again.reused && again.dir.as_ref().unwrap().join("venv/lib").is_dir());
    assert!(place.environments()[0].complete);
}

#[test]
fn two_runs_at_once_build_once() {
    let place = Place::new();
    let (a, b) = (place.provisioner(), place.provisioner());
    let results = thread::scope(|scope| {
        let runs = [&a, &b].map(|provisioner| {
            scope.spawn(|| one(provisioner, wanted(SMALL, Some("2024-01-03"))).unwrap())
        });
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
    assert!(
        entry.complete && entry.bytes > 1_000 && entry.requirements == SMALL,
        "{entry:?}"
    );
    let error = cache_clean(place.cache.path()).unwrap_err().to_string();
    assert!(
        error.contains(&environment.id) && error.contains("h11==0.14.0"),
        "{error}"
    );
    drop(environment);
    let report = cache_clean(place.cache.path()).unwrap();
    assert_eq!((report.environments, report.resolutions), (1, 1));
    assert!(report.bytes > 1_000, "{report:?}");
    assert!(place.environments().is_empty());
}

#[test]
fn an_interrupt_is_no_fault_of_the_request() {
    let place = Place::new();
    let provisioner = place.provisioner();
    let nothing_found = Virtualenvs::new(place.context.clone(), uv::shared(), Vec::new());
    place.interrupt();
    let pinned = Wanted {
        python: PythonRequest::Version("3.99".to_owned()),
        ..wanted(SMALL, None)
    };
    for provisioner in [&provisioner, &nothing_found] {
        for wanted in [wanted(SMALL, None), pinned.clone()] {
            assert_eq!(one(provisioner, wanted).unwrap_err().code, "interrupted");
        }
    }
}
